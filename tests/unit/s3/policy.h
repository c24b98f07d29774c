/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Policies and requests for tests, from text. In JSON, ' stands for ". */

#undef NDEBUG
#include <assert.h>
#include <stdio.h>

#include "s3/errors.h"
#include "s3/pairs.h"
#include "s3/policy/document.h"

#define TEST_ACCOUNT "111122223333"
#define TEST_STRANGER "444455556666"
#define TEST_CANONICAL "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"

static inline struct policy_rules test_rules(enum policy_kind kind)
{
	return (struct policy_rules){
		.kind = kind,
		.bucket = SPAN("bkt"),
		.size_max = POLICY_IDENTITY_SIZE,
	};
}

/* As policy_parse(), with quotes as above. */
static inline int test_policy_parse(enum policy_kind kind, const char *json, struct policy_document **ret,
				    struct policy_complaint *ret_complaint)
{
	struct policy_rules rules = test_rules(kind);
	_cleanup_(freep) char *text = strdup(json);

	assert(text);
	for (char *p = text; *p; p++)
		if (*p == '\'')
			*p = '"';
	return policy_parse(span_from_string(text), &rules, ret, ret_complaint);
}

/* One that must be whole. */
static inline struct policy_document *test_policy(enum policy_kind kind, const char *json)
{
	struct policy_document *d = NULL;
	struct policy_complaint complaint = { "" };
	int r = test_policy_parse(kind, json, &d, &complaint);

	if (r)
		fprintf(stderr, "%s\n-> %d: %s\n", json, r, complaint.text);
	assert(r == 0);
	return d;
}

/* Pairs from `name=value&name=value`. */
static inline void test_pairs(struct buffer *b, const char *text)
{
	struct span rest = span_from_string(text), item, name, value;

	while (rest.len) {
		rest = span_cut(rest, '&', &item);
		value = span_cut(item, '=', &name);
		pairs_append(b, name, value);
	}
	assert(!buffer_error(b));
}
