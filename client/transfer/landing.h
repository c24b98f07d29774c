/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The directory that an export lands in. Keys come from strangers, and others may be able to write
 * below it: so a key becomes a path only if it is one that stays inside and can only be meant so, no
 * symbolic link is followed, and a file appears under its name when it is whole and on disk.
 *
 * Unfinished files are in a directory of their own, LANDING_WORK, which a later run clears out.
 */

#include <limits.h>
#include <sys/stat.h>

#include "base/span.h"
#include "client/complaint.h"
#include "s3/request.h"

#define LANDING_WORK ".coffer-export"

struct landing {
	int root_fd, work_fd;
	uint64_t serial;		/* of the last unfinished file */
	int parent_fd;			/* the directory something was put into last, */
	char parent[S3_KEY_MAX + 1];	/* and its path */
};

#define LANDING_NONE ((struct landing){ .root_fd = -1, .work_fd = -1, .parent_fd = -1 })

/* Makes the directory where it is missing; one export at a time may use it. */
must_check int landing_open(const char *path, struct landing *ret, struct complaint *why);

/* All that was put is on disk then, with its name. -errno. */
must_check int landing_finish(struct landing *l);
void landing_close(struct landing *l);

/* Why the key cannot be a path here: a literal; NULL where it can. */
const char *landing_refuses(struct span key);

/*
 * The file that is there under the key: *ret_fd is the caller's. -ENOENT where nothing is; -ENOTDIR,
 * -ELOOP or -EISDIR where something else is, there or on the way.
 */
must_check int landing_find(const struct landing *l, struct span key, int *ret_fd,
			    struct stat *ret);

/* A file that is being written. */
struct landing_file {
	int fd;			/* -1: none */
	char name[32];		/* for now */
	struct span key;	/* where it is to be, */
	uint64_t modified_ns;	/* and what it is to say of its age */
	int result;
};

must_check int landing_begin(struct landing *l, struct landing_file *ret);
void landing_drop(struct landing *l, struct landing_file *f);

/*
 * Gives files their names, once their bytes are on disk: they are flushed together. f->result tells
 * what became of each: -EEXIST where there is something under the key, unless it may be replaced.
 */
void landing_place(struct landing *l, struct landing_file *const *files, size_t n, bool replace);
