/* SPDX-License-Identifier: Apache-2.0 */

/* Requests of a tenant with limits through a whole worker: who is refused, and who waits. */

#undef NDEBUG
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "frontend/exchange.h"
#include "stage.h"

#define HOST	  "Host: localhost\r\n"
#define LARGE	  (1024 * 1024)
#define SMALL	  (16 * 1024)
#define BANDWIDTH (4 * MIB)

static struct stage s;
static uint8_t large[LARGE], copy[LARGE];

static const struct grant_limits one_at_a_time = { .parallel = 1 };
static const struct grant_limits paced = { .bandwidth = BANDWIDTH };
/* A small answer takes a quarter of a second of it. */
static const struct grant_limits slow = { .bandwidth = 4 * SMALL };

static struct answer object_answer(uint64_t size)
{
	struct answer a;

	answer_init(&a);
	a.etag = SPAN("d41d8cd98f00b204e9800998ecf8427e");
	a.size = size;
	a.last_modified = 1700000000 * NS_PER_S;
	return a;
}

static uint64_t ask(int client, const char *text, const struct grant_limits *limits)
{
	stage_send_text(&s, client, text);
	return stage_grant_limited(&s, limits);
}

static uint64_t ask_get(int client, const struct grant_limits *limits)
{
	return ask(client, "GET /bucket/key HTTP/1.1\r\n" HOST "\r\n", limits);
}

static void expect_call(uint64_t call)
{
	struct stage_packet p = stage_expect(&s, &s.stored, IPC_CALL);

	assert(p.message.call.call == call);
	stage_packet_clear(&p);
}

static void say_object(uint64_t call, size_t inside, uint64_t extents)
{
	struct buffer b = BUFFER_INIT(IPC_ITEMS_MAX);
	struct ipc_message m = { .number = IPC_OBJECT };
	struct answer a = object_answer(inside + extents);

	answer_encode(&a, &b);
	m.object = (struct ipc_object){ call, buffer_span(&b), (struct span){ large, inside },
					extents };
	stage_say(&s, s.stored, &m, -1);
	buffer_clear(&b);
}

static void expect_answer(int client, size_t len)
{
	struct stage_answer a = stage_read(&s, client, false);

	assert(a.status == 200 && a.body_len == len && memcmp(a.body, large, len) == 0);
	stage_answer_clear(&a);
}

static void expect_slow_down(int client, const char *sentence)
{
	struct stage_answer a = stage_read(&s, client, false);

	assert(a.status == 503 && strstr(a.body, "<Code>SlowDown</Code>"));
	assert(strstr(a.body, sentence));
	assert(strcmp(stage_field(&a, "Retry-After"), "1") == 0);
	stage_answer_clear(&a);
}

static const struct exchange *only_exchange(void)
{
	assert(s.worker.busy.count == 1);
	return s.worker.busy.first->exchange;
}

static void wait_for_state(enum exchange_state state)
{
	uint64_t end_ns = clock_boottime_ns() + STAGE_PATIENCE_MS * NS_PER_MS;

	while (only_exchange()->state != state) {
		assert(clock_boottime_ns() < end_ns);
		stage_step(&s);
	}
}

/* What so many bytes take at least: what passes at once, and the piece behind it, take nothing. */
static uint64_t least_ns(uint64_t bytes, uint64_t bandwidth)
{
	return (bytes - PACE_PIECE) * NS_PER_S / bandwidth - LANE_BURST_NS;
}

/* --- requests under way -------------------------------------------------------------------- */

static void test_one_too_many_is_refused_before_stored_hears_of_it(void)
{
	int first = stage_connect(&s), second = stage_connect(&s);
	uint64_t call = ask_get(first, &one_at_a_time);

	expect_call(call);
	ask_get(second, &one_at_a_time);
	expect_slow_down(second, "The tenant's limit of requests under way is reached.");
	stage_expect_silence(&s, s.stored);
	say_object(call, 5, 0);
	expect_answer(first, 5);
	/* That one has ended, and the connection of the other is still good. */
	call = ask_get(second, &one_at_a_time);
	expect_call(call);
	say_object(call, 5, 0);
	expect_answer(second, 5);
	close(first);
	close(second);
}

static void test_requests_of_other_workers_are_counted_in(void)
{
	struct presence *other = &board_slot(&s.board, 1)->presence;
	struct ipc_id tenant = { { 7 } };
	struct presence_place *place = presence_take(other, ipc_id_number(&tenant));
	int client = stage_connect(&s);
	uint64_t call;

	meter_set(&place->under_way, 1);
	ask_get(client, &one_at_a_time);
	expect_slow_down(client, "The tenant's limit of requests under way is reached.");
	presence_free(place);
	call = ask_get(client, &one_at_a_time);
	expect_call(call);
	say_object(call, 5, 0);
	expect_answer(client, 5);
	close(client);
}

