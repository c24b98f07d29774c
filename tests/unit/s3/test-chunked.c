/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/chunked.h"

#undef NDEBUG
#include <assert.h>
#include <stdio.h>

#define SIG_A	       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SIG_B	       "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define SIG_C	       "CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC"
#define PLAIN	       S3_PAYLOAD_STREAMING_UNSIGNED_TRAILER
#define SIGNED	       S3_PAYLOAD_STREAMING_SIGNED
#define SIGNED_TRAILER S3_PAYLOAD_STREAMING_SIGNED_TRAILER

/* All that came out of a body, written down as text: "5a hello 0- ..." */
struct story {
	struct buffer text;
	struct buffer data;
	int error;
};

static void story_clear(struct story *s)
{
	buffer_clear(&s->text);
	buffer_clear(&s->data);
}

static void tell(struct story *s, const struct chunked_event *e)
{
	switch (e->item) {
	case CHUNKED_STARVED:
		break;
	case CHUNKED_CHUNK:
		buffer_printf(&s->text, "[%zu,%02x]", (size_t)e->length, e->signature[31]);
		break;
	case CHUNKED_DATA:
		assert(e->data.len);
		buffer_append(&s->data, e->data);
		break;
	case CHUNKED_TRAILER:
		buffer_printf(&s->text, "{%.*s:%.*s=%02x}", (int)e->name.len,
			      (const char *)e->name.data, (int)e->value.len,
			      (const char *)e->value.data, e->checksum.bytes[0]);
		break;
	case CHUNKED_TRAILER_SIGNATURE:
		buffer_printf(&s->text, "(%02x)", e->signature[0]);
		break;
	}
}

/* Pushes a body in pieces: a first one of `first` bytes, then of `piece` bytes each. */
static void run(struct story *s, enum s3_payload mode, uint64_t expected,
		enum checksum_algorithm trailer, struct span body, size_t first, size_t piece)
{
	struct chunked c;

	*s = (struct story){ .text = BUFFER_INIT(MIB), .data = BUFFER_INIT(MIB) };
	chunked_init(&c, mode, expected, trailer);
	while (body.len && !s->error) {
		size_t n = MIN(first ? first : piece, body.len);
		/* A copy of its own, so that reading beyond it is found out. */
		uint8_t *copy = malloc(n);
		struct span input = { copy, n };

		assert(copy);
		memcpy(copy, body.data, n);
		while (input.len && !s->error) {
			struct chunked_event e;

			s->error = chunked_next(&c, &input, &e);
			if (!s->error)
				tell(s, &e);
		}
		free(copy);
		body = span_skip(body, n);
		first = 0;
	}
	if (!s->error)
		s->error = chunked_finish(&c);
}

static bool tells(const struct story *s, const char *text, const char *data)
{
	return span_equal(buffer_span(&s->text), span_from_string(text)) &&
	       span_equal(buffer_span(&s->data), span_from_string(data));
}

struct case_row {
	enum s3_payload mode;
	uint64_t expected;
	enum checksum_algorithm trailer;
	const char *body;
	const char *text, *data;
};

