/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How far a long run has come, on standard error: one line that is written over and over on a
 * terminal, a new one every few seconds elsewhere.
 */

#include "base/defs.h"

#define PROGRESS_LINE_MAX 256

struct progress {
	bool quiet;
	bool is_terminal;
	size_t columns;
	uint64_t started_ns, shown_ns;
	bool has_line;		/* on the terminal, to be written over */

	const char *what;	/* is counted; NULL: objects */
	uint64_t entries, bytes;	/* so far */
	uint64_t moving;	/* bytes that are done of what is not yet among them */
	uint64_t all_entries, all_bytes;	/* 0: not known */
};

void progress_begin(struct progress *p, bool quiet);

/* Shows it if it is time to. */
void progress_tick(struct progress *p);

/* Takes the line away, so that something else can be said. */
void progress_hide(struct progress *p);

/* The line as it is at that time, without its end. Returns buf. */
const char *progress_line(const struct progress *p, uint64_t now_ns,
			  char buf[static PROGRESS_LINE_MAX]);
