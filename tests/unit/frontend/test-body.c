/* SPDX-License-Identifier: Apache-2.0 */
#undef NDEBUG
#include "frontend/body.h"

#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "ipc/wire.h"

#define INSIDE_MAX 16384
#define SIGNATURE  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct s3_request put_request(enum s3_payload payload, uint64_t length)
{
	return (struct s3_request){ .operation = S3_PUT_OBJECT,
				    .payload = payload,
				    .length = length };
}

static struct body begin(const struct s3_request *q)
{
	struct body b;

	body_init(&b);
	body_begin(&b, q, INSIDE_MAX);
	return b;
}

static int take_all(struct body *b, struct span bytes)
{
	int r = 0;

	while (r == 0 && bytes.len && !body_is_full(b))
		r = body_take(b, &bytes);
	return r;
}

/* Whatever the splits. */
static int take_in_pieces(struct body *b, struct span bytes, size_t piece)
{
	int r = 0;

	while (r == 0 && bytes.len) {
		size_t n = MIN(bytes.len, piece);

		r = take_all(b, span_first(bytes, n));
		bytes = span_skip(bytes, n);
	}
	return r;
}

static void test_place_follows_operation_and_length(void)
{
	struct s3_request q = put_request(S3_PAYLOAD_SIGNED, INSIDE_MAX);
	struct body b = begin(&q);

	assert(b.place == BODY_INSIDE);
	q.length = INSIDE_MAX + 1;
	b = begin(&q);
	assert(b.place == BODY_PIPE);
	q.length = S3_LENGTH_UNKNOWN;
	b = begin(&q);
	assert(b.place == BODY_PIPE);
	q.operation = S3_DELETE_OBJECTS;
	b = begin(&q);
	assert(b.place == BODY_COMMAND && b.limit == S3_COMMAND_MAX);
	q.operation = S3_GET_OBJECT;
	b = begin(&q);
	assert(b.place == BODY_NOWHERE);
}

static void test_body_nobody_wants_is_bounded(void)
{
	static uint8_t bytes[BODY_IGNORED_MAX];
	struct s3_request q = { .operation = S3_GET_OBJECT };
	struct body b = begin(&q);

	assert(take_all(&b, (struct span){ bytes, sizeof(bytes) }) == 0);
	assert(take_all(&b, SPAN("x")) == S3_ERROR_MAX_MESSAGE_LENGTH_EXCEEDED);
	body_clear(&b);
}

static void test_command_is_bounded(void)
{
	static uint8_t bytes[S3_COMMAND_MAX];
	struct s3_request q = { .operation = S3_DELETE_OBJECTS };
	struct body b = begin(&q);

	assert(take_all(&b, (struct span){ bytes, sizeof(bytes) }) == 0);
	assert(take_all(&b, SPAN("x")) == S3_ERROR_MAX_MESSAGE_LENGTH_EXCEEDED);
	body_clear(&b);
}

static void test_command_becomes_a_memfd_that_nobody_changes(void)
{
	struct s3_request q = { .operation = S3_CREATE_BUCKET };
	struct body b = begin(&q);
	char bytes[16];
	int fd;

	assert(take_all(&b, SPAN("<a/>")) == 0 && body_finish(&b) == 0);
	fd = body_to_memfd(&b);
	assert(fd >= 0 && pread(fd, bytes, sizeof(bytes), 0) == 4);
	assert(memcmp(bytes, "<a/>", 4) == 0);
	assert(pwrite(fd, "x", 1, 0) < 0 && errno == EPERM);
	assert(ftruncate(fd, 0) < 0 && errno == EPERM);
	assert(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) < 0 && errno == EPERM);
	close(fd);
	body_clear(&b);
}

static const char stream[] = "2000;chunk-signature=" SIGNATURE "\r\n";

/* 8 KiB, 3 bytes and the end, as a signed stream with a trailer. */
static struct span make_stream(char *to)
{
	size_t n = (size_t)sprintf(to, "%s", stream);

	memset(to + n, 'a', 8192);
	n += 8192;
	n += (size_t)sprintf(to + n, "\r\n3;chunk-signature=" SIGNATURE "\r\nxyz\r\n"
				     "0;chunk-signature=" SIGNATURE "\r\n"
				     "x-amz-checksum-crc32:AAAAAA==\r\n"
				     "x-amz-trailer-signature:" SIGNATURE "\r\n\r\n");
	return (struct span){ to, n };
}

