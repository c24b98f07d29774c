/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/cursor.h"

#include "s3/encoding.h"
#include "s3/errors.h"
#include "s3/jsontext.h"

#define MEMBER "last_key"

/* Takes one character off well-formed UTF-8. */
static uint32_t next_character(struct span *s)
{
	const uint8_t *p = s->data;
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	uint32_t c = n == 1 ? p[0] : p[0] & (0x7fu >> n);

	for (size_t i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3f);
	*s = span_skip(*s, n);
	return c;
}

/* The one letter that JSON has for it behind a backslash, or 0. */
static char short_escape(uint32_t c)
{
	static const char escapes[][2] = {
		{ '"', '"' },  { '\\', '\\' }, { '\b', 'b' }, { '\f', 'f' },
		{ '\n', 'n' }, { '\r', 'r' },  { '\t', 't' },
	};

	for (size_t i = 0; i < ARRAY_SIZE(escapes); i++)
		if (c == (uint32_t)escapes[i][0])
			return escapes[i][1];
	return 0;
}

/*
 * As json.dumps() writes it, which is not as jansson does: digits in lower case, and DEL is
 * escaped too.
 */
static void append_character(struct buffer *b, uint32_t c)
{
	char letter = short_escape(c);

	if (letter)
		buffer_printf(b, "\\%c", letter);
	else if (c >= ' ' && c < 0x7f)
		buffer_append_byte(b, (uint8_t)c);
	else if (c < 0x10000)
		buffer_printf(b, "\\u%04x", c);
	else
		buffer_printf(b, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
			      0xdc00 + ((c - 0x10000) & 0x3ff));
}

void cursor_encode(struct buffer *b, struct span key)
{
	_cleanup_(buffer_clear) struct buffer json = BUFFER_INIT(64 + 6 * key.len);
	uint8_t *to;

	buffer_append_string(&json, "{\"" MEMBER "\": \"");
	while (key.len)
		append_character(&json, next_character(&key));
	buffer_append_string(&json, "\"}");
	to = json.error ? NULL : buffer_reserve(b, BASE64_TEXT_SIZE(json.len));
	if (json.error && !b->error)
		b->error = json.error;
	if (!to)
		return;
	base64_encode(buffer_span(&json), (char *)to);
	buffer_commit(b, BASE64_TEXT_SIZE(json.len) - 1);
}

static int parse(struct span json, struct buffer *key)
{
	json_t *root = NULL;
	const char *text;
	size_t len;
	int r;

	r = jsontext_read(json, &root, NULL);
	if (r < 0)
		return r;
	r = S3_ERROR_REST_INVALID_CURSOR;
	if (json_unpack_ex(root, NULL, JSON_STRICT, "{s:s%}", MEMBER, &text, &len) == 0) {
		buffer_append(key, (struct span){ text, len });
		r = key->error;
	}
	json_decref(root);
	return r;
}

int cursor_decode(struct span text, struct buffer *key)
{
	_cleanup_(freep) uint8_t *json = NULL;
	size_t len;

	if (!base64_len(text, &len))
		return S3_ERROR_REST_INVALID_CURSOR;
	json = malloc(len);
	if (!json)
		return -ENOMEM;
	if (!base64_decode(text, json, len))
		return S3_ERROR_REST_INVALID_CURSOR;
	return parse((struct span){ json, len }, key);
}
