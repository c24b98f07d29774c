/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/headtext.h"

#define LINE_END SPAN("\r\n")

static bool ends_as_a_line(struct span s)
{
	return s.len >= LINE_END.len &&
	       memcmp(span_bytes(s) + s.len - LINE_END.len, LINE_END.data, LINE_END.len) == 0;
}

size_t headtext_len(struct span bytes, size_t *from)
{
	const uint8_t *feed;

	while ((feed = memchr(span_bytes(bytes) + *from, '\n', bytes.len - *from))) {
		size_t end = (size_t)(feed + 1 - span_bytes(bytes));
		struct span line = { span_bytes(bytes) + *from, end - *from };
		bool is_last = !ends_as_a_line(line) || (line.len == LINE_END.len && *from > 0);

		if (is_last)
			return end;
		*from = end;
	}
	return 0;
}

/* Takes the next line off *text, without its end; false where it has none of the right form. */
static bool take_line(struct span *text, struct span *ret)
{
	struct span rest = span_cut(*text, '\n', ret);

	if (span_is_none(rest) || !ret->len || span_bytes(*ret)[ret->len - 1] != '\r')
		return false;
	*ret = span_first(*ret, ret->len - 1);
	*text = rest;
	return true;
}

/* A word that is missing is empty, and refused as what it should have been. */
static void read_request_line(struct span line, struct head *h)
{
	struct span method, target = SPAN(""), version = SPAN(""), rest;

	rest = span_cut(line, ' ', &method);
	if (!span_is_none(rest))
		rest = span_cut(rest, ' ', &target);
	if (!span_is_none(rest))
		version = rest;
	head_begin(h, method, target, version);
}

static void read_field(struct span line, struct head *h)
{
	struct span name, value = span_cut(line, ':', &name);

	if (span_is_none(value))
		head_refuse(h, S3_ERROR_INVALID_REQUEST, "A header field has no colon.");
	else
		head_add_field(h, name, span_trim(value));
}

static void refuse(struct head *h)
{
	head_refuse(h, S3_ERROR_INVALID_REQUEST, "A line of the head does not end with CR LF.");
}

void headtext_read(struct span text, struct head *h)
{
	struct span line = SPAN_NONE;
	bool sound;

	if (text.len > HEAD_BYTES_MAX) {
		head_refuse(h, S3_ERROR_REQUEST_HEADER_SECTION_TOO_LARGE, NULL);
		text = SPAN("");
	}
	if (ends_as_a_line(span_first(text, MIN(text.len, LINE_END.len))))
		text = span_skip(text, LINE_END.len);
	/* At once: as a rule it takes little more than the text. */
	(void)buffer_reserve(&h->fields, MIN(text.len, (size_t)S3_HEAD_MAX));
	sound = take_line(&text, &line);
	read_request_line(sound ? line : SPAN(""), h);
	while (sound && !h->error) {
		sound = take_line(&text, &line);
		if (sound && !line.len)
			return;
		if (sound)
			read_field(line, h);
	}
	if (!sound)
		refuse(h);
}
