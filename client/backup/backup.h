/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The commands tenant backup, restore, verify and move. */

#include <signal.h>

#include "client/invocation.h"
#include "client/run.h"

bool backup_is_meant(const struct invocation *i);

/* An enum run_outcome. Ends early when *stop becomes other than 0. */
must_check int backup_run(const struct invocation *i, const volatile sig_atomic_t *stop,
			  struct complaint *why);
