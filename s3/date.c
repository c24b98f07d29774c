/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/date.h"

#define S_PER_DAY    86400
#define DAYS_PER_ERA 146097 /* 400 years: the calendar repeats, weekdays included */
#define DAYS_TO_1970 719468 /* from 0000-03-01, where the eras begin */
#define LAST_SECOND  INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

static const char month_names[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
static const char day_names[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char *const long_day_names[7] = { "Sunday",   "Monday", "Tuesday", "Wednesday",
					       "Thursday", "Friday", "Saturday" };

struct civil {
	unsigned int year, month, day; /* month and day from 1 */
	unsigned int hour, minute, second;
};

static bool is_leap(unsigned int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned int days_in_month(unsigned int year, unsigned int month)
{
	static const uint8_t days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/*
 * Years are counted from March, so that the day that leap years add is the last of them; the months
 * from there have lengths that (153 * n + 2) / 5 sums up.
 */
static int64_t days_from_civil(const struct civil *c)
{
	int64_t year = (int64_t)c->year - (c->month <= 2);
	int64_t era = year / 400, of_era = year % 400;
	int64_t month = c->month > 2 ? c->month - 3 : c->month + 9;
	int64_t of_year = (153 * month + 2) / 5 + c->day - 1;

	return era * DAYS_PER_ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
	       DAYS_TO_1970;
}

static struct civil civil_from_seconds(int64_t s)
{
	int64_t days, era, of_era, year, of_year, month, rest;
	struct civil c;

	s = s < 0 ? 0 : MIN(s, LAST_SECOND);
	days = s / S_PER_DAY + DAYS_TO_1970;
	rest = s % S_PER_DAY;
	era = days / DAYS_PER_ERA;
	of_era = days % DAYS_PER_ERA;
	year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	of_year = of_era - (365 * year + year / 4 - year / 100);
	month = (5 * of_year + 2) / 153;
	c.day = (unsigned int)(of_year - (153 * month + 2) / 5 + 1);
	c.month = (unsigned int)(month < 10 ? month + 3 : month - 9);
	c.year = (unsigned int)(year + era * 400 + (c.month <= 2));
	c.hour = (unsigned int)(rest / 3600);
	c.minute = (unsigned int)(rest / 60 % 60);
	c.second = (unsigned int)(rest % 60);
	return c;
}

/* A second of 60 is a leap second, which is the first of the next minute here. */
static bool seconds_from_civil(const struct civil *c, int64_t *ret)
{
	if (c->year == 0 || c->month < 1 || c->month > 12 || c->day < 1 ||
	    c->day > days_in_month(c->year, c->month))
		return false;
	if (c->hour > 23 || c->minute > 59 || c->second > 60)
		return false;
	*ret = days_from_civil(c) * S_PER_DAY + c->hour * 3600 + c->minute * 60 + c->second;
	return true;
}

/* The takers cut from the front of *s, or leave it and say false. */
static bool take(struct span *s, const char *literal)
{
	struct span l = span_from_string(literal);

	if (!span_starts_with(*s, l))
		return false;
	*s = span_skip(*s, l.len);
	return true;
}

static bool take_number(struct span *s, size_t digits, unsigned int *ret)
{
	uint64_t n;

	if (s->len < digits || !span_to_u64(span_first(*s, digits), &n))
		return false;
	*s = span_skip(*s, digits);
	*ret = (unsigned int)n;
	return true;
}

static bool take_month(struct span *s, unsigned int *ret)
{
	for (unsigned int i = 0; i < 12; i++) {
		if (take(s, month_names[i])) {
			*ret = i + 1;
			return true;
		}
	}
	return false;
}

static bool take_day_name(struct span *s)
{
	for (unsigned int i = 0; i < 7; i++)
		if (take(s, day_names[i]))
			return true;
	return false;
}

static bool take_long_day_name(struct span *s)
{
	for (unsigned int i = 0; i < 7; i++)
		if (take(s, long_day_names[i]))
			return true;
	return false;
}

static bool take_time(struct span *s, struct civil *c)
{
	return take_number(s, 2, &c->hour) && take(s, ":") && take_number(s, 2, &c->minute) &&
	       take(s, ":") && take_number(s, 2, &c->second);
}

/* Sun, 06 Nov 1994 08:49:37 GMT */
static bool parse_rfc1123(struct span s, struct civil *c)
{
	return take_day_name(&s) && take(&s, ", ") && take_number(&s, 2, &c->day) &&
	       take(&s, " ") && take_month(&s, &c->month) && take(&s, " ") &&
	       take_number(&s, 4, &c->year) && take(&s, " ") && take_time(&s, c) &&
	       take(&s, " GMT") && !s.len;
}

/* Sunday, 06-Nov-94 08:49:37 GMT */
static bool parse_rfc850(struct span s, struct civil *c)
{
	if (!take_long_day_name(&s) || !take(&s, ", ") || !take_number(&s, 2, &c->day) ||
	    !take(&s, "-") || !take_month(&s, &c->month) || !take(&s, "-") ||
	    !take_number(&s, 2, &c->year) || !take(&s, " ") || !take_time(&s, c) ||
	    !take(&s, " GMT") || s.len)
		return false;
	c->year += c->year < 70 ? 2000 : 1900;
	return true;
}

/* Sun Nov  6 08:49:37 1994 */
static bool parse_asctime(struct span s, struct civil *c)
{
	if (!take_day_name(&s) || !take(&s, " ") || !take_month(&s, &c->month) || !take(&s, " "))
		return false;
	if (!take_number(&s, take(&s, " ") ? 1 : 2, &c->day))
		return false;
	return take(&s, " ") && take_time(&s, c) && take(&s, " ") && take_number(&s, 4, &c->year) &&
	       !s.len;
}

bool date_parse_http(struct span text, int64_t *ret_s)
{
	struct civil c = { 0 };

	text = span_trim(text);
	/* Of most requests, which have none. */
	if (!text.len)
		return false;
	if (!parse_rfc1123(text, &c) && !parse_rfc850(text, &c) && !parse_asctime(text, &c))
		return false;
	return seconds_from_civil(&c, ret_s);
}

bool date_parse_basic(struct span s, int64_t *ret_s)
{
	struct civil c = { 0 };

	if (!take_number(&s, 4, &c.year) || !take_number(&s, 2, &c.month) ||
	    !take_number(&s, 2, &c.day) || !take(&s, "T") || !take_number(&s, 2, &c.hour) ||
	    !take_number(&s, 2, &c.minute) || !take_number(&s, 2, &c.second) || !take(&s, "Z") ||
	    s.len)
		return false;
	return seconds_from_civil(&c, ret_s);
}

/* ".5" is half a second: each digit is worth a tenth of the one before. */
static bool take_fraction(struct span *s, uint64_t *ret_ns)
{
	uint64_t worth = NS_PER_S, ns = 0;
	unsigned int digit;

	while (worth > 1 && take_number(s, 1, &digit)) {
		worth /= 10;
		ns += worth * digit;
	}
	*ret_ns = ns;
	return worth < NS_PER_S;
}

static bool take_date(struct span *s, struct civil *c)
{
	return take_number(s, 4, &c->year) && take(s, "-") && take_number(s, 2, &c->month) &&
	       take(s, "-") && take_number(s, 2, &c->day);
}

bool date_parse_iso8601(struct span s, uint64_t *ret_ns)
{
	struct civil c = { 0 };
	uint64_t fraction = 0, ns;
	int64_t seconds;

	if (!take_date(&s, &c) || !take(&s, "T") || !take_time(&s, &c))
		return false;
	if (take(&s, ".") && !take_fraction(&s, &fraction))
		return false;
	if (!take(&s, "Z") || s.len || !seconds_from_civil(&c, &seconds) || seconds < 0)
		return false;
	if (__builtin_mul_overflow((uint64_t)seconds, NS_PER_S, &ns) ||
	    __builtin_add_overflow(ns, fraction, &ns))
		return false;
	*ret_ns = ns;
	return true;
}

/* Z, +02:00, -0330, or nothing. */
static bool take_offset(struct span *s, int64_t *ret_s)
{
	unsigned int hours, minutes;
	int sign = 1;

	*ret_s = 0;
	if (!s->len || take(s, "Z"))
		return true;
	if (take(s, "-"))
		sign = -1;
	else if (!take(s, "+"))
		return false;
	if (!take_number(s, 2, &hours))
		return false;
	take(s, ":");
	if (!take_number(s, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ret_s = sign * ((int64_t)hours * 3600 + (int64_t)minutes * 60);
	return true;
}

bool date_parse_iso8601_loose(struct span s, int64_t *ret_s)
{
	struct civil c = { 0 };
	int64_t seconds, offset = 0;
	uint64_t fraction;

	if (!take_date(&s, &c))
		return false;
	if (s.len) {
		if ((!take(&s, "T") && !take(&s, " ")) || !take_time(&s, &c))
			return false;
		if (take(&s, ".") && !take_fraction(&s, &fraction))
			return false;
		if (!take_offset(&s, &offset) || s.len)
			return false;
	}
	if (!seconds_from_civil(&c, &seconds))
		return false;
	*ret_s = seconds - offset;
	return true;
}

/* --- the other way ------------------------------------------------------------------------ */

/* Without printf, which takes ten times as long, and several of these stand in each answer. */
static char *put_number(char *to, unsigned int value, size_t digits)
{
	for (size_t i = digits; i > 0; i--) {
		to[i - 1] = (char)('0' + value % 10);
		value /= 10;
	}
	return to + digits;
}

static char *put_date(char *to, const struct civil *c, const char *between)
{
	to = stpcpy(put_number(to, c->year, 4), between);
	to = stpcpy(put_number(to, c->month, 2), between);
	return put_number(to, c->day, 2);
}

static char *put_time(char *to, const struct civil *c, const char *between)
{
	to = stpcpy(put_number(to, c->hour, 2), between);
	to = stpcpy(put_number(to, c->minute, 2), between);
	return put_number(to, c->second, 2);
}

const char *date_format_http(int64_t s, char buf[static DATE_TEXT_MAX])
{
	struct civil c = civil_from_seconds(s);
	char *to;

	/* The first of January 1970 was a Thursday. */
	to = stpcpy(stpcpy(buf, day_names[(days_from_civil(&c) + 4) % 7]), ", ");
	to = stpcpy(put_number(to, c.day, 2), " ");
	to = stpcpy(stpcpy(to, month_names[c.month - 1]), " ");
	to = stpcpy(put_number(to, c.year, 4), " ");
	strcpy(put_time(to, &c, ":"), " GMT");
	return buf;
}

const char *date_format_basic(int64_t s, char buf[static DATE_TEXT_MAX])
{
	struct civil c = civil_from_seconds(s);

	strcpy(put_time(stpcpy(put_date(buf, &c, ""), "T"), &c, ""), "Z");
	return buf;
}

const char *date_format_day(int64_t s, char buf[static DATE_TEXT_MAX])
{
	struct civil c = civil_from_seconds(s);

	*put_date(buf, &c, "") = '\0';
	return buf;
}

static char *put_iso8601(char *to, int64_t s)
{
	struct civil c = civil_from_seconds(s);

	return put_time(stpcpy(put_date(to, &c, "-"), "T"), &c, ":");
}

const char *date_format_iso8601_s(int64_t s, char buf[static DATE_TEXT_MAX])
{
	strcpy(put_iso8601(buf, s), "Z");
	return buf;
}

static const char *format_iso8601(uint64_t ns, size_t digits, unsigned int fraction,
				  char buf[static DATE_TEXT_MAX])
{
	char *to = stpcpy(put_iso8601(buf, (int64_t)(ns / NS_PER_S)), ".");

	strcpy(put_number(to, fraction, digits), "Z");
	return buf;
}

const char *date_format_iso8601(uint64_t ns, char buf[static DATE_TEXT_MAX])
{
	return format_iso8601(ns, 3, (unsigned int)(ns % NS_PER_S / NS_PER_MS), buf);
}

const char *date_format_iso8601_us(uint64_t ns, char buf[static DATE_TEXT_MAX])
{
	return format_iso8601(ns, 6, (unsigned int)(ns % NS_PER_S / 1000), buf);
}
