/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The commands import and export: from what was said on the command line to what is told at the end. */

#include <signal.h>

#include "client/invocation.h"

enum transfer_outcome {
	TRANSFER_OK = 0,	/* everything is where it should be */
	TRANSFER_INCOMPLETE,	/* something failed, and was told; nothing is left to say */
	TRANSFER_STOPPED,	/* *why says what stands in the way */
	TRANSFER_WRONG,		/* what was said cannot be meant; *why */
};

bool transfer_is_meant(const struct invocation *i);

/* Ends early when *stop becomes other than 0. */
must_check int transfer_run(const struct invocation *i, const volatile sig_atomic_t *stop,
			    struct complaint *why);
