/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The command top: what each tenant's clients ask for, and how long it takes, as it happens. */

#include <signal.h>

#include "client/invocation.h"
#include "client/run.h"

#define TOP_INTERVAL_S 2	/* where nobody says */
#define TOP_INTERVAL_MOST_S 3600

/* An enum run_outcome. It ends in order when *stop becomes other than 0. */
must_check int top_run(const struct invocation *i, const volatile sig_atomic_t *stop,
		       struct complaint *why);
