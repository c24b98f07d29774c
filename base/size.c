/* SPDX-License-Identifier: Apache-2.0 */
#include "base/size.h"

static const struct {
	const char *name;
	uint64_t bytes;
} units[] = {
	{ "", 1 },	{ "B", 1 },	{ "bytes", 1 },	     { "KiB", KIB },
	{ "MiB", MIB }, { "GiB", GIB }, { "TiB", KIB *GIB },
};

static size_t count_digits(struct span text)
{
	const uint8_t *at = text.data;
	size_t n = 0;

	while (n < text.len && at[n] >= '0' && at[n] <= '9')
		n++;
	return n;
}

bool size_parse(struct span text, uint64_t *ret)
{
	struct span trimmed = span_trim(text), unit;
	size_t n = count_digits(trimmed);
	uint64_t number, bytes;

	if (!n || !span_to_u64(span_first(trimmed, n), &number))
		return false;
	unit = span_trim(span_skip(trimmed, n));
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (span_equal_nocase(unit, span_from_string(units[i].name))) {
			if (__builtin_mul_overflow(number, units[i].bytes, &bytes))
				return false;
			*ret = bytes;
			return true;
		}
	return false;
}
