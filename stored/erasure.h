/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An erasure is a tenant that authd has ordered to be gone, or asks about. authd hears of it once: when
 * nothing of the tenant is left, durably, or why something is. What was begun may be ordered again.
 */

#include "ipc/erase.h"
#include "stored/change.h"
#include "stored/task.h"

struct service;

/*
 * Begins it; 0, also where authd has been told already that it cannot be, as where there are
 * IPC_ERRANDS_MAX under way. -ENOMEM.
 */
must_check int erasure_begin(struct service *s, uint64_t order, const struct ipc_id *tenant,
			     enum erase_mode mode);
