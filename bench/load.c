/* SPDX-License-Identifier: Apache-2.0 */

/*
 * usage: load --port N --path PATTERN [options]
 *
 *   --host NAME             127.0.0.1 where nothing is said
 *   --method GET|HEAD|PUT   GET where nothing is said
 *   --query PATTERN         in canonical order and encoding
 *   --keys N                N requests that differ, in turn. In path and query {key} stands for the number
 *                           of each in six digits, {part} for that number and one
 *   --first N               the number of the first of them
 *   --group N               {group} and {member} stand for that number by N and its remainder,
 *                           four digits each
 *   --size BYTES            of the body sent, or of each body that must come
 *   --least BYTES           of each body that must come
 *   --range BYTES --of ALL  as many of an object of so many, from a different place for each of --keys
 *   --unsigned-payload      the body is not hashed and signed
 *   --connections N         keep-alive, one request on each at a time
 *   --seconds S             how long, after a fifth of that to warm up; longer where no request
 *                           has ended until then
 *   --requests N            instead of a time: exactly so many, and no warming up
 *
 * Load over keep-alive connections, by one thread. Signed where AWS_ACCESS_KEY_ID and
 * AWS_SECRET_ACCESS_KEY are in the environment. Prints one line of JSON. Any answer but 200, of a range
 * 206, with the length expected ends it with an error: a server is not fast at what it does wrong.
 */

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bench/answer.h"
#include "bench/histogram.h"
#include "bench/plan.h"
#include "bench/sign.h"

#define BLOCK		((size_t)1 << 20) /* of a body sent, repeated as often as it takes */
#define RECEIVE		((size_t)256 << 10)
#define SILENCE_MS	20000

struct head {
	char *text;
	size_t len;
};

enum direction {
	SENDING,
	RECEIVING,
	IDLE, /* all its work is done */
};

struct connection {
	int fd;
	enum direction direction;
	bool waits_for_room;
	const struct head *head;
	size_t sent; /* of head and body */
	uint64_t started_ns;
	struct answer answer;
};

struct load {
	struct plan plan;
	struct sockaddr_storage address;
	socklen_t address_len;
	struct head *heads;
	unsigned int n_heads;
	size_t body_len;
	char *block, *receive;
	struct connection *connections;
	int epoll_fd;
	uint64_t n_begun, n_ended, begin_ns, end_ns, bytes, woke_ns;
	unsigned int n_idle;
	struct histogram times;
};

/* --- what is sent ---------------------------------------------------------------------------- */

static bool is_method(const struct load *l, const char *method)
{
	return strcmp(l->plan.method, method) == 0;
}

static void prepare_head(struct load *l, const struct signer *s, struct sign_request *r,
			 unsigned int n)
{
	char path[PLAN_TARGET_MAX], query[PLAN_TARGET_MAX], text[SIGN_HEAD_MAX];

	plan_target(&l->plan, l->plan.path, n, path);
	plan_target(&l->plan, l->plan.query, n, query);
	r->path = path;
	r->query = query;
	if (l->plan.range) {
		r->range_begin = plan_range_begin(&l->plan, n);
		r->range_len = l->plan.range;
	}
	l->heads[n].len = sign_head(s, r, text);
	l->heads[n].text = strndup(text, l->heads[n].len);
	if (!l->heads[n].text)
		err(1, "memory");
}

/* Everything that can be done before the clock starts is: the generator shares the processors. */
static void prepare(struct load *l)
{
	const char *access_key = getenv("AWS_ACCESS_KEY_ID");
	const char *secret_key = getenv("AWS_SECRET_ACCESS_KEY");
	char host[256], payload[SIGN_SHA256_TEXT] = SIGN_UNSIGNED;
	struct sign_request r = { .method = l->plan.method,
				  .host = host,
				  .payload = payload,
				  .length = l->body_len };
	struct signer signer;

	snprintf(host, sizeof(host), "%s:%u", l->plan.host, l->plan.port);
	for (size_t i = 0; i < BLOCK; i++)
		l->block[i] = (char)(i * 2654435761u >> 13);
	if (!l->plan.unsigned_payload)
		sign_payload(l->block, BLOCK, l->body_len, payload);
	if (access_key && secret_key)
		signer_init(&signer, access_key, secret_key);
	l->n_heads = plan_variants(&l->plan);
	l->heads = calloc(l->n_heads, sizeof(*l->heads));
	if (!l->heads)
		err(1, "memory");
	for (unsigned int i = 0; i < l->n_heads; i++)
		prepare_head(l, access_key && secret_key ? &signer : NULL, &r, i);
}

