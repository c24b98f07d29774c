/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/worker.h"

#include <signal.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "frontend/dialogue.h"
#include "frontend/exchange.h"
#include "frontend/line.h"
#include "s3/encoding.h"

/* Of a connection: head, reply's head, and what is read of a body at a time. */
#define HTTP_MEMORY (64 * 1024)

/* libmicrohttpd's own timeout, which is one of inactivity, catches readers that stop altogether. */
#define HTTP_TIMEOUT_S 120

/* So often in a row libmicrohttpd may have more to do before the links get their turn. */
#define HTTP_ROUNDS 16

#define HTTP_FLAGS (MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME)

#define ACCEPT_BATCH 32

/* --- requests ---------------------------------------------------------------------------- */

uint64_t worker_next_request_id(struct worker *w)
{
	return ++w->last_request_id;
}

void worker_resume(struct worker *w, struct MHD_Connection *http)
{
	MHD_resume_connection(http);
	w->http_pending = true;
}

/* --- connections ------------------------------------------------------------------------- */

/* Says goodbye to who waits between two requests. */
static void drop_idle(struct worker *w)
{
	struct connection *c = w->idle.first;

	connection_drop(c);
	connection_join(c, &w->busy);
	w->http_pending = true;
}

void worker_rest(struct worker *w, struct connection *c)
{
	connection_join(c, &w->idle);
	connection_set_deadline(c, DEADLINE_IDLE, 0);
}

static void on_connection(void *cls, struct MHD_Connection *http, void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	struct worker *w = cls;
	const union MHD_ConnectionInfo *fd, *address;
	struct connection *c = NULL;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		*context = connection_free(*context);
		return;
	}
	fd = MHD_get_connection_info(http, MHD_CONNECTION_INFO_CONNECTION_FD);
	address = MHD_get_connection_info(http, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	/* Without memory for it, its first request is refused. */
	if (connection_new(w, fd->connect_fd, address->client_addr, &c) < 0)
		shutdown(fd->connect_fd, SHUT_RDWR);
	*context = c;
}

static size_t count_connections(const struct worker *w)
{
	return w->idle.count + w->busy.count;
}

static void close_doors(struct worker *w)
{
	for (int i = 0; i < w->config.n_listen; i++)
		loop_remove(&w->doors[i].source);
	w->doors_open = false;
}

/* Exclusive: of all workers that wait at a door, the kernel wakes one. */
static int open_doors(struct worker *w)
{
	int r = 0;

	for (int i = 0; i < w->config.n_listen && r == 0; i++)
		r = loop_add(&w->loop, &w->doors[i].source, EPOLLIN | EPOLLEXCLUSIVE);
	w->doors_open = r == 0;
	return r;
}

/*
 * At the limit, who has been idle longest makes room. Where nobody is idle, newcomers wait in the
 * kernel's queue.
 */
static bool make_room(struct worker *w)
{
	if (count_connections(w) < w->config.connections_max)
		return true;
	if (w->idle.first)
		drop_idle(w);
	return false;
}

/* True while there may be more. */
static bool accept_one(struct worker *w, int listen_fd)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	int fd;

	if (!make_room(w)) {
		if (!w->idle.first)
			close_doors(w);
		return false;
	}
	fd = accept4(listen_fd, (struct sockaddr *)&address, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0) {
		/* Out of descriptors: let those who are here finish. */
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			close_doors(w);
		return errno == ECONNABORTED || errno == EINTR;
	}
	/* Takes fd, also where it fails. */
	if (MHD_add_connection(w->http, fd, (struct sockaddr *)&address, len) == MHD_YES)
		w->http_pending = true;
	return true;
}

static int door_ready(struct loop_source *s, uint32_t events)
{
	struct worker_door *d =
		(struct worker_door *)((char *)s - offsetof(struct worker_door, source));

	for (int i = 0; i < ACCEPT_BATCH && accept_one(d->worker, s->fd); i++)
		;
	return 0;
}

/* --- deadlines --------------------------------------------------------------------------- */

static void expire(struct connection *c, uint64_t now)
{
	if (c->exchange && exchange_waits_for_client(c->exchange) && connection_has_ended(c)) {
		connection_drop(c);
		c->worker->http_pending = true;
		return;
	}
	if (!c->deadline_ns || c->deadline_ns > now)
		return;
	c->deadline_ns = 0;
	if (c->exchange)
		exchange_expire(c->exchange);
	else
		connection_drop(c);
	c->worker->http_pending = true;
}

static void expire_all(struct connection_list *l, uint64_t now)
{
	struct connection *next;

	for (struct connection *c = l->first; c; c = next) {
		next = c->next;
		expire(c, now);
	}
}

