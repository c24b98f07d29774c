/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/doors.h"

#include <sys/socket.h>
#include <unistd.h>

#include "frontend/scrape.h"
#include "frontend/worker.h"

static bool is_full(const struct door *d)
{
	const struct worker *w = d->worker;

	if (d->http == &w->metrics)
		return d->http->n_connections >= SCRAPE_CONNECTIONS_MAX;
	return w->idle.count + w->busy.count >= w->config.connections_max;
}

/*
 * With the doors closed, the sweep opens them again. For as many scrapes as there may be at once no
 * door of others closes: the next one is turned away.
 */
static bool make_room(struct door *d)
{
	const struct connection_list *idle = worker_idle_of(d->worker, d->http);

	if (!is_full(d))
		return true;
	if (idle->first)
		worker_drop_idle(d->worker, idle);
	else if (d->http == &d->worker->metrics)
		return true;
	else
		doors_close(&d->worker->doors);
	return false;
}

static void accept_one(struct door *d)
{
	struct worker *w = d->worker;
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	int fd;

	if (!make_room(d))
		return;
	fd = accept4(d->source.fd, (struct sockaddr *)&address, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0) {
		/* Out of descriptors: let those who are here finish. */
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			doors_close(&w->doors);
		return;
	}
	if (d->is_local && !admission_admits_peer(w->config.admission, fd)) {
		close(fd);
		meter_add_alone(&worker_counts(w)->scrapes[COUNTS_SCRAPE_REFUSED], 1);
		return;
	}
	if (is_full(d))
		close(fd);
	else if (connection_new(d->http, fd, (struct sockaddr *)&address) < 0)
		doors_close(&w->doors);
}

/* Exclusive: of all workers that wait at a door, the kernel wakes one. */
static int open_one(struct door *d)
{
	return loop_add(&d->worker->loop, &d->source, EPOLLIN | EPOLLEXCLUSIVE);
}

/*
 * The one it wakes is the first in the queue at the door, where whoever came first stays for ever.
 * So one takes one connection and goes to the queue's end: otherwise a single worker would have
 * them all, and one processor would serve them.
 */
static int door_ready(struct loop_source *s, uint32_t events)
{
	struct door *d = (struct door *)((char *)s - offsetof(struct door, source));

	accept_one(d);
	loop_remove(s);
	if (d->worker->doors.are_open && open_one(d) < 0)
		doors_close(&d->worker->doors);
	return 0;
}

void doors_init(struct doors *d, struct worker *w, const struct listener *listeners, int n)
{
	*d = (struct doors){ .n = n };
	for (int i = 0; i < n; i++) {
		const struct listener *l = &listeners[i];

		d->door[i] = (struct door){ .source = { .fd = l->fd, .ready = door_ready },
					    .worker = w,
					    .http = l->metrics ? &w->metrics : &w->http[l->dialect],
					    .is_local = l->is_local };
	}
}

int doors_open(struct doors *d)
{
	int r = 0;

	for (int i = 0; i < d->n && r == 0; i++)
		if (!d->door[i].source.loop)
			r = open_one(&d->door[i]);
	d->are_open = r == 0;
	return r;
}

void doors_close(struct doors *d)
{
	for (int i = 0; i < d->n; i++)
		loop_remove(&d->door[i].source);
	d->are_open = false;
}