static const struct case_row good[] = {
	{ PLAIN, 5, CHECKSUM_NONE, "5\r\nhello\r\n0\r\n\r\n", "[5,00][0,00]", "hello" },
	{ PLAIN, 0, CHECKSUM_NONE, "0\r\n\r\n", "[0,00]", "" },
	{ PLAIN, 5, CHECKSUM_NONE, "0002\r\nhe\r\n3\r\nllo\r\n00\r\n\r\n", "[2,00][3,00][0,00]",
	  "hello" },
	{ PLAIN, 10, CHECKSUM_NONE, "A\r\n0\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n", "[10,00][0,00]",
	  "0\r\n\r\n0\r\n\r\n" },
	{ PLAIN, S3_LENGTH_UNKNOWN, CHECKSUM_NONE, "5\r\nhello\r\n0\r\n\r\n", "[5,00][0,00]",
	  "hello" },
	/* As SDKs send it. */
	{ PLAIN, 5, CHECKSUM_CRC32, "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n",
	  "[5,00][0,00]{x-amz-checksum-crc32:NhCmhg===36}", "hello" },
	{ PLAIN, 5, CHECKSUM_CRC32, "5\r\nhello\r\n0\r\nX-Amz-Checksum-CRC32: NhCmhg== \r\n\r\n",
	  "[5,00][0,00]{X-Amz-Checksum-CRC32:NhCmhg===36}", "hello" },
	/* As MinIO's client does: the trailer ends with a line feed, then come two blank lines. */
	{ PLAIN, 5, CHECKSUM_CRC32, "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\n\r\n\r\n",
	  "[5,00][0,00]{x-amz-checksum-crc32:NhCmhg===36}", "hello" },
	{ SIGNED, 5, CHECKSUM_NONE,
	  "5;chunk-signature=" SIG_A "\r\nhello\r\n0;chunk-signature=" SIG_B "\r\n\r\n",
	  "[5,aa][0,bb]", "hello" },
	{ SIGNED_TRAILER, 5, CHECKSUM_CRC32,
	  "5;chunk-signature=" SIG_A "\r\nhello\r\n0;chunk-signature=" SIG_B "\r\n"
	  "x-amz-checksum-crc32:NhCmhg==\r\nx-amz-trailer-signature:" SIG_C "\r\n\r\n",
	  "[5,aa][0,bb]{x-amz-checksum-crc32:NhCmhg===36}(cc)", "hello" },
	{ SIGNED_TRAILER, 5, CHECKSUM_CRC32,
	  "5;chunk-signature=" SIG_A "\r\nhello\r\n0;chunk-signature=" SIG_B "\r\n"
	  "x-amz-checksum-crc32:NhCmhg==\n\r\nx-amz-trailer-signature:" SIG_C "\r\n\r\n",
	  "[5,aa][0,bb]{x-amz-checksum-crc32:NhCmhg===36}(cc)", "hello" },
	{ SIGNED_TRAILER, 5, CHECKSUM_NONE,
	  "5;chunk-signature=" SIG_A "\r\nhello\r\n0;chunk-signature=" SIG_B "\r\n\r\n",
	  "[5,aa][0,bb]", "hello" },
};

static void test_bodies_come_out_of_their_frames(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		_cleanup_(story_clear) struct story s;
		struct span body = span_from_string(good[i].body);

		run(&s, good[i].mode, good[i].expected, good[i].trailer, body, 0, body.len);
		assert(s.error == 0 && tells(&s, good[i].text, good[i].data));
	}
}

static void test_t04_frames_may_be_split_at_every_byte(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct span body = span_from_string(good[i].body);

		for (size_t first = 0; first < body.len; first++) {
			for (size_t piece = 1; piece <= body.len; piece += body.len - 1) {
				_cleanup_(story_clear) struct story s;

				run(&s, good[i].mode, good[i].expected, good[i].trailer, body,
				    first, piece);
				assert(s.error == 0 && tells(&s, good[i].text, good[i].data));
			}
		}
	}
}

/* A body that ends early must never look whole: that is what a dead client leaves behind. */
static void test_t58_a_body_cut_anywhere_is_not_whole(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct span body = span_from_string(good[i].body);

		for (size_t len = 0; len < body.len; len++) {
			_cleanup_(story_clear) struct story s;

			/* MinIO's second blank line is welcome, not required. */
			if (strstr(good[i].body, "\n\r\n\r\n") && good[i].trailer &&
			    good[i].mode == PLAIN && len == body.len - 2)
				continue;
			run(&s, good[i].mode, good[i].expected, good[i].trailer,
			    span_first(body, len), 0, 7);
			assert(s.error == S3_ERROR_INCOMPLETE_BODY ||
			       s.error == S3_ERROR_MALFORMED_TRAILER);
		}
	}
}

