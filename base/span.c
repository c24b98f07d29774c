/* SPDX-License-Identifier: Apache-2.0 */
#include "base/span.h"

#include <strings.h>

bool span_starts_with_nocase(struct span s, struct span prefix)
{
	const uint8_t *a = span_bytes(s), *b = span_bytes(prefix);

	if (s.len < prefix.len)
		return false;
	for (size_t i = 0; i < prefix.len; i++)
		if (ascii_lower(a[i]) != ascii_lower(b[i]))
			return false;
	return true;
}

int span_compare(struct span a, struct span b)
{
	size_t n = MIN(a.len, b.len);
	int r = n ? memcmp(a.data, b.data, n) : 0;

	if (r)
		return r;
	return a.len < b.len ? -1 : a.len > b.len;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

struct span span_trim(struct span s)
{
	while (s.len && is_blank(span_bytes(s)[0]))
		s = span_skip(s, 1);
	while (s.len && is_blank(span_bytes(s)[s.len - 1]))
		s.len--;
	return s;
}

struct span span_cut(struct span s, char separator, struct span *ret_head)
{
	const uint8_t *at = s.len ? memchr(s.data, separator, s.len) : NULL;

	if (!at) {
		*ret_head = s;
		return SPAN_NONE;
	}
	*ret_head = span_first(s, (size_t)(at - span_bytes(s)));
	return span_skip(s, ret_head->len + 1);
}

bool span_to_u64(struct span s, uint64_t *ret)
{
	uint64_t value = 0;

	if (!s.len)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = span_bytes(s)[i];

		if (c < '0' || c > '9' || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(c - '0'), &value))
			return false;
	}
	*ret = value;
	return true;
}

char *span_to_string(struct span s)
{
	char *copy = malloc(s.len + 1);

	if (!copy)
		return NULL;
	if (s.len)
		memcpy(copy, s.data, s.len);
	copy[s.len] = '\0';
	return copy;
}

/* Length of the well-formed sequence at p, or 0. RFC 3629, section 4, is the table below. */
static size_t utf8_sequence(const uint8_t *p, size_t len)
{
	uint8_t low = 0x80, high = 0xbf;
	size_t n;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		n = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		n = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (len < n || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	return n;
}

bool span_is_utf8(struct span s)
{
	while (s.len) {
		size_t n = utf8_sequence(s.data, s.len);

		if (!n)
			return false;
		s = span_skip(s, n);
	}
	return true;
}

bool span_is_text(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (span_bytes(s)[i] < ' ' || span_bytes(s)[i] == 0x7f)
			return false;
	return s.len > 0 && span_is_utf8(s);
}

bool span_is_lower_hex(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = span_bytes(s)[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
			return false;
	}
	return true;
}
