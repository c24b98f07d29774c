/* SPDX-License-Identifier: Apache-2.0 */

/* What connections are, whatever is asked on them: when they live on, who waits for whom, what they
 * cost. */

#include <fcntl.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "frontend/exchange.h"
#include "worker-scene.h"

/* Answered without authd and stored. */
#define OWN_PAGE    "POST /-/health HTTP/1.1\r\n" HOST "\r\n"
#define DESCRIPTION "GET /openapi.json HTTP/1.1\r\n" HOST "\r\n"

static void send_get(int client, const char *version, const char *fields)
{
	struct answer a = object_answer(5);
	char text[256];
	uint64_t call;

	snprintf(text, sizeof(text), "GET /bucket/key HTTP/%s\r\n" HOST "%s\r\n", version, fields);
	stage_send_text(&s, client, text);
	call = stage_grant(&s);
	expect_call(call, false, SPAN(""));
	say_object(call, &a, SPAN("hello"), 0);
}

static void expect_connection(int client, const char *said)
{
	struct stage_answer a = stage_read(&s, client, false);
	const char *field = stage_field(&a, "Connection");

	assert(a.status == 200 && strcmp(a.body, "hello") == 0);
	assert(said ? field && strcmp(field, said) == 0 : !field);
	stage_answer_clear(&a);
}

static void test_a_connection_lives_as_long_as_the_client_wants_it(void)
{
	int client = stage_connect(&s);

	send_get(client, "1.1", "");
	expect_connection(client, NULL);
	send_get(client, "1.0", "Connection: keep-alive\r\n");
	expect_connection(client, "Keep-Alive");
	send_get(client, "1.1", "Connection: TE, close\r\n");
	expect_connection(client, "close");
	stage_expect_close(&s, client);
	client = stage_connect(&s);
	send_get(client, "1.0", "");
	expect_connection(client, "close");
	stage_expect_close(&s, client);
}

static void test_who_has_sent_all_he_will_is_answered(void)
{
	struct answer a = object_answer(5);
	int client = stage_connect(&s);
	uint64_t call;

	stage_send_text(&s, client, "GET /bucket/key HTTP/1.1\r\n" HOST "\r\n");
	assert(shutdown(client, SHUT_WR) == 0);
	call = stage_grant(&s);
	expect_call(call, false, SPAN(""));
	say_object(call, &a, SPAN("hello"), 0);
	expect_connection(client, NULL);
	stage_expect_close(&s, client);
}

static void test_between_requests_a_connection_has_no_memory_but_itself(void)
{
	int client = stage_connect(&s);
	const struct connection *c;

	send_get(client, "1.1", "");
	expect_connection(client, NULL);
	while (!(c = s.worker.idle.first))
		stage_step(&s);
	assert(!c->exchange && !c->inlet.kept.data && !c->outlet.text.data);
	stage_send_text(&s, client, "POST /-/he");
	while (!c->inlet.kept.data)
		stage_step(&s);
	stage_send_text(&s, client, "alth HTTP/1.1\r\n" HOST "\r\n");
	expect_answer(client, 405, "MethodNotAllowed");
	assert(!c->inlet.kept.data);
	close(client);
}

static void test_the_body_that_comes_with_its_head_is_not_asked_for(void)
{
	struct answer a = object_answer(ANSWER_ABSENT);
	int client = stage_connect(&s);
	uint64_t call;

	stage_send_text(&s, client,
			"PUT /bucket/key HTTP/1.1\r\n" HOST
			"Content-Length: 5\r\nExpect: 100-continue\r\n\r\nhello");
	call = stage_grant(&s);
	expect_call(call, true, SPAN("hello"));
	stage_done(&s, call, &a);
	expect_answer(client, 200, "");
	close(client);
}

