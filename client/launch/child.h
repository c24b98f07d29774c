/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One daemon while it is looked after: started, waited for until it says READY=1, started again
 * after a rest when it dies, stopped. The rest doubles with each death and is short again after the
 * daemon was ready for a while. It lives in the loop it was given and must not move.
 */

#include <sys/types.h>

#include "base/loop.h"
#include "client/launch/command.h"

#define CHILD_STOP_MS	  10000 /* to end after SIGTERM, then SIGKILL */
#define CHILD_REST_MIN_MS 100
#define CHILD_REST_MAX_MS 5000
#define CHILD_STABLE_MS	  10000 /* ready for so long: the next rest is the shortest again */

enum child_state {
	CHILD_DOWN, /* not started yet, or ended for good */
	CHILD_STARTING,
	CHILD_READY,
	CHILD_RESTING, /* dead; will be started again */
	CHILD_STOPPING,
	CHILD_STATES,
};

struct child {
	const struct command *command;
	struct loop *loop;
	enum child_state state;
	bool restart; /* start it again when it dies */
	bool late; /* was killed for not being ready in time */
	pid_t pid; /* 0 while none runs */
	struct loop_source pidfd;
	struct loop_timer timer; /* what it is for depends on the state */
	unsigned int rest_ms;
	uint64_t ready_ns;
	int ended_how, ended_status; /* si_code and si_status of the last end */
};

void child_init(struct child *c, const struct command *command, struct loop *loop);

must_check int child_start(struct child *c);

/* The daemon of this process said READY=1. */
void child_ready(struct child *c);

/* SIGTERM now, SIGKILL when it does not help; CHILD_DOWN once it ended. */
void child_stop(struct child *c);

/* SIGKILL to it and all that it started. */
void child_kill(struct child *c);

/* How it ended, for people: "exited with status 1", "was killed by signal 31 (SYS)". */
#define CHILD_END_MAX 96
const char *child_end(const struct child *c, char buf[static CHILD_END_MAX]);
