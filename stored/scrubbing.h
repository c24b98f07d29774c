/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What operators ask about what is kept, whether it is still what was put, in place of the handler of an
 * operation. Each damage is an item of the answer, and stands in the log. A step takes its tenant's turn among
 * those that take long, and what comes of it says where the next one begins.
 */

#include "stored/call.h"

/* The next step in the bucket that the call names, from its position on. */
must_check int scrubbing_bucket(struct call *c);

/* The pages and indexes of the tenant's catalog, all at once. */
must_check int scrubbing_catalog(struct call *c);
