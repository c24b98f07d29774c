/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The listening sockets of a worker, which all workers share and serve in turn. At the limit of
 * connections the one that has been idle longest makes room for a new one; where nobody is idle,
 * newcomers wait in the kernel's queue. The metrics have room of their own, and there the same is
 * so, but that newcomers are turned away where nobody is idle.
 */

#include "base/loop.h"
#include "base/service.h"
#include "s3/request.h"

struct worker;

/* A listening socket, and what is spoken with whoever comes in by it. */
struct listener {
	int fd;
	enum s3_dialect dialect;
	bool metrics;	/* no dialect, but the metrics */
	bool is_local;	/* a UNIX socket, where each is asked who he is */
};

struct door {
	struct loop_source source;
	struct worker *worker;
	struct http *http;	/* who gets the connections */
	bool is_local;
};

struct doors {
	struct door door[SERVICE_LISTEN_MAX];
	int n;
	bool are_open;
};

/* Closed; the descriptors stay the caller's. */
void doors_init(struct doors *d, struct worker *w, const struct listener *listeners, int n);

must_check int doors_open(struct doors *d);
void doors_close(struct doors *d);
