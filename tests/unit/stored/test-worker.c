/* SPDX-License-Identifier: Apache-2.0 */

/* What a broken frontend does, and what it does not get. */

#include "ipc/sample.h"
#include "stored/worker.h"
#include "tests/unit/stored/session-scene.h"

#include <stdio.h>
#include <sys/mman.h>

/* Whatever ended the worker's channel, the service goes on, and nothing was put under the key. */
static void assert_only_the_channel_ended(void)
{
	assert(world_is_closed(&w, &w.worker));
	close(w.worker.fd);
	world_enter(&w, &w.worker);
	assert_error(world_ask(&w, "GET /bucket/k", NO_HEADERS), S3_ERROR_NO_SUCH_KEY);
	end();
}

static void test_t71_a_spent_grant_closes_the_channel(void)
{
	begin();
	assert_done(world_ask(&w, "DELETE /bucket/k", NO_HEADERS));
	world_send(&w, &w.worker,
		   &(struct ipc_message){ .number = IPC_CALL,
					  .call = { .call = w.next_call++,
						    .grant = buffer_span(&w.sealed),
						    .body = SPAN("") } },
		   -1);
	assert_only_the_channel_ended();
}

static void test_t71_a_grant_of_another_channel_closes_the_channel_that_shows_it(void)
{
	struct worker other;

	begin();
	world_enter(&w, &other);
	world_grant(&w, "GET /bucket/k", NO_HEADERS);
	world_send(
		&w, &other,
		&(struct ipc_message){
			.number = IPC_CALL,
			.call = { .call = 1, .grant = buffer_span(&w.sealed), .body = SPAN("") } },
		-1);
	assert(world_is_closed(&w, &other));
	close(other.fd);
	assert_error(world_ask(&w, "GET /bucket/k", NO_HEADERS), S3_ERROR_NO_SUCH_KEY);
	end();
}

static void test_t71_a_ticket_opens_one_live_channel(void)
{
	struct buffer sealed = BUFFER_INIT(SEALS_MAX);
	struct ticket ticket;
	struct worker second;

	begin();
	ticket.channel = w.worker.channel;
	seals_seal_ticket(&w.seals, &ticket, &sealed);
	world_connect(&w, &worker_role, getuid(), &second);
	world_send(&w, &second,
		   &(struct ipc_message){ .number = IPC_ENTER,
					  .enter = { .ticket = buffer_span(&sealed) } },
		   -1);
	assert(world_is_closed(&w, &second));
	close(second.fd);
	assert_error(world_ask(&w, "GET /bucket/k", NO_HEADERS), S3_ERROR_NO_SUCH_KEY);
	buffer_clear(&sealed);
	end();
}

static void test_t71_a_document_for_an_operation_without_one_closes_the_channel(void)
{
	begin();
	world_grant(&w, "POST /bucket?delete",
		    HEADERS("Content-MD5: 1B2M2Y8AsgTpgAmY7PhCfg==", "Content-Length: 10"));
	world_send(&w, &w.worker,
		   &(struct ipc_message){ .number = IPC_CALL,
					  .call = { .call = w.next_call++,
						    .grant = buffer_span(&w.sealed),
						    .body = SPAN("") } },
		   -1);
	assert_only_the_channel_ended();
}

static void test_a_stale_grant_is_told_and_the_channel_stays(void)
{
	begin();
	world_grant(&w, "GET /bucket/k", NO_HEADERS);
	w.sealed.data[0] ^= 1;
	world_send(&w, &w.worker,
		   &(struct ipc_message){ .number = IPC_CALL,
					  .call = { .call = w.next_call++,
						    .grant = buffer_span(&w.sealed),
						    .body = SPAN("") } },
		   -1);
	assert_error(world_hear(&w, &w.worker), S3_ERROR_SERVICE_UNAVAILABLE);
	assert_error(world_ask(&w, "GET /bucket/k", NO_HEADERS), S3_ERROR_NO_SUCH_KEY);
	end();
}

static void test_a_new_epoch_ends_the_channels_of_the_old_one(void)
{
	uint64_t call;
	int fd;

	begin();
	fd = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Content-Length: 100000"), &call);
	world_write(&w, fd, make_bytes(50000));
	world_new_epoch(&w);
	close(fd);
	assert_only_the_channel_ended();
}

