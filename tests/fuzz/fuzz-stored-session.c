/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Whatever a worker and an operator say to stored, in whatever order, with good grants of one
 * tenant and with none, they hear only sound messages and one end at most of each call, another
 * worker and another tenant's object are as before, and no call and no descriptor stays behind. The
 * input is a conversation, as packets.h has it.
 */

#include "packets.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "head.h"
#include "stored/operator.h"
#include "stored/worker.h"
#include "tests/unit/hearing.h"
#include "tests/unit/stored/world.h"
#include "unsynced.h"

#undef NDEBUG
#include <assert.h>

#define UID	  1000
#define STEPS_MIN 3
#define STEPS_MAX 40 /* of a millisecond: a call may wait for its pipe for ever */
#define WAIT_NS	  (20 * NS_PER_S)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum what {
	WHAT_WORKER, /* says this */
	WHAT_WORKER_FD, /* with descriptors */
	WHAT_CALL, /* asks this, with a good grant: a head, and a body behind an empty line */
	WHAT_COMMAND, /* likewise, with a document */
	WHAT_COMMIT, /* of the last call, with this length */
	WHAT_WRITE, /* this into the last pipe */
	WHAT_CLOSE, /* that pipe */
	WHAT_WORKER_ANEW,
	WHAT_OPERATOR, /* says this */
	WHAT_OPERATOR_FD,
	WHAT_OPERATOR_ANEW, /* with a grant for this purpose */
	WHAT_SETTLE,
	WHATS,
};

static struct world w;

struct scene {
	struct worker worker, operator;
	struct ipc_id tenant;
	int pipe_fd; /* that came last */
	uint64_t call; /* that was made last */
	size_t asked, ended; /* by the worker, since it came */
};

/* --- what stored says ------------------------------------------------------------------------- */

/* Keeps a pipe; any other descriptor is closed. True where there was something. */
static bool hear(struct scene *s, const struct worker *from, enum ipc_direction d,
		 enum ipc_number *ret)
{
	static uint8_t packet[IPC_PACKET_MAX];
	struct ipc_message m;
	int fd = -1;

	if (hearing_next(from->fd, MSG_DONTWAIT, d, IPC_PHASE_BOTH, packet, &m, &fd) <= 0)
		return false;
	if (m.number == IPC_PIPE) {
		fd_close(s->pipe_fd);
		s->pipe_fd = steal_fd(fd);
	}
	fd_close(fd);
	*ret = m.number;
	return true;
}

static void settle(struct scene *s)
{
	enum ipc_number n;

	for (int i = 0; i < STEPS_MAX && (i < STEPS_MIN || w.service.n_calls); i++) {
		assert(service_step(&w.service, 1) >= 0);
		while (hear(s, &s->worker, IPC_STORED_TO_FRONTEND_DIRECTION, &n))
			s->ended += n == IPC_DONE || n == IPC_FAILED;
		while (hear(s, &s->operator, IPC_STORED_TO_OPERATOR_DIRECTION, &n))
			;
	}
	assert(s->ended <= s->asked);
}

/* --- what is said to it ------------------------------------------------------------------------
 */

static void enter(struct scene *s)
{
	world_enter(&w, &s->worker);
	s->asked = s->ended = 0;
}

/* Of all that is the tenant's, or of one bucket, where the purpose leaves the choice. */
static void present(struct scene *s, enum operator_purpose purpose, bool is_named)
{
	struct operator_grant g = { .epoch = w.seals.epoch,
				    .expires_ns = clock_boottime_ns() + OPERATOR_LIFE_NS - NS_PER_S,
				    .uid = UID,
				    .principal = { .tenant = s->tenant,
						   .tenant_name = SPAN("other"),
						   .canonical_id = SPAN("fedcba9876543210"),
						   .display_name = SPAN("Other"),
						   .user = SPAN(""),
						   .credential = SPAN("uid:1000"),
						   .prefix = SPAN("") },
				    .bucket = SPAN("other"),
				    .purpose = purpose };
	struct buffer sealed = BUFFER_INIT(SEALS_MAX);

	if (!operator_fits_bucket(purpose, is_named))
		is_named = !is_named;
	if (!is_named)
		g.bucket = SPAN("");
	randombytes_buf(g.id.bytes, sizeof(g.id.bytes));
	seals_seal_operator(&w.seals, &g, &sealed);
	world_connect(&w, &operator_role, UID, &s->operator);
	world_send(&w, &s->operator, &(
			       struct ipc_message){ .number = IPC_PRESENT,
						    .present = { .grant = buffer_span(&sealed) } },
		   -1);
	buffer_clear(&sealed);
}

static void seal(struct scene *s, const struct s3_request *r, struct buffer *sealed)
{
	struct grant g = { .channel = s->worker.channel,
			   .epoch = w.seals.epoch,
			   .expires_ns = clock_boottime_ns() + GRANT_LIFE_NS - NS_PER_S,
			   .request_id = s->call,
			   .principal = { .tenant = s->tenant,
					  .canonical_id = SPAN("fedcba9876543210"),
					  .display_name = SPAN("Other"),
					  .user = SPAN(""),
					  .credential = SPAN("AKOTHER"),
					  .prefix = SPAN("") },
			   .peer = SPAN("127.0.0.1"),
			   .request = *r };

	randombytes_buf(g.id.bytes, sizeof(g.id.bytes));
	seals_seal_grant(&w.seals, &g, sealed);
}

static int sealed_memfd(struct span bytes)
{
	int fd = memfd_create("document", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert(fd >= 0 && fd_write_all(fd, bytes) == 0);
	assert(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) ==
	       0);
	return fd;
}

