/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One client's TCP connection, as a worker keeps it beside libmicrohttpd: who it is, until when we
 * wait for it, and the request under way. Connections stand in a list, those that are idle in the
 * order in which they became so.
 */

#include <sys/socket.h>

#include "base/defs.h"
#include "frontend/deadline.h"

#define CONNECTION_PEER_MAX 64

struct exchange;
struct http;
struct scrape;
struct worker;

struct connection {
	struct worker *worker;
	struct http *http;		/* who reads it, in the dialect of the door it came in by */
	struct exchange *exchange;	/* NULL between requests */
	struct scrape *scrape;		/* likewise, on the metrics' listener */
	bool is_local;			/* it came by a UNIX socket */
	int fd;				/* libmicrohttpd's: it closes it */
	bool is_new;			/* no request of its was answered yet */
	uint64_t deadline_ns;		/* 0: none */
	struct connection_list *list;
	struct connection *next, *prev;
	char peer[CONNECTION_PEER_MAX];	/* address as text, without port */
};

struct connection_list {
	struct connection *first, *last;
	size_t count;
};

/* -ENOMEM. The connection is among the idle ones, and waits for its first request. */
must_check int connection_new(struct http *h, int fd, const struct sockaddr *address,
			      struct connection **ret);
struct connection *connection_free(struct connection *c);

/* Moves it to the end of that list. */
void connection_join(struct connection *c, struct connection_list *list);

/* From now on. NONE takes it away. */
void connection_set_deadline(struct connection *c, enum deadline d, uint64_t extra_ns);

/*
 * True where the client has closed its side and everything it sent was read. libmicrohttpd 0.9.75
 * takes a short read for an empty socket, so that it misses an end that came together with the last
 * bytes: there is no further event for it.
 */
bool connection_has_ended(const struct connection *c);

/* True where something came that nobody has read yet. */
bool connection_is_asking(const struct connection *c);

/* Ends it at once; libmicrohttpd notices and cleans up. */
void connection_drop(struct connection *c);
