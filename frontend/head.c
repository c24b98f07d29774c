/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/head.h"

#include "frontend/field.h"
#include "s3/pairs.h"

void head_refuse(struct head *h, enum s3_error error, const char *why)
{
	if (h->error)
		return;
	h->error = error;
	h->why = why;
}

/* What RFC 3986 lets stand in a target: visible ASCII, and no fragment, which is never sent. */
static bool is_visible(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = span_bytes(s)[i];

		if (c <= ' ' || c >= 0x7f || c == '#')
			return false;
	}
	return true;
}

static void check_target(struct head *h)
{
	if (!h->target.len || span_bytes(h->target)[0] != '/')
		head_refuse(h, S3_ERROR_INVALID_URI, "The request target must begin with a slash.");
	else if (h->target.len > S3_TARGET_MAX)
		head_refuse(h, S3_ERROR_INVALID_URI, "The request target is too long.");
	else if (!is_visible(h->target))
		head_refuse(h, S3_ERROR_INVALID_URI,
			    "The request target holds what must be percent-encoded.");
	else if (memmem(h->target.data, h->target.len, "%00", 3))
		head_refuse(h, S3_ERROR_INVALID_URI, "The request target holds a NUL.");
}

void head_init(struct head *h)
{
	*h = (struct head){
		.line = BUFFER_INIT(HEAD_BYTES_MAX),
		.method = SPAN(""),
		.target = SPAN(""),
		.fields = BUFFER_INIT(S3_HEAD_MAX),
	};
}

void head_clear(struct head *h)
{
	buffer_clear(&h->line);
	buffer_clear(&h->fields);
}

/* The bytes of a connection are there for a moment only, and a request takes longer. */
static void keep_line(struct head *h, struct span method, struct span target)
{
	struct span kept;

	buffer_append(&h->line, method);
	buffer_append(&h->line, target);
	if (h->line.error)
		return;
	kept = buffer_span(&h->line);
	h->method = span_first(kept, method.len);
	h->target = span_skip(kept, method.len);
}

void head_begin(struct head *h, struct span method, struct span target, struct span version)
{
	keep_line(h, method, target);
	if (method.len > HEAD_METHOD_MAX || !field_is_token(method))
		head_refuse(h, S3_ERROR_INVALID_REQUEST, "The request method is malformed.");
	h->http_1_0 = span_equal(version, SPAN("HTTP/1.0"));
	if (!h->http_1_0 && !span_equal(version, SPAN("HTTP/1.1")))
		head_refuse(h, S3_ERROR_INVALID_REQUEST, "Only HTTP/1.0 and HTTP/1.1 are spoken.");
	if (!h->line.error)
		check_target(h);
}

void head_add_field(struct head *h, struct span name, struct span value)
{
	if (!field_is_token(name))
		head_refuse(h, S3_ERROR_INVALID_REQUEST, "A header field's name is malformed.");
	if (!field_is_clean(value))
		head_refuse(h, S3_ERROR_INVALID_REQUEST,
			    "A header field's value holds control characters.");
	if (++h->n_fields > HEAD_FIELDS_COUNT_MAX)
		head_refuse(h, S3_ERROR_REQUEST_HEADER_SECTION_TOO_LARGE, NULL);
	if (!h->error)
		pairs_append(&h->fields, name, value);
}

/* The one value of a field that may come once only; a second one is refused with `why`. */
static struct span only_field(struct head *h, struct span wanted, const char *why)
{
	struct span rest = buffer_span(&h->fields), name, value, found = SPAN_NONE;

	while (pairs_next(&rest, &name, &value) > 0) {
		if (!span_equal_nocase(name, wanted))
			continue;
		if (!span_is_none(found))
			head_refuse(h, S3_ERROR_INVALID_REQUEST, why);
		found = span_trim(value);
	}
	return found;
}

static void check_framing(struct head *h)
{
	struct span length =
		only_field(h, SPAN("content-length"), "Content-Length must not be repeated.");
	struct span coding =
		only_field(h, SPAN("transfer-encoding"), "Transfer-Encoding must not be repeated.");

	if (!span_is_none(length) && !span_is_none(coding))
		head_refuse(h, S3_ERROR_INVALID_REQUEST,
			    "Content-Length and Transfer-Encoding exclude each other.");
	if (!span_is_none(coding)) {
		if (h->http_1_0 || !span_equal_nocase(coding, SPAN("chunked")))
			head_refuse(h, S3_ERROR_INVALID_REQUEST,
				    "The only transfer coding is chunked.");
		h->framing = HEAD_CHUNKED;
	}
	if (!span_is_none(length)) {
		if (!span_to_u64(length, &h->content_length))
			head_refuse(h, S3_ERROR_INVALID_REQUEST, "Content-Length is malformed.");
		h->framing = HEAD_LENGTH;
	}
}

/* Whether a field that is a list of words, and may come several times, has that one. */
static bool has_word(const struct head *h, struct span wanted, struct span word)
{
	struct span rest = buffer_span(&h->fields), name, value, one;

	while (pairs_next(&rest, &name, &value) > 0) {
		if (!span_equal_nocase(name, wanted))
			continue;
		while (!span_is_none(value)) {
			value = span_cut(value, ',', &one);
			if (span_equal_nocase(span_trim(one), word))
				return true;
		}
	}
	return false;
}

/* RFC 9112, 9.3. */
static bool persists(const struct head *h)
{
	if (has_word(h, SPAN("connection"), SPAN("close")))
		return false;
	return !h->http_1_0 || has_word(h, SPAN("connection"), SPAN("keep-alive"));
}

int head_finish(struct head *h)
{
	struct span expect;

	if (h->line.error)
		return buffer_error(&h->line);

	/* What is cut off may hold what would be missing. */
	if (h->fields.error == -EMSGSIZE)
		head_refuse(h, S3_ERROR_REQUEST_HEADER_SECTION_TOO_LARGE, NULL);
	else if (h->fields.error && !h->error)
		return buffer_error(&h->fields);
	check_framing(h);
	h->host = only_field(h, SPAN("host"), "Host must not be repeated.");
	if (!h->host.len)
		head_refuse(h, S3_ERROR_INVALID_REQUEST, "Host is missing.");
	only_field(h, SPAN("authorization"), "Authorization must not be repeated.");
	expect = only_field(h, SPAN("expect"), "Expect must not be repeated.");
	h->persists = persists(h);
	h->expects_continue = span_equal_nocase(expect, SPAN("100-continue"));
	return (int)h->error;
}
