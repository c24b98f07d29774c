/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The parent holds the listening sockets, starts the workers, again when one dies, dials for them,
 * and stops them. It reads nothing that comes from the network.
 */

#include "base/loop.h"
#include "base/service.h"
#include "base/watchdog.h"
#include "frontend/board.h"
#include "frontend/child.h"
#include "frontend/doors.h"
#include "frontend/options.h"

/* So long the start waits for the workers to have their channels; then it is ready without. */
#define PARENT_READY_MS 5000

/* So long workers may finish what is under way when the service stops. */
#define PARENT_STOP_MS 5000

struct parent;

/* A listening socket, as the parent watches over it. */
struct guard {
	struct loop_source source;
	struct parent *parent;
	bool is_local;	/* a UNIX socket: once shut down, it never listens again */
};

struct parent {
	const struct options *options;
	struct confine *confine;
	struct listener listeners[SERVICE_LISTEN_MAX];
	int n_listeners;
	struct guard guards[SERVICE_LISTEN_MAX];
	int notify_fd;
	struct loop loop;
	struct loop_source signals;
	struct loop_timer ready_timer, stop_timer;
	struct watchdog watchdog;
	struct board board;
	struct child children[OPTIONS_WORKERS_MAX];
	unsigned int n_children;
	unsigned int n_ready;
	bool is_ready;
	bool stopping;
};

enum parent_outcome {
	PARENT_OK = 0,
	PARENT_WRONG,	/* the options do not fit the sockets; what is wrong was said */
};

/* Takes what it needs of the sockets. options and confine must stay. */
must_check int parent_init(struct parent *p, const struct options *options,
			   struct confine *confine, const struct service_sockets *sockets);

/* Starts the workers and keeps them until SIGTERM or SIGINT. 0: stopped in order; -errno. */
must_check int parent_run(struct parent *p);