static void want_room(struct load *l, struct connection *c, bool wanted)
{
	struct epoll_event e = { .events = wanted ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.ptr = c };

	if (c->waits_for_room == wanted)
		return;
	if (epoll_ctl(l->epoll_fd, EPOLL_CTL_MOD, c->fd, &e) < 0)
		err(1, "epoll_ctl");
	c->waits_for_room = wanted;
}

/* What comes next: of the head and of the body, in one system call where they are small. */
static size_t gather(const struct load *l, const struct connection *c, struct iovec iov[2])
{
	size_t n = 0, at;

	if (c->sent < c->head->len)
		iov[n++] = (struct iovec){ c->head->text + c->sent, c->head->len - c->sent };
	at = n ? 0 : c->sent - c->head->len;
	if (at < l->body_len) {
		size_t within = at % BLOCK, most = BLOCK - within;

		iov[n++] = (struct iovec){ l->block + within,
					   l->body_len - at < most ? l->body_len - at : most };
	}
	return n;
}

/* The time is up; but not before a request was counted, or there is nothing to tell. */
static bool is_over(const struct load *l, uint64_t now)
{
	return !l->plan.requests && now >= l->end_ns && l->times.n;
}

/* As they move: a large body that begins or ends outside the time counts for its part within it. */
static void count_bytes(struct load *l, size_t n)
{
	if (l->woke_ns >= l->begin_ns && !is_over(l, l->woke_ns))
		l->bytes += n;
}

static void send_more(struct load *l, struct connection *c)
{
	while (c->sent < c->head->len + l->body_len) {
		struct iovec iov[2];
		struct msghdr m = { .msg_iov = iov, .msg_iovlen = gather(l, c, iov) };
		ssize_t n = sendmsg(c->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN) {
			want_room(l, c, true);
			return;
		}
		if (n < 0)
			err(1, "send");
		if (l->body_len)
			count_bytes(l, (size_t)n);
		c->sent += (size_t)n;
	}
	want_room(l, c, false);
	c->direction = RECEIVING;
}

static bool has_more_work(const struct load *l, uint64_t now)
{
	return l->plan.requests ? l->n_begun < l->plan.requests : !is_over(l, now);
}

static void begin(struct load *l, struct connection *c, uint64_t now)
{
	if (!has_more_work(l, now)) {
		c->direction = IDLE;
		l->n_idle++;
		return;
	}
	c->head = &l->heads[l->n_begun++ % l->n_heads];
	c->sent = 0;
	answer_begin(&c->answer, is_method(l, "HEAD"));
	c->started_ns = now;
	c->direction = SENDING;
	send_more(l, c);
}

/* --- what comes back ------------------------------------------------------------------------- */

static void end(struct load *l, struct connection *c)
{
	uint64_t now = now_ns();

	/* What began while it warmed up, or ended after the time, is not counted. */
	if (c->started_ns >= l->begin_ns && !is_over(l, now)) {
		histogram_add(&l->times, now - c->started_ns);
		if (now > l->end_ns)
			l->end_ns = now;
	}
	l->n_ended++;
	begin(l, c, now);
}

/* Is a whole answer the one that was asked for? */
static void judge(const struct load *l, const struct answer *a)
{
	const struct plan *p = &l->plan;
	int expected = p->range ? 206 : 200;
	uint64_t len = p->range ? p->range : p->size;

	if (a->status != expected)
		errx(1, "%s %s: status %d", p->method, p->path, a->status);
	if (is_method(l, "PUT"))
		return;
	if ((p->range || p->has_size) && a->length != len)
		errx(1, "%s %s: %" PRIu64 " bytes, not %" PRIu64, p->method, p->path, a->length,
		     len);
	if (a->length < p->least)
		errx(1, "%s %s: only %" PRIu64 " bytes", p->method, p->path, a->length);
}

