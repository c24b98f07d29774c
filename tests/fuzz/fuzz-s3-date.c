/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A date that is one is the same when it is written and read again, and the C library's calendar
 * says the same of it. A strict form is one of the loose ones, too.
 */

#undef NDEBUG
#include <assert.h>
#include <time.h>

#include "s3/date.h"

#define FIRST_SECOND (-INT64_C(62135596800)) /* of the year 1 */
#define LAST_SECOND  INT64_C(253402300800) /* of the year 9999: a leap second */
#define OFFSET_MAX   (24 * 60 * 60)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Written in that form, it is that second; those before 1970 and behind 9999 are not written. */
static bool is_written(int64_t s)
{
	return s >= 0 && s < LAST_SECOND;
}

static uint64_t digits(struct span text, size_t at, size_t n)
{
	uint64_t number;

	assert(span_to_u64(span_first(span_skip(text, at), n), &number));
	return number;
}

/* By the C library's reckoning, with the second of 60 that it has, too. */
static int64_t reckon(struct span text)
{
	struct tm tm = {
		.tm_year = (int)digits(text, 0, 4) - 1900,
		.tm_mon = (int)digits(text, 4, 2) - 1,
		.tm_mday = (int)digits(text, 6, 2),
		.tm_hour = (int)digits(text, 9, 2),
		.tm_min = (int)digits(text, 11, 2),
		.tm_sec = (int)digits(text, 13, 2),
	};

	return timegm(&tm);
}

static void check_basic(struct span text)
{
	char again[DATE_TEXT_MAX];
	int64_t s, back;

	if (!date_parse_basic(text, &s))
		return;
	assert(s == reckon(text));
	if (!is_written(s))
		return;
	assert(date_parse_basic(span_from_string(date_format_basic(s, again)), &back) && back == s);
	assert(digits(text, 13, 2) == 60 || span_equal(span_from_string(again), text));
}

static void check_http(struct span text)
{
	char again[DATE_TEXT_MAX];
	int64_t s, back;

	if (!date_parse_http(text, &s))
		return;
	assert(s >= FIRST_SECOND && s <= LAST_SECOND);
	if (is_written(s))
		assert(date_parse_http(span_from_string(date_format_http(s, again)), &back) &&
		       back == s);
}

static void check_iso8601(struct span text)
{
	char again[DATE_TEXT_MAX];
	uint64_t ns, back;
	int64_t s;

	if (!date_parse_iso8601(text, &ns))
		return;
	assert(date_parse_iso8601_loose(text, &s) && s == (int64_t)(ns / NS_PER_S));
	assert(date_parse_iso8601(span_from_string(date_format_iso8601_us(ns, again)), &back));
	assert(back == ns - ns % 1000);
	assert(date_parse_iso8601(span_from_string(date_format_iso8601(ns, again)), &back));
	assert(back == ns - ns % NS_PER_MS);
}

static void check_loose(struct span text)
{
	char again[DATE_TEXT_MAX];
	int64_t s, back;

	if (!date_parse_iso8601_loose(text, &s))
		return;
	assert(s > FIRST_SECOND - OFFSET_MAX && s < LAST_SECOND + OFFSET_MAX);
	if (is_written(s))
		assert(date_parse_iso8601_loose(span_from_string(date_format_iso8601_s(s, again)),
						&back) &&
		       back == s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { data ? data : (const uint8_t *)"", size };

	check_basic(text);
	check_http(text);
	check_iso8601(text);
	check_loose(text);
	return 0;
}
