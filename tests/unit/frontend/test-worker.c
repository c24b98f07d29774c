/* SPDX-License-Identifier: Apache-2.0 */

/* Requests through a whole worker: what authd and stored are told, and what the client hears. */

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

#define HOST "Host: localhost\r\n"

static struct stage s;

static struct answer object_answer(uint64_t size)
{
	struct answer a;

	answer_init(&a);
	a.etag = SPAN("d41d8cd98f00b204e9800998ecf8427e");
	a.size = size;
	a.last_modified = 1700000000 * NS_PER_S;
	return a;
}

static void say_object(uint64_t call, const struct answer *a, struct span body, uint64_t extents)
{
	struct buffer b = BUFFER_INIT(IPC_ITEMS_MAX);
	struct ipc_message m = { .number = IPC_OBJECT };

	answer_encode(a, &b);
	m.object = (struct ipc_object){ call, buffer_span(&b), body, extents };
	stage_say(&s, s.stored, &m, -1);
	buffer_clear(&b);
}

static void expect_call(uint64_t call, bool has_body, struct span body)
{
	struct stage_packet p = stage_expect(&s, &s.stored, IPC_CALL);

	assert(p.message.call.call == call);
	assert(p.message.call.has_body == has_body);
	assert(span_equal(p.message.call.body, body));
	stage_packet_clear(&p);
}

static void get_hello(int client)
{
	struct answer a = object_answer(5);
	uint64_t call;

	stage_send_text(&s, client, "GET /bucket/key HTTP/1.1\r\n" HOST "\r\n");
	call = stage_grant(&s);
	expect_call(call, false, SPAN(""));
	say_object(call, &a, SPAN("hello"), 0);
}

static void expect_answer(int client, unsigned int status, const char *body)
{
	struct stage_answer a = stage_read(&s, client, false);

	assert(a.status == status);
	assert(strstr(a.body, body) && (strlen(body) || !a.body_len));
	assert(strlen(stage_field(&a, "x-amz-request-id")) == 16);
	assert(stage_field(&a, "x-amz-id-2"));
	assert(strcmp(stage_field(&a, "X-Content-Type-Options"), "nosniff") == 0);
	stage_answer_clear(&a);
}

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

/* --- large uploads -------------------------------------------------------------------------- */

#define LARGE (1024 * 1024)

static uint8_t large[LARGE], copy[LARGE];

static void fill_large(void)
{
	for (size_t i = 0; i < LARGE; i++)
		large[i] = (uint8_t)(i * 2654435761u >> 13);
}

static void read_pipe_to(int fd, uint8_t *to, size_t len)
{
	while (len) {
		ssize_t n = read(fd, to, len);

		if (n < 0) {
			assert(errno == EAGAIN);
			stage_step(&s);
			continue;
		}
		assert(n > 0);
		to += n;
		len -= (size_t)n;
	}
}

static void expect_pipe_end(int fd)
{
	uint8_t byte;
	ssize_t n;

	while ((n = read(fd, &byte, 1)) < 0 && errno == EAGAIN)
		stage_step(&s);
	assert(n == 0);
	close(fd);
}

/* Hands the worker the write end; returns the other. */
static int say_pipe(uint64_t call)
{
	struct ipc_message m = { .number = IPC_PIPE, .pipe = { call } };
	int fds[2];

	assert(pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0);
	stage_say(&s, s.stored, &m, fds[1]);
	return fds[0];
}

static uint64_t begin_large_put(int client, const char *fields, int *ret_pipe)
{
	char head[512];
	uint64_t call;

	snprintf(head, sizeof(head), "PUT /bucket/large HTTP/1.1\r\n" HOST "%s\r\n", fields);
	stage_send_text(&s, client, head);
	call = stage_grant(&s);
	expect_call(call, false, SPAN(""));
	*ret_pipe = say_pipe(call);
	return call;
}

