/* SPDX-License-Identifier: Apache-2.0 */
#include "stage.h"

#undef NDEBUG
#include <arpa/inet.h>
#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "frontend/line.h"
#include "ipc/sealed.h"
#include "s3/rest.h"
#include "tests/unit/hearing.h"

static uint64_t give_up_at(void)
{
	return clock_boottime_ns() + STAGE_PATIENCE_MS * NS_PER_MS;
}

void stage_step(struct stage *s)
{
	assert(worker_step(&s->worker, 2) == 0);
}

void stage_steps(struct stage *s, unsigned int n)
{
	while (n--)
		stage_step(s);
}

unsigned int stage_count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned int n = 0;

	assert(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* --- life --------------------------------------------------------------------------------- */

static int listen_on_loopback(uint16_t *ret_port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert(fd >= 0);
	assert(bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
	assert(listen(fd, 2048) == 0);
	assert(getsockname(fd, (struct sockaddr *)&a, &len) == 0);
	*ret_port = ntohs(a.sin_port);
	return fd;
}

/* The word the worker says to its parent next. */
static enum line_word hear(struct stage *s)
{
	uint64_t end = give_up_at();
	enum line_word word;
	int fd, r;

	while ((r = line_hear(s->line, &word, &fd)) == -EAGAIN) {
		assert(clock_boottime_ns() < end);
		stage_step(s);
	}
	assert(r == 0 && fd == -1);
	return word;
}

static int hand_over(struct stage *s, enum line_word word)
{
	int pair[2];

	assert(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
	assert(line_say(s->line, word, pair[0]) == 0);
	close(pair[0]);
	return pair[1];
}

void stage_connect_authd(struct stage *s)
{
	struct ipc_message welcome = { .number = IPC_WELCOME, .welcome = { IPC_VERSION } };
	struct ipc_message ticket = { .number = IPC_TICKET, .ticket = { 7, SPAN("a ticket") } };
	struct stage_packet hello;

	s->authd = hand_over(s, LINE_AUTHD);
	hello = stage_expect(s, &s->authd, IPC_HELLO);
	assert(hello.message.hello.version == IPC_VERSION);
	stage_packet_clear(&hello);
	stage_say(s, s->authd, &welcome, -1);
	stage_say(s, s->authd, &ticket, -1);
}

void stage_connect_stored(struct stage *s)
{
	struct ipc_message entered = { .number = IPC_ENTERED, .entered = { STAGE_INLINE_LIMIT } };
	struct stage_packet enter;

	s->stored = hand_over(s, LINE_STORED);
	enter = stage_expect(s, &s->stored, IPC_ENTER);
	assert(span_equal(enter.message.enter.ticket, SPAN("a ticket")));
	stage_packet_clear(&enter);
	stage_say(s, s->stored, &entered, -1);
}

void stage_open_alone(struct stage *s, void (*adjust)(struct worker_config *c))
{
	static const uint32_t deadlines[DEADLINE_COUNT] = DEADLINES_DEFAULT;
	struct worker_config config = {
		.confinement = "full",
		.board = &s->board,
		.admission = &s->admission,
		.sweep_ms = 10,
	};
	int line[2];

	signal(SIGPIPE, SIG_IGN);
	*s = (struct stage){ .authd = -1, .stored = -1 };
	for (enum s3_dialect d = 0; d < S3_DIALECT_COUNT; d++)
		s->listeners[d] = (struct listener){ listen_on_loopback(&s->ports[d]), d };
	assert(board_open(&s->board, STAGE_SLOTS) == 0);
	assert(line_open(line) == 0);
	s->line = line[0];
	config.listeners = s->listeners;
	config.n_listeners = S3_DIALECT_COUNT;
	config.line_fd = line[1];
	memcpy(config.deadlines_ms, deadlines, sizeof(deadlines));
	if (adjust)
		adjust(&config);
	assert(worker_init(&s->worker, &config) == 0);
	assert(hear(s) == LINE_AUTHD);
	assert(hear(s) == LINE_STORED);
}

void stage_open(struct stage *s, void (*adjust)(struct worker_config *c))
{
	stage_open_alone(s, adjust);
	stage_connect_authd(s);
	stage_connect_stored(s);
	assert(hear(s) == LINE_READY);
}

void stage_close(struct stage *s)
{
	int line = s->worker.config.line_fd;

	worker_clear(&s->worker);
	board_close(&s->board);
	close(line);
	close(s->line);
	for (enum s3_dialect d = 0; d < S3_DIALECT_COUNT; d++)
		close(s->listeners[d].fd);
	fd_close(s->authd);
	fd_close(s->stored);
}

/* --- clients ------------------------------------------------------------------------------ */

int stage_connect_to(struct stage *s, enum s3_dialect dialect)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(s->ports[dialect]),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert(fd >= 0);
	assert(connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
	assert(fd_set_nonblocking(fd) == 0);
	return fd;
}

int stage_connect(struct stage *s)
{
	return stage_connect_to(s, S3_DIALECT_S3);
}

void stage_send(struct stage *s, int client, struct span bytes)
{
	uint64_t end = give_up_at();

	while (bytes.len) {
		ssize_t n = send(client, bytes.data, bytes.len, MSG_NOSIGNAL);

		if (n < 0) {
			/* A refused client may find the door shut. */
			if (errno == EPIPE || errno == ECONNRESET)
				return;
			assert(errno == EAGAIN && clock_boottime_ns() < end);
			stage_step(s);
			continue;
		}
		bytes = span_skip(bytes, (size_t)n);
	}
}

void stage_send_text(struct stage *s, int client, const char *text)
{
	stage_send(s, client, span_from_string(text));
}

/* 1: something came; 0: the end. */
static int receive(struct stage *s, int client, struct stage_answer *a, size_t at_most)
{
	uint64_t end = give_up_at();
	ssize_t n;

	while ((n = recv(client, a->text + a->len, at_most, 0)) < 0 && errno == EAGAIN) {
		assert(clock_boottime_ns() < end);
		stage_step(s);
	}
	if (n <= 0)
		return 0;
	a->len += (size_t)n;
	a->text[a->len] = '\0';
	return 1;
}

static bool has_body(unsigned int status, bool is_head)
{
	return !is_head && status >= 200 && status != 204 && status != 304;
}

struct stage_answer stage_read(struct stage *s, int client, bool is_head)
{
	struct stage_answer a = { .text = malloc(STAGE_ANSWER_MAX) };
	const char *length, *end;
	size_t head, body = 0;

	assert(a.text);
	a.text[0] = '\0';
	/* Byte by byte up to the blank line, so that nothing of the next answer is taken. */
	while (!(end = strstr(a.text, "\r\n\r\n")))
		assert(receive(s, client, &a, 1) == 1);
	assert(sscanf(a.text, "HTTP/1.1 %u ", &a.status) == 1);
	head = (size_t)(end + 4 - a.text);
	length = stage_field(&a, "Content-Length");
	if (length && has_body(a.status, is_head))
		body = strtoul(length, NULL, 10);
	while (a.len < head + body)
		if (!receive(s, client, &a, head + body - a.len)) {
			a.closed = true;
			break;
		}
	a.body = a.text + head;
	a.body_len = a.len - head;
	return a;
}

void stage_answer_clear(struct stage_answer *a)
{
	free(a->text);
	a->text = NULL;
}

const char *stage_field(const struct stage_answer *a, const char *name)
{
	static char value[4096];
	const char *line = strstr(a->text, "\r\n");
	size_t len = strlen(name);

	while (line && strncmp(line, "\r\n\r\n", 4) != 0) {
		line += 2;
		if (strncasecmp(line, name, len) == 0 && line[len] == ':') {
			line += len + 1;
			line += strspn(line, " ");
			snprintf(value, sizeof(value), "%.*s", (int)strcspn(line, "\r"), line);
			return value;
		}
		line = strstr(line, "\r\n");
	}
	return NULL;
}

void stage_expect_close(struct stage *s, int client)
{
	struct stage_answer a = { .text = malloc(STAGE_ANSWER_MAX) };

	assert(a.text);
	while (receive(s, client, &a, 4096))
		a.len = 0;
	free(a.text);
	close(client);
}

void stage_expect_silence(struct stage *s, int fd)
{
	char byte;

	stage_steps(s, 20);
	assert(recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN);
}

/* --- authd and stored --------------------------------------------------------------------- */

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

/* Which way a message to the worker's peers goes. */
static enum ipc_direction direction_of(enum ipc_number number)
{
	return ipc_travels(IPC_FRONTEND_TO_AUTHD_DIRECTION, number)
		       ? IPC_FRONTEND_TO_AUTHD_DIRECTION
		       : IPC_FRONTEND_TO_STORED_DIRECTION;
}

struct stage_packet stage_expect(struct stage *s, int *channel, enum ipc_number number)
{
	struct stage_packet p = { .bytes = malloc(IPC_PACKET_MAX), .fd = -1 };
	enum ipc_direction direction = direction_of(number);
	uint64_t end = give_up_at();
	int r;

	assert(p.bytes);
	while ((r = hearing_next(*channel, MSG_DONTWAIT, direction, IPC_PHASE_BOTH, p.bytes,
				 &p.message, &p.fd)) < 0 &&
	       errno == EAGAIN) {
		assert(clock_boottime_ns() < end);
		stage_step(s);
	}
	assert(r == 1);
	if (p.message.number != number) {
		fprintf(stderr, "expected %s, got %s\n", ipc_row(number)->name,
			ipc_row(p.message.number)->name);
		abort();
	}
	return p;
}

void stage_packet_clear(struct stage_packet *p)
{
	p->fd = fd_close(p->fd);
	free(p->bytes);
	p->bytes = NULL;
}

void stage_say(struct stage *s, int channel, const struct ipc_message *m, int fd)
{
	struct buffer b = BUFFER_INIT(IPC_PACKET_MAX);
	union control control;
	struct iovec iov;
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1 };

	assert(ipc_encode(m, &b) == 0);
	iov = (struct iovec){ b.data, b.len };
	if (fd >= 0) {
		h.msg_control = &control;
		h.msg_controllen = sizeof(control);
		control.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
						   .cmsg_level = SOL_SOCKET,
						   .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
	}
	assert(sendmsg(channel, &h, MSG_NOSIGNAL) == (ssize_t)b.len);
	buffer_clear(&b);
	fd_close(fd);
	stage_step(s);
}

/* As authd does it; the bucket of a token is not the client's to name. */
static int parse_rest(const struct s3_head *head, struct s3_parsed *ret, const char **detail)
{
	enum s3_operation operation;
	int e = rest_route(head, &operation);

	if (!e)
		e = rest_parse(head, operation, ret, detail);
	if (!e)
		ret->request.bucket = SPAN("token-bucket");
	return e;
}

static void seal_grant(const struct ipc_ask *ask, uint8_t tenant,
		       const struct grant_limits *limits, struct buffer *ret)
{
	struct s3_head head = { ask->method, ask->target, ask->fields };
	struct s3_parsed parsed;
	const char *detail = NULL;
	struct grant g = { .request_id = ask->request_id, .peer = ask->peer };
	uint8_t tag[SEALED_TAG_LEN] = { 0 };
	int e;

	e = ask->dialect == S3_DIALECT_REST ? parse_rest(&head, &parsed, &detail)
					    : s3_request_parse(&head, NULL, &parsed, &detail);
	if (e) {
		fprintf(stderr, "the head is no request: %s (%s)\n", s3_errors[e].code,
			detail ? detail : "");
		abort();
	}
	g.limits = *limits;
	g.principal.tenant.bytes[0] = tenant;
	g.principal.tenant_name = SPAN("acme");
	g.principal.canonical_id = g.principal.display_name = g.principal.user =
		g.principal.credential = SPAN("test");
	g.request = parsed.request;
	wire_put_u64(ret, 7);
	wire_put_raw(ret, tag, sizeof(tag));
	grant_encode(&g, ret);
	assert(buffer_error(ret) == 0);
	s3_parsed_clear(&parsed);
}

static uint64_t grant(struct stage *s, uint8_t tenant, const struct grant_limits *limits)
{
	struct stage_packet p = stage_expect(s, &s->authd, IPC_ASK);
	struct buffer sealed = BUFFER_INIT(IPC_GRANT_MAX);
	uint64_t call = p.message.ask.call;
	struct ipc_message m = { .number = IPC_GRANTED };

	seal_grant(&p.message.ask, tenant, limits, &sealed);
	m.granted = (struct ipc_granted){ call, buffer_span(&sealed) };
	stage_say(s, s->authd, &m, -1);
	buffer_clear(&sealed);
	stage_packet_clear(&p);
	return call;
}

uint64_t stage_grant_limited(struct stage *s, const struct grant_limits *limits)
{
	return grant(s, STAGE_TENANT, limits);
}

uint64_t stage_grant_tenant(struct stage *s, uint8_t tenant)
{
	return grant(s, tenant, &(struct grant_limits){ 0 });
}

uint64_t stage_grant(struct stage *s)
{
	return stage_grant_tenant(s, STAGE_TENANT);
}

void stage_pong(struct stage *s, enum links_peer peer)
{
	bool is_authd = peer == LINKS_AUTHD;
	int *channel = is_authd ? &s->authd : &s->stored;
	struct stage_packet p = stage_expect(s, channel, is_authd ? IPC_PING : IPC_STORE_PING);
	struct ipc_message m = { .number = is_authd ? IPC_PONG : IPC_STORE_PONG };

	if (is_authd)
		m.pong.number = p.message.ping.number;
	else
		m.store_pong.number = p.message.store_ping.number;
	stage_say(s, *channel, &m, -1);
	stage_packet_clear(&p);
}

void stage_done(struct stage *s, uint64_t call, const struct answer *a)
{
	struct buffer b = BUFFER_INIT(IPC_ITEMS_MAX);
	struct ipc_message m = { .number = IPC_DONE };

	answer_encode(a, &b);
	m.done = (struct ipc_done){ call, buffer_span(&b) };
	stage_say(s, s->stored, &m, -1);
	buffer_clear(&b);
}

void stage_failed(struct stage *s, uint64_t call, enum s3_error error)
{
	struct ipc_message m = { .number = IPC_FAILED,
				 .failed = { call, (uint16_t)error, SPAN(""), SPAN("") } };

	stage_say(s, s->stored, &m, -1);
}

void stage_denied(struct stage *s, uint64_t call, enum s3_error error)
{
	struct ipc_message m = { .number = IPC_DENIED,
				 .denied = { .call = call, .error = (uint16_t)error } };

	stage_say(s, s->authd, &m, -1);
}
