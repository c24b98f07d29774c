/* SPDX-License-Identifier: Apache-2.0 */
#undef NDEBUG
#include "frontend/head.h"

#include <assert.h>

#include "frontend/field.h"
#include "s3/pairs.h"

struct field {
	const char *name;
	struct span value;
};

#define FIELDS_MAX 4

static struct head make(const char *target, const char *version, const struct field *fields)
{
	struct head h;

	head_init(&h);
	head_begin(&h, SPAN("PUT"), span_from_string(target), span_from_string(version));
	for (size_t i = 0; i < FIELDS_MAX && fields[i].name; i++)
		head_add_field(&h, span_from_string(fields[i].name), fields[i].value);
	return h;
}

static const struct refusal {
	enum s3_error error;
	const char *target;
	const char *version;
	struct field fields[FIELDS_MAX];
} refusals[] = {
	{ S3_ERROR_INVALID_REQUEST, "/", "HTTP/1.1", { { NULL } } },
	{ S3_ERROR_INVALID_REQUEST, "/", "HTTP/1.1", { { "Host", SPAN(" ") } } },
	{ S3_ERROR_INVALID_REQUEST,
	  "/",
	  "HTTP/1.1",
	  { { "Host", SPAN("a") }, { "hOST", SPAN("a") } } },
	{ S3_ERROR_INVALID_REQUEST, "/", "HTTP/1.2", { { "Host", SPAN("a") } } },
	{ S3_ERROR_INVALID_REQUEST, "/", "", { { "Host", SPAN("a") } } },
	{ S3_ERROR_INVALID_URI, "", "HTTP/1.1", { { "Host", SPAN("a") } } },
	{ S3_ERROR_INVALID_URI, "*", "HTTP/1.1", { { "Host", SPAN("a") } } },
	{ S3_ERROR_INVALID_URI, "http://a/", "HTTP/1.1", { { "Host", SPAN("a") } } },
	{ S3_ERROR_INVALID_URI, "/a b", "HTTP/1.1", { { "Host", SPAN("a") } } },
	{ S3_ERROR_INVALID_URI, "/a\x01", "HTTP/1.1", { { "Host", SPAN("a") } } },
	{ S3_ERROR_INVALID_URI, "/a%00", "HTTP/1.1", { { "Host", SPAN("a") } } },
	{ S3_ERROR_INVALID_URI, "/a?b=%00", "HTTP/1.1", { { "Host", SPAN("a") } } },
	{ S3_ERROR_INVALID_REQUEST,
	  "/",
	  "HTTP/1.1",
	  { { "Host", SPAN("a") }, { "X A", SPAN("b") } } },
	{ S3_ERROR_INVALID_REQUEST, "/", "HTTP/1.1", { { "Host", SPAN("a") }, { "", SPAN("b") } } },
	{ S3_ERROR_INVALID_REQUEST,
	  "/",
	  "HTTP/1.1",
	  { { "Host", SPAN("a") }, { "X", SPAN("\r") } } },
	{ S3_ERROR_INVALID_REQUEST,
	  "/",
	  "HTTP/1.1",
	  { { "Host", SPAN("a") }, { "X", SPAN("\0") } } },
	{ S3_ERROR_INVALID_REQUEST,
	  "/",
	  "HTTP/1.1",
	  { { "Host", SPAN("a") },
	    { "Content-Length", SPAN("1") },
	    { "Transfer-Encoding", SPAN("chunked") } } },
	{ S3_ERROR_INVALID_REQUEST,
	  "/",
	  "HTTP/1.1",
	  { { "Host", SPAN("a") },
	    { "Content-Length", SPAN("1") },
	    { "content-length", SPAN("1") } } },
	{ S3_ERROR_INVALID_REQUEST,
	  "/",
	  "HTTP/1.1",
	  { { "Host", SPAN("a") }, { "Content-Length", SPAN("1x") } } },
	{ S3_ERROR_INVALID_REQUEST,
	  "/",
	  "HTTP/1.1",
	  { { "Host", SPAN("a") }, { "Content-Length", SPAN("") } } },
	{ S3_ERROR_INVALID_REQUEST,
	  "/",
	  "HTTP/1.1",
	  { { "Host", SPAN("a") }, { "Content-Length", SPAN("18446744073709551616") } } },
	{ S3_ERROR_INVALID_REQUEST,
	  "/",
	  "HTTP/1.1",
	  { { "Host", SPAN("a") }, { "Transfer-Encoding", SPAN("gzip, chunked") } } },
	{ S3_ERROR_INVALID_REQUEST,
	  "/",
	  "HTTP/1.0",
	  { { "Host", SPAN("a") }, { "Transfer-Encoding", SPAN("chunked") } } },
	{ S3_ERROR_INVALID_REQUEST,
	  "/",
	  "HTTP/1.1",
	  { { "Host", SPAN("a") },
	    { "Authorization", SPAN("b") },
	    { "authorization", SPAN("b") } } },
	{ S3_ERROR_INVALID_REQUEST,
	  "/",
	  "HTTP/1.1",
	  { { "Host", SPAN("a") }, { "Expect", SPAN("b") }, { "Expect", SPAN("b") } } },
};

static void test_t54_each_rule_refuses_by_itself(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct head h = make(refusals[i].target, refusals[i].version, refusals[i].fields);

		assert(head_finish(&h) == (int)refusals[i].error);
		assert(h.why && *h.why);
		head_clear(&h);
	}
}

