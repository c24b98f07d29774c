/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/stored/world.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "s3/pairs.h"
#include "s3/rest.h"
#include "stored/worker.h"
#include "tests/unit/hearing.h"

#define PATIENCE_NS (30 * NS_PER_S)
#define SILENCE_MS  150

/* --- messages -------------------------------------------------------------------------------- */

static void step(struct world *w)
{
	assert(service_step(&w->service, 5) >= 0);
}

static void send_raw(int to, const struct ipc_message *m, int fd)
{
	struct buffer packet = BUFFER_INIT(IPC_PACKET_MAX);
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)),
				  .cmsg_level = SOL_SOCKET,
				  .cmsg_type = SCM_RIGHTS } };
	struct iovec iov;
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1 };

	assert(ipc_encode(m, &packet) == 0);
	iov = (struct iovec){ packet.data, packet.len };
	if (fd >= 0) {
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
		h.msg_control = &control;
		h.msg_controllen = sizeof(control);
	}
	/* A channel that was closed for an earlier message is what some tests are about. */
	if (sendmsg(to, &h, MSG_NOSIGNAL) < 0)
		assert(errno == EPIPE || errno == ECONNRESET);
	buffer_clear(&packet);
}

/* 1: heard; 0: the end; -1: nothing there yet. */
static int receive_raw(int from, enum ipc_direction d, enum ipc_phase phase, struct heard *h)
{
	int r;

	h->fd = fd_close(h->fd);
	r = hearing_next(from, MSG_DONTWAIT, d, phase, h->packet, &h->message, &h->fd);
	if (r < 0 && errno == EAGAIN)
		return -1;
	h->number = r > 0 ? h->message.number : 0;
	return r > 0;
}

void world_send(struct world *w, const struct worker *from, const struct ipc_message *m, int fd)
{
	send_raw(from->fd, m, fd);
}

static enum ipc_number hear_any(struct world *w, struct worker *at)
{
	uint64_t until_ns = clock_boottime_ns() + PATIENCE_NS;
	int r;

	while ((r = receive_raw(at->fd, IPC_STORED_TO_FRONTEND_DIRECTION, at->phase, &w->heard)) <
	       0) {
		assert(clock_boottime_ns() < until_ns);
		step(w);
	}
	return w->heard.number;
}

enum ipc_number world_hear(struct world *w, struct worker *at)
{
	buffer_reset(&w->items);
	while (hear_any(w, at) == IPC_ITEMS)
		buffer_append(&w->items, w->heard.message.items.items);
	return w->heard.number;
}

bool world_is_silent(struct world *w, const struct worker *at)
{
	uint64_t until_ns = clock_boottime_ns() + SILENCE_MS * NS_PER_MS;
	struct pollfd p = { .fd = at->fd, .events = POLLIN };

	while (clock_boottime_ns() < until_ns)
		step(w);
	return poll(&p, 1, 0) == 0;
}

bool world_is_closed(struct world *w, struct worker *at)
{
	uint64_t until_ns = clock_boottime_ns() + PATIENCE_NS;

	while (clock_boottime_ns() < until_ns) {
		int r = receive_raw(at->fd, IPC_STORED_TO_FRONTEND_DIRECTION, at->phase, &w->heard);

		if (r == 0)
			return true;
		step(w);
	}
	return false;
}

/* --- authd ----------------------------------------------------------------------------------- */

