/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/condition.h"

#include "head.h"

#define BEFORE	 "Sun, 06 Nov 1994 08:49:36 GMT"
#define EXACTLY	 "Sun, 06 Nov 1994 08:49:37 GMT"
#define AFTER	 "Sun, 06 Nov 1994 08:49:38 GMT"
#define MODIFIED 784111777

struct case_row {
	const char *match, *none_match, *modified, *unmodified;
	int read; /* the outcome; a copy source says FAILED for NOT_MODIFIED */
};

static const struct case_row reads[] = {
	{ NULL, NULL, NULL, NULL, CONDITION_OK },
	{ "\"abc\"", NULL, NULL, NULL, CONDITION_OK },
	{ "\"x\"", NULL, NULL, NULL, CONDITION_FAILED },
	{ "*", NULL, NULL, NULL, CONDITION_OK },
	{ "W/\"abc\"", NULL, NULL, NULL, CONDITION_FAILED },
	{ NULL, "\"abc\"", NULL, NULL, CONDITION_NOT_MODIFIED },
	{ NULL, "W/\"abc\"", NULL, NULL, CONDITION_NOT_MODIFIED },
	{ NULL, "*", NULL, NULL, CONDITION_NOT_MODIFIED },
	{ NULL, "\"x\"", NULL, NULL, CONDITION_OK },
	{ NULL, NULL, BEFORE, NULL, CONDITION_OK },
	{ NULL, NULL, EXACTLY, NULL, CONDITION_NOT_MODIFIED },
	{ NULL, NULL, AFTER, NULL, CONDITION_NOT_MODIFIED },
	{ NULL, NULL, NULL, BEFORE, CONDITION_FAILED },
	{ NULL, NULL, NULL, EXACTLY, CONDITION_OK },
	{ NULL, NULL, NULL, AFTER, CONDITION_OK },
	{ NULL, NULL, "yesterday", NULL, CONDITION_OK },
	{ NULL, NULL, NULL, "yesterday", CONDITION_OK },
	/* The two combinations that S3 documents. */
	{ "\"abc\"", NULL, NULL, BEFORE, CONDITION_OK },
	{ NULL, "\"abc\"", BEFORE, NULL, CONDITION_NOT_MODIFIED },
	/* And the others, as RFC 9110 orders them. */
	{ "\"x\"", NULL, NULL, AFTER, CONDITION_FAILED },
	{ NULL, "\"x\"", AFTER, NULL, CONDITION_OK },
	{ "\"x\"", "\"abc\"", NULL, NULL, CONDITION_FAILED },
	{ "\"abc\"", "\"abc\"", NULL, NULL, CONDITION_NOT_MODIFIED },
	{ "\"abc\"", NULL, EXACTLY, NULL, CONDITION_NOT_MODIFIED },
	{ NULL, NULL, EXACTLY, BEFORE, CONDITION_FAILED },
};

static struct condition condition_of(const struct case_row *c)
{
	return (struct condition){
		.if_match = span_from_string(c->match),
		.if_none_match = span_from_string(c->none_match),
		.if_modified_since = span_from_string(c->modified),
		.if_unmodified_since = span_from_string(c->unmodified),
	};
}

static void test_reading_under_conditions(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(reads); i++) {
		struct condition c = condition_of(&reads[i]);

		assert(condition_read(&c, SPAN("abc"), MODIFIED) == reads[i].read);
	}
}

static void test_a_source_that_is_not_modified_fails(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(reads); i++) {
		struct condition c = condition_of(&reads[i]);
		int expected = reads[i].read ? CONDITION_FAILED : CONDITION_OK;

		assert(condition_source(&c, SPAN("abc"), MODIFIED) == expected);
	}
}

static void test_writing_under_conditions(void)
{
	static const struct {
		const char *match, *none_match;
		int there, missing;
	} cases[] = {
		{ NULL, NULL, CONDITION_OK, CONDITION_OK },
		{ NULL, "*", CONDITION_FAILED, CONDITION_OK },
		{ "\"abc\"", NULL, CONDITION_OK, CONDITION_MISSING },
		{ "abc", NULL, CONDITION_OK, CONDITION_MISSING },
		{ "\"x\"", NULL, CONDITION_FAILED, CONDITION_MISSING },
		{ "*", NULL, CONDITION_OK, CONDITION_MISSING },
		{ "W/\"abc\"", NULL, CONDITION_FAILED, CONDITION_MISSING },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct condition c = {
			.if_match = span_from_string(cases[i].match),
			.if_none_match = span_from_string(cases[i].none_match),
			.if_unmodified_since = SPAN(BEFORE),
		};

		assert(condition_write(&c, SPAN("abc")) == cases[i].there);
		assert(condition_write(&c, SPAN_NONE) == cases[i].missing);
	}
}

static void test_conditions_come_from_their_headers(void)
{
	_cleanup_(test_request_clear) struct test_request t;
	const struct s3_request *r = test_request_init(
		&t, "PUT /bkt/k\nx-amz-copy-source: src/k\nIf-Match: a\n"
		    "x-amz-copy-source-if-match: b\nx-amz-copy-source-if-none-match: c\n"
		    "x-amz-copy-source-if-modified-since: d\n"
		    "x-amz-copy-source-if-unmodified-since: e");
	struct condition plain = condition_of_request(r), source = condition_of_source(r);

	assert(t.result == 0 && span_equal(plain.if_match, SPAN("a")));
	assert(span_is_none(plain.if_none_match) && span_is_none(plain.if_modified_since));
	assert(span_equal(source.if_match, SPAN("b")));
	assert(span_equal(source.if_none_match, SPAN("c")));
	assert(span_equal(source.if_modified_since, SPAN("d")));
	assert(span_equal(source.if_unmodified_since, SPAN("e")));
}

int main(void)
{
	test_reading_under_conditions();
	test_a_source_that_is_not_modified_fails();
	test_writing_under_conditions();
	test_conditions_come_from_their_headers();
	return 0;
}