static void test_t72_a_clients_mistakes_leave_the_channel_open(void)
{
	static const char *const requests[] = {
		"GET /nobodys-bucket/k",
		"GET /bucket/k?versionId=x",
		"GET /bucket/k?partNumber=7",
		"GET /bucket/k?uploadId=none",
		"GET /nobodys-bucket?list-type=2",
		"DELETE /bucket/k?uploadId=none",
		"GET /bucket?list-type=2&continuation-token=%00%00",
	};

	begin();
	for (size_t i = 0; i + 1 < ARRAY_SIZE(requests); i++)
		assert(world_ask(&w, requests[i], NO_HEADERS) == IPC_FAILED);
	assert_error(world_command(&w, "POST /bucket/k?uploadId=none", NO_HEADERS, SPAN("<no/>")),
		     S3_ERROR_MALFORMED_XML);
	assert_error(world_put(&w, "PUT /bucket/k",
			       HEADERS("Content-MD5: 1B2M2Y8AsgTpgAmY7PhCfg=="), SPAN("x")),
		     S3_ERROR_BAD_DIGEST);
	assert_done(world_put(&w, "PUT /bucket/k", NO_HEADERS, SPAN("x")));
	end();
}

static void test_t73_bytes_beyond_the_grant_are_refused_at_once(void)
{
	uint64_t call;
	int fd;

	begin();
	fd = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Content-Length: 20000"), &call);
	world_write(&w, fd, make_bytes(20001));
	assert_error(world_hear(&w, &w.worker), S3_ERROR_INCOMPLETE_BODY);
	assert(w.heard.message.failed.call == call);
	close(fd);
	assert_error(world_ask(&w, "GET /bucket/k", NO_HEADERS), S3_ERROR_NO_SUCH_KEY);
	end();
}

static void test_t73_a_commit_to_more_than_came_closes_the_channel(void)
{
	uint64_t call;
	int fd;

	begin();
	fd = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Content-Length: 100000"), &call);
	world_write(&w, fd, make_bytes(99999));
	close(fd);
	world_commit(&w, call, 100000, SPAN(""), SPAN(""));
	assert_only_the_channel_ended();
}

static void test_t73_a_commit_to_less_than_came_closes_the_channel(void)
{
	uint64_t call;
	int fd;

	begin();
	fd = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Transfer-Encoding: chunked"), &call);
	world_write(&w, fd, make_bytes(100000));
	close(fd);
	world_commit(&w, call, 99999, SPAN(""), SPAN(""));
	assert_only_the_channel_ended();
}

static void test_t73_a_commit_to_another_length_than_granted_is_the_clients_mistake(void)
{
	uint64_t call;
	int fd;

	begin();
	fd = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Content-Length: 100000"), &call);
	world_write(&w, fd, make_bytes(99999));
	close(fd);
	world_commit(&w, call, 99999, SPAN(""), SPAN(""));
	assert_error(world_hear(&w, &w.worker), S3_ERROR_INCOMPLETE_BODY);
	assert_error(world_ask(&w, "GET /bucket/k", NO_HEADERS), S3_ERROR_NO_SUCH_KEY);
	end();
}

static void test_t73_a_pipe_kept_open_commits_as_soon_as_the_bytes_are_there(void)
{
	struct span bytes = make_bytes(100000);
	uint64_t call;
	int fd;

	begin();
	fd = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Content-Length: 100000"), &call);
	world_commit(&w, call, bytes.len, SPAN(""), SPAN(""));
	world_write(&w, fd, bytes);
	assert_done(world_hear(&w, &w.worker));
	close(fd);
	assert(world_ask(&w, "GET /bucket/k", NO_HEADERS) == IPC_OBJECT);
	assert_body(bytes);
	end();
}

static void test_t73_bodies_of_one_channel_are_limited(void)
{
	static int fds[WORKER_BODIES_MAX / 2];
	struct ipc_id own;
	uint64_t call, quiet;
	int fd;

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Content-Length: 100000"),
					 &call);
		assert(fds[i] >= 0);
	}
	assert(world_open_pipe(&w, "PUT /bucket/k", HEADERS("Content-Length: 100000"), &call) < 0);
	assert(world_error(&w) == S3_ERROR_SLOW_DOWN);
	/* The other half is for who is not this tenant. */
	own = w.tenant;
	w.tenant = (struct ipc_id){ { 9, 9 } };
	assert_done(world_command(&w, "PUT /theirs", NO_HEADERS, SPAN("")));
	fd = world_open_pipe(&w, "PUT /theirs/k", HEADERS("Content-Length: 100000"), &quiet);
	assert(fd >= 0);
	close(fd);
	w.tenant = own;
	/* One that ends makes room for another. */
	world_send(&w, &w.worker,
		   &(struct ipc_message){ .number = IPC_CANCEL, .cancel = { .call = call - 1 } },
		   -1);
	close(fds[0]);
	fds[0] = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Content-Length: 100000"), &call);
	assert(fds[0] >= 0);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	end();
}

