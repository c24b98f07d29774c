/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Takes what is in a bucket out into a plain tree: each object a file, its key the path. What is there
 * already and the same is left alone, so the same command goes on where an earlier one ended. What
 * cannot be a file inside the target is counted as failed, with the reason.
 */

#include <signal.h>

#include "client/transfer/operator.h"
#include "client/transfer/tally.h"

#define EXPORT_WINDOW 60		/* objects under way */
#define EXPORT_BATCH 40			/* files that are flushed together */

struct export_config {
	struct operator_target target;
	const char *path;
	struct span prefix;	/* only keys that begin with it */
	bool overwrite;		/* files that are there with other contents */
	const volatile sig_atomic_t *stop;
};

enum export_outcome {
	EXPORT_OK = 0,		/* it went through all; the tally says what became of each */
	EXPORT_STOPPED,		/* it could not go on; *why says why */
};

must_check int export_run(const struct export_config *c, struct tally *t, struct complaint *why);
