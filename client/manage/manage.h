/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The commands about buckets, uploads and quotas, whoever's they are: from what was said on the command line to
 * what is told at the end.
 */

#include <signal.h>

#include "client/invocation.h"
#include "client/run.h"

bool manage_is_meant(const struct invocation *i);

/* An enum run_outcome. Ends early when *stop becomes other than 0. */
must_check int manage_run(const struct invocation *i, const volatile sig_atomic_t *stop,
			  struct complaint *why);
