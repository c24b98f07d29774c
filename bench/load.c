/* SPDX-License-Identifier: Apache-2.0 */

/*
 * usage: load --port N --path PATH [options]
 *
 *   --method GET|HEAD|PUT   GET where nothing is said
 *   --keys N                requests go to PATH000000 ... in turn; 0: to PATH itself
 *   --query TEXT            in canonical order and encoding
 *   --size BYTES            of the body sent, or of each body that must come
 *   --unsigned-payload      the body is not hashed and signed
 *   --connections N         keep-alive, one request on each at a time
 *   --seconds S             how long, after a fifth of that to warm up
 *   --requests N            instead of a time: exactly so many, and no warming up
 *
 * Load on 127.0.0.1 over keep-alive connections, by one thread. Signed where AWS_ACCESS_KEY_ID and
 * AWS_SECRET_ACCESS_KEY are in the environment. Prints one line of JSON. Any answer but a 2xx with
 * the length expected ends it with an error: a server is not fast at what it does wrong.
 */

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bench/histogram.h"
#include "bench/sign.h"

#define CONNECTIONS_MAX 4096
#define HEAD_MAX	8192
#define BLOCK		((size_t)1 << 20) /* of a body sent, repeated as often as it takes */
#define RECEIVE		((size_t)256 << 10)
#define SILENCE_MS	20000

struct plan {
	uint16_t port;
	const char *method, *path, *query;
	unsigned int keys, connections;
	size_t size;
	bool unsigned_payload, has_size;
	double seconds;
	uint64_t requests;
};

struct head {
	char *text;
	size_t len;
};

enum direction {
	SENDING,
	RECEIVING_HEAD,
	RECEIVING_BODY,
	IDLE, /* all its work is done */
};

struct connection {
	int fd;
	enum direction direction;
	bool waits_for_room;
	const struct head *head;
	size_t sent; /* of head and body */
	uint64_t left; /* of the answer's body */
	uint64_t started_ns;
	size_t answer_len;
	char answer[HEAD_MAX];
};

struct load {
	struct plan plan;
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
	char path[1024], text[SIGN_HEAD_MAX];

	if (l->plan.keys)
		snprintf(path, sizeof(path), "%s%06u", l->plan.path, n);
	else
		snprintf(path, sizeof(path), "%s", l->plan.path);
	r->path = path;
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
	char host[32], payload[SIGN_SHA256_TEXT] = SIGN_UNSIGNED;
	struct sign_request r = { .method = l->plan.method,
				  .query = l->plan.query,
				  .host = host,
				  .payload = payload,
				  .length = l->body_len };
	struct signer signer;

	snprintf(host, sizeof(host), "127.0.0.1:%u", l->plan.port);
	for (size_t i = 0; i < BLOCK; i++)
		l->block[i] = (char)(i * 2654435761u >> 13);
	if (!l->plan.unsigned_payload)
		sign_payload(l->block, BLOCK, l->body_len, payload);
	if (access_key && secret_key)
		signer_init(&signer, access_key, secret_key);
	l->n_heads = l->plan.keys ? l->plan.keys : 1;
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

/* As they move: a large body that begins or ends outside the time counts for its part within it. */
static void count_bytes(struct load *l, size_t n)
{
	if (l->plan.requests || (l->woke_ns >= l->begin_ns && l->woke_ns <= l->end_ns))
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
	c->direction = RECEIVING_HEAD;
}

static bool has_more_work(const struct load *l, uint64_t now)
{
	return l->plan.requests ? l->n_begun < l->plan.requests : now < l->end_ns;
}

static void begin(struct load *l, struct connection *c, uint64_t now)
{
	if (!has_more_work(l, now)) {
		c->direction = IDLE;
		l->n_idle++;
		return;
	}
	c->head = &l->heads[l->n_begun++ % l->n_heads];
	c->sent = c->answer_len = 0;
	c->started_ns = now;
	c->direction = SENDING;
	send_more(l, c);
}

/* --- what comes back ------------------------------------------------------------------------- */

static void end(struct load *l, struct connection *c)
{
	uint64_t now = now_ns();

	/* What began while it warmed up, or ended after the time, is not counted. */
	if (c->started_ns >= l->begin_ns && (l->plan.requests || now <= l->end_ns))
		histogram_add(&l->times, now - c->started_ns);
	l->n_ended++;
	begin(l, c, now);
}

static const char *find_field(const char *head, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = strstr(head, "\r\n"); at; at = strstr(at + 2, "\r\n"))
		if (strncasecmp(at + 2, name, len) == 0 && at[2 + len] == ':')
			return at + 2 + len + 1;
	return NULL;
}

/* The head is whole and ends with a NUL: what does it say? */
static void judge(struct load *l, struct connection *c)
{
	const char *length = find_field(c->answer, "Content-Length");
	uint64_t len = length ? strtoull(length, NULL, 10) : 0;

	if (strncmp(c->answer, "HTTP/1.1 2", 10) != 0)
		errx(1, "%s %s: %.*s", l->plan.method, l->plan.path,
		     (int)strcspn(c->answer, "\r\n"), c->answer);
	if (!length && find_field(c->answer, "Transfer-Encoding"))
		errx(1, "%s %s: an answer without Content-Length", l->plan.method, l->plan.path);
	if (!is_method(l, "PUT") && l->plan.has_size && len != l->plan.size)
		errx(1, "%s %s: %llu bytes", l->plan.method, l->plan.path, (unsigned long long)len);
	c->left = is_method(l, "HEAD") ? 0 : len;
	c->direction = RECEIVING_BODY;
}

