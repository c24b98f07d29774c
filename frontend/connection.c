/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/clock.h"
#include "frontend/worker.h"

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

int connection_new(struct http *h, int fd, const struct sockaddr *address, struct connection **ret)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->worker = h->worker;
	c->http = h;
	c->fd = fd;
	c->is_new = true;
	c->is_local = address && address->sa_family == AF_UNIX;
	format_peer(address, c->peer);
	connection_join(c, worker_idle_of(h->worker, h));
	connection_set_deadline(c, DEADLINE_IDLE, 0);
	*ret = c;
	return 0;
}

struct connection *connection_free(struct connection *c)
{
	if (!c)
		return NULL;
	leave_list(c);
	free(c);
	return NULL;
}

void connection_set_deadline(struct connection *c, enum deadline d, uint64_t extra_ns)
{
	uint64_t ms = c->worker->config.deadlines_ms[d];

	c->deadline_ns = ms ? clock_boottime_ns() + ms * NS_PER_MS + extra_ns : 0;
}

static ssize_t peek(const struct connection *c)
{
	char byte;

	return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
}

bool connection_has_ended(const struct connection *c)
{
	return peek(c) == 0;
}

bool connection_is_asking(const struct connection *c)
{
	return peek(c) > 0;
}

void connection_drop(struct connection *c)
{
	shutdown(c->fd, SHUT_RDWR);
}
