/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "base/clock.h"
#include "frontend/http.h"
#include "frontend/worker.h"

/* Of one connection in one step of the worker. */
#define CONNECTION_ROUNDS 4

#define CONNECTION_EVENTS (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)

static void leave_list(struct connection *c)
{
	struct connection_list *l = c->list;

	if (!l)
		return;
	if (c->prev)
		c->prev->next = c->next;
	else
		l->first = c->next;
	if (c->next)
		c->next->prev = c->prev;
	else
		l->last = c->prev;
	c->next = c->prev = NULL;
	c->list = NULL;
	l->count--;
}

void connection_join(struct connection *c, struct connection_list *list)
{
	leave_list(c);
	c->list = list;
	c->prev = list->last;
	if (list->last)
		list->last->next = c;
	else
		list->first = c;
	list->last = c;
	list->count++;
}

/* An IPv4 client of an IPv6 socket is shown as the IPv4 client it is. */
static void format_peer(const struct sockaddr *address, char *to)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;

	strcpy(to, "unknown");
	if (!address)
		return;
	if (address->sa_family == AF_INET)
		inet_ntop(AF_INET, &v4->sin_addr, to, CONNECTION_PEER_MAX);
	else if (address->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		inet_ntop(AF_INET, v6->sin6_addr.s6_addr + 12, to, CONNECTION_PEER_MAX);
	else if (address->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &v6->sin6_addr, to, CONNECTION_PEER_MAX);
}

/* --- awake -------------------------------------------------------------------------------- */

static void queue_put(struct connection_queue *q, struct connection *c)
{
	c->next_awake = NULL;
	if (q->last)
		q->last->next_awake = c;
	else
		q->first = c;
	q->last = c;
}

struct connection *connection_take_awake(struct connection_queue *q)
{
	struct connection *c = q->first;

	if (!c)
		return NULL;
	q->first = c->next_awake;
	if (!q->first)
		q->last = NULL;
	return c;
}

static void queue_remove(struct connection_queue *q, struct connection *c)
{
	struct connection *before = NULL;

	for (struct connection *one = q->first; one != c; one = one->next_awake)
		before = one;
	*(before ? &before->next_awake : &q->first) = c->next_awake;
	if (q->last == c)
		q->last = before;
}

void connection_wake(struct connection *c)
{
	if (c->awake)
		return;
	c->awake = true;
	if (!c->is_running)
		queue_put(&c->worker->awake, c);
}

void connection_yield(struct connection *c)
{
	c->awake = c->yields = true;
}

void connection_run(struct connection *c)
{
	c->is_running = true;
	c->yields = false;
	for (int i = 0; i < CONNECTION_ROUNDS && c->awake && !c->yields && !c->dropped; i++) {
		c->awake = false;
		http_step(c);
	}
	c->is_running = false;
	if (c->dropped) {
		c->awake = false;
		connection_free(c);
	} else if (c->awake) {
		queue_put(&c->worker->awake, c);
	}
}

/* --- life --------------------------------------------------------------------------------- */

static int socket_ready(struct loop_source *s, uint32_t events)
{
	struct connection *c =
		(struct connection *)((char *)s - offsetof(struct connection, socket));
	bool gone = events & (EPOLLHUP | EPOLLERR);

	c->inlet.readable |= gone || events & (EPOLLIN | EPOLLRDHUP);
	c->inlet.ended |= gone || events & EPOLLRDHUP;
	c->outlet.writable |= gone || events & EPOLLOUT;
	connection_wake(c);
	return 0;
}

/* What is said is said whole: nothing is gained by waiting for more. A UNIX socket does not wait.
 */
static void say_at_once(int fd)
{
	const int on = 1;

	(void)!setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

int connection_new(struct http *h, int fd, const struct sockaddr *address)
{
	struct connection *c = calloc(1, sizeof(*c));
	int r;

	if (!c) {
		close(fd);
		return -ENOMEM;
	}
	c->worker = h->worker;
	c->http = h;
	c->socket = (struct loop_source){ .fd = fd, .ready = socket_ready };
	inlet_init(&c->inlet);
	outlet_init(&c->outlet);
	c->is_new = true;
	c->is_local = address && address->sa_family == AF_UNIX;
	format_peer(address, c->peer);
	if (!c->is_local)
		say_at_once(fd);
	h->n_connections++;
	connection_join(c, worker_idle_of(h->worker, h));
	connection_set_deadline(c, DEADLINE_IDLE);
	r = loop_add(&h->worker->loop, &c->socket, CONNECTION_EVENTS);
	if (r < 0)
		connection_free(c);
	return r;
}

struct connection *connection_free(struct connection *c)
{
	if (!c)
		return NULL;
	if (c->exchange || c->scrape)
		c->http->service->end(c);
	if (c->awake)
		queue_remove(&c->worker->awake, c);
	loop_remove(&c->socket);
	close(c->socket.fd);
	inlet_clear(&c->inlet);
	outlet_clear(&c->outlet);
	leave_list(c);
	c->http->n_connections--;
	free(c);
	return NULL;
}

void connection_set_deadline(struct connection *c, enum deadline d)
{
	uint64_t ms = c->worker->config.deadlines_ms[d];

	c->deadline_ns = ms ? clock_boottime_ns() + ms * NS_PER_MS : 0;
}

bool connection_is_asking(const struct connection *c)
{
	char byte;

	return c->inlet.kept.len || recv(c->socket.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

int connection_read(struct connection *c, size_t most, struct span *ret)
{
	return inlet_read(&c->inlet, c->socket.fd, c->worker->room.data, most, ret);
}

void connection_keep(struct connection *c, struct span rest)
{
	if (inlet_keep(&c->inlet, rest) < 0)
		connection_drop(c);
}

void connection_drop(struct connection *c)
{
	c->dropped = true;
	connection_wake(c);
}
