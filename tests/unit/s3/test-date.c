/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/date.h"

#undef NDEBUG
#include <assert.h>
#include <time.h>

static void test_the_three_forms_of_http(void)
{
	static const char *const forms[] = {
		"Sun, 06 Nov 1994 08:49:37 GMT",
		"Sunday, 06-Nov-94 08:49:37 GMT",
		"Sun Nov  6 08:49:37 1994",
		"  Sun, 06 Nov 1994 08:49:37 GMT ",
	};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		int64_t s = 0;

		assert(date_parse_http(span_from_string(forms[i]), &s) && s == 784111777);
	}
}

static void test_what_is_no_date_is_refused(void)
{
	static const char *const bad[] = {
		"",
		"now",
		"784111777",
		"Sun, 06 Nov 1994 08:49:37",
		"Sun, 06 Nov 1994 08:49:37 UTC",
		"Sun, 06 Nov 1994 08:49:37 GMT+1",
		"Sun, 6 Nov 1994 08:49:37 GMT",
		"Sun, 06 nov 1994 08:49:37 GMT",
		"Sun, 31 Nov 1994 08:49:37 GMT",
		"Sun, 00 Nov 1994 08:49:37 GMT",
		"Sun, 29 Feb 1900 08:49:37 GMT",
		"Sun, 06 Nov 1994 24:00:00 GMT",
		"Sun, 06 Nov 1994 08:60:37 GMT",
		"Sun, 06 Nov 1994 08:49:61 GMT",
		"Sun, 06 Nov 0000 08:49:37 GMT",
		"Sun, 06 Nov 19940 08:49:37 GMT",
		"Xxx, 06 Nov 1994 08:49:37 GMT",
		"Sun, +6 Nov 1994 08:49:37 GMT",
		"Sunday, 06-Nov-1994 08:49:37 GMT",
		"Sun Nov 6 08:49:37 1994",
		"Sun Nov 06 08:49:37 94",
		"2026-11-22T01:02:03Z",
		"20261122T010203Z",
	};
	int64_t s = 77;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert(!date_parse_http(span_from_string(bad[i]), &s) && s == 77);
}

static void test_odd_days_exist(void)
{
	int64_t s;

	assert(date_parse_http(SPAN("Tue, 29 Feb 2000 00:00:00 GMT"), &s) && s == 951782400);
	assert(date_parse_http(SPAN("Thu, 01 Jan 1970 00:00:00 GMT"), &s) && s == 0);
	assert(date_parse_http(SPAN("Wed, 31 Dec 1969 23:59:59 GMT"), &s) && s == -1);
	assert(date_parse_http(SPAN("Fri, 31 Dec 9999 23:59:59 GMT"), &s) && s == 253402300799);
	assert(date_parse_http(SPAN("Mon, 01 Jan 0001 00:00:00 GMT"), &s) && s == -62135596800);
	assert(date_parse_http(SPAN("Sat, 31 Dec 2016 23:59:60 GMT"), &s) && s == 1483228800);
}

static void test_two_digits_of_a_year_are_of_our_time(void)
{
	int64_t s;

	assert(date_parse_http(SPAN("Thursday, 01-Jan-70 00:00:00 GMT"), &s) && s == 0);
	assert(date_parse_http(SPAN("Tuesday, 31-Dec-69 23:59:59 GMT"), &s) && s == 3155759999);
}

static void test_basic_dates_are_exact(void)
{
	static const char *const bad[] = {
		"",
		"20261122T010203",
		"20261122T010203z",
		"20261122010203Z",
		"20261122T0102Z",
		"20261322T010203Z",
		"20260229T010203Z",
		"20261122T010203ZZ",
		"2026112 T010203Z",
		"2026-11-22T01:02:03Z",
		" 20261122T010203Z",
	};
	int64_t s = 77;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert(!date_parse_basic(span_from_string(bad[i]), &s) && s == 77);
	assert(date_parse_basic(SPAN("20261122T010203Z"), &s) && s == 1795309323);
}

static void test_iso_dates_carry_fractions(void)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} good[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1970-01-01T00:00:01.5Z", 1500000000 },
		{ "1970-01-01T00:00:00.001Z", 1000000 },
		{ "1970-01-01T00:00:00.000000001Z", 1 },
		{ "2026-11-22T01:02:03.123Z", 1795309323123000000 },
	};
	static const char *const bad[] = {
		"1970-01-01T00:00:00",
		"1970-01-01T00:00:00.Z",
		"1970-01-01 00:00:00Z",
		"1970-01-01T00:00:00.0000000001Z",
		"1969-12-31T23:59:59Z",
		"9999-12-31T23:59:59Z",
		"1970-01-01T00:00:00+00:00",
		"1970-1-1T00:00:00Z",
		"",
	};
	uint64_t ns = 77;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert(!date_parse_iso8601(span_from_string(bad[i]), &ns) && ns == 77);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert(date_parse_iso8601(span_from_string(good[i].text), &ns));
		assert(ns == good[i].ns);
	}
}