/* Returns how many of the bytes are the head's. */
static size_t take_head(struct load *l, struct connection *c, const char *bytes, size_t len)
{
	size_t before = c->answer_len, room = sizeof(c->answer) - 1 - before, n = len;
	char *last;

	if (n > room)
		n = room;
	memcpy(c->answer + before, bytes, n);
	c->answer_len += n;
	c->answer[c->answer_len] = '\0';
	last = strstr(c->answer, "\r\n\r\n");
	if (!last) {
		if (c->answer_len == sizeof(c->answer) - 1)
			errx(1, "the head of an answer is too long");
		return n;
	}
	last[2] = '\0';
	judge(l, c);
	return (size_t)(last + 4 - c->answer) - before;
}

static void take(struct load *l, struct connection *c, const char *bytes, size_t len)
{
	size_t n = 0;

	if (c->direction == IDLE || c->direction == SENDING)
		errx(1, "%s %s: an answer before its time: %.*s", l->plan.method, l->plan.path,
		     (int)strcspn(bytes, "\r\n"), bytes);
	if (c->direction == RECEIVING_HEAD)
		n = take_head(l, c, bytes, len);
	if (c->direction != RECEIVING_BODY)
		return;
	if (len - n > c->left)
		errx(1, "%s %s: more than was announced", l->plan.method, l->plan.path);
	c->left -= len - n;
	if (!l->body_len)
		count_bytes(l, len - n);
	if (!c->left)
		end(l, c);
}

static void receive(struct load *l, struct connection *c)
{
	/* One less: what is received always ends with a NUL. */
	ssize_t n = recv(c->fd, l->receive, RECEIVE - 1, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0)
		err(1, "recv");
	if (n == 0)
		errx(1, "%s %s: the server closed the connection", l->plan.method, l->plan.path);
	l->receive[n] = '\0';
	take(l, c, l->receive, (size_t)n);
}

/* --- all of it ------------------------------------------------------------------------------- */

static void connect_one(struct load *l, struct connection *c)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(l->plan.port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };
	int one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		err(1, "connect to port %u", l->plan.port);
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
	for (unsigned int i = 0; i < l->plan.connections; i++)
		connect_one(l, &l->connections[i]);
}

static void run(struct load *l)
{
	uint64_t now = now_ns();

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

static unsigned long long number(const char *text, unsigned long long most)
{
	char *end_of_it;
	unsigned long long n;

	errno = 0;
	n = strtoull(text, &end_of_it, 10);
	if (errno || end_of_it == text || *end_of_it || n > most)
		errx(2, "%s is not a number up to %llu", text, most);
	return n;
}

static struct plan read_arguments(int argc, char **argv)
{
	static const struct option options[] = {
		{ "port", required_argument, NULL, 'p' },
		{ "path", required_argument, NULL, 't' },
		{ "method", required_argument, NULL, 'm' },
		{ "keys", required_argument, NULL, 'k' },
		{ "query", required_argument, NULL, 'q' },
		{ "size", required_argument, NULL, 'z' },
		{ "unsigned-payload", no_argument, NULL, 'u' },
		{ "connections", required_argument, NULL, 'c' },
		{ "seconds", required_argument, NULL, 's' },
		{ "requests", required_argument, NULL, 'n' },
		{ 0 },
	};
	struct plan p = { .method = "GET", .query = "", .connections = 1, .seconds = 1 };
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (o) {
		case 'p':
			p.port = (uint16_t)number(optarg, UINT16_MAX);
			break;
		case 't':
			p.path = optarg;
			break;
		case 'm':
			p.method = optarg;
			break;
		case 'k':
			p.keys = (unsigned int)number(optarg, 1000000);
			break;
		case 'q':
			p.query = optarg;
			break;
		case 'z':
			p.size = number(optarg, SIZE_MAX);
			p.has_size = true;
			break;
		case 'u':
			p.unsigned_payload = true;
			break;
		case 'c':
			p.connections = (unsigned int)number(optarg, CONNECTIONS_MAX);
			break;
		case 's':
			p.seconds = strtod(optarg, NULL);
			break;
		case 'n':
			p.requests = number(optarg, UINT64_MAX);
			break;
		default:
			exit(2);
		}
	}
	if (!p.port || !p.path || optind < argc || !p.connections)
		errx(2, "usage: load --port N --path PATH [options]; its source says which");
	return p;
}

int main(int argc, char **argv)
{
	static struct load l;

	l.plan = read_arguments(argc, argv);
	start(&l);
	run(&l);
	histogram_print(&l.times, (double)(l.end_ns - l.begin_ns) / 1e9, l.bytes, l.n_ended);
	stop(&l);
	return 0;
}