static int sweep(struct loop_timer *t)
{
	struct worker *w = (struct worker *)((char *)t - offsetof(struct worker, sweep));
	uint64_t now = clock_boottime_ns();

	expire_all(&w->busy, now);
	/* The idle ones stand in the order of their deadlines. */
	while (w->idle.first && w->idle.first->deadline_ns <= now)
		drop_idle(w);
	loop_arm(&w->loop, t, now + w->config.sweep_ms * NS_PER_MS);
	return w->doors_open || w->draining ? 0 : open_doors(w);
}

/* --- the parent -------------------------------------------------------------------------- */

static void dial(void *context, enum links_peer peer)
{
	struct worker *w = context;
	int r = line_say(w->line.fd, peer == LINKS_AUTHD ? LINE_AUTHD : LINE_STORED, -1);

	/* Without the parent there is no going on; it is noticed at the line's other end. */
	if (r < 0)
		log_error("line-failed error=%s", strerrorname_np(-r));
}

static void links_have_changed(void *context)
{
	struct worker *w = context;

	if (w->was_ready || !links_authd_is_open(&w->links) || !links_stored_is_open(&w->links))
		return;
	w->was_ready = line_say(w->line.fd, LINE_READY, -1) == 0;
}

static int line_ready(struct loop_source *s, uint32_t events)
{
	struct worker *w = (struct worker *)((char *)s - offsetof(struct worker, line));
	_cleanup_(fd_closep) int fd = -1;
	enum line_word word;
	int r = line_hear(s->fd, &word, &fd);

	if (r == -EAGAIN || r == -EINTR)
		return 0;
	if (r == -ENOTCONN) {
		worker_stop(w);
		return 0;
	}
	if (r < 0)
		return r;
	if (fd >= 0)
		links_connected(&w->links, word == LINE_AUTHD ? LINKS_AUTHD : LINKS_STORED,
				steal_fd(fd));
	return 0;
}

/* --- libmicrohttpd ----------------------------------------------------------------------- */

static int http_ready(struct loop_source *s, uint32_t events)
{
	struct worker *w = (struct worker *)((char *)s - offsetof(struct worker, http_source));

	w->http_pending = true;
	return 0;
}

static bool http_wants_more(struct worker *w)
{
	MHD_UNSIGNED_LONG_LONG ms;

	return w->http_pending || (MHD_get_timeout(w->http, &ms) == MHD_YES && ms == 0);
}

static int run_http(struct worker *w)
{
	for (int i = 0; i < HTTP_ROUNDS && http_wants_more(w); i++) {
		w->http_pending = false;
		if (MHD_run(w->http) == MHD_NO)
			return -EIO;
		/* What the callbacks said goes out before the next round, which may be a long one.
		 */
		channel_group_flush(&w->group);
	}
	return 0;
}

/* How long the loop may sleep for libmicrohttpd's part. */
static int http_patience_ms(struct worker *w)
{
	MHD_UNSIGNED_LONG_LONG ms;

	if (w->http_pending)
		return 0;
	if (MHD_get_timeout(w->http, &ms) == MHD_NO)
		return -1;
	return ms > INT32_MAX ? INT32_MAX : (int)ms;
}

static size_t leave_escaped(void *cls, struct MHD_Connection *http, char *s)
{
	return strlen(s);
}

static int start_http(struct worker *w)
{
	/* Keys are decoded once, and not here: what unescapes targets leaves them as they are. */
	const struct MHD_OptionItem options[] = {
		{ MHD_OPTION_CONNECTION_MEMORY_LIMIT, HTTP_MEMORY, NULL },
		{ MHD_OPTION_CONNECTION_LIMIT, (intptr_t)w->config.connections_max, NULL },
		{ MHD_OPTION_CONNECTION_TIMEOUT, HTTP_TIMEOUT_S, NULL },
		{ MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, NULL },
		{ MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)exchange_on_target, w },
		{ MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)leave_escaped, NULL },
		{ MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)exchange_on_end, w },
		{ MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, w },
#if MHD_VERSION >= 0x01000000
		{ MHD_OPTION_CLIENT_DISCIPLINE_LVL, 1, NULL },
#endif
		{ MHD_OPTION_END, 0, NULL },
	};
	const union MHD_DaemonInfo *info;

	w->http = MHD_start_daemon(HTTP_FLAGS, 0, NULL, NULL, exchange_on_request, w,
				   MHD_OPTION_ARRAY, options, MHD_OPTION_END);
	if (!w->http)
		return -EIO;
	info = MHD_get_daemon_info(w->http, MHD_DAEMON_INFO_EPOLL_FD);
	w->http_source = (struct loop_source){ .fd = info->epoll_fd, .ready = http_ready };
	return loop_add(&w->loop, &w->http_source, EPOLLIN);
}

/* --- life -------------------------------------------------------------------------------- */

static int drained(struct loop_timer *t)
{
	worker_stop((struct worker *)((char *)t - offsetof(struct worker, drained)));
	return 0;
}