static void expect_commit(uint64_t call, uint64_t length, struct span seal, struct span trailer)
{
	struct stage_packet p = stage_expect(&s, &s.stored, IPC_COMMIT);

	assert(p.message.commit.call == call);
	assert(p.message.commit.length == length);
	assert(span_equal(p.message.commit.seal, seal));
	assert(span_equal(p.message.commit.trailer, trailer));
	stage_packet_clear(&p);
}

static void finish_put(int client, uint64_t call)
{
	struct answer a = object_answer(ANSWER_ABSENT);

	stage_done(&s, call, &a);
	expect_answer(client, 200, "");
}

static void test_large_put_goes_through_the_pipe(void)
{
	int client = stage_connect(&s), pipe_fd;
	uint64_t call = begin_large_put(client, "Content-Length: 1048576\r\n", &pipe_fd);

	/* The pipe is smaller than the body: the worker waits, and the client with it. */
	stage_send(&s, client, (struct span){ large, LARGE / 2 });
	stage_steps(&s, 20);
	read_pipe_to(pipe_fd, copy, LARGE / 2);
	stage_send(&s, client, (struct span){ large + LARGE / 2, LARGE / 4 });
	read_pipe_to(pipe_fd, copy + LARGE / 2, LARGE / 4);
	stage_send(&s, client, (struct span){ large + LARGE / 4 * 3, LARGE / 4 });
	read_pipe_to(pipe_fd, copy + LARGE / 4 * 3, LARGE / 4);
	assert(memcmp(large, copy, LARGE) == 0);
	expect_pipe_end(pipe_fd);
	expect_commit(call, LARGE, SPAN(""), SPAN(""));
	finish_put(client, call);
	get_hello(client);
	expect_answer(client, 200, "hello");
	close(client);
}

static void send_chunk(int client, struct span bytes)
{
	char size[32];

	snprintf(size, sizeof(size), "%zx\r\n", bytes.len);
	stage_send_text(&s, client, size);
	stage_send(&s, client, bytes);
	stage_send_text(&s, client, "\r\n");
}

static void test_unsigned_stream_loses_its_framing_and_commits_with_its_trailer(void)
{
	int client = stage_connect(&s), pipe_fd;
	uint64_t call =
		begin_large_put(client,
				"Transfer-Encoding: chunked\r\n"
				"x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\n"
				"x-amz-decoded-content-length: 20000\r\n"
				"x-amz-trailer: x-amz-checksum-crc32\r\n",
				&pipe_fd);

	send_chunk(client, SPAN("4e"));
	send_chunk(client, SPAN("20\r\n"));
	send_chunk(client, (struct span){ large, 15000 });
	send_chunk(client, (struct span){ large + 15000, 5000 });
	send_chunk(client, SPAN("\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n"));
	send_chunk(client, SPAN("\r\n"));
	send_chunk(client, SPAN(""));
	read_pipe_to(pipe_fd, copy, 20000);
	assert(memcmp(large, copy, 20000) == 0);
	expect_pipe_end(pipe_fd);
	expect_commit(call, 20000, SPAN(""), SPAN("AAAAAA=="));
	finish_put(client, call);
	close(client);
}

static void test_upload_of_unknown_length_commits_what_came(void)
{
	int client = stage_connect(&s), pipe_fd;
	uint64_t call = begin_large_put(client, "Transfer-Encoding: chunked\r\n", &pipe_fd);

	send_chunk(client, (struct span){ large, 1000 });
	send_chunk(client, (struct span){ large + 1000, 1 });
	stage_steps(&s, 5);
	stage_expect_silence(&s, s.stored);
	send_chunk(client, SPAN(""));
	read_pipe_to(pipe_fd, copy, 1001);
	expect_pipe_end(pipe_fd);
	expect_commit(call, 1001, SPAN(""), SPAN(""));
	finish_put(client, call);
	close(client);
}

