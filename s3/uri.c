/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/uri.h"

#include "s3/encoding.h"

static const char upper_digits[] = "0123456789ABCDEF";

static bool is_unreserved(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

/* How many bytes at the beginning stand for themselves: of most names, all. */
static size_t plain_len(struct span s, bool keep_slashes)
{
	const uint8_t *p = s.data;
	size_t n = 0;

	while (n < s.len && (is_unreserved(p[n]) || (keep_slashes && p[n] == '/')))
		n++;
	return n;
}

static void append_encoded(struct buffer *b, uint8_t c)
{
	uint8_t text[3] = { '%', (uint8_t)upper_digits[c >> 4], (uint8_t)upper_digits[c & 15] };

	buffer_append(b, (struct span){ text, sizeof(text) });
}

void uri_encode(struct buffer *b, struct span s, bool keep_slashes)
{
	while (s.len) {
		size_t n = plain_len(s, keep_slashes);

		buffer_append(b, span_first(s, n));
		s = span_skip(s, n);
		if (!s.len)
			return;
		append_encoded(b, span_bytes(s)[0]);
		s = span_skip(s, 1);
	}
}

void uri_encode_key(struct buffer *b, struct span key)
{
	uri_encode(b, key, true);
}

bool uri_decode(struct buffer *b, struct span s, bool plus_is_space)
{
	const uint8_t *p = s.data;
	uint8_t *to;
	size_t n = 0;

	/* Never longer than what it came from, so there is one reservation and none in the loop. */
	to = s.len ? buffer_reserve(b, s.len) : NULL;
	if (!to)
		return true;
	for (size_t i = 0; i < s.len; i++) {
		int high, low;

		if (p[i] != '%') {
			to[n++] = p[i] == '+' && plus_is_space ? ' ' : p[i];
			continue;
		}
		if (s.len - i < 3)
			return false;
		high = hex_digit(p[i + 1]);
		low = hex_digit(p[i + 2]);
		if (high < 0 || low < 0)
			return false;
		to[n++] = (uint8_t)(high << 4 | low);
		i += 2;
	}
	buffer_commit(b, n);
	return true;
}
