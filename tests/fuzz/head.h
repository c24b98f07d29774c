/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A head out of the fuzzer's bytes: "METHOD TARGET", then a line "Name:value" for each field. */

#include "s3/pairs.h"
#include "s3/request.h"

/* Borrows from data and from `fields`, which is empty. */
static inline struct s3_head fuzz_head(const uint8_t *data, size_t size, struct buffer *fields)
{
	struct span rest = { data ? data : (const uint8_t *)"", size }, line;
	struct s3_head head;

	rest = span_cut(rest, '\n', &line);
	head.target = span_cut(line, ' ', &head.method);
	while (rest.len) {
		struct span name, value;

		rest = span_cut(rest, '\n', &line);
		value = span_cut(line, ':', &name);
		pairs_append(fields, name, value);
	}
	head.fields = buffer_span(fields);
	return head;
}
