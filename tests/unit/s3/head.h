/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Builds heads for tests from text, as they would arrive: "GET /b/k?x" and then "Name: value"
 * lines. */

#undef NDEBUG
#include <assert.h>
#include <stdio.h>

#include "s3/pairs.h"
#include "s3/request.h"

struct test_head {
	struct s3_head head;
	struct buffer fields;
};

static inline void test_head_clear(struct test_head *h)
{
	buffer_clear(&h->fields);
}

static inline void test_head_init(struct test_head *h, const char *text)
{
	struct span rest = span_from_string(text), line, name, value;

	*h = (struct test_head){ .fields = BUFFER_INIT(1024 * 1024) };
	rest = span_cut(rest, '\n', &line);
	h->head.target = span_cut(line, ' ', &h->head.method);
	while (rest.len) {
		rest = span_cut(rest, '\n', &line);
		value = span_cut(line, ':', &name);
		pairs_append(&h->fields, name, value);
	}
	assert(!buffer_error(&h->fields));
	h->head.fields = buffer_span(&h->fields);
}

struct test_request {
	struct test_head head;
	struct s3_parsed parsed;
	const char *detail;
	int result;
};

static inline void test_request_clear(struct test_request *t)
{
	s3_parsed_clear(&t->parsed);
	test_head_clear(&t->head);
}

/* Parses a head given as text; the result is in t->result, the request where it is 0. */
static inline const struct s3_request *test_request_init(struct test_request *t, const char *text)
{
	*t = (struct test_request){ 0 };
	test_head_init(&t->head, text);
	t->result = s3_request_parse(&t->head.head, NULL, &t->parsed, &t->detail);
	return &t->parsed.request;
}

/* 0 or the error that a head is answered with. */
static inline int test_parse(const char *text)
{
	_cleanup_(test_request_clear) struct test_request t;

	test_request_init(&t, text);
	return t.result;
}

struct test_case {
	const char *head;
	int error; /* enum s3_error, 0 for a request */
};

#define TEST_CASES(cases) test_cases(cases, ARRAY_SIZE(cases))

static inline void test_cases(const struct test_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int error = test_parse(cases[i].head);

		if (error != cases[i].error)
			fprintf(stderr, "%s\n-> %d, not %d\n", cases[i].head, error,
				cases[i].error);
		assert(error == cases[i].error);
	}
}
