/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/xml.h"

/* What a byte of character data must become, or NULL where it may stay. */
static const char *entity(uint8_t c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\r':
		/* Readers turn a bare one into a line feed. */
		return "&#xD;";
	default:
		return NULL;
	}
}

static bool is_control(uint8_t c)
{
	return c < ' ' && c != '\t' && c != '\n' && c != '\r';
}

/* U+FFFE and U+FFFF, the last two of EF BF xx. */
static bool is_noncharacter(const uint8_t *p, size_t len)
{
	return len >= 3 && p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe;
}

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

static void valid_text(struct buffer *b, struct span s, bool exact)
{
	const uint8_t *p = s.data;
	size_t kept = 0;

	for (size_t i = 0; i < s.len; i++) {
		const char *replacement = entity(p[i]);
		size_t n = is_noncharacter(p + i, s.len - i) ? 3 : 1;

		if (!replacement && !is_control(p[i]) && n == 1)
			continue;
		buffer_append(b, (struct span){ p + kept, i - kept });
		if (replacement || !exact)
			buffer_append_string(b, replacement ? replacement : REPLACEMENT);
		else
			buffer_printf(b, "&#x%X;", n == 3 ? 0xffc0u | (p[i + 2] & 0x3fu) : p[i]);
		kept = i + n;
		i = kept - 1;
	}
	buffer_append(b, (struct span){ p + kept, s.len - kept });
}

/* Length of the well-formed character that s begins with, or 0. */
static size_t first_character(struct span s)
{
	for (size_t n = 1; n <= MIN(s.len, (size_t)4); n++)
		if (span_is_utf8(span_first(s, n)))
			return n;
	return 0;
}

/* Whether it can stand as it is, as nearly every text can. Without a way out, so that it is done in
 * vectors. */
static bool is_plain(struct span s)
{
	const uint8_t *p = s.data;
	unsigned int other = 0;

	for (size_t i = 0; i < s.len; i++)
		other |= (unsigned int)(p[i] < ' ' || p[i] >= 0x80 || p[i] == '&' || p[i] == '<' ||
					p[i] == '>' || p[i] == '"');
	return !other;
}

static void any_text(struct buffer *b, struct span s, bool exact)
{
	if (!s.len)
		return;
	if (is_plain(s)) {
		buffer_append(b, s);
		return;
	}
	if (span_is_utf8(s)) {
		valid_text(b, s, exact);
		return;
	}
	while (s.len) {
		size_t n = first_character(s);

		if (n)
			valid_text(b, span_first(s, n), exact);
		else
			buffer_append_string(b, REPLACEMENT);
		s = span_skip(s, MAX(n, (size_t)1));
	}
}

void xml_text(struct buffer *b, struct span s)
{
	any_text(b, s, false);
}

void xml_text_exact(struct buffer *b, struct span s)
{
	any_text(b, s, true);
}

void xml_open(struct buffer *b, const char *name)
{
	buffer_append_byte(b, '<');
	buffer_append_string(b, name);
	buffer_append_byte(b, '>');
}

void xml_close(struct buffer *b, const char *name)
{
	buffer_append_string(b, "</");
	buffer_append_string(b, name);
	buffer_append_byte(b, '>');
}

void xml_element(struct buffer *b, const char *name, struct span text)
{
	xml_open(b, name);
	xml_text(b, text);
	xml_close(b, name);
}

void xml_element_string(struct buffer *b, const char *name, const char *text)
{
	xml_element(b, name, span_from_string(text));
}

void xml_element_u64(struct buffer *b, const char *name, uint64_t value)
{
	xml_open(b, name);
	buffer_append_u64(b, value);
	xml_close(b, name);
}

void xml_element_bool(struct buffer *b, const char *name, bool value)
{
	xml_element_string(b, name, value ? "true" : "false");
}
