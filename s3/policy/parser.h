/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What parsing each part of a policy needs: where its pieces go, how it is refused, and JSON in which one value
 * and a list of one are the same. Called by the parsers of the parts only.
 */

#include <jansson.h>

#include "s3/policy/document.h"

struct policy_parser {
	struct policy_document *document;
	const struct policy_rules *rules;
	size_t statement;	/* from 1; 0 outside of all */
	struct policy_matcher actions;	/* what looking actions up may still cost */
	struct policy_complaint *complaint;
};

/* S3_ERROR_MALFORMED_POLICY; the complaint says which statement, and this. */
int policy_refuse(struct policy_parser *p, const char *format, ...) printf_like(2, 3);

/* 0, what is refused for that enum policy_pattern_outcome, or the negative result it is. `what` has `text`. */
must_check int policy_refuse_pattern(struct policy_parser *p, int outcome, const char *what, struct span text);

#define POLICY_QUOTED_MAX 64

struct policy_quoted {
	char text[POLICY_QUOTED_MAX + sizeof("...")];
};

/* What is shown of the policy itself, in q: cut short, and without bytes that a terminal would obey. */
const char *policy_quote(struct policy_quoted *q, struct span s);

/* Space for that many of what is compiled, or NULL; a copy of a text, 0 or -ENOMEM. */
void *policy_allocate(struct policy_parser *p, size_t n, size_t size);
must_check int policy_keep(struct policy_parser *p, struct span s, struct span *ret);

/* SPAN_NONE for what is no text. */
struct span policy_json_span(const json_t *string);

size_t policy_list_count(const json_t *list);
json_t *policy_list_item(json_t *list, size_t i);

/* Lists are neither empty nor too long; and in the second, all are texts that are not empty. */
must_check int policy_check_list(struct policy_parser *p, const json_t *list, const char *name);
must_check int policy_check_strings(struct policy_parser *p, json_t *list, const char *name);

/* Objects have no elements but these. */
must_check int policy_check_elements(struct policy_parser *p, json_t *object, const char *const *known,
				     size_t n);

/* One of an element and its opposite must be there: Action or NotAction. Borrowed. */
must_check int policy_pick(struct policy_parser *p, const json_t *object, const char *name,
			   const char *opposite, json_t **ret, bool *ret_negated);