static void test_a_client_that_leaves_is_under_way_no_longer(void)
{
	int first = stage_connect(&s), second = stage_connect(&s), pipe_fds[2];
	struct ipc_message m = { .number = IPC_PIPE };
	struct stage_packet p;
	uint64_t call;

	call = ask(first, "PUT /bucket/key HTTP/1.1\r\n" HOST "Content-Length: 1048576\r\n\r\n",
		   &one_at_a_time);
	expect_call(call);
	assert(pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) == 0);
	m.pipe.call = call;
	stage_say(&s, s.stored, &m, pipe_fds[1]);
	stage_send(&s, first, (struct span){ large, 1000 });
	stage_steps(&s, 5);
	ask_get(second, &one_at_a_time);
	expect_slow_down(second, "The tenant's limit of requests under way is reached.");
	close(first);
	p = stage_expect(&s, &s.stored, IPC_CANCEL);
	stage_packet_clear(&p);
	call = ask_get(second, &one_at_a_time);
	expect_call(call);
	say_object(call, 5, 0);
	expect_answer(second, 5);
	close(second);
	close(pipe_fds[0]);
}

static void test_clients_of_rest_hear_429(void)
{
	static const char get[] = "GET /objects/key HTTP/1.1\r\n" HOST "\r\n";
	int first = stage_connect_to(&s, S3_DIALECT_REST),
	    second = stage_connect_to(&s, S3_DIALECT_REST);
	uint64_t call = ask(first, get, &one_at_a_time);
	struct stage_answer a;

	expect_call(call);
	ask(second, get, &one_at_a_time);
	a = stage_read(&s, second, false);
	assert(a.status == 429 && strcmp(stage_field(&a, "Retry-After"), "1") == 0);
	assert(strstr(a.body, "\"message\":\"Rate limit exceeded\""));
	stage_answer_clear(&a);
	say_object(call, 5, 0);
	expect_answer(first, 5);
	close(first);
	close(second);
}

/* --- bandwidth ---------------------------------------------------------------------------- */

static void say_extent(uint64_t call, size_t offset, size_t length, bool last)
{
	struct ipc_message m = { .number = IPC_EXTENT, .extent = { call, offset, length, last } };
	int fd = memfd_create("blob", MFD_CLOEXEC);

	assert(fd >= 0 && write(fd, large, LARGE) == LARGE);
	stage_say(&s, s.stored, &m, fd);
}

static void test_a_download_takes_its_time_and_is_whole(void)
{
	uint64_t began_ns = clock_boottime_ns(), call;
	int client = stage_connect(&s);

	call = ask_get(client, &paced);
	expect_call(call);
	say_object(call, 0, LARGE);
	say_extent(call, 0, LARGE / 2, false);
	say_extent(call, LARGE / 2, LARGE / 2, true);
	wait_for_state(EXCHANGE_PACED);
	expect_answer(client, LARGE);
	assert(clock_boottime_ns() - began_ns >= least_ns(LARGE, BANDWIDTH));
	close(client);
}

static void test_an_upload_takes_its_time_and_is_whole(void)
{
	uint64_t began_ns = clock_boottime_ns(), call;
	int client = stage_connect(&s), pipe_fds[2];
	struct ipc_message m = { .number = IPC_PIPE };
	struct answer a = object_answer(ANSWER_ABSENT);
	struct stage_packet p;
	size_t sent = 0, got = 0;

	call = ask(client, "PUT /bucket/key HTTP/1.1\r\n" HOST "Content-Length: 1048576\r\n\r\n",
		   &paced);
	expect_call(call);
	assert(pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) == 0);
	m.pipe.call = call;
	stage_say(&s, s.stored, &m, pipe_fds[1]);
	while (got < LARGE) {
		ssize_t n = send(client, large + sent, LARGE - sent, MSG_DONTWAIT);

		sent += n > 0 ? (size_t)n : 0;
		n = read(pipe_fds[0], copy + got, LARGE - got);
		got += n > 0 ? (size_t)n : 0;
		if (sent == LARGE / 2)
			wait_for_state(EXCHANGE_THROTTLED);
		stage_step(&s);
	}
	assert(memcmp(large, copy, LARGE) == 0);
	p = stage_expect(&s, &s.stored, IPC_COMMIT);
	assert(p.message.commit.length == LARGE);
	stage_packet_clear(&p);
	assert(clock_boottime_ns() - began_ns >= least_ns(LARGE, BANDWIDTH));
	stage_done(&s, call, &a);
	expect_answer(client, 0);
	close(client);
	close(pipe_fds[0]);
}

static void test_small_answers_wait_as_well(void)
{
	uint64_t began_ns = clock_boottime_ns();
	int client = stage_connect(&s);

	for (int i = 0; i < 4; i++) {
		uint64_t call = ask_get(client, &slow);

		expect_call(call);
		say_object(call, SMALL, 0);
		if (i > 0)
			wait_for_state(EXCHANGE_HELD);
		expect_answer(client, SMALL);
	}
	/* The last one's own time is for who comes behind it. */
	assert(clock_boottime_ns() - began_ns >= 3 * NS_PER_S / 4 - LANE_BURST_NS);
	close(client);
}

