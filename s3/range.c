/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/range.h"

/* What stands behind `bytes=`, or SPAN_NONE. The unit has no case (RFC 9110, 14.1). */
static struct span strip_unit(struct span header)
{
	header = span_trim(header);
	if (!span_starts_with_nocase(header, SPAN("bytes")))
		return SPAN_NONE;
	header = span_trim(span_skip(header, 5));
	if (!header.len || span_bytes(header)[0] != '=')
		return SPAN_NONE;
	return span_trim(span_skip(header, 1));
}

/* Digits only; a number that is too large for us is larger than every object. */
static bool parse_position(struct span text, uint64_t *ret)
{
	if (!text.len)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (span_bytes(text)[i] < '0' || span_bytes(text)[i] > '9')
			return false;
	if (!span_to_u64(text, ret))
		*ret = UINT64_MAX;
	return true;
}

/* "-n": the last n bytes. */
static int parse_suffix(struct span text, uint64_t size, struct range *ret)
{
	uint64_t n;

	if (!parse_position(text, &n))
		return RANGE_IGNORED;
	if (n == 0 || size == 0)
		return RANGE_UNSATISFIABLE;
	n = MIN(n, size);
	*ret = (struct range){ .offset = size - n, .len = n };
	return RANGE_OK;
}

int range_parse(struct span header, uint64_t size, struct range *ret)
{
	struct span first, last = span_cut(strip_unit(header), '-', &first);
	uint64_t from, to = UINT64_MAX;

	if (span_is_none(last))
		return RANGE_IGNORED;
	first = span_trim(first);
	last = span_trim(last);
	if (!first.len)
		return parse_suffix(last, size, ret);
	if (!parse_position(first, &from) || (last.len && !parse_position(last, &to)) || to < from)
		return RANGE_IGNORED;
	if (from >= size)
		return RANGE_UNSATISFIABLE;
	to = MIN(to, size - 1);
	*ret = (struct range){ .offset = from, .len = to - from + 1 };
	return RANGE_OK;
}

int range_parse_copy_source(struct span header, uint64_t size, struct range *ret)
{
	struct span first, last;
	uint64_t from, to;

	if (!span_starts_with(header, SPAN("bytes=")))
		return RANGE_MALFORMED;
	last = span_cut(span_skip(header, 6), '-', &first);
	if (!span_to_u64(first, &from) || !span_to_u64(last, &to) || to < from)
		return RANGE_MALFORMED;
	if (to >= size)
		return RANGE_UNSATISFIABLE;
	*ret = (struct range){ .offset = from, .len = to - from + 1 };
	return RANGE_OK;
}