/* libmicrohttpd hands over chunk after chunk of what it has read, also once the pipe is full. */
static void test_many_chunks_wait_for_a_full_pipe(void)
{
	int client = stage_connect(&s), pipe_fd;
	uint64_t call = begin_large_put(client, "Transfer-Encoding: chunked\r\n", &pipe_fd);
	const size_t chunk = 1000, n = 300;

	for (size_t i = 0; i < n; i++)
		send_chunk(client, (struct span){ large + i * chunk, chunk });
	send_chunk(client, SPAN(""));
	stage_steps(&s, 20);
	read_pipe_to(pipe_fd, copy, n * chunk);
	assert(memcmp(large, copy, n * chunk) == 0);
	expect_pipe_end(pipe_fd);
	expect_commit(call, n * chunk, SPAN(""), SPAN(""));
	finish_put(client, call);
	close(client);
}

#define SIGNATURE "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void say_chained(uint64_t call)
{
	struct ipc_message m = { .number = IPC_CHAINED, .chained = { call, SPAN("the seal") } };

	stage_say(&s, s.authd, &m, -1);
}

static void expect_lengths(uint64_t call, uint32_t length)
{
	struct stage_packet p = stage_expect(&s, &s.stored, IPC_LENGTHS);
	struct wire_reader r = wire_reader(p.message.lengths.lengths);

	assert(p.message.lengths.call == call);
	assert(wire_get_u32(&r) == length && wire_ended(&r));
	stage_packet_clear(&p);
}

static void expect_chain_chunk(struct wire_reader *r, uint32_t length)
{
	uint8_t signature[32];

	assert(wire_get_u32(r) == length);
	wire_get_raw(r, signature, sizeof(signature));
	assert(signature[0] == 0x01 && signature[31] == 0xef);
}

static void test_small_signed_stream_travels_inside_and_commits_with_the_seal(void)
{
	int client = stage_connect(&s);
	struct stage_packet p;
	struct wire_reader r;
	uint64_t call;

	stage_send_text(&s, client,
			"PUT /bucket/key HTTP/1.1\r\n" HOST "Content-Length: 177\r\n"
			"x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD\r\n"
			"x-amz-decoded-content-length: 5\r\n\r\n"
			"5;chunk-signature=" SIGNATURE "\r\nhello\r\n"
			"0;chunk-signature=" SIGNATURE "\r\n\r\n");
	call = stage_grant(&s);
	expect_call(call, true, SPAN("hello"));
	expect_lengths(call, 5);
	p = stage_expect(&s, &s.authd, IPC_CHAIN);
	assert(p.message.chain.call == call && p.message.chain.last == 1);
	r = wire_reader(p.message.chain.chunks);
	expect_chain_chunk(&r, 5);
	expect_chain_chunk(&r, 0);
	assert(wire_ended(&r));
	stage_packet_clear(&p);
	stage_expect_silence(&s, s.stored);
	say_chained(call);
	expect_commit(call, 5, SPAN("the seal"), SPAN(""));
	finish_put(client, call);
	close(client);
}

static void test_wrong_chunk_signature_cancels_the_upload(void)
{
	int client = stage_connect(&s), pipe_fd;
	struct stage_packet p;
	uint64_t call;

	stage_send_text(&s, client,
			"PUT /bucket/key HTTP/1.1\r\n" HOST "Content-Length: 140174\r\n"
			"x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD\r\n"
			"x-amz-decoded-content-length: 140000\r\n\r\n"
			"222e0;chunk-signature=" SIGNATURE "\r\n");
	call = stage_grant(&s);
	expect_call(call, false, SPAN(""));
	pipe_fd = say_pipe(call);
	expect_lengths(call, 140000);
	p = stage_expect(&s, &s.authd, IPC_CHAIN);
	assert(p.message.chain.last == 0);
	stage_packet_clear(&p);
	stage_denied(&s, call, S3_ERROR_SIGNATURE_DOES_NOT_MATCH);
	/* At once: the client is not heard out, nor does it say more. */
	p = stage_expect(&s, &s.stored, IPC_CANCEL);
	assert(p.message.cancel.call == call);
	stage_packet_clear(&p);
	expect_answer(client, 403, "<Code>SignatureDoesNotMatch</Code>");
	expect_pipe_end(pipe_fd);
	stage_expect_close(&s, client);
}