static void test_small_bodies_wait_as_well(void)
{
	int client = stage_connect(&s);
	struct answer a = object_answer(ANSWER_ABSENT);

	for (int i = 0; i < 3; i++) {
		uint64_t call = ask(
			client, "PUT /bucket/key HTTP/1.1\r\n" HOST "Content-Length: 16384\r\n\r\n",
			&slow);

		stage_send(&s, client, (struct span){ large, SMALL });
		if (i > 0)
			wait_for_state(EXCHANGE_THROTTLED);
		expect_call(call);
		stage_done(&s, call, &a);
		expect_answer(client, 0);
	}
	close(client);
}

static void test_an_answer_to_head_does_not_wait(void)
{
	int client = stage_connect(&s);

	for (int i = 0; i < 50; i++) {
		uint64_t call = ask(client, "HEAD /bucket/key HTTP/1.1\r\n" HOST "\r\n", &slow);
		struct stage_answer a;

		expect_call(call);
		say_object(call, 0, 0);
		a = stage_read(&s, client, true);
		assert(a.status == 200);
		stage_answer_clear(&a);
		assert(s.worker.paces.all.count == 1);
	}
	close(client);
}

static void test_a_client_that_leaves_while_it_waits_leaves_nothing(void)
{
	unsigned int fds = stage_count_fds();
	int client = stage_connect(&s);
	uint64_t call = ask_get(client, &paced);
	struct stage_packet p;

	expect_call(call);
	say_object(call, 0, LARGE);
	say_extent(call, 0, LARGE / 2, false);
	wait_for_state(EXCHANGE_PACED);
	close(client);
	p = stage_expect(&s, &s.stored, IPC_CANCEL);
	stage_packet_clear(&p);
	stage_steps(&s, 20);
	assert(!s.worker.busy.first && stage_count_fds() == fds);
}

static void test_what_stored_refuses_meanwhile_is_heard(void)
{
	int client = stage_connect(&s), pipe_fds[2];
	struct ipc_message m = { .number = IPC_PIPE };
	struct stage_answer a;
	uint64_t call;

	call = ask(client, "PUT /bucket/key HTTP/1.1\r\n" HOST "Content-Length: 1048576\r\n\r\n",
		   &slow);
	expect_call(call);
	assert(pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) == 0);
	m.pipe.call = call;
	stage_say(&s, s.stored, &m, pipe_fds[1]);
	stage_send(&s, client, (struct span){ large, 4 * SMALL });
	wait_for_state(EXCHANGE_THROTTLED);
	stage_failed(&s, call, S3_ERROR_INSUFFICIENT_STORAGE);
	a = stage_read(&s, client, false);
	assert(a.status == 507);
	stage_answer_clear(&a);
	stage_expect_close(&s, client);
	close(pipe_fds[0]);
}

/* More would wait for longer than anybody should. */
static void test_too_many_who_wait_are_refused(void)
{
	struct grant_limits least = { .bandwidth = 64 * KIB };
	int clients[100];
	size_t n = 0;
	bool refused = false;

	while (!refused && n < ARRAY_SIZE(clients)) {
		struct stage_packet p;
		uint64_t call;

		clients[n] = stage_connect(&s);
		call = ask_get(clients[n++], &least);
		refused = n == 62;
		if (refused)
			break;
		p = stage_expect(&s, &s.stored, IPC_CALL);
		assert(p.message.call.call == call);
		stage_packet_clear(&p);
	}
	expect_slow_down(clients[n - 1], "The tenant's limit of bandwidth is reached");
	while (n > 0)
		close(clients[--n]);
}

/* --- without limits ----------------------------------------------------------------------- */

static void test_who_has_no_limits_is_counted_nowhere(void)
{
	int client = stage_connect(&s);
	uint64_t call;

	call = ask_get(client, &(struct grant_limits){ 0 });
	expect_call(call);
	say_object(call, 0, LARGE);
	say_extent(call, 0, LARGE, true);
	expect_answer(client, LARGE);
	assert(s.worker.paces.all.count == 0);
	close(client);
}

static void each(void (*test)(void))
{
	stage_open(&s, NULL);
	test();
	stage_close(&s);
}

int main(void)
{
	for (size_t i = 0; i < LARGE; i++)
		large[i] = (uint8_t)(i * 7 + i / 251);
	each(test_one_too_many_is_refused_before_stored_hears_of_it);
	each(test_requests_of_other_workers_are_counted_in);
	each(test_a_client_that_leaves_is_under_way_no_longer);
	each(test_clients_of_rest_hear_429);
	each(test_a_download_takes_its_time_and_is_whole);
	each(test_an_upload_takes_its_time_and_is_whole);
	each(test_small_answers_wait_as_well);
	each(test_small_bodies_wait_as_well);
	each(test_an_answer_to_head_does_not_wait);
	each(test_a_client_that_leaves_while_it_waits_leaves_nothing);
	each(test_what_stored_refuses_meanwhile_is_heard);
	each(test_too_many_who_wait_are_refused);
	each(test_who_has_no_limits_is_counted_nowhere);
	return 0;
}