static void test_bytes_behind_a_trailer_are_refused(void)
{
#define SIGNED_END                                                                                 \
	"0;chunk-signature=" SIG_A "\r\nx-amz-checksum-crc32:AAAAAA==\r\n"                         \
	"x-amz-trailer-signature:" SIG_A "\r\n\r\n"
	static const struct {
		enum s3_payload mode;
		const char *body;
	} rows[] = {
		{ PLAIN, "0\r\nx-amz-checksum-crc32:AAAAAA==\n\r\n\r\n\r\n" },
		{ PLAIN, "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n\r\n\r" },
		{ PLAIN, "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n\r\n\n" },
		{ PLAIN, "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n\r" },
		{ PLAIN, "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n\rx" },
		{ PLAIN, "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n\n" },
		{ SIGNED_TRAILER, SIGNED_END "\r\n" },
		{ SIGNED_TRAILER, SIGNED_END "x" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(story_clear) struct story s;

		run(&s, rows[i].mode, 0, CHECKSUM_CRC32, span_from_string(rows[i].body), 0, 3);
		assert(s.error == S3_ERROR_INCOMPLETE_BODY);
	}
}

static void test_bytes_behind_the_end_are_refused(void)
{
	static const char *const tails[] = { "x", "\r\n", "\r\n\r\n", "0\r\n\r\n" };

	for (size_t i = 0; i < ARRAY_SIZE(tails); i++) {
		_cleanup_(story_clear) struct story s;
		char body[64];

		snprintf(body, sizeof(body), "5\r\nhello\r\n0\r\n\r\n%s", tails[i]);
		run(&s, PLAIN, 5, CHECKSUM_NONE, span_from_string(body), 0, 3);
		assert(s.error == S3_ERROR_INCOMPLETE_BODY);
	}
}

struct bad_row {
	enum s3_payload mode;
	uint64_t expected;
	enum checksum_algorithm trailer;
	const char *body;
	int error;
};

static void refuse(const struct bad_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct span body = span_from_string(rows[i].body);

		for (size_t piece = 1; piece <= body.len; piece += body.len - 1) {
			_cleanup_(story_clear) struct story s;

			run(&s, rows[i].mode, rows[i].expected, rows[i].trailer, body, 0, piece);
			if (s.error != rows[i].error)
				fprintf(stderr, "%s\n-> %d\n", rows[i].body, s.error);
			assert(s.error == rows[i].error);
		}
	}
}

static void test_t04_broken_frames_are_refused(void)
{
#define BROKEN(mode, body)                                                                         \
	{                                                                                          \
		mode, 5, CHECKSUM_NONE, body, S3_ERROR_INCOMPLETE_BODY                             \
	}
	static const struct bad_row rows[] = {
		BROKEN(PLAIN, "hello"),
		BROKEN(PLAIN, "\r\nhello"),
		BROKEN(PLAIN, "-5\r\nhello\r\n0\r\n\r\n"),
		BROKEN(PLAIN, "+5\r\nhello\r\n0\r\n\r\n"),
		BROKEN(PLAIN, "0x5\r\nhello\r\n0\r\n\r\n"),
		BROKEN(PLAIN, " 5\r\nhello\r\n0\r\n\r\n"),
		BROKEN(PLAIN, "5 \r\nhello\r\n0\r\n\r\n"),
		BROKEN(PLAIN, "5\nhello\r\n0\r\n\r\n"),
		BROKEN(PLAIN, "5\r\r\nhello\r\n0\r\n\r\n"),
		BROKEN(PLAIN, "5\r\nhello0\r\n\r\n"),
		BROKEN(PLAIN, "5\r\nhello\n0\r\n\r\n"),
		BROKEN(PLAIN, "5\r\nhello!\r\n0\r\n\r\n"),
		BROKEN(PLAIN, "5\r\nhello\r!0\r\n\r\n"),
		BROKEN(PLAIN, "5;chunk-signature=" SIG_A "\r\nhello\r\n0\r\n\r\n"),
		BROKEN(PLAIN, "5;x=y\r\nhello\r\n0\r\n\r\n"),
		BROKEN(SIGNED, "5\r\nhello\r\n"),
		BROKEN(SIGNED, "5;\r\nhello\r\n"),
		BROKEN(SIGNED, "5;chunk-signature=\r\nhello\r\n"),
		BROKEN(SIGNED, "5;chunk-signature=" SIG_A "a\r\nhello\r\n"),
		BROKEN(SIGNED, "5;chunk-signature=g" SIG_A "\r\nhello\r\n"),
		BROKEN(SIGNED, "5;Chunk-Signature=" SIG_A "\r\nhello\r\n"),
		BROKEN(SIGNED, "5; chunk-signature=" SIG_A "\r\nhello\r\n"),
		BROKEN(SIGNED, "5;chunk-signature=" SIG_A ";x=y\r\nhello\r\n"),
	};

	refuse(rows, ARRAY_SIZE(rows));
}

