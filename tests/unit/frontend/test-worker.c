/* SPDX-License-Identifier: Apache-2.0 */

/* Requests through a whole worker: what authd and stored are told, and what the client hears. */

#include <fcntl.h>
#include <sys/mman.h>

#include "worker-scene.h"

static void test_small_object_comes_with_one_ask_and_one_call(void)
{
	int client = stage_connect(&s);

	get_hello(client);
	expect_answer(client, 200, "hello");
	close(client);
}

static void test_connection_serves_many_requests(void)
{
	int client = stage_connect(&s);

	for (int i = 0; i < 5; i++) {
		get_hello(client);
		expect_answer(client, 200, "hello");
	}
	close(client);
}

static void test_pipelined_requests_are_answered_in_order(void)
{
	int client = stage_connect(&s);
	struct answer a = object_answer(1);
	const char *bodies[] = { "1", "2", "3" };

	stage_send_text(&s, client,
			"GET /bucket/1 HTTP/1.1\r\n" HOST "\r\n"
			"GET /bucket/2 HTTP/1.1\r\n" HOST "\r\n"
			"GET /bucket/3 HTTP/1.1\r\n" HOST "\r\n");
	for (int i = 0; i < 3; i++) {
		uint64_t call = stage_grant(&s);

		expect_call(call, false, SPAN(""));
		say_object(call, &a, span_from_string(bodies[i]), 0);
		expect_answer(client, 200, bodies[i]);
	}
	close(client);
}

static void test_authd_gets_the_head_as_it_came(void)
{
	int client = stage_connect(&s);
	struct stage_packet p;
	struct s3_head head;

	stage_send_text(
		&s, client,
		"GET /b%2Fx/k%20y?a=%41&b HTTP/1.1\r\nHoSt: h:1\r\nX-A:  two  blanks \r\n\r\n");
	p = stage_expect(&s, &s.authd, IPC_ASK);
	head = (struct s3_head){ p.message.ask.method, p.message.ask.target, p.message.ask.fields };
	assert(span_equal(head.method, SPAN("GET")));
	assert(span_equal(head.target, SPAN("/b%2Fx/k%20y?a=%41&b")));
	assert(span_equal(p.message.ask.peer, SPAN("127.0.0.1")));
	assert(span_equal(s3_head_find(&head, "host"), SPAN("h:1")));
	assert(span_equal(s3_head_find(&head, "x-a"), SPAN("two  blanks")));
	stage_denied(&s, p.message.ask.call, S3_ERROR_ACCESS_DENIED);
	stage_packet_clear(&p);
	expect_answer(client, 403, "<Code>AccessDenied</Code>");
	close(client);
}

static void test_body_of_a_request_that_takes_none_is_dropped(void)
{
	int client = stage_connect(&s);
	struct answer a = object_answer(5);
	uint64_t call;

	stage_send_text(&s, client,
			"GET /bucket/key HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n");
	call = stage_grant(&s);
	stage_expect_silence(&s, s.stored);
	stage_send_text(&s, client, "drop!");
	expect_call(call, false, SPAN(""));
	say_object(call, &a, SPAN("hello"), 0);
	expect_answer(client, 200, "hello");
	get_hello(client);
	expect_answer(client, 200, "hello");
	close(client);
}

static void test_small_put_travels_inside_the_call(void)
{
	int client = stage_connect(&s);
	struct answer a = object_answer(ANSWER_ABSENT);
	uint64_t call;

	stage_send_text(&s, client,
			"PUT /bucket/key HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n");
	call = stage_grant(&s);
	stage_send_text(&s, client, "he");
	stage_expect_silence(&s, s.stored);
	stage_send_text(&s, client, "llo");
	expect_call(call, true, SPAN("hello"));
	stage_done(&s, call, &a);
	expect_answer(client, 200, "");
	get_hello(client);
	expect_answer(client, 200, "hello");
	close(client);
}

static void test_empty_put_travels_inside_the_call(void)
{
	int client = stage_connect(&s);
	struct answer a = object_answer(ANSWER_ABSENT);
	uint64_t call;

	stage_send_text(&s, client,
			"PUT /bucket/key HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n");
	call = stage_grant(&s);
	expect_call(call, true, SPAN(""));
	stage_done(&s, call, &a);
	expect_answer(client, 200, "");
	close(client);
}

static void test_continue_comes_only_after_the_grant(void)
{
	int client = stage_connect(&s);
	struct answer a = object_answer(ANSWER_ABSENT);
	struct stage_answer go_on;
	uint64_t call;

	stage_send_text(&s, client,
			"PUT /bucket/key HTTP/1.1\r\n" HOST
			"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n");
	stage_expect_silence(&s, client);
	call = stage_grant(&s);
	go_on = stage_read(&s, client, false);
	assert(go_on.status == 100);
	stage_answer_clear(&go_on);
	stage_send_text(&s, client, "hello");
	expect_call(call, true, SPAN("hello"));
	stage_done(&s, call, &a);
	expect_answer(client, 200, "");
	close(client);
}

static void test_refusal_comes_instead_of_continue(void)
{
	int client = stage_connect(&s);
	struct stage_packet p;

	stage_send_text(&s, client,
			"PUT /bucket/key HTTP/1.1\r\n" HOST
			"Content-Length: 500000\r\nExpect: 100-continue\r\n\r\n");
	p = stage_expect(&s, &s.authd, IPC_ASK);
	stage_denied(&s, p.message.ask.call, S3_ERROR_SIGNATURE_DOES_NOT_MATCH);
	stage_packet_clear(&p);
	expect_answer(client, 403, "<Code>SignatureDoesNotMatch</Code>");
	stage_expect_close(&s, client);
}