static void send_call(struct scene *s, struct span grant, struct span body)
{
	world_send(
		&w, &s->worker,
		&(struct ipc_message){ .number = IPC_CALL,
				       .call = { .call = s->call,
						 .grant = grant,
						 .has_body = !span_is_none(body),
						 .body = span_is_none(body) ? SPAN("") : body } },
		-1);
}

static void send_command(struct scene *s, struct span grant, struct span body)
{
	int fd = sealed_memfd(body);

	world_send(&w, &s->worker,
		   &(struct ipc_message){ .number = IPC_COMMAND,
					  .command = { .call = s->call,
						       .grant = grant,
						       .body_len = (uint32_t)body.len } },
		   fd);
	fd_close(fd);
}

/* A head that is no request gets no grant. */
static void ask(struct scene *s, bool is_command, struct span text)
{
	_cleanup_(buffer_clear) struct buffer fields = BUFFER_INIT(MIB);
	_cleanup_(buffer_clear) struct buffer sealed = BUFFER_INIT(SEALS_MAX);
	_cleanup_(s3_parsed_clear) struct s3_parsed parsed = { 0 };
	const uint8_t *empty = memmem(text.data, text.len, "\n\n", 2);
	struct span body = SPAN_NONE;
	struct s3_head head;
	const char *detail;

	if (empty) {
		size_t len = (size_t)(empty - span_bytes(text));

		body = span_skip(text, len + 2);
		text = span_first(text, len);
	}
	head = fuzz_head(text.data, text.len, &fields);
	if (head.fields.len > S3_HEAD_MAX || s3_request_parse(&head, NULL, &parsed, &detail) != 0)
		return;
	s->call++;
	s->asked++;
	seal(s, &parsed.request, &sealed);
	if (is_command)
		send_command(s, buffer_span(&sealed), body);
	else
		send_call(s, buffer_span(&sealed), body);
}

static void commit(struct scene *s, struct span packet)
{
	uint64_t length = 0;

	memcpy(&length, packet.data, MIN(packet.len, sizeof(length)));
	world_send(&w, &s->worker,
		   &(struct ipc_message){ .number = IPC_COMMIT,
					  .commit = { .call = s->call,
						      .length = length,
						      .seal = SPAN(""),
						      .trailer = SPAN("") } },
		   -1);
	s->asked++;
}

static void act(struct scene *s, enum what what, struct span packet)
{
	uint8_t choice = 0;

	switch (what) {
	case WHAT_WORKER:
	case WHAT_WORKER_FD:
		packets_send(s->worker.fd, packet, what == WHAT_WORKER ? 0 : packets_fds(packet));
		s->asked++;
		return;
	case WHAT_CALL:
	case WHAT_COMMAND:
		ask(s, what == WHAT_COMMAND, packet);
		return;
	case WHAT_COMMIT:
		commit(s, packet);
		return;
	case WHAT_WRITE:
		(void)!write(s->pipe_fd, packet.data, packet.len);
		return;
	case WHAT_CLOSE:
		s->pipe_fd = fd_close(s->pipe_fd);
		return;
	case WHAT_WORKER_ANEW:
		close(s->worker.fd);
		enter(s);
		return;
	case WHAT_OPERATOR:
	case WHAT_OPERATOR_FD:
		packets_send(s->operator.fd, packet,
			     what == WHAT_OPERATOR ? 0 : packets_fds(packet));
		return;
	case WHAT_OPERATOR_ANEW:
		close(s->operator.fd);
		if (packet.len)
			choice = span_bytes(packet)[0];
		present(s, choice % OPERATOR_PURPOSE_COUNT, choice / OPERATOR_PURPOSE_COUNT % 2);
		return;
	case WHAT_SETTLE:
		settle(s);
		return;
	case WHATS:
		return;
	}
}

/* --- what must hold ------------------------------------------------------------------------------
 */

static void check_witness(void)
{
	struct buffer body = BUFFER_INIT(KIB);

	assert(world_ask(&w, "GET /bucket/k", NO_HEADERS) == IPC_OBJECT);
	world_fetch(&w, &body);
	assert(span_equal(buffer_span(&body), SPAN("witness")));
	buffer_clear(&body);
	assert(world_ask(&w, "GET /bucket?list-type=2", NO_HEADERS) == IPC_DONE);
	assert(world_answer(&w).count == 1);
}

/* Both have hung up. */
static void check_idle(void)
{
	uint64_t until_ns = clock_boottime_ns() + WAIT_NS;

	while (w.service.n_calls) {
		assert(clock_boottime_ns() < until_ns);
		assert(service_step(&w.service, 1) >= 0);
	}
}

static void converse(struct span input)
{
	struct scene s = { .tenant = { { 9, 9, 9 } }, .pipe_fd = -1 };
	struct span packet;
	size_t n = 0;
	uint8_t what;

	assert(world_command(&w, "PUT /bucket", NO_HEADERS, SPAN("")) == IPC_DONE);
	assert(world_put(&w, "PUT /bucket/k", NO_HEADERS, SPAN("witness")) == IPC_DONE);
	enter(&s);
	present(&s, OPERATOR_MANAGE, false);
	while (n++ < PACKETS_MAX && packets_next(&input, &what, &packet))
		act(&s, what % WHATS, packet);
	settle(&s);
	check_witness();
	close(s.worker.fd);
	close(s.operator.fd);
	fd_close(s.pipe_fd);
	check_idle();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n_fds = packets_open_fds();

	world_begin(&w);
	log_init("fuzz", 0);
	converse((struct span){ data ? data : (const uint8_t *)"", size });
	world_end(&w);
	assert(packets_open_fds() == n_fds);
	return 0;
}
