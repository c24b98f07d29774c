/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A provision is a bucket that authd has ordered for a tenant, because something that it is about to
 * make is worth nothing without. authd hears of it once, when the bucket is durable or cannot be.
 */

#include "stored/change.h"
#include "stored/task.h"

struct service;

/*
 * Begins it; 0, also where authd has been told already that it cannot be, as where there are
 * IPC_ERRANDS_MAX under way: authd may have given up some that are not over here. -ENOMEM.
 */
must_check int provision_begin(struct service *s, uint64_t order, const struct ipc_id *tenant,
			       struct span bucket);
