/* SPDX-License-Identifier: Apache-2.0 */

/* Bodies that go through a worker to stored's pipe, and what ends them. */

#include <fcntl.h>

#include "worker-scene.h"

static uint8_t copy[LARGE];

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

/* Chunk after chunk is at hand, also once the pipe is full. */
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

/* The last bytes wait for the pipe: what the client asks next is kept meanwhile. */
static void test_what_follows_an_upload_waits_for_its_end(void)
{
	static const struct span next = SPAN("GET /bucket/next HTTP/1.1\r\n" HOST "\r\n");
	int client = stage_connect(&s), pipe_fd;
	struct answer a = object_answer(5);
	uint64_t call = begin_large_put(client, "Content-Length: 100000\r\n", &pipe_fd);

	memcpy(copy, large, 100000);
	memcpy(copy + 100000, next.data, next.len);
	stage_send(&s, client, (struct span){ copy, 100000 + next.len });
	stage_steps(&s, 20);
	stage_expect_silence(&s, s.stored);
	read_pipe_to(pipe_fd, copy, 100000);
	assert(memcmp(large, copy, 100000) == 0);
	expect_pipe_end(pipe_fd);
	expect_commit(call, 100000, SPAN(""), SPAN(""));
	finish_put(client, call);
	call = stage_grant(&s);
	expect_call(call, false, SPAN(""));
	say_object(call, &a, SPAN("hello"), 0);
	expect_answer(client, 200, "hello");
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

int main(void)
{
	fill_large();
	stage_open(&s, NULL);
	test_large_put_goes_through_the_pipe();
	test_unsigned_stream_loses_its_framing_and_commits_with_its_trailer();
	test_upload_of_unknown_length_commits_what_came();
	test_many_chunks_wait_for_a_full_pipe();
	test_what_follows_an_upload_waits_for_its_end();
	test_small_signed_stream_travels_inside_and_commits_with_the_seal();
	test_wrong_chunk_signature_cancels_the_upload();
	test_refusal_in_mid_body_is_heard_by_a_client_that_goes_on_sending();
	test_refusal_before_the_pipe_comes_before_continue();
	test_broken_framing_is_told_and_cancelled();
	test_broken_framing_is_told_though_more_was_read();
	stage_close(&s);
	return 0;
}
