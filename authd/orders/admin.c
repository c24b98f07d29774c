/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/orders/admin.h"

#include <jansson.h>
#include <sodium.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include "authd/authd.h"
#include "authd/orders/order.h"
#include "base/clock.h"
#include "base/fd.h"
#include "s3/jsontext.h"

#define ADMIN_READ_SIZE 4096

struct admin_connection {
	struct loop_source source;
	struct loop_timer idle;
	struct admin *admin;
	struct peer peer;
	struct buffer in, out;		/* secrets pass through both */
	size_t sent;
	int file; /* that came with the line that is next; -1: none */
	struct order *order;		/* under way */
	bool at_end;			/* nothing more will come */
	struct admin_connection *next, *before;
};

static void wipe(struct buffer *b)
{
	if (b->data)
		sodium_memzero(b->data, b->size);
	buffer_clear(b);
}

static void connection_free(struct admin_connection *c)
{
	struct admin *admin = c->admin;

	*(c->before ? &c->before->next : &admin->first) = c->next;
	if (c->next)
		c->next->before = c->before;
	admin->n--;
	if (c->order)
		order_abandon(c->order);
	loop_disarm(&c->idle);
	loop_remove(&c->source);
	fd_close(c->source.fd);
	fd_close(c->file);
	wipe(&c->in);
	wipe(&c->out);
	free(c);
}

static int idle_for_too_long(struct loop_timer *t)
{
	connection_free(
		(struct admin_connection *)((char *)t - offsetof(struct admin_connection, idle)));
	return 0;
}

static void touch(struct admin_connection *c)
{
	loop_arm(&c->admin->authd->loop, &c->idle, clock_boottime_ns() + ADMIN_IDLE_NS);
}

/* --- answers ------------------------------------------------------------------------------ */

static int append(const char *bytes, size_t len, void *to)
{
	struct buffer *b = to;

	buffer_append(b, (struct span){ bytes, len });
	return buffer_error(b);
}

/* Takes the answer; NULL stands for one that there was no memory for. */
static void put_answer(struct admin_connection *c, json_t *answer)
{
	if (!answer || json_dump_callback(answer, append, &c->out, JSON_COMPACT) < 0) {
		wipe(&c->out);
		buffer_append_string(&c->out,
				     "{\"ok\":false,\"error\":\"There is not enough memory "
				     "for the answer.\"}");
	}
	buffer_append_byte(&c->out, '\n');
	json_decref(answer);
}

/* Sends what there is until the peer must read first. -errno: it never will. */
static int send_some(struct admin_connection *c)
{
	while (c->sent < c->out.len) {
		ssize_t n = send(c->source.fd, c->out.data + c->sent, c->out.len - c->sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		c->sent += (size_t)n;
		touch(c);
	}
	wipe(&c->out);
	c->sent = 0;
	return 0;
}

/* --- requests ----------------------------------------------------------------------------- */

static int proceed(struct admin_connection *c);

/* The writer is done with what was ordered. */
static void answered(void *owner, json_t *answer)
{
	struct admin_connection *c = owner;

	c->order = NULL;
	put_answer(c, answer);
	if (proceed(c) < 0)
		connection_free(c);
}

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

/* One is kept; there may be room for more than one, and what has none the kernel closes. */
static void take_files(struct admin_connection *c, struct msghdr *m)
{
	for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
		size_t n = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			fd_close(c->file);
			memcpy(&c->file, CMSG_DATA(h) + i * sizeof(int), sizeof(int));
		}
	}
}

static ssize_t receive_bytes(struct admin_connection *c, uint8_t *to)
{
	union control control;
	struct iovec iov = { to, ADMIN_READ_SIZE };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(c->source.fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n >= 0)
		take_files(c, &m);
	return n;
}

static void receive(struct admin_connection *c)
{
	while (!c->at_end && c->in.len <= ADMIN_LINE_MAX) {
		uint8_t *to = buffer_reserve(&c->in, ADMIN_READ_SIZE);
		ssize_t n = to ? receive_bytes(c, to) : 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		c->at_end = n <= 0;
		buffer_commit(&c->in, n > 0 ? (size_t)n : 0);
	}
}

/* The first whole line, without its end. */
static bool first_line(const struct admin_connection *c, struct span *ret)
{
	return !span_is_none(span_cut(buffer_span(&c->in), '\n', ret));
}

static void drop_line(struct admin_connection *c, size_t len)
{
	size_t left = c->in.len - len - 1;

	memmove(c->in.data, c->in.data + len + 1, left);
	sodium_memzero(c->in.data + left, len + 1);
	c->in.len = left;
}

