/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the kernel says of a running daemon, seen from outside: what a daemon says of its own
 * confinement is worth nothing once somebody else speaks for it.
 */

#include <sys/types.h>

#include "base/defs.h"

#define PROCESS_PROC	 "/proc"
#define PROCESS_ARGS_MAX (16 * KIB)

struct process {
	pid_t pid;
	uid_t uid, gid;
	unsigned int seccomp; /* PROCESS_FILTERED, or less */
	bool no_new_privs;
	uint64_t capabilities; /* in any of its sets: that it has, or can get */
	bool has_capabilities; /* in a set other than the bounding one */
	uint64_t uptime_s;
	bool is_nested; /* in a pid namespace below ours: it knows itself by another pid */
	bool is_replaced; /* the file that it was started from is not there any more */
	char args[PROCESS_ARGS_MAX]; /* each with its zero byte behind */
	size_t args_len;
};

#define PROCESS_FILTERED 2

/* Every part in force that can be seen from outside. */
bool process_is_confined(const struct process *p);

/*
 * The same but for the bounding set, which only root can empty: with no_new_privs nothing comes of it
 * (capabilities(7), prctl(2)).
 */
bool process_is_held(const struct process *p);

enum process_outcome {
	PROCESS_OK = 0,
	PROCESS_NONE, /* there is none */
};

/* `proc` is PROCESS_PROC but in tests. -errno: it is there and cannot be read. */
must_check int process_read(const char *proc, pid_t pid, struct process *ret);

/*
 * The daemon `program` that was started with `value` behind `option`. Of several, of which all but
 * the first are its children, the one that was there first.
 */
must_check int process_find(const char *proc, const char *program, const char *option,
			    const char *value, struct process *ret);

/* Whether that is the program which it was started from, such as "coffer-stored". */
bool process_is_of(const struct process *p, const char *program);

/* The argument behind the first, or the next, `option`; NULL where there is none. */
const char *process_argument(const struct process *p, const char *option, const char *after);
