/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A worker as its parent sees it: a process, a line to it, and the errands it sends the parent on.
 * One that ends is started again, not more often than CHILD_RESTART_MS.
 */

#include <sys/types.h>

#include "base/loop.h"

#define CHILD_RESTART_MS 1000

/* The first attempt to dial is made at once; then they come at doubling distances. */
#define CHILD_DIAL_FIRST_MS 25
#define CHILD_DIAL_MOST_MS 1000

struct child;

/*
 * Dialling one peer for one worker, which has one channel to it at a time: what it was given before
 * ends, whatever became of it. Otherwise a worker that is somebody else's by now could ask until
 * the peer has no room for the others.
 */
struct errand {
	struct loop_timer timer;
	struct child *child;
	char word;		/* enum line_word */
	const char *path;
	uint64_t last_ns;	/* when it was tried */
	uint32_t delay_ms;	/* before the next attempt */
	int given_fd;		/* what the worker has, too; -1 */
};

struct child_config {
	struct loop *loop;
	unsigned int slot;	/* which of the workers it is, each time that it is started */
	const char *authd;	/* sockets to dial */
	const char *stored;
	/* In the new process: serves, and returns how it ends. `line_fd` is its end of the line. */
	int (*serve)(void *context, unsigned int slot, int line_fd);
	/* Both its channels are open, for the first time. */
	void (*ready)(void *context);
	void *context;
};

struct child {
	struct child_config config;
	pid_t pid;		/* 0: none now */
	bool is_ready;
	uint64_t started_ns;
	struct loop_source line;
	struct loop_timer restart;
	struct errand authd, stored;
};

void child_init(struct child *c, const struct child_config *config);

/* Starts the process. In it, this does not return. */
must_check int child_start(struct child *c);

/* Its process has ended: lets go of it; with `again`, another will be started. */
must_check int child_ended(struct child *c, bool again);

/* In another worker's process: this one is none of its business. */
void child_forget(struct child *c);
