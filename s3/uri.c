/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/uri.h"

#include "s3/encoding.h"

static const char upper_digits[] = "0123456789ABCDEF";

static bool is_unreserved(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

void uri_encode(struct buffer *b, struct span s, bool keep_slashes)
{
	const uint8_t *p = s.data;

	for (size_t i = 0; i < s.len; i++) {
		uint8_t *to = buffer_reserve(b, 3);

		if (!to)
			return;
		if (is_unreserved(p[i]) || (keep_slashes && p[i] == '/')) {
			to[0] = p[i];
			buffer_commit(b, 1);
			continue;
		}
		to[0] = '%';
		to[1] = (uint8_t)upper_digits[p[i] >> 4];
		to[2] = (uint8_t)upper_digits[p[i] & 15];
		buffer_commit(b, 3);
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