static void test_t04_sizes_that_overflow_are_refused(void)
{
	static const struct bad_row rows[] = {
		{ PLAIN, 5, CHECKSUM_NONE, "ffffffffffffffff\r\n", S3_ERROR_INCOMPLETE_BODY },
		{ PLAIN, 5, CHECKSUM_NONE, "10000000000000005\r\n", S3_ERROR_INCOMPLETE_BODY },
		{ PLAIN, 5, CHECKSUM_NONE, "00000000000000005\r\n", S3_ERROR_INCOMPLETE_BODY },
		{ PLAIN, 5, CHECKSUM_NONE, "2\r\nhe\r\nffffffffffffffff\r\n",
		  S3_ERROR_INCOMPLETE_BODY },
		{ PLAIN, S3_LENGTH_UNKNOWN, CHECKSUM_NONE, "2\r\nhe\r\nfffffffffffffffe\r\n",
		  S3_ERROR_INCOMPLETE_BODY },
		{ PLAIN, S3_LENGTH_UNKNOWN, CHECKSUM_NONE, "140000001\r\n",
		  S3_ERROR_ENTITY_TOO_LARGE },
	};

	refuse(rows, ARRAY_SIZE(rows));
}

/* Wrapped around, the sum would be within what was promised. */
static void test_t04_a_sum_of_sizes_that_overflows_is_refused_at_once(void)
{
	_cleanup_(story_clear) struct story s;

	run(&s, PLAIN, 5, CHECKSUM_NONE, SPAN("2\r\nhe\r\nffffffffffffffff\r\nllo"), 0, 3);
	assert(s.error == S3_ERROR_INCOMPLETE_BODY && tells(&s, "[2,00]", "he"));
}

static void test_t05_lengths_that_do_not_add_up_are_refused(void)
{
	static const struct bad_row rows[] = {
		{ PLAIN, 4, CHECKSUM_NONE, "5\r\nhello\r\n0\r\n\r\n", S3_ERROR_INCOMPLETE_BODY },
		{ PLAIN, 6, CHECKSUM_NONE, "5\r\nhello\r\n0\r\n\r\n", S3_ERROR_INCOMPLETE_BODY },
		{ PLAIN, 0, CHECKSUM_NONE, "5\r\nhello\r\n0\r\n\r\n", S3_ERROR_INCOMPLETE_BODY },
		{ PLAIN, 5, CHECKSUM_NONE, "0\r\n\r\n", S3_ERROR_INCOMPLETE_BODY },
		{ PLAIN, 5, CHECKSUM_NONE, "3\r\nhel\r\n3\r\nlo!\r\n0\r\n\r\n",
		  S3_ERROR_INCOMPLETE_BODY },
	};

	refuse(rows, ARRAY_SIZE(rows));
}

