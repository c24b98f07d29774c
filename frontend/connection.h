/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One client's connection: its socket, who it is, until when we wait for it, and the request under way. It is on
 * the worker's loop from its beginning to its end, and the loop tells of each change once (EPOLLET). Whatever
 * happens to it only wakes it. What is to be done is done in the worker's step, one awake connection after the
 * other, a bounded piece of each: nobody finds a connection gone that he had at hand, and nobody has the worker
 * for himself.
 *
 * Connections stand in a list: those with a request under way, or those without.
 */

#include <sys/socket.h>

#include "base/loop.h"
#include "frontend/deadline.h"
#include "frontend/inlet.h"
#include "frontend/outlet.h"

#define CONNECTION_PEER_MAX 64

struct exchange;
struct http;
struct scrape;
struct worker;

struct connection {
	struct worker *worker;
	struct http *http;		/* what is spoken behind the door it came in by */
	struct exchange *exchange;	/* NULL between requests */
	struct scrape *scrape;		/* likewise, on the metrics' listener */
	struct loop_source socket;
	struct inlet inlet;
	struct outlet outlet;
	bool is_local;			/* it came by a UNIX socket */
	bool is_new;			/* no request of its was answered yet */
	bool is_heading;		/* the next request's head is here in part */
	size_t heard;			/* so far its end was looked for */
	size_t linger_left;		/* all is said: bytes that are read yet, and dropped */
	bool dropped;			/* it ends in the worker's step */
	bool awake;			/* something may be done */
	bool is_running;		/* it is being done */
	bool yields;			/* the others come first */
	struct connection *next_awake;
	uint64_t deadline_ns;		/* 0: none */
	struct connection_list *list;
	struct connection *next, *prev;
	char peer[CONNECTION_PEER_MAX];	/* address as text, without port */
};

struct connection_list {
	struct connection *first, *last;
	size_t count;
};

/* Those that are awake, in the order in which they woke. */
struct connection_queue {
	struct connection *first, *last;
};

/* Takes fd, also where it fails. The connection is among the idle ones, and waits for its first request. */
must_check int connection_new(struct http *h, int fd, const struct sockaddr *address);

/* Ends it, and the request under way with it. Not from within what it does. */
struct connection *connection_free(struct connection *c);

/* Moves it to the end of that list. */
void connection_join(struct connection *c, struct connection_list *list);

/* From now on. NONE takes it away. */
void connection_set_deadline(struct connection *c, enum deadline d);

/* Something may be done for it in the worker's next step, or, from within that, at once. */
void connection_wake(struct connection *c);

/* From within its step: there is more to do, but it has had its share of this one. */
void connection_yield(struct connection *c);

/* Does a bounded piece of what there is to do; it may be gone afterwards. */
void connection_run(struct connection *c);

/* Takes the one that woke first; NULL: all sleep. */
struct connection *connection_take_awake(struct connection_queue *q);

/* True where something came that nobody has read yet. */
bool connection_is_asking(const struct connection *c);

/* As inlet_read() and inlet_keep(), with the worker's room. */
must_check int connection_read(struct connection *c, size_t most, struct span *ret);
void connection_keep(struct connection *c, struct span rest);

/* Its end is near: nothing is read of it or sent any more. */
void connection_drop(struct connection *c);
