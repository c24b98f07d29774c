/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Looks after the daemons: starts them one after the other, keeps them running, stops them in the
 * opposite order. SIGINT, SIGTERM and SIGHUP end everything in order; another one that comes
 * SUPERVISOR_PATIENCE_MS later or still later ends it at once. One that follows closer does not
 * count: timeout(1) and the like send theirs to the program and to its group.
 */

#include "client/complaint.h"
#include "client/launch/child.h"

#define SUPERVISOR_CHILDREN_MAX 4
#define SUPERVISOR_PATIENCE_MS	1000

struct supervisor {
	struct loop loop;
	struct loop_source notify, signals;
	struct child children[SUPERVISOR_CHILDREN_MAX]; /* in the order they were started */
	size_t n_children;
	uint64_t asked_ns; /* when we were first asked to stop; 0: not yet */
	bool hurry; /* and were asked again */
};

/* Takes over notify_fd (sockets_bind_notify()) and the signals. *s must not move afterwards. */
must_check int supervisor_open(struct supervisor *s, int notify_fd);
void supervisor_close(struct supervisor *s);

enum supervisor_outcome {
	SUPERVISOR_OK = 0,
	SUPERVISOR_STOPPED, /* a signal came meanwhile */
};

/* Starts a daemon and waits until it is ready. *command must live as long as the supervisor. */
must_check int supervisor_start(struct supervisor *s, const struct command *command,
				struct complaint *why);

/* Keeps all running until a signal comes. */
must_check int supervisor_run(struct supervisor *s);

/* Stops what runs. Nothing of it is left when this returns. */
void supervisor_stop(struct supervisor *s);