/* What follows a line that is too long cannot be told from its rest, so the connection ends. */
static void refuse_long_line(struct admin_connection *c)
{
	sodium_memzero(c->in.data, c->in.size);
	c->in.len = 0;
	c->at_end = true;
	buffer_append_string(&c->out,
			     "{\"ok\":false,\"error\":\"A line is at most 1048576 bytes.\"}\n");
}

/* Deals with one line; false where there is none. */
static bool take_line(struct admin_connection *c)
{
	struct order_waiter waiter = { .uid = c->peer.uid,
				       .pid = c->peer.pid,
				       .answered = answered,
				       .owner = c };
	struct span line;
	bool whole = first_line(c, &line);
	json_t *answer;

	if (line.len > ADMIN_LINE_MAX) {
		refuse_long_line(c);
		return true;
	}
	if (!whole)
		return false;
	touch(c);
	answer = order_give(c->admin->authd, line, c->file, &waiter, &c->order);
	c->file = -1;
	if (!c->order)
		put_answer(c, answer);
	drop_line(c, line.len);
	return true;
}

/* Goes on until something has to be waited for: a line, the writer, or the peer to read. */
static int proceed(struct admin_connection *c)
{
	bool full;
	int r;

	while (!c->order) {
		r = send_some(c);
		if (r < 0)
			return r;
		if (c->out.len || !take_line(c))
			break;
	}
	if (c->at_end && !c->order && !c->out.len)
		return -EPIPE;
	full = c->at_end || c->order || c->in.len > ADMIN_LINE_MAX;
	return loop_change(&c->source, (c->out.len ? EPOLLOUT : 0) | (full ? 0 : EPOLLIN));
}

static int ready(struct loop_source *s, uint32_t events)
{
	struct admin_connection *c =
		(struct admin_connection *)((char *)s - offsetof(struct admin_connection, source));

	if (events & EPOLLIN)
		receive(c);
	/* Nobody is left to answer. An order that is under way goes on without him. */
	if ((events & (EPOLLHUP | EPOLLERR)) || proceed(c) < 0)
		connection_free(c);
	return 0;
}

/* --- life --------------------------------------------------------------------------------- */

static bool admits(const struct listener *l, const struct peer *p)
{
	const struct admin *admin = l->owner;

	return peer_list_has(&admin->authd->options->admins, p);
}

static int opened(struct listener *l, int fd, const struct peer *p)
{
	return admin_open(l->owner, fd, p);
}

int admin_open(struct admin *admin, int fd, const struct peer *p)
{
	struct admin_connection *c;
	int r;

	if (admin->n == ADMIN_CONNECTIONS_MAX) {
		fd_close(fd);
		return LISTENER_FULL;
	}
	c = calloc(1, sizeof(*c));
	if (!c) {
		fd_close(fd);
		return -ENOMEM;
	}
	c->source = (struct loop_source){ .fd = fd, .ready = ready };
	c->idle.expired = idle_for_too_long;
	c->file = -1;
	c->admin = admin;
	c->peer = *p;
	c->in = BUFFER_INIT(ADMIN_LINE_MAX + 1 + ADMIN_READ_SIZE);
	c->out = BUFFER_INIT(ADMIN_ANSWER_MAX);
	c->next = admin->first;
	if (c->next)
		c->next->before = c;
	admin->first = c;
	admin->n++;
	/* Whole from the start: what grows by moving leaves copies behind. */
	r = buffer_reserve(&c->in, c->in.limit) ? 0 : buffer_error(&c->in);
	if (r >= 0)
		r = loop_add(&admin->authd->loop, &c->source, EPOLLIN);
	if (r < 0) {
		connection_free(c);
		return r;
	}
	touch(c);
	return 0;
}

int admin_listen(struct admin *admin, int fd)
{
	return listener_open(&admin->listener, &admin->authd->loop, fd);
}

/* jansson's memory holds secrets for a moment, so it goes back wiped; its length leads it. */
static void *json_memory(size_t len)
{
	size_t *block = malloc(sizeof(max_align_t) + len);

	if (!block) {
		jsontext_starve();
		return NULL;
	}
	*block = len;
	return (char *)block + sizeof(max_align_t);
}

static void json_wipe(void *memory)
{
	size_t *block;

	if (!memory)
		return;
	block = (size_t *)((char *)memory - sizeof(max_align_t));
	sodium_memzero(memory, *block);
	free(block);
}

void admin_init(struct admin *admin, struct authd *a)
{
	json_set_alloc_funcs(json_memory, json_wipe);
	/* It would read /dev/urandom at its first object. */
	json_object_seed(randombytes_random());
	*admin = (struct admin){
		.authd = a,
		.listener = { .name = "admin", .owner = admin, .audit = &a->audit,
			      .admits = admits, .opened = opened },
	};
}

void admin_clear(struct admin *admin)
{
	listener_close(&admin->listener);
	while (admin->first)
		connection_free(admin->first);
}
