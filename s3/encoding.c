/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/encoding.h"

static const char hex_digits[] = "0123456789abcdef";
static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The value of each digit, and one: what is none has zero. */
static const uint8_t hex_values[256] = {
	['0'] = 1,  ['1'] = 2,	['2'] = 3,  ['3'] = 4,	['4'] = 5,  ['5'] = 6,
	['6'] = 7,  ['7'] = 8,	['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
	['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
	['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

int hex_digit(uint8_t c)
{
	return hex_values[c] - 1;
}

bool hex_decode(struct span text, uint8_t *ret, size_t len)
{
	const uint8_t *p = text.data;

	if (text.len != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		uint8_t high = hex_values[p[2 * i]], low = hex_values[p[2 * i + 1]];

		if (!high || !low)
			return false;
		ret[i] = (uint8_t)((high - 1) << 4 | (low - 1));
	}
	return true;
}

const char *hex_encode(struct span bytes, char *buf)
{
	const uint8_t *p = bytes.data;
	char *to = buf;

	for (size_t i = 0; i < bytes.len; i++) {
		*to++ = hex_digits[p[i] >> 4];
		*to++ = hex_digits[p[i] & 15];
	}
	*to = '\0';
	return buf;
}

static int base64_digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_len(struct span text, size_t *ret)
{
	const uint8_t *p = text.data;
	size_t padding = 0;

	if (!text.len || text.len % 4)
		return false;
	while (padding < 2 && p[text.len - 1 - padding] == '=')
		padding++;
	*ret = text.len / 4 * 3 - padding;
	return true;
}

bool base64_decode(struct span text, uint8_t *ret, size_t len)
{
	const uint8_t *p = text.data;
	size_t digits = (len * 8 + 5) / 6, at = 0;
	uint32_t bits = 0;
	unsigned int have = 0;

	if (text.len != BASE64_TEXT_SIZE(len) - 1)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		int digit = base64_digit(p[i]);

		if (i >= digits) {
			if (p[i] != '=')
				return false;
			continue;
		}
		if (digit < 0)
			return false;
		bits = bits << 6 | (uint32_t)digit;
		have += 6;
		if (have >= 8) {
			have -= 8;
			ret[at++] = (uint8_t)(bits >> have);
			bits &= (1u << have) - 1;
		}
	}
	/* Bits that no byte uses must be zero, or two texts would mean the same value. */
	return bits == 0;
}

const char *base64_encode(struct span bytes, char *buf)
{
	const uint8_t *p = bytes.data;
	char *to = buf;

	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t n = MIN(bytes.len - i, (size_t)3);
		uint32_t bits = (uint32_t)p[i] << 16;

		if (n > 1)
			bits |= (uint32_t)p[i + 1] << 8;
		if (n > 2)
			bits |= p[i + 2];
		*to++ = base64_digits[bits >> 18];
		*to++ = base64_digits[bits >> 12 & 63];
		*to++ = n > 1 ? base64_digits[bits >> 6 & 63] : '=';
		*to++ = n > 2 ? base64_digits[bits & 63] : '=';
	}
	*to = '\0';
	return buf;
}

static int base32_digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

/* How many of the digits at the end are padding. Of eight only these numbers can be. */
static bool base32_padding(struct span text, size_t *ret)
{
	size_t n = 0;

	while (n < text.len && span_bytes(text)[text.len - 1 - n] == '=')
		n++;
	*ret = n;
	return n == 0 || n == 1 || n == 3 || n == 4 || n == 6;
}

bool base32_decode(struct span text, uint8_t *ret, size_t *ret_len)
{
	size_t padding, at = 0;
	unsigned int have = 0;
	uint32_t bits = 0;

	if (text.len % 8 || !base32_padding(text, &padding))
		return false;
	for (size_t i = 0; i < text.len - padding; i++) {
		int digit = base32_digit(span_bytes(text)[i]);

		if (digit < 0)
			return false;
		bits = bits << 5 | (uint32_t)digit;
		have += 5;
		if (have >= 8) {
			have -= 8;
			ret[at++] = (uint8_t)(bits >> have);
			bits &= (1u << have) - 1;
		}
	}
	*ret_len = at;
	return bits == 0;
}
