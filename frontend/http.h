/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * libmicrohttpd as one source of a worker's loop: it polls nothing by itself, listens on nothing, and
 * runs when its own epoll descriptor is ready, or when something here gave it a reason. There is one
 * for each dialect: a connection that libmicrohttpd was given comes back later, and then who gave it
 * is all that tells by which door it came.
 */

#include <microhttpd.h>
#include <sys/socket.h>

#include "base/loop.h"
#include "s3/request.h"

struct worker;

struct http {
	struct MHD_Daemon *daemon;
	struct loop_source source;
	struct worker *worker;
	enum s3_dialect dialect;
	bool pending;	/* it has something to do */
};

/* On the worker's loop, with the worker's connections and their exchanges. */
must_check int http_open(struct http *h, struct worker *w, enum s3_dialect dialect);

/* Ends every connection. */
void http_close(struct http *h);

/* Takes fd, also where there is no room for it. */
void http_add(struct http *h, int fd, const struct sockaddr *address, socklen_t len);

/* Something happened to a connection behind libmicrohttpd's back: it is to look. */
static inline void http_poke(struct http *h)
{
	h->pending = true;
}

/* The other half of MHD_suspend_connection(). */
void http_resume(struct http *h, struct MHD_Connection *c);

/* How long the loop may sleep, as far as libmicrohttpd is concerned; -1: as long as it likes. */
int http_patience_ms(const struct http *h);

/* Lets it do what there is, with a bound for the sake of the others on the loop. */
must_check int http_run(struct http *h);
