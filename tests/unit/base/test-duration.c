/* SPDX-License-Identifier: Apache-2.0 */
#include "base/duration.h"

#undef NDEBUG
#include <assert.h>

#define HOUR 3600
#define DAY  (24 * HOUR)

static const struct {
	const char *text;
	uint64_t seconds;
} spans[] = {
	{ "0", 0 },
	{ "90", 90 },
	{ "7d", 7 * DAY },
	{ "12h", 12 * HOUR },
	{ "30min", 1800 },
	{ "30m", 1800 },
	{ "2 weeks", 14 * DAY },
	{ "1h 30min", HOUR + 1800 },
	{ "1h30min", HOUR + 1800 },
	{ " 1 day  6 hours ", DAY + 6 * HOUR },
	{ "1month", 2629800 },
	{ "1M", 2629800 },
	{ "1y", 31557600 },
	{ "1s 1", 2 },
};

static const char *const none[] = {
	"",
	" ",
	"d",
	"-1d",
	"+1d",
	"1.5h",
	"1x",
	"1D",
	"7dd",
	"h 1",
	"1,5",
	"1h-",
	"1\t",
	"1ms",
	"18446744073709551616",
	"600y",
	"18446744073709551615w",
	"18446744073709551615 1",
};

static void test_spans_are_read_as_systemd_writes_them(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(spans); i++) {
		uint64_t ns = 1;

		assert(duration_parse(span_from_string(spans[i].text), &ns));
		assert(ns == spans[i].seconds * NS_PER_S);
	}
}

static void test_what_is_none_is_refused(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		uint64_t ns = 1;

		assert(!duration_parse(span_from_string(none[i]), &ns) && ns == 1);
	}
	assert(!duration_parse(SPAN("1h\0"), &(uint64_t){ 0 }));
}

int main(void)
{
	test_spans_are_read_as_systemd_writes_them();
	test_what_is_none_is_refused();
	return 0;
}