/* As a client needs it that waits for it whatever it is about to send. */
static void test_who_waits_with_nothing_to_send_is_told_to_go_on(void)
{
	struct answer a = object_answer(ANSWER_ABSENT);
	int client = stage_connect(&s);
	struct stage_answer go_on;
	uint64_t call;

	stage_send_text(&s, client,
			"PUT /bucket/key HTTP/1.1\r\n" HOST
			"Content-Length: 0\r\nExpect: 100-continue\r\n\r\n");
	stage_expect_silence(&s, client);
	call = stage_grant(&s);
	expect_call(call, true, SPAN(""));
	go_on = stage_read(&s, client, false);
	assert(go_on.status == 100);
	stage_answer_clear(&go_on);
	stage_done(&s, call, &a);
	expect_answer(client, 200, "");
	close(client);
}

static void test_t54_malformed_chunks_are_refused_and_what_follows_is_no_request(void)
{
	static const char *const bodies[] = {
		"5\r\nhello0\r\n\r\n" OWN_PAGE,	     "zz\r\n" OWN_PAGE,
		"5 \r\nhello\r\n0\r\n\r\n" OWN_PAGE, "5\nhello\n0\n\n" OWN_PAGE,
		"0\r\nX : y\r\n\r\n" OWN_PAGE,
	};

	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		int client = stage_connect(&s);
		struct stage_packet p;

		stage_send_text(&s, client,
				"PUT /bucket/key HTTP/1.1\r\n" HOST
				"Transfer-Encoding: chunked\r\n\r\n");
		stage_send_text(&s, client, bodies[i]);
		{
			uint64_t call = stage_grant(&s);
			struct ipc_message m = { .number = IPC_PIPE, .pipe = { call } };
			int fds[2];

			expect_call(call, false, SPAN(""));
			assert(pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0);
			stage_say(&s, s.stored, &m, fds[1]);
			expect_answer(client, 400, "<Code>InvalidRequest</Code>");
			p = stage_expect(&s, &s.stored, IPC_CANCEL);
			assert(p.message.cancel.call == call);
			stage_packet_clear(&p);
			close(fds[0]);
		}
		stage_expect_close(&s, client);
		stage_expect_silence(&s, s.authd);
	}
}

/* Far more than a socket takes: the worker waits for the client, and loses nothing meanwhile. */
static void test_answers_wait_for_who_reads_them_late(void)
{
	const int n = 400;
	int client = stage_connect_to(&s, S3_DIALECT_REST), other = stage_connect(&s);
	struct stage_answer first, a;

	stage_send_text(&s, client, DESCRIPTION);
	first = stage_read(&s, client, false);
	assert(first.status == 200 && first.body_len > 10000);
	for (int i = 0; i < n; i++)
		stage_send_text(&s, client, DESCRIPTION);
	stage_steps(&s, 2 * (unsigned int)n);
	assert(s.worker.busy.count == 1);
	stage_send_text(&s, other, OWN_PAGE);
	expect_answer(other, 405, "MethodNotAllowed");
	for (int i = 0; i < n; i++) {
		a = stage_read(&s, client, false);
		assert(a.status == 200 && a.body_len == first.body_len);
		assert(memcmp(a.body, first.body, a.body_len) == 0);
		stage_answer_clear(&a);
	}
	stage_answer_clear(&first);
	close(client);
	close(other);
}

/* Bytes that are there; 0 where there are none. */
static size_t waiting(int client)
{
	static uint8_t bytes[1024 * 1024];
	ssize_t n = recv(client, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);

	return n > 0 ? (size_t)n : 0;
}

static void test_t57_who_asks_much_at_once_holds_up_nobody(void)
{
	const int n = 1000;
	int greedy = stage_connect(&s), modest = stage_connect(&s);
	size_t before;

	stage_send_text(&s, modest, OWN_PAGE);
	expect_answer(modest, 405, "MethodNotAllowed");
	for (int i = 0; i < n; i++)
		assert(send(greedy, OWN_PAGE, strlen(OWN_PAGE), MSG_NOSIGNAL) > 0);
	stage_steps(&s, 2);
	before = waiting(greedy);
	assert(before > 0);
	assert(send(modest, OWN_PAGE, strlen(OWN_PAGE), MSG_NOSIGNAL) > 0);
	stage_steps(&s, 2);
	assert(waiting(modest) > 0);
	stage_steps(&s, 2);
	assert(waiting(greedy) > before);
	for (int i = 0; i < n; i++)
		expect_answer(greedy, 405, "MethodNotAllowed");
	close(greedy);
	close(modest);
}