static void listen_as_authd(struct world *w)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	memcpy(address.sun_path, w->authd_path, strlen(w->authd_path) + 1);
	w->authd_listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert(bind(w->authd_listen_fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	assert(listen(w->authd_listen_fd, 4) == 0);
}

static struct span keep_text(char to[static IPC_DETAIL_MAX], struct span s)
{
	memcpy(to, s.data, s.len);
	return (struct span){ to, s.len };
}

static void take_refused(struct world *w)
{
	w->refused = w->heard.message.refused;
	w->refused.credential = keep_text(w->refused_text[0], w->refused.credential);
	w->refused.peer = keep_text(w->refused_text[1], w->refused.peer);
	w->refused.bucket = keep_text(w->refused_text[2], w->refused.bucket);
	w->n_refused++;
}

static enum ipc_number hear_any_as_authd(struct world *w, enum ipc_phase phase)
{
	uint64_t until_ns = clock_boottime_ns() + PATIENCE_NS;

	while (receive_raw(w->authd_fd, IPC_STORED_TO_AUTHD_DIRECTION, phase, &w->heard) < 0) {
		assert(clock_boottime_ns() < until_ns);
		step(w);
	}
	if (w->heard.number == IPC_REFUSED)
		take_refused(w);
	return w->heard.number;
}

/* What is said of refusals may come in between. */
static enum ipc_number hear_as_authd(struct world *w, enum ipc_phase phase)
{
	while (hear_any_as_authd(w, phase) == IPC_REFUSED)
		;
	return w->heard.number;
}

void world_hear_refusals(struct world *w, size_t n)
{
	while (w->n_refused < n)
		assert(hear_any_as_authd(w, IPC_PHASE_READY) == IPC_REFUSED);
}

static void tell_suspended(struct world *w)
{
	struct span left = w->suspended;

	while (left.len) {
		struct span some = span_first(left, MIN(left.len, (size_t)IPC_BATCH_MAX));

		send_raw(w->authd_fd,
			 &(struct ipc_message){ .number = IPC_SUSPENDED,
						.suspended = { .tenants = some } },
			 -1);
		left = span_skip(left, some.len);
	}
}

void world_suspend(struct world *w, const struct ipc_id *tenant, bool suspended)
{
	static uint64_t last = 5000;

	send_raw(w->authd_fd,
		 &(struct ipc_message){ .number = IPC_SUSPEND,
					.suspend = { ++last, *tenant, suspended } },
		 -1);
	assert(hear_as_authd(w, IPC_PHASE_READY) == IPC_SUSPEND_TAKEN);
	assert(w->heard.message.suspend_taken.order == last);
}

void world_new_epoch(struct world *w)
{
	uint64_t until_ns = clock_boottime_ns() + PATIENCE_NS;

	w->authd_fd = fd_close(w->authd_fd);
	while ((w->authd_fd = accept4(w->authd_listen_fd, NULL, NULL, SOCK_CLOEXEC)) < 0) {
		assert(clock_boottime_ns() < until_ns);
		step(w);
	}
	assert(hear_as_authd(w, IPC_PHASE_GREETING) == IPC_STORE_HELLO);
	assert(w->heard.message.store_hello.version == IPC_VERSION);
	tell_suspended(w);
	w->seals = seals_make(w->seals.epoch + 1);
	send_raw(w->authd_fd,
		 &(struct ipc_message){ .number = IPC_KEY,
					.key = { .epoch = w->seals.epoch, .key = w->seals.key } },
		 -1);
	assert(hear_as_authd(w, IPC_PHASE_READY) == IPC_KEY_TAKEN);
	assert(w->heard.message.key_taken.epoch == w->seals.epoch);
}

void world_provide(struct world *w, uint64_t order, const struct ipc_id *tenant, struct span bucket)
{
	send_raw(w->authd_fd,
		 &(struct ipc_message){
			 .number = IPC_PROVIDE,
			 .provide = { .order = order, .tenant = *tenant, .bucket = bucket } },
		 -1);
}

enum s3_error world_provided(struct world *w, uint64_t *ret_order)
{
	assert(hear_as_authd(w, IPC_PHASE_READY) == IPC_PROVIDED);
	*ret_order = w->heard.message.provided.order;
	return (enum s3_error)w->heard.message.provided.error;
}

void world_erase(struct world *w, uint64_t order, const struct ipc_id *tenant, uint8_t mode)
{
	send_raw(w->authd_fd,
		 &(struct ipc_message){
			 .number = IPC_ERASE,
			 .erase = { .order = order, .tenant = *tenant, .mode = mode } },
		 -1);
}

enum s3_error world_erased(struct world *w, uint64_t *ret_order)
{
	assert(hear_as_authd(w, IPC_PHASE_READY) == IPC_ERASED);
	*ret_order = w->heard.message.erased.order;
	return (enum s3_error)w->heard.message.erased.error;
}

/* --- life ------------------------------------------------------------------------------------ */

void world_begin(struct world *w)
{
	char path[96];
	struct store_config store = { 0 };
	struct service_config config = { .authd_path = w->authd_path,
					 .frontend_uid = getuid(),
					 .inline_limit = WORLD_INLINE_LIMIT,
					 .recall_bytes = MIB,
					 .region = "us-east-1" };

	*w = (struct world){ .dir = "/tmp/test-stored-XXXXXX",
			     .authd_fd = -1,
			     .heard.fd = -1,
			     .tenant = { { 7, 7, 7 } },
			     .next_call = 1,
			     .items = BUFFER_INIT(64 * MIB),
			     .sealed = BUFFER_INIT(SEALS_MAX) };
	log_init("test", LOG_LEVEL_ERROR);
	signal(SIGPIPE, SIG_IGN);
	assert(sodium_init() >= 0);
	assert(mkdtemp(w->dir));
	snprintf(path, sizeof(path), "%s/data", w->dir);
	assert(mkdir(path, 0700) == 0);
	store.data_dir = path;
	assert(store_open(&store, &w->store) == 0);
	snprintf(w->authd_path, sizeof(w->authd_path), "%s/authd.sock", w->dir);
	listen_as_authd(w);
	assert(service_init(&w->service, &config, w->store) == 0);
	assert(service_start(&w->service) == 0);
	sessions_open(&w->service.sessions, &w->service);
	assert(authority_open(&w->service.authority, &w->service) == 0);
	world_new_epoch(w);
	world_enter(w, &w->worker);
}

static void remove_tree(const char *dir)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	assert(system(command) == 0);
}

