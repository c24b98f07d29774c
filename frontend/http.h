/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * libmicrohttpd as one source of a worker's loop: it polls nothing by itself, listens on nothing, and
 * runs when its own epoll descriptor is ready, or when something here gave it a reason. There is one
 * for each dialect, and one for the metrics: a connection that libmicrohttpd was given comes back
 * later, and then who gave it is all that tells by which door it came.
 */

#include <microhttpd.h>
#include <sys/socket.h>

#include "base/loop.h"
#include "s3/request.h"

struct worker;

/* What libmicrohttpd calls for the requests of one of them; cls is the worker. */
struct http_service {
	void *(*target)(void *cls, const char *target, struct MHD_Connection *c);
	MHD_AccessHandlerCallback request;
	MHD_RequestCompletedCallback end;
	size_t connections_max;		/* 0: as many as the worker */
};

struct http {
	struct MHD_Daemon *daemon;
	struct loop_source source;
	struct worker *worker;
	enum s3_dialect dialect;	/* where it speaks one */
	bool pending;	/* it has something to do */
	size_t n_connections;
};

/* On the worker's loop, with the worker's connections. */
must_check int http_open(struct http *h, struct worker *w, const struct http_service *service,
			 enum s3_dialect dialect);

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

/*
 * How long the loop may sleep, as far as libmicrohttpd is concerned; -1: as long as it likes. Of one
 * that was never opened, this and http_run() may be called all the same.
 */
int http_patience_ms(const struct http *h);

/* Lets it do what there is, with a bound for the sake of the others on the loop. */
must_check int http_run(struct http *h);
