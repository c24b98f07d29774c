/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Brings what a source has into a bucket. Many objects are under way at a time, so that stored commits
 * them together; large ones go one after another. What is there already and the same is left alone, so
 * the same command goes on where an earlier one ended. Each object is read once, and what was read is
 * compared with what stored has: by the checksum before it becomes an object, by SHA-256 after.
 */

#include <signal.h>

#include "client/transfer/operator.h"
#include "client/transfer/source.h"
#include "client/transfer/tally.h"

#define IMPORT_WINDOW 64		/* objects under way */

struct import_config {
	struct source_config source;
	struct operator_target target;
	struct span prefix;	/* of every key */
	bool overwrite;		/* what is there with other contents */
	bool read_back;		/* everything, and compare */
	bool dry_run;		/* only look */
	const volatile sig_atomic_t *stop;	/* not 0: somebody wants it to end */
};

enum import_outcome {
	IMPORT_OK = 0,		/* it went through all; the tally says what became of each */
	IMPORT_STOPPED,		/* it could not go on; *why says why */
};

must_check int import_run(const struct import_config *c, struct tally *t, struct complaint *why);