void world_end(struct world *w)
{
	fd_close(w->worker.fd);
	service_stop(&w->service);
	assert(w->service.n_calls == 0);
	store_close(w->store);
	service_clear(&w->service);
	fd_close(w->heard.fd);
	fd_close(w->authd_fd);
	fd_close(w->authd_listen_fd);
	buffer_clear(&w->items);
	buffer_clear(&w->sealed);
	remove_tree(w->dir);
}

void world_connect(struct world *w, const struct session_role *role, uid_t uid, struct worker *ret)
{
	int pair[2];

	*ret = (struct worker){ .phase = IPC_PHASE_GREETING };
	assert(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
	assert(session_open(&w->service.sessions, role, pair[0], uid) == 0);
	ret->fd = pair[1];
}

void world_enter(struct world *w, struct worker *ret)
{
	struct buffer sealed = BUFFER_INIT(SEALS_MAX);
	struct ticket ticket;

	world_connect(w, &worker_role, getuid(), ret);
	randombytes_buf(ticket.channel.bytes, sizeof(ticket.channel.bytes));
	ret->channel = ticket.channel;
	seals_seal_ticket(&w->seals, &ticket, &sealed);
	send_raw(ret->fd,
		 &(struct ipc_message){ .number = IPC_ENTER,
					.enter = { .ticket = buffer_span(&sealed) } },
		 -1);
	assert(world_hear(w, ret) == IPC_ENTERED);
	assert(w->heard.message.entered.inline_limit == WORLD_INLINE_LIMIT);
	ret->phase = IPC_PHASE_READY;
	buffer_clear(&sealed);
}

/* --- requests -------------------------------------------------------------------------------- */

static void build_fields(const char *const *headers, struct buffer *fields)
{
	pairs_append(fields, SPAN("Host"), SPAN("localhost"));
	for (; *headers; headers++) {
		struct span name, value = span_cut(span_from_string(*headers), ':', &name);

		pairs_append(fields, name, span_trim(value));
	}
}

static int parse_rest(const struct s3_head *head, struct s3_parsed *ret, const char **detail)
{
	enum s3_operation operation;
	int r = rest_route(head, &operation);

	if (r == 0)
		r = rest_parse(head, operation, ret, detail);
	if (r == 0)
		ret->request.bucket = SPAN("bucket");
	return r;
}

static void parse(const struct world *w, const char *request, const char *const *headers,
		  struct s3_parsed *ret)
{
	struct buffer fields = BUFFER_INIT(S3_HEAD_MAX);
	struct s3_head head;
	const char *detail = NULL;
	int r;

	build_fields(headers, &fields);
	head.target = span_cut(span_from_string(request), ' ', &head.method);
	head.fields = buffer_span(&fields);
	r = w->asks_rest ? parse_rest(&head, ret, &detail)
			 : s3_request_parse(&head, NULL, ret, &detail);
	if (r)
		fprintf(stderr, "%s: %s\n", request, detail ? detail : s3_errors[r].code);
	assert(r == 0);
	/* The request points into the fields; what is sealed here does not outlive this file's
	 * calls. */
	static struct buffer kept = BUFFER_INIT(S3_HEAD_MAX);

	buffer_clear(&kept);
	kept = fields;
}

static void seal(struct world *w, const struct worker *worker, const struct s3_request *r)
{
	struct grant g = { .channel = worker->channel,
			   .epoch = w->seals.epoch,
			   .expires_ns = clock_boottime_ns() + GRANT_LIFE_NS - NS_PER_S,
			   .request_id = 42,
			   .principal = { .tenant = w->tenant,
					  .canonical_id = SPAN("0123456789abcdef"),
					  .display_name = SPAN("Somebody"),
					  .user = SPAN(""),
					  .credential = SPAN("AKTEST"),
					  .prefix = w->prefix },
			   .peer = SPAN("127.0.0.1"),
			   .request = *r };

	randombytes_buf(g.id.bytes, sizeof(g.id.bytes));
	w->grant_id = g.id;
	buffer_reset(&w->sealed);
	seals_seal_grant(&w->seals, &g, &w->sealed);
}

void world_grant(struct world *w, const char *request, const char *const *headers)
{
	struct s3_parsed parsed;

	parse(w, request, headers, &parsed);
	seal(w, &w->worker, &parsed.request);
	s3_parsed_clear(&parsed);
}

static void send_call(struct world *w, uint64_t call, bool has_body, struct span body)
{
	world_send(w, &w->worker,
		   &(struct ipc_message){ .number = IPC_CALL,
					  .call = { .call = call,
						    .grant = buffer_span(&w->sealed),
						    .has_body = has_body,
						    .body = body } },
		   -1);
}

void world_send_call(struct world *w, const char *request)
{
	world_grant(w, request, NO_HEADERS);
	send_call(w, w->next_call++, false, SPAN(""));
	assert(service_step(&w->service, 0) >= 0);
}

enum ipc_number world_ask(struct world *w, const char *request, const char *const *headers)
{
	world_grant(w, request, headers);
	send_call(w, w->next_call++, false, SPAN(""));
	return world_hear(w, &w->worker);
}

int world_open_pipe(struct world *w, const char *request, const char *const *headers,
		    uint64_t *ret_call)
{
	world_grant(w, request, headers);
	*ret_call = w->next_call++;
	send_call(w, *ret_call, false, SPAN(""));
	if (world_hear(w, &w->worker) != IPC_PIPE)
		return -1;
	return steal_fd(w->heard.fd);
}

void world_write(struct world *w, int fd, struct span bytes)
{
	while (bytes.len) {
		ssize_t n = write(fd, bytes.data, bytes.len);

		if (n >= 0)
			bytes = span_skip(bytes, (size_t)n);
		else if (errno == EPIPE)
			return;
		else
			assert(errno == EAGAIN);
		if (n < 0)
			step(w);
	}
}

void world_commit(struct world *w, uint64_t call, uint64_t length, struct span seal_,
		  struct span trailer)
{
	world_send(w, &w->worker,
		   &(struct ipc_message){ .number = IPC_COMMIT,
					  .commit = { .call = call,
						      .length = length,
						      .seal = seal_,
						      .trailer = trailer } },
		   -1);
}

enum ipc_number world_put(struct world *w, const char *request, const char *const *headers,
			  struct span body)
{
	char length[64];
	const char *all[16] = { length };
	uint64_t call;
	int fd;

	snprintf(length, sizeof(length), "Content-Length: %zu", body.len);
	for (size_t i = 0; headers[i]; i++)
		all[i + 1] = headers[i];
	if (body.len <= WORLD_INLINE_LIMIT) {
		world_grant(w, request, all);
		send_call(w, w->next_call++, true, body);
		return world_hear(w, &w->worker);
	}
	fd = world_open_pipe(w, request, all, &call);
	if (fd < 0)
		return w->heard.number;
	world_write(w, fd, body);
	close(fd);
	world_commit(w, call, body.len, SPAN(""), SPAN(""));
	return world_hear(w, &w->worker);
}

enum ipc_number world_command(struct world *w, const char *request, const char *const *headers,
			      struct span document)
{
	int fd = memfd_create("command", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	char length[64];
	const char *all[16] = { length };

	snprintf(length, sizeof(length), "Content-Length: %zu", document.len);
	for (size_t i = 0; headers[i]; i++)
		all[i + 1] = headers[i];
	assert(fd_write_all(fd, document) == 0);
	assert(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) ==
	       0);
	world_grant(w, request, all);
	world_send(w, &w->worker,
		   &(struct ipc_message){ .number = IPC_COMMAND,
					  .command = { .call = w->next_call++,
						       .grant = buffer_span(&w->sealed),
						       .body_len = (uint32_t)document.len } },
		   fd);
	close(fd);
	return world_hear(w, &w->worker);
}

/* --- answers --------------------------------------------------------------------------------- */

struct answer world_answer(const struct world *w)
{
	const struct ipc_message *m = &w->heard.message;
	struct answer a;

	assert(answer_decode(w->heard.number == IPC_DONE     ? m->done.answer
			     : w->heard.number == IPC_OBJECT ? m->object.answer
							     : m->failed.answer,
			     &a));
	return a;
}

void world_fetch(struct world *w, struct buffer *ret)
{
	uint64_t call = w->heard.message.object.call, left = w->heard.message.object.extents;

	assert(w->heard.number == IPC_OBJECT);
	buffer_append(ret, w->heard.message.object.body);
	while (left) {
		const struct ipc_extent *e = &w->heard.message.extent;
		uint8_t *to;

		assert(world_hear(w, &w->worker) == IPC_EXTENT);
		assert(e->call == call && e->length && e->length <= left);
		assert((fcntl(w->heard.fd, F_GETFL) & O_ACCMODE) == O_RDONLY);
		to = buffer_reserve(ret, e->length);
		assert(to && fd_pread_all(w->heard.fd, to, e->length, e->offset) == 0);
		buffer_commit(ret, e->length);
		left -= e->length;
		assert(e->last == (left == 0));
		if (!e->last)
			world_send(w, &w->worker,
				   &(struct ipc_message){ .number = IPC_NEXT,
							  .next = { .call = call } },
				   -1);
	}
}

enum s3_error world_error(const struct world *w)
{
	return w->heard.number == IPC_FAILED ? (enum s3_error)w->heard.message.failed.error
					     : S3_ERROR_NONE;
}
