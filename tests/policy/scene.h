/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a confined process finds around it when it turns bad, and the things it then tries. Each
 * attempt is made in a process that was confined as a daemon is, and returns 0 or -errno; most of
 * them never return.
 */

#include <sys/types.h>

#include "policy/process.h"

#define SCENE_PATH_MAX 96

struct scene {
	char root[SCENE_PATH_MAX];	/* a fresh directory, removed at the end */
	char own[SCENE_PATH_MAX];	/* the one that authd and stored are left with */
	char outside[SCENE_PATH_MAX];	/* a file beside it, of the same uid and writable for it */
	char socket[SCENE_PATH_MAX];	/* where somebody listens, SOCK_SEQPACKET */
	char abstract[SCENE_PATH_MAX];	/* the same, abstract; without the first byte */
	int passed_fd;			/* `outside`, opened for reading and passed in */
	pid_t victim;			/* not confined, of the same uid */
	uid_t uid;			/* what everybody here runs as */
	gid_t gid;
};

/* The attempt ends the process: by the filter (SIGSYS), or by abort(3). */
#define DIES   1000
#define ABORTS 1001

/* Landlock says so from this ABI on; without it the attempt is not made. */
#define FROM_ABI(n) (n)

struct attempt {
	const char *name;
	int (*try)(const struct scene *s);
	int abi;
	int expected[PROCESSES];	/* 0, -errno, DIES or ABORTS */
};

extern const struct attempt attempts[];
extern const int n_attempts;