static void check_stream(struct body *b)
{
	struct wire_reader lengths = wire_reader(buffer_span(&b->lengths));
	struct wire_reader chunks = wire_reader(buffer_span(&b->chunks));
	static const uint32_t sizes[] = { 8192, 3, 0 };
	uint8_t signature[32];

	assert(body_finish(b) == 0 && b->length == 8195);
	assert(b->gathered.len == 8195 && memcmp(b->gathered.data + 8190, "aaxyz", 5) == 0);
	assert(wire_get_u32(&lengths) == 8192 && wire_get_u32(&lengths) == 3 &&
	       wire_ended(&lengths));
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		assert(wire_get_u32(&chunks) == sizes[i]);
		wire_get_raw(&chunks, signature, sizeof(signature));
		assert(signature[0] == 0x01 && signature[31] == 0xef);
	}
	assert(wire_ended(&chunks));
	assert(span_equal(buffer_span(&b->trailer), SPAN("x-amz-checksum-crc32:AAAAAA==\n")));
	assert(b->trailer_signature[0] == 0x01 && b->trailer_signature[31] == 0xef);
}

static void test_t04_signed_stream_is_the_same_however_it_is_split(void)
{
	static const size_t pieces[] = { 1, 2, 3, 7, 64, 8191, 100000 };
	struct s3_request q = put_request(S3_PAYLOAD_STREAMING_SIGNED_TRAILER, 8195);
	char bytes[16384];

	q.trailer = CHECKSUM_CRC32;
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		struct body b = begin(&q);

		assert(take_in_pieces(&b, make_stream(bytes), pieces[i]) == 0);
		check_stream(&b);
		body_clear(&b);
	}
}

static void test_unsigned_trailer_is_kept_as_text(void)
{
	struct s3_request q = put_request(S3_PAYLOAD_STREAMING_UNSIGNED_TRAILER, 3);
	struct body b;

	q.trailer = CHECKSUM_CRC32C;
	b = begin(&q);
	assert(take_all(&b, SPAN("3\r\nabc\r\n0\r\nx-amz-checksum-crc32c:AQIDBA==\r\n\r\n")) == 0);
	assert(body_finish(&b) == 0);
	assert(strcmp(b.checksum, "AQIDBA==") == 0);
	assert(!b.lengths.len && !b.chunks.len);
	body_clear(&b);
}

static void test_t05_stream_that_ends_early_is_incomplete(void)
{
	struct s3_request q = put_request(S3_PAYLOAD_STREAMING_UNSIGNED_TRAILER, 3);
	struct body b;

	q.trailer = CHECKSUM_CRC32C;
	b = begin(&q);
	assert(take_all(&b, SPAN("3\r\nab")) == 0);
	assert(body_finish(&b) == S3_ERROR_INCOMPLETE_BODY);
	body_clear(&b);
	b = begin(&q);
	assert(take_all(&b, SPAN("3\r\nabc\r\n0\r\n")) == 0);
	assert(body_finish(&b) == S3_ERROR_MALFORMED_TRAILER);
	body_clear(&b);
}

/* --- the pipe ----------------------------------------------------------------------------- */

static uint8_t bytes[300000], back[300000];

static size_t read_all(int fd, uint8_t *to)
{
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, to + len, 4096)) > 0)
		len += (size_t)n;
	return len;
}

static struct body begin_pipe(struct s3_request *q, int *ret_read)
{
	struct body b = begin(q);
	int fds[2];

	assert(b.place == BODY_PIPE && pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0);
	b.pipe_fd = fds[1];
	*ret_read = fds[0];
	return b;
}