static void test_refusal_of_a_small_body_comes_instead_of_continue(void)
{
	int client = stage_connect(&s);
	struct stage_packet p;

	stage_send_text(&s, client,
			"PUT /bucket/key HTTP/1.1\r\n" HOST
			"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n");
	p = stage_expect(&s, &s.authd, IPC_ASK);
	stage_denied(&s, p.message.ask.call, S3_ERROR_ACCESS_DENIED);
	stage_packet_clear(&p);
	expect_answer(client, 403, "<Code>AccessDenied</Code>");
	stage_expect_close(&s, client);
}

static void test_refused_small_body_is_skipped_and_the_connection_kept(void)
{
	int client = stage_connect(&s);
	struct stage_packet p;

	stage_send_text(&s, client,
			"PUT /bucket/key HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello");
	p = stage_expect(&s, &s.authd, IPC_ASK);
	stage_denied(&s, p.message.ask.call, S3_ERROR_ACCESS_DENIED);
	stage_packet_clear(&p);
	expect_answer(client, 403, "<Code>AccessDenied</Code>");
	get_hello(client);
	expect_answer(client, 200, "hello");
	close(client);
}

/* --- commands ------------------------------------------------------------------------------- */

static void test_command_travels_in_a_sealed_memfd(void)
{
	static const char document[] = "<Delete><Object><Key>k</Key></Object></Delete>";
	int client = stage_connect(&s);
	char head[256], bytes[sizeof(document)];
	struct stage_packet p;
	struct answer a;
	uint64_t call;

	snprintf(head, sizeof(head),
		 "POST /bucket?delete HTTP/1.1\r\n" HOST MD5 "Content-Length: %zu\r\n\r\n%s",
		 strlen(document), document);
	stage_send_text(&s, client, head);
	call = stage_grant(&s);
	p = stage_expect(&s, &s.stored, IPC_COMMAND);
	assert(p.message.command.call == call);
	assert(p.message.command.body_len == strlen(document));
	assert(pread(p.fd, bytes, sizeof(bytes), 0) == (ssize_t)strlen(document));
	assert(memcmp(bytes, document, strlen(document)) == 0);
	assert(fcntl(p.fd, F_GET_SEALS) ==
	       (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE));
	stage_packet_clear(&p);
	answer_init(&a);
	stage_done(&s, call, &a);
	expect_answer(client, 200, "<DeleteResult");
	close(client);
}

static void test_command_without_document_is_an_empty_memfd(void)
{
	int client = stage_connect(&s);
	struct stage_packet p;
	struct answer a;
	uint64_t call;

	stage_send_text(&s, client, "PUT /bucket HTTP/1.1\r\n" HOST "\r\n");
	call = stage_grant(&s);
	p = stage_expect(&s, &s.stored, IPC_COMMAND);
	assert(p.message.command.body_len == 0 && p.fd >= 0);
	stage_packet_clear(&p);
	answer_init(&a);
	stage_done(&s, call, &a);
	expect_answer(client, 200, "");
	close(client);
}

static void test_command_without_end_is_refused(void)
{
	int client = stage_connect(&s);

	stage_send_text(&s, client,
			"POST /bucket?delete HTTP/1.1\r\n" HOST MD5
			"Transfer-Encoding: chunked\r\n\r\n");
	stage_grant(&s);
	for (int i = 0; i < 3; i++)
		send_chunk(client, (struct span){ large, LARGE });
	expect_answer(client, 400, "<Code>MaxMessageLengthExceeded</Code>");
	stage_expect_close(&s, client);
}

/* --- before the links are there -------------------------------------------------------------- */

static void sweep_never(struct worker_config *c)
{
	c->sweep_ms = 3600 * 1000;
}

static void test_client_waits_until_the_links_are_there(void)
{
	uint64_t call;
	int client;

	stage_open_alone(&s, sweep_never);
	client = stage_connect(&s);
	stage_send_text(&s, client, "GET /bucket/key HTTP/1.1\r\n" HOST "\r\n");
	stage_expect_silence(&s, client);
	stage_connect_authd(&s);
	stage_expect_silence(&s, client);
	stage_connect_stored(&s);
	call = stage_grant(&s);
	expect_call(call, false, SPAN(""));
	stage_failed(&s, call, S3_ERROR_NO_SUCH_KEY);
	expect_answer(client, 404, "<Code>NoSuchKey</Code>");
	close(client);
	stage_close(&s);
}

static void test_client_is_not_kept_waiting_for_links_that_do_not_come(void)
{
	int client;

	stage_open_alone(&s, NULL);
	client = stage_connect(&s);
	stage_send_text(&s, client, "GET /bucket/key HTTP/1.1\r\n" HOST "\r\n");
	expect_answer(client, 503, "<Code>ServiceUnavailable</Code>");
	close(client);
	stage_close(&s);
}

int main(void)
{
	test_client_waits_until_the_links_are_there();
	test_client_is_not_kept_waiting_for_links_that_do_not_come();
	stage_open(&s, NULL);
	test_small_object_comes_with_one_ask_and_one_call();
	test_connection_serves_many_requests();
	test_pipelined_requests_are_answered_in_order();
	test_authd_gets_the_head_as_it_came();
	test_body_of_a_request_that_takes_none_is_dropped();
	test_small_put_travels_inside_the_call();
	test_empty_put_travels_inside_the_call();
	test_continue_comes_only_after_the_grant();
	test_refusal_comes_instead_of_continue();
	test_refusal_of_a_small_body_comes_instead_of_continue();
	test_refused_small_body_is_skipped_and_the_connection_kept();
	test_command_travels_in_a_sealed_memfd();
	test_command_without_document_is_an_empty_memfd();
	test_command_without_end_is_refused();
	stage_close(&s);
	return 0;
}