static void test_loose_iso_dates_are_utc_unless_they_say_so(void)
{
	static const struct {
		const char *text;
		int64_t s;
	} good[] = {
		{ "2026-12-22T01:50:40+00:00", 1797904240 },
		{ "2026-12-22T01:50:40", 1797904240 },
		{ "2026-12-22 01:50:40Z", 1797904240 },
		{ "2026-12-22T01:50:40.999999", 1797904240 },
		{ "2026-12-22T01:50:40.123456+00:00", 1797904240 },
		{ "2026-12-22T03:50:40+02:00", 1797904240 },
		{ "2026-12-21T22:20:40-0330", 1797904240 },
		{ "2026-12-22", 1797897600 },
		{ "1969-12-31T23:59:59", -1 },
		{ "9999-12-31T23:59:59Z", 253402300799 },
	};
	static const char *const bad[] = {
		"",
		"2026",
		"2026-12-22T",
		"2026-12-22T01:50",
		"2026-13-22T01:50:40",
		"2026-12-22T25:50:40",
		"2026-12-22x01:50:40",
		"2026-12-22T01:50:40.",
		"2026-12-22T01:50:40+",
		"2026-12-22T01:50:40+2:00",
		"2026-12-22T01:50:40+24:00",
		"2026-12-22T01:50:40+00:60",
		"2026-12-22T01:50:40ZZ",
		"2026-12-22T01:50:40 ",
		" 2026-12-22",
		"22.12.2026",
	};
	int64_t s = 77;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert(!date_parse_iso8601_loose(span_from_string(bad[i]), &s) && s == 77);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert(date_parse_iso8601_loose(span_from_string(good[i].text), &s));
		assert(s == good[i].s);
	}
}

static void test_every_form_is_written(void)
{
	char b[DATE_TEXT_MAX];

	assert(!strcmp(date_format_http(784111777, b), "Sun, 06 Nov 1994 08:49:37 GMT"));
	assert(!strcmp(date_format_basic(1795309323, b), "20261122T010203Z"));
	assert(!strcmp(date_format_day(1795309323, b), "20261122"));
	assert(!strcmp(date_format_iso8601(1795309323123999999, b), "2026-11-22T01:02:03.123Z"));
	assert(!strcmp(date_format_iso8601_us(1795309323123456999, b),
		       "2026-11-22T01:02:03.123456Z"));
	assert(!strcmp(date_format_iso8601_s(1795309323, b), "2026-11-22T01:02:03Z"));
	assert(!strcmp(date_format_iso8601_s(253402300799, b), "9999-12-31T23:59:59Z"));
	assert(!strcmp(date_format_iso8601_us(0, b), "1970-01-01T00:00:00.000000Z"));
	assert(!strcmp(date_format_iso8601(0, b), "1970-01-01T00:00:00.000Z"));
}

static void test_times_outside_are_shown_as_the_nearest_inside(void)
{
	char b[DATE_TEXT_MAX];

	assert(!strcmp(date_format_http(-1, b), "Thu, 01 Jan 1970 00:00:00 GMT"));
	assert(!strcmp(date_format_http(INT64_MAX, b), "Fri, 31 Dec 9999 23:59:59 GMT"));
	assert(!strcmp(date_format_http(INT64_MIN, b), "Thu, 01 Jan 1970 00:00:00 GMT"));
	assert(strlen(date_format_iso8601(UINT64_MAX, b)) == 24);
}

/* Against the C library, which the processes may not ask: every 11th day, some 400 years. */
static void test_the_calendar_is_that_of_the_c_library(void)
{
	for (int64_t s = 0; s < 400 * 366 * INT64_C(86400); s += 11 * 86400 + 3607) {
		char ours[DATE_TEXT_MAX], theirs[DATE_TEXT_MAX];
		time_t t = (time_t)s;
		struct tm tm;
		int64_t back;

		assert(gmtime_r(&t, &tm));
		strftime(theirs, sizeof(theirs), "%a, %d %b %Y %H:%M:%S GMT", &tm);
		assert(!strcmp(date_format_http(s, ours), theirs));
		assert(date_parse_http(span_from_string(ours), &back) && back == s);
		assert(date_parse_basic(span_from_string(date_format_basic(s, ours)), &back));
		assert(back == s);
	}
}

int main(void)
{
	test_the_three_forms_of_http();
	test_what_is_no_date_is_refused();
	test_odd_days_exist();
	test_two_digits_of_a_year_are_of_our_time();
	test_basic_dates_are_exact();
	test_iso_dates_carry_fractions();
	test_loose_iso_dates_are_utc_unless_they_say_so();
	test_every_form_is_written();
	test_times_outside_are_shown_as_the_nearest_inside();
	test_the_calendar_is_that_of_the_c_library();
	return 0;
}
