/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What is known of requests, for tests, from text. */

#undef NDEBUG
#include <assert.h>
#include <stdio.h>

#include "s3/pairs.h"

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
