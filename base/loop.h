/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An epoll loop of one thread: descriptors with a callback each, and timers. Sources are part of
 * the structs that own them; the loop allocates nothing per event. A callback may remove and free
 * any source, its own included: events of a removed source that were already fetched are dropped.
 */

#include <sys/epoll.h>

#include "base/defs.h"

struct loop;

struct loop_source {
	int fd;
	uint32_t events;
	int (*ready)(struct loop_source *s, uint32_t events);	/* < 0 ends loop_run() with it */
	struct loop *loop;	/* NULL when not added */
};

struct loop_timer {
	uint64_t at_ns;		/* CLOCK_BOOTTIME */
	int (*expired)(struct loop_timer *t);	/* < 0 ends loop_run() with it; it is no longer armed */
	struct loop *loop;	/* NULL when not armed */
	struct loop_timer *next, *prev;
};

struct loop {
	int epoll_fd;
	bool stopping;
	struct epoll_event *fetched;	/* the batch being dispatched, so that removal can blank it */
	int n_fetched;
	struct loop_timer *timers;	/* by time, soonest first */
};

must_check int loop_init(struct loop *l);
void loop_clear(struct loop *l);

must_check int loop_add(struct loop *l, struct loop_source *s, uint32_t events);
must_check int loop_change(struct loop_source *s, uint32_t events);
void loop_remove(struct loop_source *s);

/* Arms the timer, again if it was armed. */
void loop_arm(struct loop *l, struct loop_timer *t, uint64_t at_ns);
void loop_disarm(struct loop_timer *t);

/* Waits for events at most until the soonest timer or `at_most_ms` (-1: no limit), dispatches once. */
must_check int loop_step(struct loop *l, int at_most_ms);

/* Steps until loop_stop() or a callback's negative result. */
must_check int loop_run(struct loop *l);
void loop_stop(struct loop *l);