static void test_t05_trailers_are_as_announced_or_refused(void)
{
#define TRAILER(mode, algorithm, body)                                                             \
	{                                                                                          \
		mode, 0, algorithm, body, S3_ERROR_MALFORMED_TRAILER                               \
	}
#define CRC32 "x-amz-checksum-crc32:AAAAAA==\r\n"
#define ZERO  "0;chunk-signature=" SIG_A "\r\n"
	static const struct bad_row rows[] = {
		TRAILER(PLAIN, CHECKSUM_CRC32, "0\r\n\r\n"),
		TRAILER(PLAIN, CHECKSUM_CRC32, "0\r\n"),
		TRAILER(PLAIN, CHECKSUM_NONE, "0\r\n\n"),
		TRAILER(PLAIN, CHECKSUM_CRC32, "0\r\n" CRC32 "\n"),
		TRAILER(SIGNED, CHECKSUM_NONE, ZERO "\n"),
		TRAILER(PLAIN, CHECKSUM_NONE, "0\r\n" CRC32 "\r\n"),
		TRAILER(PLAIN, CHECKSUM_CRC32C, "0\r\n" CRC32 "\r\n"),
		TRAILER(PLAIN, CHECKSUM_CRC32, "0\r\n" CRC32 CRC32 "\r\n"),
		TRAILER(PLAIN, CHECKSUM_CRC32, "0\r\nx-amz-meta-a:b\r\n" CRC32 "\r\n"),
		TRAILER(PLAIN, CHECKSUM_CRC32, "0\r\nx-amz-checksum-crc32:AAAAA==\r\n\r\n"),
		TRAILER(PLAIN, CHECKSUM_CRC32, "0\r\nx-amz-checksum-crc32:\r\n\r\n"),
		TRAILER(PLAIN, CHECKSUM_CRC32, "0\r\nx-amz-checksum-crc32\r\n\r\n"),
		TRAILER(PLAIN, CHECKSUM_CRC32, "0\r\nx-amz-checksum-crc32 :AAAAAA==\r\n\r\n"),
		TRAILER(PLAIN, CHECKSUM_CRC32, "0\r\n\r\n" CRC32 "\r\n"),
		TRAILER(PLAIN, CHECKSUM_CRC32,
			"0\r\n" CRC32 "x-amz-trailer-signature:" SIG_A "\r\n\r\n"),
		TRAILER(SIGNED, CHECKSUM_NONE, ZERO CRC32 "\r\n"),
		TRAILER(SIGNED, CHECKSUM_NONE, ZERO "x-amz-trailer-signature:" SIG_A "\r\n\r\n"),
		TRAILER(SIGNED_TRAILER, CHECKSUM_CRC32, ZERO CRC32 "\r\n\r\n"),
		TRAILER(SIGNED_TRAILER, CHECKSUM_CRC32, ZERO "\r\n"),
		TRAILER(SIGNED_TRAILER, CHECKSUM_CRC32,
			ZERO CRC32 "x-amz-trailer-signature:abc\r\n\r\n"),
		TRAILER(SIGNED_TRAILER, CHECKSUM_CRC32,
			ZERO CRC32 "x-amz-trailer-signature:" SIG_A
				   "\r\nx-amz-trailer-signature:" SIG_A "\r\n\r\n"),
		TRAILER(SIGNED_TRAILER, CHECKSUM_CRC32,
			ZERO "x-amz-trailer-signature:" SIG_A "\r\n" CRC32 "\r\n"),
		TRAILER(SIGNED_TRAILER, CHECKSUM_CRC32,
			ZERO CRC32 "x-amz-trailer-signature:" SIG_A "\r\n" CRC32 "\r\n"),
	};

	refuse(rows, ARRAY_SIZE(rows));
}

static void test_t57_lines_without_end_are_refused(void)
{
	char body[2 * CHUNKED_LINE_MAX];
	_cleanup_(story_clear) struct story header, trailer;

	memset(body, '0', sizeof(body));
	run(&header, PLAIN, 0, CHECKSUM_NONE, (struct span){ body, sizeof(body) }, 0, 11);
	assert(header.error == S3_ERROR_INCOMPLETE_BODY);
	memcpy(body, "0\r\n", 3);
	run(&trailer, PLAIN, 0, CHECKSUM_CRC32, (struct span){ body, sizeof(body) }, 0, 11);
	assert(trailer.error == S3_ERROR_MALFORMED_TRAILER);
}