static void test_an_empty_line_behind_a_request_is_none(void)
{
	int client = stage_connect(&s);

	for (int i = 0; i < 3; i++) {
		stage_send_text(&s, client, OWN_PAGE "\r\n");
		expect_answer(client, 405, "MethodNotAllowed");
	}
	close(client);
}

/* A reset would take from many clients what they have not read yet. */
static void test_who_says_more_behind_his_last_request_is_not_cut_off(void)
{
	static const char more[256 * 1024];
	int client = stage_connect(&s);
	ssize_t n;
	char byte;

	stage_send_text(&s, client,
			"POST /-/health HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n" OWN_PAGE);
	stage_send(&s, client, (struct span){ more, sizeof(more) });
	expect_answer(client, 405, "MethodNotAllowed");
	stage_send(&s, client, (struct span){ more, sizeof(more) });
	while ((n = recv(client, &byte, 1, MSG_DONTWAIT)) < 0 && errno == EAGAIN)
		stage_step(&s);
	assert(n == 0);
	assert(s.worker.idle.count == 1);
	close(client);
}

static void wait_until_empty(void)
{
	uint64_t end = clock_boottime_ns() + STAGE_PATIENCE_MS * NS_PER_MS;

	while (s.worker.idle.count + s.worker.busy.count) {
		assert(clock_boottime_ns() < end);
		stage_step(&s);
	}
}

static void limit_connections(struct worker_config *c)
{
	c->connections_max = 8;
}

/* Nothing was asked yet: whoever began longest ago goes first. */
static void test_t57_heads_that_do_not_come_to_an_end_make_room(void)
{
	int clients[20];

	stage_open(&s, limit_connections);
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++) {
		clients[i] = stage_connect(&s);
		stage_send_text(&s, clients[i], "GET /bucket/key HTTP/1.1\r\nX");
		stage_steps(&s, 3);
	}
	assert(s.worker.idle.count <= 8);
	clients[0] = stage_connect(&s);
	stage_send_text(&s, clients[0], OWN_PAGE);
	expect_answer(clients[0], 405, "MethodNotAllowed");
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++)
		close(clients[i]);
	wait_until_empty();
	stage_close(&s);
}

static void give_little_time_to_take(struct worker_config *c)
{
	c->deadlines_ms[DEADLINE_SEND] = 100;
}

static void test_who_takes_enough_of_an_answer_has_more_time(void)
{
	const int n = 400;
	struct stage_answer a;
	int client;

	stage_open(&s, give_little_time_to_take);
	client = stage_connect_to(&s, S3_DIALECT_REST);
	for (int i = 0; i < n; i++)
		stage_send_text(&s, client, DESCRIPTION);
	for (int i = 0; i < n; i++) {
		stage_steps(&s, 2);
		a = stage_read(&s, client, false);
		assert(a.status == 200 && !a.closed);
		stage_answer_clear(&a);
	}
	for (int i = 0; i < n; i++)
		stage_send_text(&s, client, DESCRIPTION);
	/* And who takes none of it is not waited for. */
	wait_until_empty();
	close(client);
	stage_close(&s);
}

int main(void)
{
	stage_open(&s, NULL);
	test_a_connection_lives_as_long_as_the_client_wants_it();
	test_who_has_sent_all_he_will_is_answered();
	wait_until_empty();
	test_between_requests_a_connection_has_no_memory_but_itself();
	test_the_body_that_comes_with_its_head_is_not_asked_for();
	test_who_waits_with_nothing_to_send_is_told_to_go_on();
	test_t54_malformed_chunks_are_refused_and_what_follows_is_no_request();
	wait_until_empty();
	test_answers_wait_for_who_reads_them_late();
	test_t57_who_asks_much_at_once_holds_up_nobody();
	test_an_empty_line_behind_a_request_is_none();
	wait_until_empty();
	test_who_says_more_behind_his_last_request_is_not_cut_off();
	wait_until_empty();
	stage_close(&s);
	test_t57_heads_that_do_not_come_to_an_end_make_room();
	test_who_takes_enough_of_an_answer_has_more_time();
	return 0;
}