static void test_full_pipe_keeps_what_it_did_not_take(void)
{
	struct s3_request q = put_request(S3_PAYLOAD_UNSIGNED, sizeof(bytes));
	struct span rest = { bytes, sizeof(bytes) };
	size_t len = 0;
	int fd;
	struct body b = begin_pipe(&q, &fd);

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 2654435761u >> 13);
	assert(body_take(&b, &rest) == 0 && rest.len == 0 && body_is_full(&b));
	rest = SPAN("more");
	assert(body_take(&b, &rest) == 0 && rest.len == 4);
	while (body_is_full(&b)) {
		len += read_all(fd, back + len);
		assert(body_drain(&b) == 0);
	}
	assert(body_finish(&b) == 0 && b.pipe_fd == -1);
	len += read_all(fd, back + len);
	assert(len == sizeof(bytes) && memcmp(bytes, back, len) == 0);
	close(fd);
	body_clear(&b);
}

/* Each goes to the pipe by itself: who sends single bytes must not have the worker for long. */
static void test_so_many_pieces_are_taken_at_a_time(void)
{
	enum { PIECES = INSIDE_MAX + 1000 };
	struct s3_request q = put_request(S3_PAYLOAD_STREAMING_UNSIGNED_TRAILER, PIECES);
	struct buffer framed = BUFFER_INIT(1024 * 1024);
	struct span rest;
	int fd;
	struct body b;

	q.trailer = CHECKSUM_CRC32;
	b = begin_pipe(&q, &fd);
	for (int i = 0; i < PIECES; i++)
		buffer_append_string(&framed, "1\r\nx\r\n");
	buffer_append_string(&framed, "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n");
	rest = buffer_span(&framed);
	for (uint64_t taken = BODY_PIECES_MAX; taken < PIECES; taken += BODY_PIECES_MAX) {
		assert(body_take(&b, &rest) == 0);
		assert(b.length == taken && rest.len && !body_is_full(&b));
	}
	assert(body_take(&b, &rest) == 0 && rest.len == 0);
	assert(b.length == PIECES && body_finish(&b) == 0);
	assert(read_all(fd, back) == PIECES);
	close(fd);
	buffer_clear(&framed);
	body_clear(&b);
}

/* A full pipe in mid-frame: the parser's place is kept, and no byte is lost or doubled. */
static void test_full_pipe_in_a_framed_stream_loses_nothing(void)
{
	struct s3_request q = put_request(S3_PAYLOAD_STREAMING_UNSIGNED_TRAILER, 200000);
	static char framed[200100];
	struct span rest = { framed, 0 };
	size_t len = 0;
	int fd;
	struct body b;

	q.trailer = CHECKSUM_CRC32;
	b = begin_pipe(&q, &fd);
	rest.len = (size_t)sprintf(framed, "30d40\r\n");
	memcpy(framed + rest.len, bytes, 200000);
	rest.len += 200000;
	rest.len += (size_t)sprintf(framed + rest.len,
				    "\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n");
	while (rest.len || body_is_full(&b)) {
		assert(body_take(&b, &rest) == 0);
		len += read_all(fd, back + len);
		if (body_is_full(&b))
			assert(body_drain(&b) == 0);
	}
	assert(body_finish(&b) == 0);
	len += read_all(fd, back + len);
	assert(len == 200000 && memcmp(bytes, back, len) == 0);
	close(fd);
	body_clear(&b);
}

/* stored's refusal is on its way; until it is here the rest is dropped. */
static void test_closed_pipe_is_no_failure(void)
{
	struct s3_request q = put_request(S3_PAYLOAD_UNSIGNED, sizeof(bytes));
	int fd;
	struct body b = begin_pipe(&q, &fd);

	close(fd);
	assert(take_all(&b, (struct span){ bytes, 1000 }) == 0);
	assert(b.place == BODY_NOWHERE && b.pipe_fd == -1);
	assert(take_all(&b, (struct span){ bytes, 1000 }) == 0);
	assert(body_finish(&b) == 0);
	body_clear(&b);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_place_follows_operation_and_length();
	test_body_nobody_wants_is_bounded();
	test_command_is_bounded();
	test_command_becomes_a_memfd_that_nobody_changes();
	test_t04_signed_stream_is_the_same_however_it_is_split();
	test_unsigned_trailer_is_kept_as_text();
	test_t05_stream_that_ends_early_is_incomplete();
	test_full_pipe_keeps_what_it_did_not_take();
	test_so_many_pieces_are_taken_at_a_time();
	test_full_pipe_in_a_framed_stream_loses_nothing();
	test_closed_pipe_is_no_failure();
	return 0;
}
