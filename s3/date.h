/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Dates as text, in UTC and the proleptic Gregorian calendar, years 1 to 9999. No locale, no time zone
 * files: it works in a process that may not open any.
 */

#include "base/span.h"

#define DATE_TEXT_MAX 32	/* every form below and its NUL fit */

/* The three forms of HTTP (RFC 9110, 5.6.7): RFC 1123, RFC 850, asctime. Seconds since 1970. */
must_check bool date_parse_http(struct span text, int64_t *ret_s);

/* 20261122T010203Z, as in x-amz-date. */
must_check bool date_parse_basic(struct span text, int64_t *ret_s);

/* 2026-11-22T01:02:03Z, with a fraction of 1 to 9 digits or without. Nanoseconds since 1970. */
must_check bool date_parse_iso8601(struct span text, uint64_t *ret_ns);

/*
 * ISO 8601 as files of others have it: a date, or a date and a time with T or a blank between; a
 * fraction, which is dropped; Z, an offset such as +02:00, or neither, which is UTC. Seconds since
 * 1970, negative before.
 */
must_check bool date_parse_iso8601_loose(struct span text, int64_t *ret_s);

/* Each writes into buf and returns it, from 1970 to the last second of 9999: others are shown as these. */
const char *date_format_http(int64_t s, char buf[static DATE_TEXT_MAX]);
const char *date_format_basic(int64_t s, char buf[static DATE_TEXT_MAX]);	/* 20261122T010203Z */
const char *date_format_day(int64_t s, char buf[static DATE_TEXT_MAX]);		/* 20261122 */
const char *date_format_iso8601(uint64_t ns, char buf[static DATE_TEXT_MAX]);	/* ...:03.123Z */
const char *date_format_iso8601_s(int64_t s, char buf[static DATE_TEXT_MAX]);	/* ...:03Z */
const char *date_format_iso8601_us(uint64_t ns, char buf[static DATE_TEXT_MAX]); /* ...:03.123456Z */
