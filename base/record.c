/* SPDX-License-Identifier: Apache-2.0 */
#include "base/record.h"

#include <stdarg.h>
#include <stdio.h>

/* What the end of any text and of the line needs: dots, a quote, a brace, a line feed. */
#define RESERVE 8

static bool has_room(const struct record *r, size_t n)
{
	return r->len + n + RESERVE <= sizeof(r->text);
}

/* Into the room that was asked for, or into the reserve. */
static void put(struct record *r, const char *bytes, size_t n)
{
	memcpy(r->text + r->len, bytes, n);
	r->len += n;
}

static void put_string(struct record *r, const char *s)
{
	put(r, s, strlen(s));
}

/* What stands before a value of at most `n` bytes. False: there is no room for the field. */
static bool put_name(struct record *r, const char *name, size_t n)
{
	if (!has_room(r, strlen(name) + sizeof(",\"\":") + n))
		return false;
	put_string(r, r->form == RECORD_JSON ? ",\"" : " ");
	put_string(r, name);
	put_string(r, r->form == RECORD_JSON ? "\":" : "=");
	return true;
}

void record_begin(struct record *r, enum record_form form, const char *event)
{
	r->form = form;
	r->len = 0;
	if (form == RECORD_JSON)
		put_string(r, "{\"event\":\"");
	put_string(r, event);
	if (form == RECORD_JSON)
		put_string(r, "\"");
}

/* --- texts -------------------------------------------------------------------------------- */

static bool is_plain(uint8_t c)
{
	return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '=';
}

/* Most are: nothing in it needs quotes, or is written in another way. */
static bool is_all_plain(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_plain(span_bytes(s)[i]))
			return false;
	return s.len > 0;
}

/* The bytes of a character of UTF-8 by its first one. */
static size_t utf8_len(uint8_t first)
{
	return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

#define ESCAPED_MAX 8

static size_t escape(char out[static ESCAPED_MAX], const char *format, ...) printf_like(2, 3);
static size_t escape(char out[static ESCAPED_MAX], const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(out, ESCAPED_MAX, format, args);
	va_end(args);
	return (size_t)n;
}

/* One character as it may stand in JSON; `utf8`: s begins with a whole one. How many bytes it had. */
static size_t escape_json(struct span s, bool utf8, char out[static ESCAPED_MAX], size_t *ret_len)
{
	const uint8_t *c = span_bytes(s);
	size_t n = utf8 ? utf8_len(*c) : 1;

	/* U+0080 to U+009F steer terminals, as control characters do. */
	if (n == 2 && c[0] == 0xc2 && c[1] < 0xa0)
		*ret_len = escape(out, "\\u%04x", c[1]);
	else if (n == 1 && (*c < ' ' || *c >= 0x7f))
		*ret_len = escape(out, "\\u%04x", *c);
	else if (*c == '"' || *c == '\\')
		*ret_len = escape(out, "\\%c", *c);
	else
		memcpy(out, c, *ret_len = n);
	return n;
}

static size_t escape_kv(struct span s, char out[static ESCAPED_MAX], size_t *ret_len)
{
	uint8_t c = *span_bytes(s);

	if (c == '"' || c == '\\')
		*ret_len = escape(out, "\\%c", c);
	else if (c < ' ' || c >= 0x7f)
		*ret_len = escape(out, "\\x%02x", c);
	else
		out[0] = (char)c, *ret_len = 1;
	return 1;
}

static void put_escaped(struct record *r, struct span s)
{
	bool utf8 = r->form == RECORD_JSON && span_is_utf8(s);

	while (s.len) {
		char one[ESCAPED_MAX];
		size_t len, n = r->form == RECORD_JSON ? escape_json(s, utf8, one, &len)
						       : escape_kv(s, one, &len);

		if (!has_room(r, len)) {
			put_string(r, "...");
			return;
		}
		put(r, one, len);
		s = span_skip(s, n);
	}
}

void record_text(struct record *r, const char *name, struct span value)
{
	bool plain = is_all_plain(value), quoted = !plain || r->form == RECORD_JSON;

	if (!put_name(r, name, 1))
		return;
	if (quoted)
		put_string(r, "\"");
	if (plain && has_room(r, value.len))
		put(r, value.data, value.len);
	else
		put_escaped(r, value);
	if (quoted)
		put_string(r, "\"");
}

void record_string(struct record *r, const char *name, const char *value)
{
	record_text(r, name, span_from_string(value));
}

/* --- the others --------------------------------------------------------------------------- */

#define NUMBER_MAX 32

/* Digits from the right end of the text, at least so many; printf(3) takes three times as long. */
static char *digits(char *to, uint64_t value, unsigned int least)
{
	for (; value || least; value /= 10, least -= least > 0)
		*--to = (char)('0' + value % 10);
	return to;
}

static void put_number(struct record *r, const char *name, const char *from, const char *to)
{
	if (put_name(r, name, (size_t)(to - from)))
		put(r, from, (size_t)(to - from));
}

void record_number(struct record *r, const char *name, uint64_t value)
{
	char text[NUMBER_MAX], *end = text + sizeof(text);

	put_number(r, name, digits(end, value, 1), end);
}

void record_ms(struct record *r, const char *name, uint64_t ns)
{
	uint64_t us = ns / NS_PER_US;
	char text[NUMBER_MAX], *end = text + sizeof(text), *at = digits(end, us % 1000, 3);

	*--at = '.';
	put_number(r, name, digits(at, us / 1000, 1), end);
}

void record_true(struct record *r, const char *name)
{
	if (put_name(r, name, sizeof("true")))
		put_string(r, "true");
}

struct span record_end(struct record *r)
{
	put_string(r, r->form == RECORD_JSON ? "}\n" : "\n");
	return (struct span){ r->text, r->len };
}
