/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/headers.h"

/* Longer than any of our names: what does not fit is none of them. */
#define NAME_MAX_LEN 64

const char *const s3_header_names[S3_HEADER_COUNT] = {
#define HEADER(SYMBOL, name) [S3_HEADER_##SYMBOL] = (name),
	S3_HEADERS(HEADER)
#undef HEADER
};

const char *const s3_param_names[S3_PARAM_COUNT] = {
#define PARAM(SYMBOL, name) [S3_PARAM_##SYMBOL] = (name),
	S3_PARAMS(PARAM)
#undef PARAM
};

/* Once more with their lengths, since each name of a request is compared with half a dozen of these. */
static const struct span headers[S3_HEADER_COUNT] = {
#define HEADER(SYMBOL, name) [S3_HEADER_##SYMBOL] = SPAN(name),
	S3_HEADERS(HEADER)
#undef HEADER
};

static const struct span params[S3_PARAM_COUNT] = {
#define PARAM(SYMBOL, name) [S3_PARAM_##SYMBOL] = SPAN(name),
	S3_PARAMS(PARAM)
#undef PARAM
};

/* Halves a list of names in the order of their bytes; count where there is none such. */
static size_t find(const struct span names[], size_t count, struct span name)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = span_compare(name, names[middle]);

		if (order == 0)
			return middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return count;
}

enum s3_header s3_header_find(struct span name)
{
	uint8_t lower[NAME_MAX_LEN];

	if (name.len > sizeof(lower))
		return S3_HEADER_COUNT;
	for (size_t i = 0; i < name.len; i++) {
		uint8_t c = span_bytes(name)[i];

		lower[i] = ascii_lower(c);
	}
	return (enum s3_header)find(headers, S3_HEADER_COUNT, (struct span){ lower, name.len });
}

enum s3_param s3_param_find(struct span name)
{
	return (enum s3_param)find(params, S3_PARAM_COUNT, name);
}
