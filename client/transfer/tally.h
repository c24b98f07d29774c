/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What became of each of many: of the objects of an import, an export or a bucket that is deleted, of
 * the uploads that are aborted. They are counted, and what failed is told at once, by name and reason.
 * Nothing is passed over in silence.
 */

#include <jansson.h>

#include "base/span.h"
#include "client/transfer/progress.h"

#define TALLY_FAILURES_MAX 10000	/* listed in the summary; more are counted */

struct tally {
	const char *verb;	/* "imported", "exported", "deleted", "aborted" */
	bool dry_run;		/* nothing was done, only looked at */
	uint64_t done, done_bytes;
	uint64_t unchanged, unchanged_bytes;	/* they were there already, the same */
	uint64_t failed;
	uint64_t excluded;
	bool interrupted;
	json_t *failures;	/* NULL: nobody wants the list */
	struct progress progress;
};

void tally_begin(struct tally *t, const char *verb, bool wants_list, bool quiet);
void tally_clear(struct tally *t);

void tally_done(struct tally *t, uint64_t bytes);
void tally_unchanged(struct tally *t, uint64_t bytes);

/* Says so on standard error, whether or not it is quiet. */
void tally_failed(struct tally *t, struct span name, const char *format, ...) printf_like(3, 4);

/* True where everything is where it should be. */
bool tally_is_good(const struct tally *t);

/* The end, as a sentence on standard output. */
void tally_print(struct tally *t);

/* The same as an object, the caller's; not "ok" where something has ended it early. */
json_t *tally_summary(const struct tally *t, bool went_through);
