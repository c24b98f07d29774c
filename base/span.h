/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A span is a borrowed run of bytes: it owns nothing, is not NUL-terminated, and may hold any byte.
 * It is valid as long as what it points into. An absent value is { NULL, 0 }; an empty one has a
 * data pointer and no length.
 */

#include <string.h>

#include "base/defs.h"

struct span {
	const void *data;
	size_t len;
};

#define SPAN_NONE ((struct span){ NULL, 0 })

/* A span over a string literal or a char array that holds one. */
#define SPAN(literal) ((struct span){ (literal), sizeof(literal) - 1 })

static inline struct span span_from_string(const char *s)
{
	return (struct span){ s, s ? strlen(s) : 0 };
}

static inline bool span_is_none(struct span s)
{
	return !s.data;
}

static inline const uint8_t *span_bytes(struct span s)
{
	return s.data;
}

static inline struct span span_skip(struct span s, size_t n)
{
	return (struct span){ (const uint8_t *)s.data + n, s.len - n };
}

static inline struct span span_first(struct span s, size_t n)
{
	return (struct span){ s.data, n };
}

/* Letters of ASCII, and nothing else, have a lower case here. */
static inline uint8_t ascii_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static inline bool span_equal(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool span_starts_with(struct span s, struct span prefix)
{
	return s.len >= prefix.len && span_equal(span_first(s, prefix.len), prefix);
}

/* ASCII letters only. */
bool span_starts_with_nocase(struct span s, struct span prefix);
static inline bool span_equal_nocase(struct span a, struct span b)
{
	return a.len == b.len && span_starts_with_nocase(a, b);
}

/* Orders by bytes, a prefix first, as memcmp() and SQLite's BINARY collation do. */
int span_compare(struct span a, struct span b);

/* Drops spaces and horizontal tabs at both ends. */
struct span span_trim(struct span s);

/*
 * Cuts at the first `separator`: *ret_head is what stands before it, the result what stands behind.
 * Without one, the head is all and the result is SPAN_NONE.
 */
struct span span_cut(struct span s, char separator, struct span *ret_head);

/* Decimal digits only, at least one, no sign, no overflow; false leaves *ret alone. */
must_check bool span_to_u64(struct span s, uint64_t *ret);

/* A fresh NUL-terminated copy, or NULL where memory ran out. The caller frees it. */
char *span_to_string(struct span s);

/* True for well-formed UTF-8 (RFC 3629): no overlong form, no surrogate, nothing over U+10FFFF. */
bool span_is_utf8(struct span s);

/* UTF-8 without control characters, and not empty: what people call things. */
bool span_is_text(struct span s);

/* Digits of 0-9 and a-f alone. */
bool span_is_lower_hex(struct span s);
