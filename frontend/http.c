/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/http.h"

#include "frontend/connection.h"
#include "frontend/exchange.h"
#include "frontend/scrape.h"
#include "frontend/worker.h"

/*
 * Of a connection: head, reply's head, and what is read of a body at a time; S3 allows heads of 8
 * KiB. More than this libmicrohttpd maps and unmaps for every connection, which costs short ones
 * twice the time (122 against 69 microseconds in the kernel each) and gains large bodies nothing.
 */
#define HTTP_MEMORY (32 * 1024)

/* libmicrohttpd's own timeout, which is one of inactivity, catches readers that stop altogether. */
#define HTTP_TIMEOUT_S 120

/* So often in a row libmicrohttpd may have more to do before the links get their turn. */
#define HTTP_ROUNDS 2

#define HTTP_FLAGS (MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME)

static void on_connection(void *cls, struct MHD_Connection *http, void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	const union MHD_ConnectionInfo *fd, *address;
	struct connection *c = NULL;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		((struct http *)cls)->n_connections--;
		*context = connection_free(*context);
		return;
	}
	((struct http *)cls)->n_connections++;
	fd = MHD_get_connection_info(http, MHD_CONNECTION_INFO_CONNECTION_FD);
	address = MHD_get_connection_info(http, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	/* Without memory for it, its first request is refused. */
	if (connection_new(cls, fd->connect_fd, address->client_addr, &c) < 0)
		shutdown(fd->connect_fd, SHUT_RDWR);
	*context = c;
}

/* Keys are decoded once, and not here. */
static size_t leave_escaped(void *cls, struct MHD_Connection *http, char *s)
{
	return strlen(s);
}

static int http_ready(struct loop_source *s, uint32_t events)
{
	http_poke((struct http *)((char *)s - offsetof(struct http, source)));
	return 0;
}

int http_open(struct http *h, struct worker *w, const struct http_service *service,
	      enum s3_dialect dialect)
{
	size_t most = service->connections_max ? service->connections_max
					       : w->config.connections_max;
	const struct MHD_OptionItem options[] = {
		{ MHD_OPTION_CONNECTION_MEMORY_LIMIT, HTTP_MEMORY, NULL },
		{ MHD_OPTION_CONNECTION_LIMIT, (intptr_t)most, NULL },
		{ MHD_OPTION_CONNECTION_TIMEOUT, HTTP_TIMEOUT_S, NULL },
		{ MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, NULL },
		{ MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)service->target, w },
		{ MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)leave_escaped, NULL },
		{ MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)service->end, w },
		{ MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, h },
#if MHD_VERSION >= 0x01000000
		{ MHD_OPTION_CLIENT_DISCIPLINE_LVL, 1, NULL },
#endif
		{ MHD_OPTION_END, 0, NULL },
	};
	const union MHD_DaemonInfo *info;

	*h = (struct http){ .worker = w, .dialect = dialect };
	h->daemon = MHD_start_daemon(HTTP_FLAGS, 0, NULL, NULL, service->request, w,
				     MHD_OPTION_ARRAY, options, MHD_OPTION_END);
	if (!h->daemon)
		return -EIO;
	info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	h->source = (struct loop_source){ .fd = info->epoll_fd, .ready = http_ready };
	return loop_add(&w->loop, &h->source, EPOLLIN);
}

/* libmicrohttpd may not be stopped while connections are suspended. */
void http_close(struct http *h)
{
	struct connection *next;

	if (!h->daemon)
		return;
	for (struct connection *c = h->worker->busy.first; c; c = next) {
		next = c->next;
		if (c->http == h && c->exchange)
			exchange_stop(c->exchange);
		else if (c->http == h && c->scrape)
			scrape_stop(c->scrape);
	}
	MHD_run(h->daemon);
	loop_remove(&h->source);
	MHD_stop_daemon(h->daemon);
	h->daemon = NULL;
}

void http_add(struct http *h, int fd, const struct sockaddr *address, socklen_t len)
{
	if (MHD_add_connection(h->daemon, fd, address, len) == MHD_YES)
		http_poke(h);
}

void http_resume(struct http *h, struct MHD_Connection *c)
{
	MHD_resume_connection(c);
	http_poke(h);
}

int http_patience_ms(const struct http *h)
{
	MHD_UNSIGNED_LONG_LONG ms;

	if (!h->daemon)
		return -1;
	if (h->pending)
		return 0;
	if (MHD_get_timeout(h->daemon, &ms) == MHD_NO)
		return -1;
	return ms > INT32_MAX ? INT32_MAX : (int)ms;
}

int http_run(struct http *h)
{
	for (int i = 0; i < HTTP_ROUNDS && http_patience_ms(h) == 0; i++) {
		h->pending = false;
		if (MHD_run(h->daemon) == MHD_NO)
			return -EIO;
		/* What its callbacks said goes out before the next round, which may be long. */
		channel_group_flush(&h->worker->group);
	}
	return 0;
}