static void take(struct load *l, struct connection *c, const char *bytes, size_t len)
{
	const struct plan *p = &l->plan;
	uint64_t before = c->answer.received;
	enum answer_progress progress;
	size_t taken;

	if (c->direction != RECEIVING)
		errx(1, "%s %s: an answer before its time", p->method, p->path);
	progress = answer_take(&c->answer, bytes, len, &taken);
	if (progress == ANSWER_BROKEN)
		errx(1, "%s %s: this is not HTTP/1.1 with a length", p->method, p->path);
	if (taken < len)
		errx(1, "%s %s: more than was announced", p->method, p->path);
	if (!l->body_len)
		count_bytes(l, c->answer.received - before);
	if (progress == ANSWER_WHOLE) {
		judge(l, &c->answer);
		end(l, c);
	}
}

static void receive(struct load *l, struct connection *c)
{
	ssize_t n = recv(c->fd, l->receive, RECEIVE, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0)
		err(1, "recv");
	if (n == 0)
		errx(1, "%s %s: the server closed the connection", l->plan.method, l->plan.path);
	take(l, c, l->receive, (size_t)n);
}

/* --- all of it ------------------------------------------------------------------------------- */

static void resolve(struct load *l)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
	char port[8];
	int r;

	snprintf(port, sizeof(port), "%u", l->plan.port);
	r = getaddrinfo(l->plan.host, port, &hints, &found);
	if (r)
		errx(1, "%s: %s", l->plan.host, gai_strerror(r));
	memcpy(&l->address, found->ai_addr, found->ai_addrlen);
	l->address_len = found->ai_addrlen;
	freeaddrinfo(found);
}

static void connect_one(struct load *l, struct connection *c)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };
	int one = 1;

	c->fd = socket(l->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&l->address, l->address_len) < 0)
		err(1, "connect to %s:%u", l->plan.host, l->plan.port);
	if (setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0)
		err(1, "TCP_NODELAY");
	if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, c->fd, &e) < 0)
		err(1, "epoll_ctl");
}

static void start(struct load *l)
{
	l->block = malloc(BLOCK);
	l->receive = malloc(RECEIVE);
	l->connections = calloc(l->plan.connections, sizeof(*l->connections));
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (!l->block || !l->receive || !l->connections || l->epoll_fd < 0)
		err(1, "start");
	l->body_len = is_method(l, "PUT") ? l->plan.size : 0;
	prepare(l);
	resolve(l);
	for (unsigned int i = 0; i < l->plan.connections; i++)
		connect_one(l, &l->connections[i]);
}

static void run(struct load *l)
{
	uint64_t now = now_ns();

	l->woke_ns = now;
	l->begin_ns = now + (l->plan.requests ? 0 : (uint64_t)(l->plan.seconds * 0.2e9));
	l->end_ns = l->begin_ns + (uint64_t)(l->plan.seconds * 1e9);
	for (unsigned int i = 0; i < l->plan.connections; i++)
		begin(l, &l->connections[i], now);
	while (l->n_idle < l->plan.connections) {
		struct epoll_event events[64];
		int n = epoll_wait(l->epoll_fd, events, 64, SILENCE_MS);

		l->woke_ns = now_ns();
		if (n == 0)
			errx(1, "%s %s: no answer for %d s", l->plan.method, l->plan.path,
			     SILENCE_MS / 1000);
		for (int i = 0; i < n; i++) {
			struct connection *c = events[i].data.ptr;

			if (events[i].events & EPOLLOUT)
				send_more(l, c);
			if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
				receive(l, c);
		}
	}
	if (l->plan.requests)
		l->end_ns = now_ns();
}

static void stop(struct load *l)
{
	for (unsigned int i = 0; i < l->plan.connections; i++)
		close(l->connections[i].fd);
	for (unsigned int i = 0; i < l->n_heads; i++)
		free(l->heads[i].text);
	free(l->heads);
	free(l->connections);
	free(l->receive);
	free(l->block);
	close(l->epoll_fd);
}

int main(int argc, char **argv)
{
	static struct load l;

	l.plan = plan_read(argc, argv);
	start(&l);
	run(&l);
	histogram_print(&l.times, (double)(l.end_ns - l.begin_ns) / 1e9, l.bytes, l.n_ended);
	stop(&l);
	return 0;
}