static void test_refusal_in_mid_body_is_heard_by_a_client_that_goes_on_sending(void)
{
	int client = stage_connect(&s), pipe_fd;
	uint64_t call = begin_large_put(client, "Content-Length: 1048576\r\n", &pipe_fd);

	stage_send(&s, client, (struct span){ large, 100000 });
	stage_steps(&s, 5);
	stage_failed(&s, call, S3_ERROR_INSUFFICIENT_STORAGE);
	stage_send(&s, client, (struct span){ large, 400000 });
	expect_answer(client, 507, "<Code>InsufficientStorage</Code>");
	stage_expect_close(&s, client);
	close(pipe_fd);
}

static void test_refusal_before_the_pipe_comes_before_continue(void)
{
	int client = stage_connect(&s);
	uint64_t call;

	stage_send_text(&s, client,
			"PUT /bucket/large HTTP/1.1\r\n" HOST
			"Content-Length: 1048576\r\nExpect: 100-continue\r\n\r\n");
	call = stage_grant(&s);
	expect_call(call, false, SPAN(""));
	stage_failed(&s, call, S3_ERROR_NO_SUCH_BUCKET);
	expect_answer(client, 404, "<BucketName>bucket</BucketName>");
	stage_expect_close(&s, client);
}

static void test_broken_framing_is_told_and_cancelled(void)
{
	int client = stage_connect(&s);
	uint64_t call;

	stage_send_text(&s, client,
			"PUT /bucket/key HTTP/1.1\r\n" HOST "Content-Length: 10\r\n"
			"x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\n"
			"x-amz-trailer: x-amz-checksum-crc32\r\n"
			"x-amz-decoded-content-length: 5\r\n\r\nnonsense\r\n");
	call = stage_grant(&s);
	(void)call;
	expect_answer(client, 400, "<Code>IncompleteBody</Code>");
	get_hello(client);
	expect_answer(client, 200, "hello");
	close(client);
}

#define MD5 "Content-MD5: 1B2M2Y8AsgTpgAmY7PhCfg==\r\n"