static void test_sound_head_is_kept_as_it_came(void)
{
	static const struct field fields[FIELDS_MAX] = { { "HOST", SPAN(" a:1 ") },
							 { "Content-Length", SPAN("12") },
							 { "Expect", SPAN("100-Continue") } };
	struct head h = make("/b/k?%20", "HTTP/1.1", fields);
	struct span name, value, rest;

	assert(head_finish(&h) == 0);
	assert(span_equal(h.host, SPAN("a:1")));
	assert(h.framing == HEAD_LENGTH && h.content_length == 12 && h.expects_continue);
	rest = buffer_span(&h.fields);
	assert(pairs_next(&rest, &name, &value) == 1);
	assert(span_equal(name, SPAN("HOST")) && span_equal(value, SPAN(" a:1 ")));
	head_clear(&h);
}

static void test_body_is_framed_as_the_head_says(void)
{
	static const struct field none[FIELDS_MAX] = { { "Host", SPAN("a") } };
	static const struct field chunked[FIELDS_MAX] = {
		{ "Host", SPAN("a") }, { "Transfer-Encoding", SPAN("Chunked") }
	};
	struct head h = make("/", "HTTP/1.0", none);

	assert(head_finish(&h) == 0 && h.framing == HEAD_NO_BODY && !h.expects_continue);
	head_clear(&h);
	h = make("/", "HTTP/1.1", chunked);
	assert(head_finish(&h) == 0 && h.framing == HEAD_CHUNKED);
	head_clear(&h);
}

static void test_who_says_so_goes_and_who_is_old_goes_unless_he_says_otherwise(void)
{
	static const struct {
		const char *version, *said;
		bool persists;
	} cases[] = {
		{ "HTTP/1.1", "", true },	    { "HTTP/1.1", "keep-alive", true },
		{ "HTTP/1.1", "Close", false },	    { "HTTP/1.1", "TE , close", false },
		{ "HTTP/1.1", "closed", true },	    { "HTTP/1.0", "", false },
		{ "HTTP/1.0", "Keep-Alive", true }, { "HTTP/1.0", "keep-alive,close", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct field fields[FIELDS_MAX] = {
			{ "Host", SPAN("a") },
			{ "Connection", SPAN("upgrade") },
			{ "connection", span_from_string(cases[i].said) },
		};
		struct head h = make("/", cases[i].version, fields);

		assert(head_finish(&h) == 0);
		assert(h.persists == cases[i].persists);
		head_clear(&h);
	}
}

static void test_head_is_bounded_in_fields_and_bytes(void)
{
	static const struct field host[FIELDS_MAX] = { { "Host", SPAN("a") } };
	static char value[S3_HEAD_MAX];
	struct head h = make("/", "HTTP/1.1", host);

	for (size_t i = 0; i < HEAD_FIELDS_COUNT_MAX; i++)
		head_add_field(&h, SPAN("X"), SPAN("y"));
	assert(head_finish(&h) == S3_ERROR_REQUEST_HEADER_SECTION_TOO_LARGE);
	head_clear(&h);
	memset(value, 'a', sizeof(value));
	h = make("/", "HTTP/1.1", host);
	head_add_field(&h, SPAN("X"), (struct span){ value, sizeof(value) });
	assert(head_finish(&h) == S3_ERROR_REQUEST_HEADER_SECTION_TOO_LARGE);
	head_clear(&h);
}

/* Host comes behind what did not fit: it is not missing. */
static void test_what_is_cut_off_is_not_missing(void)
{
	static const struct field none[FIELDS_MAX];
	static char value[S3_HEAD_MAX];
	struct head h = make("/", "HTTP/1.1", none);

	memset(value, 'a', sizeof(value));
	head_add_field(&h, SPAN("X"), (struct span){ value, sizeof(value) });
	head_add_field(&h, SPAN("Host"), SPAN("a"));
	assert(head_finish(&h) == S3_ERROR_REQUEST_HEADER_SECTION_TOO_LARGE);
	head_clear(&h);
	h = make("/", "HTTP/1.1", none);
	/* As an allocation that fails leaves it. */
	h.fields.error = -ENOMEM;
	head_add_field(&h, SPAN("Host"), SPAN("a"));
	assert(head_finish(&h) == -ENOMEM);
	head_clear(&h);
	head_init(&h);
	h.line.error = -ENOMEM;
	head_begin(&h, SPAN("PUT"), SPAN("/"), SPAN("HTTP/1.1"));
	assert(head_finish(&h) == -ENOMEM && h.target.data);
	head_clear(&h);
}

static void test_every_byte_is_judged(void)
{
	for (unsigned int c = 0; c < 256; c++) {
		uint8_t byte = (uint8_t)c;
		struct span one = { &byte, 1 };
		bool token = c > ' ' && c < 0x7f && !strchr("\"(),/:;<=>?@[\\]{}", (int)c);

		assert(field_is_token(one) == token);
		assert(field_is_clean(one) == (c == '\t' || (c >= ' ' && c != 0x7f)));
	}
	assert(!field_is_token(SPAN("")) && field_is_clean(SPAN("")));
}

int main(void)
{
	test_t54_each_rule_refuses_by_itself();
	test_sound_head_is_kept_as_it_came();
	test_body_is_framed_as_the_head_says();
	test_who_says_so_goes_and_who_is_old_goes_unless_he_says_otherwise();
	test_head_is_bounded_in_fields_and_bytes();
	test_what_is_cut_off_is_not_missing();
	test_every_byte_is_judged();
	return 0;
}