/* A signed chunk of `first` bytes, then one of `second`; all zeros. */
static int run_two(enum s3_payload mode, size_t first, size_t second)
{
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(MIB);
	_cleanup_(story_clear) struct story s;
	const char *extension = mode == PLAIN ? "" : ";chunk-signature=" SIG_A;
	size_t lengths[] = { first, second };

	for (size_t i = 0; i < 2; i++) {
		buffer_printf(&b, "%zx%s\r\n", lengths[i], extension);
		assert(buffer_reserve(&b, lengths[i]));
		memset(b.data + b.len, 0, lengths[i]);
		buffer_commit(&b, lengths[i]);
		buffer_append_string(&b, "\r\n");
	}
	buffer_printf(&b, "0%s\r\n\r\n", extension);
	assert(!buffer_error(&b));
	run(&s, mode, first + second, CHECKSUM_NONE, buffer_span(&b), 0, 4096);
	assert(s.error || s.data.len == first + second);
	return s.error;
}

static void test_t04_only_the_last_signed_chunk_may_be_tiny(void)
{
	assert(run_two(SIGNED, CHUNKED_SIGNED_MIN, 1) == 0);
	assert(run_two(SIGNED, CHUNKED_SIGNED_MIN - 1, 1) == S3_ERROR_INVALID_CHUNK_SIZE);
	assert(run_two(SIGNED_TRAILER, 1, CHUNKED_SIGNED_MIN) == S3_ERROR_INVALID_CHUNK_SIZE);
	assert(run_two(PLAIN, 1, 1) == 0);
}

static void test_a_parser_that_failed_stays_so(void)
{
	struct chunked_event e;
	struct span bad = SPAN("x\r\n"), fine = SPAN("0\r\n\r\n");
	struct chunked c;

	chunked_init(&c, PLAIN, 0, CHECKSUM_NONE);
	assert(chunked_next(&c, &bad, &e) == S3_ERROR_INCOMPLETE_BODY);
	assert(chunked_next(&c, &fine, &e) == S3_ERROR_INCOMPLETE_BODY);
	assert(chunked_finish(&c) == S3_ERROR_INCOMPLETE_BODY);
}

/* Whatever bit is flipped, the answer is the same for all splits, and nothing is read twice or
 * lost. */
static void test_flipped_bits_are_answered_alike_in_all_splits(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		size_t len = strlen(good[i].body);

		for (size_t bit = 0; bit < 8 * len; bit++) {
			_cleanup_(story_clear) struct story whole, split;
			char body[1024];

			memcpy(body, good[i].body, len);
			body[bit / 8] = (char)(body[bit / 8] ^ 1 << bit % 8);
			run(&whole, good[i].mode, good[i].expected, good[i].trailer,
			    (struct span){ body, len }, 0, len);
			run(&split, good[i].mode, good[i].expected, good[i].trailer,
			    (struct span){ body, len }, 0, 1);
			assert(whole.error >= 0 && whole.error == split.error);
			assert(span_equal(buffer_span(&whole.text), buffer_span(&split.text)));
			assert(span_equal(buffer_span(&whole.data), buffer_span(&split.data)));
		}
	}
}

int main(void)
{
	test_bodies_come_out_of_their_frames();
	test_t04_frames_may_be_split_at_every_byte();
	test_t58_a_body_cut_anywhere_is_not_whole();
	test_bytes_behind_the_end_are_refused();
	test_bytes_behind_a_trailer_are_refused();
	test_t04_broken_frames_are_refused();
	test_t04_sizes_that_overflow_are_refused();
	test_t04_a_sum_of_sizes_that_overflows_is_refused_at_once();
	test_t05_lengths_that_do_not_add_up_are_refused();
	test_t05_trailers_are_as_announced_or_refused();
	test_t57_lines_without_end_are_refused();
	test_t04_only_the_last_signed_chunk_may_be_tiny();
	test_a_parser_that_failed_stays_so();
	test_flipped_bits_are_answered_alike_in_all_splits();
	return 0;
}
