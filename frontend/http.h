/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * HTTP/1.1 of one kind of door: what its connections' requests are served by. One for each dialect, and one for
 * the metrics. Heads are read here; what follows a head is the service's, until it says that its request is over.
 */

#include "base/span.h"
#include "s3/request.h"

struct connection;
struct head;
struct reply;
struct worker;

/* All of them from within a connection's step, but that end() may also come when the worker ends. */
struct http_service {
	/*
	 * A request begins: its head, for headtext_read(), until this returns. To end at once is to drop the
	 * connection.
	 */
	void (*begin)(struct connection *c, struct span head);
	/* The connection is awake: a piece of the request that is under way. */
	void (*step)(struct connection *c);
	/* The connection ends in the middle of a request. */
	void (*end)(struct connection *c);
};

struct http {
	struct worker *worker;
	const struct http_service *service;
	enum s3_dialect dialect;	/* where it speaks one */
	size_t n_connections;
};

/* A piece of what there is to do for a connection that is awake. */
void http_step(struct connection *c);

/*
 * Sends the answer to a request of that head: its head, and its body where it has one in memory, which is borrowed until
 * all is sent. `persists` is what the client is told; `more`: a file follows. -errno or an outcome of outlet_send().
 */
must_check int http_say(struct connection *c, const struct head *h, const struct reply *r,
			bool persists, bool more);

/* The request under way is over: the connection waits for the next one, or ends. */
void http_rest(struct connection *c, bool persists);

/* Likewise, and all is said, though the client may be at saying more. */
void http_part(struct connection *c);