/* What stands behind the mistake in the same read is of no interest, and must not be waited for. */
static void test_broken_framing_is_told_though_more_was_read(void)
{
	int client = stage_connect(&s);

	stage_send_text(&s, client,
			"PUT /bucket/key HTTP/1.1\r\n" HOST "Content-Length: 20\r\n"
			"x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\n"
			"x-amz-trailer: x-amz-checksum-crc32\r\n"
			"x-amz-decoded-content-length: 5\r\n\r\n");
	stage_grant(&s);
	stage_steps(&s, 5);
	stage_send_text(&s, client, "zz\r\n0123456789012345");
	expect_answer(client, 400, "<Code>IncompleteBody</Code>");
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

/* --- downloads ------------------------------------------------------------------------------ */

static void say_extent(uint64_t call, size_t offset, size_t length, bool last)
{
	struct ipc_message m = { .number = IPC_EXTENT, .extent = { call, offset, length, last } };
	int fd = memfd_create("blob", MFD_CLOEXEC);

	assert(fd >= 0 && write(fd, large, LARGE) == LARGE);
	stage_say(&s, s.stored, &m, fd);
}

static uint64_t begin_large_get(int client)
{
	struct answer a = object_answer(LARGE);
	uint64_t call;

	stage_send_text(&s, client, "GET /bucket/large HTTP/1.1\r\n" HOST "\r\n");
	call = stage_grant(&s);
	expect_call(call, false, SPAN(""));
	say_object(call, &a, SPAN(""), LARGE);
	return call;
}

static void expect_large(int client)
{
	struct stage_answer a = stage_read(&s, client, false);

	assert(a.status == 200 && a.body_len == LARGE);
	assert(memcmp(a.body, large, LARGE) == 0);
	stage_answer_clear(&a);
}

static void test_object_of_one_extent(void)
{
	int client = stage_connect(&s);
	uint64_t call = begin_large_get(client);

	stage_expect_silence(&s, client);
	say_extent(call, 0, LARGE, true);
	expect_large(client);
	get_hello(client);
	expect_answer(client, 200, "hello");
	close(client);
}

static void expect_next(uint64_t call)
{
	struct stage_packet p = stage_expect(&s, &s.stored, IPC_NEXT);

	assert(p.message.next.call == call);
	stage_packet_clear(&p);
}

/* Wishes for more extents may cross with the last of them. */
static void forget_messages(int channel)
{
	uint8_t dropped[64];

	while (recv(channel, dropped, sizeof(dropped), MSG_DONTWAIT) > 0)
		;
}

static void test_object_of_many_extents(void)
{
	int client = stage_connect(&s);
	uint64_t call = begin_large_get(client);
	const size_t part = LARGE / 8;

	for (size_t i = 0; i < 4; i++)
		say_extent(call, i * part, part, false);
	for (size_t i = 4; i < 8; i++) {
		expect_next(call);
		say_extent(call, i * part, part, i == 7);
	}
	expect_large(client);
	forget_messages(s.stored);
	get_hello(client);
	expect_answer(client, 200, "hello");
	close(client);
}

static void test_download_waits_for_a_slow_stored(void)
{
	int client = stage_connect(&s);
	uint64_t call = begin_large_get(client);

	say_extent(call, 0, LARGE / 2, false);
	expect_next(call);
	stage_steps(&s, 10);
	assert(s.worker.busy.first->exchange->state == EXCHANGE_STARVED);
	say_extent(call, LARGE / 2, LARGE / 2, true);
	expect_large(client);
	close(client);
}

static void test_download_that_breaks_off_closes_the_connection(void)
{
	int client = stage_connect(&s);
	uint64_t call = begin_large_get(client);
	struct stage_answer a;

	say_extent(call, 0, LARGE / 2, false);
	expect_next(call);
	stage_failed(&s, call, S3_ERROR_INTERNAL_ERROR);
	a = stage_read(&s, client, false);
	assert(a.closed && a.body_len == LARGE / 2);
	stage_answer_clear(&a);
	close(client);
}

static void test_head_tells_the_length_and_has_no_body(void)
{
	int client = stage_connect(&s);
	struct answer a = object_answer(123456);
	struct stage_answer h;
	uint64_t call;

	stage_send_text(&s, client, "HEAD /bucket/key HTTP/1.1\r\n" HOST "\r\n");
	call = stage_grant(&s);
	expect_call(call, false, SPAN(""));
	say_object(call, &a, SPAN(""), 0);
	h = stage_read(&s, client, true);
	assert(h.status == 200 && strcmp(stage_field(&h, "Content-Length"), "123456") == 0);
	stage_answer_clear(&h);
	get_hello(client);
	expect_answer(client, 200, "hello");
	close(client);
}

static void test_refused_head_has_no_body(void)
{
	int client = stage_connect(&s);
	struct stage_answer h;
	uint64_t call;

	stage_send_text(&s, client, "HEAD /bucket/key HTTP/1.1\r\n" HOST "\r\n");
	call = stage_grant(&s);
	expect_call(call, false, SPAN(""));
	stage_failed(&s, call, S3_ERROR_NO_SUCH_KEY);
	h = stage_read(&s, client, true);
	assert(h.status == 404);
	stage_answer_clear(&h);
	get_hello(client);
	expect_answer(client, 200, "hello");
	close(client);
}

static void test_not_modified_keeps_the_connection(void)
{
	int client = stage_connect(&s);
	struct buffer b = BUFFER_INIT(4096);
	struct answer a = object_answer(5);
	struct ipc_message m = { .number = IPC_FAILED };
	struct stage_answer h;
	uint64_t call;

	stage_send_text(&s, client, "GET /bucket/key HTTP/1.1\r\n" HOST "If-None-Match: *\r\n\r\n");
	call = stage_grant(&s);
	expect_call(call, false, SPAN(""));
	answer_encode(&a, &b);
	m.failed = (struct ipc_failed){ call, S3_ERROR_NOT_MODIFIED, SPAN(""), buffer_span(&b) };
	stage_say(&s, s.stored, &m, -1);
	buffer_clear(&b);
	h = stage_read(&s, client, false);
	assert(h.status == 304 &&
	       strcmp(stage_field(&h, "ETag"), "\"d41d8cd98f00b204e9800998ecf8427e\"") == 0);
	stage_answer_clear(&h);
	get_hello(client);
	expect_answer(client, 200, "hello");
	close(client);
}

static void test_no_content_has_no_length(void)
{
	int client = stage_connect(&s);
	struct stage_answer h;
	struct answer a;
	uint64_t call;

	stage_send_text(&s, client, "DELETE /bucket/key HTTP/1.1\r\n" HOST "\r\n");
	call = stage_grant(&s);
	expect_call(call, false, SPAN(""));
	answer_init(&a);
	stage_done(&s, call, &a);
	h = stage_read(&s, client, false);
	assert(h.status == 204 && !stage_field(&h, "Content-Length"));
	stage_answer_clear(&h);
	close(client);
}

static void test_list_is_gathered_from_many_messages(void)
{
	int client = stage_connect(&s);
	struct buffer b = BUFFER_INIT(IPC_ITEMS_MAX);
	struct ipc_message m = { .number = IPC_ITEMS };
	struct answer a, done;
	uint64_t call;

	stage_send_text(&s, client, "GET /bucket?list-type=2 HTTP/1.1\r\n" HOST "\r\n");
	call = stage_grant(&s);
	expect_call(call, false, SPAN(""));
	for (int i = 0; i < 3; i++) {
		char key[16];

		a = object_answer(5);
		a.kind = ANSWER_KIND_OBJECT;
		a.key = (struct span){ key, (size_t)snprintf(key, sizeof(key), "key-%d", i) };
		buffer_reset(&b);
		answer_append_item(&a, &b);
		m.items = (struct ipc_items){ call, buffer_span(&b) };
		stage_say(&s, s.stored, &m, -1);
	}
	buffer_clear(&b);
	answer_init(&done);
	done.count = 3;
	stage_done(&s, call, &done);
	expect_answer(client, 200, "<Key>key-2</Key>");
	close(client);
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
	fill_large();
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
	test_large_put_goes_through_the_pipe();
	test_unsigned_stream_loses_its_framing_and_commits_with_its_trailer();
	test_upload_of_unknown_length_commits_what_came();
	test_many_chunks_wait_for_a_full_pipe();
	test_small_signed_stream_travels_inside_and_commits_with_the_seal();
	test_wrong_chunk_signature_cancels_the_upload();
	test_refusal_in_mid_body_is_heard_by_a_client_that_goes_on_sending();
	test_refusal_before_the_pipe_comes_before_continue();
	test_broken_framing_is_told_and_cancelled();
	test_broken_framing_is_told_though_more_was_read();
	test_command_travels_in_a_sealed_memfd();
	test_command_without_document_is_an_empty_memfd();
	test_command_without_end_is_refused();
	test_object_of_one_extent();
	test_object_of_many_extents();
	test_download_waits_for_a_slow_stored();
	test_download_that_breaks_off_closes_the_connection();
	test_head_tells_the_length_and_has_no_body();
	test_refused_head_has_no_body();
	test_not_modified_keeps_the_connection();
	test_no_content_has_no_length();
	test_list_is_gathered_from_many_messages();
	stage_close(&s);
	return 0;
}