/* Answers that nobody reads keep their calls: more than one tenant may have, of a worker that all
 * are on. */
static void test_t57_answers_that_a_tenant_leaves_refuse_and_delay_nobody_else(void)
{
	enum { REFUSED = 100, READ_AHEAD = 2 * SESSION_QUEUE_HIGH / WORLD_INLINE_LIMIT };
	static const struct ipc_id another = { { 9, 9 } };
	unsigned int n_sent = WORKER_CALLS_MAX / 2 + READ_AHEAD + REFUSED, n_refused = 0;
	unsigned int n_objects = 0;
	const struct call *c;
	uint64_t quiet;

	begin();
	assert_done(world_put(&w, "PUT /bucket/k", NO_HEADERS, make_bytes(WORLD_INLINE_LIMIT)));
	for (unsigned int i = 0; i < n_sent; i++)
		world_send_call(&w, "GET /bucket/k");
	w.tenant = another;
	quiet = w.next_call;
	world_send_call(&w, "GET /");
	do {
		assert(service_step(&w.service, 5) >= 0);
		c = table_find(&w.service.sessions.first->calls, quiet);
	} while (c->state != CALL_TELLING);
	for (unsigned int i = 0; i < n_sent + 1; i++) {
		switch ((int)world_hear(&w, &w.worker)) {
		case IPC_FAILED:
			assert(world_error(&w) == S3_ERROR_SLOW_DOWN);
			assert(w.heard.message.failed.call != quiet);
			n_refused++;
			break;
		case IPC_DONE:
			assert(w.heard.message.done.call == quiet);
			/* Behind what was in the channel already. */
			assert(n_objects <= READ_AHEAD);
			break;
		default:
			assert(w.heard.number == IPC_OBJECT);
			n_objects++;
		}
	}
	assert(n_refused >= REFUSED && n_refused < n_sent);
	end();
}

/* The sweep looks at deadlines every SESSION_SWEEP_NS; what it compares with is moved here. */
static void test_t73_a_body_that_does_not_come_is_given_up(void)
{
	for (int idle = 0; idle < 2; idle++) {
		struct call *c;
		uint64_t call;
		int fd;

		begin();
		fd = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Content-Length: 100000"), &call);
		world_write(&w, fd, make_bytes(1000));
		assert(world_is_silent(&w, &w.worker));
		c = table_find(&w.service.sessions.first->calls, call);
		if (idle)
			atomic_store(&c->body->moved_ns, 0);
		else
			c->deadline_ns = 0;
		assert_error(world_hear(&w, &w.worker), S3_ERROR_REQUEST_TIMEOUT);
		assert(w.heard.message.failed.call == call);
		assert(world_is_silent(&w, &w.worker) && w.service.n_calls == 0);
		close(fd);
		end();
	}
}

