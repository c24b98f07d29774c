/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/names.h"

#include "s3/errors.h"
#include "s3/request.h"

#define BUCKET_NAME_MIN 3

static bool is_letter_or_digit(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Four runs of digits between dots: it does not matter whether each is under 256. */
static bool looks_like_ipv4(struct span name)
{
	unsigned int runs = 0;

	while (!span_is_none(name)) {
		struct span run;

		name = span_cut(name, '.', &run);
		if (!run.len)
			return false;
		for (size_t i = 0; i < run.len; i++)
			if (span_bytes(run)[i] < '0' || span_bytes(run)[i] > '9')
				return false;
		runs++;
	}
	return runs == 4;
}

static bool is_reserved(struct span name)
{
	static const char *const prefixes[] = { "xn--", "sthree-", "amzn-s3-demo-" };
	static const char *const suffixes[] = { "-s3alias", "--ol-s3", ".mrap", "--x-s3",
						"--table-s3" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (span_starts_with(name, span_from_string(prefixes[i])))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		struct span suffix = span_from_string(suffixes[i]);

		if (name.len >= suffix.len &&
		    span_equal(span_skip(name, name.len - suffix.len), suffix))
			return true;
	}
	return false;
}

bool bucket_name_is_valid(struct span name)
{
	const uint8_t *p = name.data;

	if (name.len < BUCKET_NAME_MIN || name.len > S3_BUCKET_NAME_MAX)
		return false;
	if (!is_letter_or_digit(p[0]) || !is_letter_or_digit(p[name.len - 1]))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if (!is_letter_or_digit(p[i]) && p[i] != '-' && p[i] != '.')
			return false;
		/* A label of a host name is not empty, and neither begins nor ends with a dash. */
		if (p[i] == '.' && !(is_letter_or_digit(p[i - 1]) && is_letter_or_digit(p[i + 1])))
			return false;
	}
	return !looks_like_ipv4(name) && !is_reserved(name);
}

int key_check(struct span key)
{
	if (key.len > S3_KEY_MAX)
		return S3_ERROR_KEY_TOO_LONG;
	if (!key.len || memchr(key.data, '\0', key.len) || !span_is_utf8(key))
		return S3_ERROR_INVALID_URI;
	return 0;
}
