/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A log on disk to which lines are only ever appended: `NAME.1.log`, and when that is full
 * `NAME.2.log`, up to a number of files; then the oldest is removed. No file changes its name, which
 * would be one more system call for authd. It is opened before the process is confined; from then on
 * the writer's thread alone appends, and opens what comes after.
 */

#include "base/span.h"

struct auditfile_limits {
	uint64_t bytes;		/* of one file; a line may go over it, and is its last */
	unsigned int files;
};

struct auditfile;

/* The directory must be the process's own. `name` is a literal. */
must_check int auditfile_open(const char *directory, const char *name,
			      const struct auditfile_limits *limits, struct auditfile **ret);
struct auditfile *auditfile_close(struct auditfile *f);
DEFINE_CLEANUP(struct auditfile *, auditfile_close)

/*
 * Whole lines, all of them or none; with `flush` they are durable when the result is 0. After a
 * failed flush, also of a new file's name, nobody knows what the disk has: it fails from then on.
 */
must_check int auditfile_append(struct auditfile *f, struct span lines, bool flush);

/* Whether nothing is appended any more, perhaps since it was opened. The next process may have more luck. */
bool auditfile_has_failed(const struct auditfile *f);