static void test_t77_a_document_that_can_change_closes_the_channel(void)
{
	int fd = memfd_create("command", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	begin();
	assert(ftruncate(fd, 10) == 0);
	world_grant(&w, "PUT /second", HEADERS("Content-Length: 10"));
	world_send(&w, &w.worker,
		   &(struct ipc_message){ .number = IPC_COMMAND,
					  .command = { .call = w.next_call++,
						       .grant = buffer_span(&w.sealed),
						       .body_len = 10 } },
		   fd);
	close(fd);
	assert_only_the_channel_ended();
}

static void test_t73_a_body_inside_beyond_the_limit_closes_the_channel(void)
{
	begin();
	world_grant(&w, "PUT /bucket/k", HEADERS("Content-Length: 16385"));
	world_send(&w, &w.worker,
		   &(struct ipc_message){ .number = IPC_CALL,
					  .call = { .call = w.next_call++,
						    .grant = buffer_span(&w.sealed),
						    .has_body = 1,
						    .body = make_bytes(WORLD_INLINE_LIMIT + 1) } },
		   -1);
	assert_only_the_channel_ended();
}

static void test_t73_a_second_commit_closes_the_channel(void)
{
	uint64_t call;
	int fd;

	begin();
	fd = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Content-Length: 100000"), &call);
	world_commit(&w, call, 100000, SPAN(""), SPAN(""));
	world_commit(&w, call, 100000, SPAN(""), SPAN(""));
	close(fd);
	assert_only_the_channel_ended();
}

static void test_t76_a_commit_without_a_seal_or_with_anothers_closes_the_channel(void)
{
	static const uint32_t lengths[] = { 100000 };
	struct buffer seal = BUFFER_INIT(SEALS_MAX), hashes = BUFFER_INIT(MIB);
	struct span bytes = make_bytes(100000);

	for (int with = 0; with < 3; with++) {
		uint64_t call;
		struct ipc_id grant;
		int fd;

		begin();
		fd = world_open_pipe(&w, "PUT /bucket/k", chained_headers, &call);
		grant = w.grant_id;
		send_lengths(call, lengths, 1);
		world_write(&w, fd, bytes);
		close(fd);
		buffer_reset(&hashes);
		hear_hashes(&grant, 1, &hashes);
		if (with == 1)
			grant.bytes[0] ^= 1;
		make_chain_seal(grant, with == 2 ? 99999 : 100000, &seal);
		world_commit(&w, call, 100000, with ? buffer_span(&seal) : SPAN(""), SPAN(""));
		assert_only_the_channel_ended();
	}
	buffer_clear(&seal);
	buffer_clear(&hashes);
}

static void test_t76_lengths_that_do_not_cover_the_bytes_close_the_channel(void)
{
	static const uint32_t lengths[] = { 60000 };
	struct buffer seal = BUFFER_INIT(SEALS_MAX);
	uint64_t call;
	int fd;

	begin();
	fd = world_open_pipe(&w, "PUT /bucket/k", chained_headers, &call);
	send_lengths(call, lengths, 1);
	world_write(&w, fd, make_bytes(100000));
	close(fd);
	/* authd would not have sealed this; were it fooled, stored still would not keep it. */
	world_commit(&w, call, 100000, make_chain_seal(w.grant_id, 100000, &seal), SPAN(""));
	buffer_clear(&seal);
	assert_only_the_channel_ended();
}

static void test_t76_lengths_for_a_body_that_is_not_chained_close_the_channel(void)
{
	static const uint32_t lengths[] = { 100 };
	uint64_t call;
	int fd;

	begin();
	fd = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Content-Length: 100000"), &call);
	send_lengths(call, lengths, 1);
	close(fd);
	assert_only_the_channel_ended();
}

static void test_t78_the_end_of_a_pipe_commits_nothing(void)
{
	uint64_t call;
	int fd;

	begin();
	fd = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Transfer-Encoding: chunked"), &call);
	world_write(&w, fd, make_bytes(100000));
	close(fd);
	assert(world_is_silent(&w, &w.worker));
	assert_error(world_ask(&w, "GET /bucket/k", NO_HEADERS), S3_ERROR_NO_SUCH_KEY);
	end();
}

static void test_t78_a_worker_that_dies_before_commit_commits_nothing(void)
{
	uint64_t call;
	int fd;

	begin();
	fd = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Transfer-Encoding: chunked"), &call);
	world_write(&w, fd, make_bytes(100000));
	close(fd);
	close(w.worker.fd);
	world_enter(&w, &w.worker);
	assert(world_is_silent(&w, &w.worker));
	assert_error(world_ask(&w, "GET /bucket/k", NO_HEADERS), S3_ERROR_NO_SUCH_KEY);
	end();
}

static void test_a_cancelled_call_is_never_answered_and_its_number_is_free(void)
{
	uint64_t call;
	int fd;

	begin();
	fd = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Content-Length: 100000"), &call);
	world_send(&w, &w.worker,
		   &(struct ipc_message){ .number = IPC_CANCEL, .cancel = { .call = call } }, -1);
	world_write(&w, fd, make_bytes(1000));
	world_commit(&w, call, 100000, SPAN(""), SPAN(""));
	assert(world_is_silent(&w, &w.worker));
	close(fd);
	assert_error(world_ask(&w, "GET /bucket/k", NO_HEADERS), S3_ERROR_NO_SUCH_KEY);
	end();
}

static void test_a_ping_is_answered(void)
{
	begin();
	world_send(&w, &w.worker,
		   &(struct ipc_message){ .number = IPC_STORE_PING, .store_ping.number = 77 }, -1);
	assert(world_hear(&w, &w.worker) == IPC_STORE_PONG);
	assert(w.heard.message.store_pong.number == 77);
	end();
}

/* How often a metric of stored's is told. */
static size_t count_told(struct span samples, enum metric metric, uint64_t *ret_first)
{
	struct sample s;
	size_t n = 0;

	while (sample_next(&samples, METRIC_FROM_STORED, &s) == 1) {
		if (s.metric != metric)
			continue;
		if (n++ == 0)
			*ret_first = s.values[0];
	}
	assert(samples.len == 0);
	return n;
}

static void test_stored_tells_its_figures(void)
{
	struct span samples;
	uint64_t value;

	begin();
	world_send(&w, &w.worker,
		   &(struct ipc_message){ .number = IPC_STORE_MEASURE, .store_measure.number = 78 },
		   -1);
	assert(world_hear(&w, &w.worker) == IPC_STORE_MEASURED);
	assert(w.heard.message.store_measured.number == 78);
	samples = w.heard.message.store_measured.samples;
	for (enum metric m = 0; m < METRIC_COUNT; m++) {
		/* A quota is told where there is one, a refusal where there was one. */
		bool is_told = m != METRIC_TENANT_QUOTA_BYTES && m != METRIC_TENANT_QUOTA_OBJECTS &&
			       m != METRIC_REFUSALS;

		if (metric_rows[m].from & METRIC_FROM_STORED)
			assert((count_told(samples, m, &value) > 0) == is_told);
	}
	assert(count_told(samples, METRIC_CHANNELS, &value) == 2 && value == 1);
	assert(count_told(samples, METRIC_DISK_FREE, &value) == 1 && value > 0);
	assert(count_told(samples, METRIC_CALLS, &value) == 1 && value == 0);
	end();
}

static void test_a_call_number_in_use_closes_the_channel(void)
{
	uint64_t call;
	int fd;

	begin();
	fd = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Content-Length: 100000"), &call);
	world_grant(&w, "GET /bucket/k", NO_HEADERS);
	world_send(&w, &w.worker,
		   &(struct ipc_message){ .number = IPC_CALL,
					  .call = { .call = call,
						    .grant = buffer_span(&w.sealed),
						    .body = SPAN("") } },
		   -1);
	close(fd);
	assert_only_the_channel_ended();
}

static void test_next_without_an_extent_closes_the_channel(void)
{
	uint64_t call;
	int fd;

	begin();
	fd = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Content-Length: 100000"), &call);
	world_send(&w, &w.worker,
		   &(struct ipc_message){ .number = IPC_NEXT, .next = { .call = call } }, -1);
	close(fd);
	assert_only_the_channel_ended();
}

int main(void)
{
	test_t71_a_spent_grant_closes_the_channel();
	test_t71_a_grant_of_another_channel_closes_the_channel_that_shows_it();
	test_t71_a_ticket_opens_one_live_channel();
	test_t71_a_document_for_an_operation_without_one_closes_the_channel();
	test_a_stale_grant_is_told_and_the_channel_stays();
	test_a_new_epoch_ends_the_channels_of_the_old_one();
	test_t72_a_clients_mistakes_leave_the_channel_open();
	test_t73_bytes_beyond_the_grant_are_refused_at_once();
	test_t73_a_commit_to_more_than_came_closes_the_channel();
	test_t73_a_commit_to_less_than_came_closes_the_channel();
	test_t73_a_commit_to_another_length_than_granted_is_the_clients_mistake();
	test_t73_a_pipe_kept_open_commits_as_soon_as_the_bytes_are_there();
	test_t73_bodies_of_one_channel_are_limited();
	test_t57_answers_that_a_tenant_leaves_refuse_and_delay_nobody_else();
	test_t73_a_body_that_does_not_come_is_given_up();
	test_t73_a_body_inside_beyond_the_limit_closes_the_channel();
	test_t73_a_second_commit_closes_the_channel();
	test_t77_a_document_that_can_change_closes_the_channel();
	test_t76_a_commit_without_a_seal_or_with_anothers_closes_the_channel();
	test_t76_lengths_that_do_not_cover_the_bytes_close_the_channel();
	test_t76_lengths_for_a_body_that_is_not_chained_close_the_channel();
	test_t78_the_end_of_a_pipe_commits_nothing();
	test_t78_a_worker_that_dies_before_commit_commits_nothing();
	test_a_cancelled_call_is_never_answered_and_its_number_is_free();
	test_a_ping_is_answered();
	test_stored_tells_its_figures();
	test_a_call_number_in_use_closes_the_channel();
	test_next_without_an_extent_closes_the_channel();
	return 0;
}