void worker_drain(struct worker *w)
{
	if (w->draining)
		return;
	w->draining = true;
	close_doors(w);
	loop_arm(&w->loop, &w->drained, clock_boottime_ns() + WORKER_DRAIN_MS * NS_PER_MS);
}

static int signals_ready(struct loop_source *s, uint32_t events)
{
	worker_drain((struct worker *)((char *)s - offsetof(struct worker, signals)));
	return 0;
}

int worker_take_signals(struct worker *w)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	w->signals.ready = signals_ready;
	w->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (w->signals.fd < 0)
		return -errno;
	return loop_add(&w->loop, &w->signals, EPOLLIN);
}

/* Nobody else's: a worker that came after another must not say the same id of another request. */
static int make_ids(struct worker *w)
{
	uint8_t random[sizeof(w->last_request_id) + (WORKER_HOST_ID_TEXT - 1) / 4 * 3];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return -EIO;
	memcpy(&w->last_request_id, random, sizeof(w->last_request_id));
	base64_encode((struct span){ random + sizeof(w->last_request_id),
				     sizeof(random) - sizeof(w->last_request_id) },
		      w->host_id);
	return 0;
}

static void configure(struct worker *w, const struct worker_config *config)
{
	*w = (struct worker){ .config = *config };
	if (!w->config.connections_max)
		w->config.connections_max = WORKER_CONNECTIONS_MAX;
	if (!w->config.sweep_ms)
		w->config.sweep_ms = WORKER_SWEEP_MS;
	w->loop.epoll_fd = -1;
	w->line = (struct loop_source){ .fd = config->line_fd, .ready = line_ready };
	for (int i = 0; i < config->n_listen; i++)
		w->doors[i] = (struct worker_door){
			.source = { .fd = config->listen_fds[i], .ready = door_ready },
			.worker = w,
		};
	w->sweep.expired = sweep;
	w->drained.expired = drained;
	w->signals.fd = -1;
}

static int open_all(struct worker *w)
{
	int r = make_ids(w);

	if (r == 0)
		r = loop_init(&w->loop);
	if (r == 0)
		r = channel_group_init(&w->group);
	if (r == 0)
		r = start_http(w);
	if (r == 0)
		r = loop_add(&w->loop, &w->line, EPOLLIN);
	if (r == 0)
		r = open_doors(w);
	return r;
}

int worker_init(struct worker *w, const struct worker_config *config)
{
	struct links_config links = {
		.loop = &w->loop,
		.group = &w->group,
		.handler = &dialogue_handler,
		.dial = dial,
		.changed = links_have_changed,
		.context = w,
	};
	int r;

	configure(w, config);
	r = open_all(w);
	if (r < 0) {
		worker_clear(w);
		return r;
	}
	loop_arm(&w->loop, &w->sweep, clock_boottime_ns() + w->config.sweep_ms * NS_PER_MS);
	links_init(&w->links, &links);
	return 0;
}

/* libmicrohttpd may not be stopped while connections are suspended. */
static void stop_http(struct worker *w)
{
	struct connection *next;

	if (!w->http)
		return;
	for (struct connection *c = w->busy.first; c; c = next) {
		next = c->next;
		if (c->exchange)
			exchange_stop(c->exchange);
	}
	MHD_run(w->http);
	loop_remove(&w->http_source);
	MHD_stop_daemon(w->http);
	w->http = NULL;
}

void worker_clear(struct worker *w)
{
	close_doors(w);
	stop_http(w);
	loop_disarm(&w->sweep);
	loop_disarm(&w->drained);
	loop_remove(&w->signals);
	w->signals.fd = fd_close(w->signals.fd);
	loop_remove(&w->line);
	links_clear(&w->links);
	channel_group_clear(&w->group);
	if (w->loop.epoll_fd >= 0)
		loop_clear(&w->loop);
}

/* Connections without a request go at once; with the last of the others the worker is done. */
static void end_drain(struct worker *w)
{
	while (w->idle.first)
		drop_idle(w);
	if (!w->busy.first)
		worker_stop(w);
}

int worker_step(struct worker *w, int at_most_ms)
{
	int patience = http_patience_ms(w), r;

	if (patience < 0 || (at_most_ms >= 0 && at_most_ms < patience))
		patience = at_most_ms;
	r = loop_step(&w->loop, patience);
	if (r < 0)
		return r;
	/* A flush may end a channel, which resumes what waited for it: so libmicrohttpd runs behind
	 * it. */
	channel_group_flush(&w->group);
	if (w->draining)
		end_drain(w);
	return run_http(w);
}

int worker_run(struct worker *w)
{
	int r = 0;

	while (r >= 0 && !w->loop.stopping)
		r = worker_step(w, -1);
	return r;
}

void worker_stop(struct worker *w)
{
	loop_stop(&w->loop);
}
