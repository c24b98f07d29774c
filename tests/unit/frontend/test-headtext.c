/* SPDX-License-Identifier: Apache-2.0 */

/* Heads as bytes: where they end, what is read of them, and what is read of none. */

#undef NDEBUG
#include "frontend/headtext.h"

#include <assert.h>
#include <stdio.h>

#include "s3/pairs.h"

#define HOST "Host: a\r\n"

/* The length of the head they begin with, from one look at them. */
static size_t length_of(struct span bytes)
{
	size_t from = 0;

	return headtext_len(bytes, &from);
}

static int read_head(struct span text, struct head *h)
{
	head_init(h);
	headtext_read(text, h);
	return head_finish(h);
}

static void test_a_head_ends_with_its_empty_line(void)
{
	static const struct {
		struct span bytes;
		size_t len;
	} cases[] = {
		{ SPAN(""), 0 },
		{ SPAN("G"), 0 },
		{ SPAN("GET / HTTP/1.1\r"), 0 },
		{ SPAN("GET / HTTP/1.1\r\n"), 0 },
		{ SPAN("GET / HTTP/1.1\r\n\r"), 0 },
		{ SPAN("GET / HTTP/1.1\r\n\r\n"), 18 },
		{ SPAN("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n"), 18 },
		{ SPAN("GET / HTTP/1.1\r\n" HOST "\r\n\r\n"), 27 },
		/* One empty line in front is forgiven, and is no head; a second one is one. */
		{ SPAN("\r"), 0 },
		{ SPAN("\r\n"), 0 },
		{ SPAN("\r\nGET / HTTP/1.1\r\n\r\n"), 20 },
		{ SPAN("\r\n\r\nGET / HTTP/1.1\r\n\r\n"), 4 },
		/* Behind a bare LF nothing is waited for. */
		{ SPAN("\nGET"), 1 },
		{ SPAN("GET / HTTP/1.1\nHost"), 15 },
		{ SPAN("GET / HTTP/1.1\r\nX: y\n\n"), 21 },
		{ SPAN("GET / HTTP/1.1\r\nX: y\r\n\nGET"), 23 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert(length_of(cases[i].bytes) == cases[i].len);
}

static void test_the_end_is_the_same_however_often_one_looks(void)
{
	static const char text[] = "\r\nGET / HTTP/1.1\r\n" HOST "X: y\r\n\r\nPUT";
	const size_t len = sizeof(text) - 1 - 3;
	size_t from = 0;

	for (size_t n = 0; n < len; n++)
		assert(headtext_len((struct span){ text, n }, &from) == 0);
	assert(headtext_len((struct span){ text, sizeof(text) - 1 }, &from) == len);
}

static void test_a_sound_head_is_read_as_it_stands(void)
{
	static const struct span text = SPAN("\r\nPUT /b/k?x=%20 HTTP/1.1\r\nHOST:a:1\r\n"
					     "X-A:\t b  c \t\r\nX-B:\r\nX-C: d:e\xff\r\n"
					     "Content-Length: 7\r\n\r\n");
	static const struct span expected[][2] = { { SPAN("HOST"), SPAN("a:1") },
						   { SPAN("X-A"), SPAN("b  c") },
						   { SPAN("X-B"), SPAN("") },
						   { SPAN("X-C"), SPAN("d:e\xff") },
						   { SPAN("Content-Length"), SPAN("7") } };
	struct span name, value, rest;
	struct head h;

	assert(read_head(text, &h) == 0);
	assert(span_equal(h.method, SPAN("PUT")) && span_equal(h.target, SPAN("/b/k?x=%20")));
	assert(h.framing == HEAD_LENGTH && h.content_length == 7 && h.persists);
	rest = buffer_span(&h.fields);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		assert(pairs_next(&rest, &name, &value) == 1);
		assert(span_equal(name, expected[i][0]) && span_equal(value, expected[i][1]));
	}
	assert(!rest.len);
	head_clear(&h);
}

static void test_t54_what_two_readers_could_read_differently_is_refused(void)
{
	static const struct span texts[] = {
		SPAN("\r\n\r\n"),
		SPAN("\n"),
		SPAN("GET\r\n\r\n"),
		SPAN("GET /\r\n\r\n"),
		SPAN("GET / HTTP/1.1 \r\n" HOST "\r\n"),
		SPAN(" GET / HTTP/1.1\r\n" HOST "\r\n"),
		SPAN("GET  / HTTP/1.1\r\n" HOST "\r\n"),
		SPAN("GET /  HTTP/1.1\r\n" HOST "\r\n"),
		SPAN("GET / x HTTP/1.1\r\n" HOST "\r\n"),
		SPAN("GET\t/ HTTP/1.1\r\n" HOST "\r\n"),
		SPAN("GET / http/1.1\r\n" HOST "\r\n"),
		SPAN("GET / HTTP/1.10\r\n" HOST "\r\n"),
		SPAN("GET / HTTP/01.1\r\n" HOST "\r\n"),
		SPAN("GET / HTTP/1.1\r\r\n" HOST "\r\n"),
		SPAN("GET / HTTP/1.1\n"),
		SPAN("GET / HTTP/1.1\r\n" HOST "X\r\n\r\n"),
		SPAN("GET / HTTP/1.1\r\n" HOST "X : y\r\n\r\n"),
		SPAN("GET / HTTP/1.1\r\n" HOST " X: y\r\n\r\n"),
		SPAN("GET / HTTP/1.1\r\n" HOST "X: y\r\n\tz\r\n\r\n"),
		SPAN("GET / HTTP/1.1\r\n" HOST "X: y\rz\r\n\r\n"),
		SPAN("GET / HTTP/1.1\r\n" HOST "X: y\r\r\n\r\n"),
		SPAN("GET / HTTP/1.1\r\n" HOST "X: y\n"),
		SPAN("GET / HTTP/1.1\r\n" HOST "X: y\r\n\n"),
		SPAN("GET / HTTP/1.1\r\n" HOST "X: y\0\r\n\r\n"),
		SPAN("GET / HTTP/1.1\r\n" HOST ": y\r\n\r\n"),
		SPAN("GET / HTTP/1.1\r\n" HOST "X\0: y\r\n\r\n"),
		SPAN("GET / HTTP/1.1\r\n" HOST "\0\r\n\r\n"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct head h;
		int r;

		assert(length_of(texts[i]) == texts[i].len);
		r = read_head(texts[i], &h);
		if (r != S3_ERROR_INVALID_REQUEST && r != S3_ERROR_INVALID_URI)
			fprintf(stderr, "%zu: %d\n", i, r);
		assert(r == S3_ERROR_INVALID_REQUEST || r == S3_ERROR_INVALID_URI);
		assert(h.why && h.method.data && h.target.data);
		head_clear(&h);
	}
}

static void test_a_head_too_long_is_refused_wherever_its_end_is(void)
{
	static char text[HEAD_BYTES_MAX + 100];
	static const char begin[] = "GET / HTTP/1.1\r\n" HOST "X: ";
	struct head h;

	memset(text, 'a', sizeof(text));
	memcpy(text, begin, sizeof(begin) - 1);
	assert(read_head((struct span){ text, HEAD_BYTES_MAX + 1 }, &h) ==
	       S3_ERROR_REQUEST_HEADER_SECTION_TOO_LARGE);
	head_clear(&h);
	memcpy(text + sizeof(text) - 4, "\r\n\r\n", 4);
	assert(read_head((struct span){ text, sizeof(text) }, &h) ==
	       S3_ERROR_REQUEST_HEADER_SECTION_TOO_LARGE);
	assert(!h.target.len);
	head_clear(&h);
}

int main(void)
{
	test_a_head_ends_with_its_empty_line();
	test_the_end_is_the_same_however_often_one_looks();
	test_a_sound_head_is_read_as_it_stands();
	test_t54_what_two_readers_could_read_differently_is_refused();
	test_a_head_too_long_is_refused_wherever_its_end_is();
	return 0;
}
