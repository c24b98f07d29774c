/* SPDX-License-Identifier: Apache-2.0 */
#include "base/duration.h"

#define MINUTE 60
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define WEEK   (7 * DAY)
/* As systemd.time(7) has them: a twelfth of the other, and 365.25 days. */
#define MONTH 2629800
#define YEAR  31557600

static const struct {
	const char *name;
	uint64_t seconds;
} units[] = {
	{ "", 1 },	     { "s", 1 },	   { "sec", 1 },
	{ "second", 1 },     { "seconds", 1 },	   { "m", MINUTE },
	{ "min", MINUTE },   { "minute", MINUTE }, { "minutes", MINUTE },
	{ "h", HOUR },	     { "hr", HOUR },	   { "hour", HOUR },
	{ "hours", HOUR },   { "d", DAY },	   { "day", DAY },
	{ "days", DAY },     { "w", WEEK },	   { "week", WEEK },
	{ "weeks", WEEK },   { "M", MONTH },	   { "month", MONTH },
	{ "months", MONTH }, { "y", YEAR },	   { "year", YEAR },
	{ "years", YEAR },
};

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static size_t count_while(struct span s, bool digits)
{
	size_t n = 0;

	while (n < s.len && span_bytes(s)[n] != ' ' && is_digit(span_bytes(s)[n]) == digits)
		n++;
	return n;
}

static struct span skip_blanks(struct span s)
{
	while (s.len && span_bytes(s)[0] == ' ')
		s = span_skip(s, 1);
	return s;
}

static bool find_unit(struct span name, uint64_t *ret_seconds)
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (span_equal(name, span_from_string(units[i].name))) {
			*ret_seconds = units[i].seconds;
			return true;
		}
	return false;
}

/* Cuts the first number with its unit off *rest. */
static bool take_one(struct span *rest, uint64_t *ret_seconds)
{
	size_t digits = count_while(*rest, true), letters;
	uint64_t n, unit;
	struct span s;

	if (!span_to_u64(span_first(*rest, digits), &n))
		return false;
	s = skip_blanks(span_skip(*rest, digits));
	letters = count_while(s, false);
	if (!find_unit(span_first(s, letters), &unit) ||
	    __builtin_mul_overflow(n, unit, ret_seconds))
		return false;
	*rest = skip_blanks(span_skip(s, letters));
	return true;
}

bool duration_parse(struct span text, uint64_t *ret_ns)
{
	struct span rest = skip_blanks(text);
	uint64_t sum = 0, seconds, ns;

	do {
		if (!take_one(&rest, &seconds) || __builtin_add_overflow(sum, seconds, &sum))
			return false;
	} while (rest.len);
	if (__builtin_mul_overflow(sum, NS_PER_S, &ns))
		return false;
	*ret_ns = ns;
	return true;
}
