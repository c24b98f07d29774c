/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What operators ask about a tenant's figures, in place of the handler of an operation: `work` of a call
 * whose request names the bucket, or none for all of the tenant. The answer is what is there afterwards.
 */

#include "stored/call.h"

/* What is used, and the quota. */
must_check int holding_tell(struct call *c);

/* Counts the bucket again, step by step; the answer also has the figures that were wrong. */
must_check int holding_recount(struct call *c);

/* The call has its CHANGE_SET_QUOTA already. */
must_check int holding_set_quota(struct call *c);
