/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/attributes.h"

#include "s3/pairs.h"
#include "s3/values.h"

int attributes_add_meta(struct attributes_meta *meta, struct span name, struct span value,
			const char **ret_detail)
{
	size_t short_len = name.len - (sizeof(ATTRIBUTES_META_PREFIX) - 1);

	if (!short_len)
		return s3_refuse(S3_ERROR_INVALID_ARGUMENT, "A name of user metadata is empty.",
				 ret_detail);
	meta->bytes += short_len + value.len;
	if (meta->bytes > S3_METADATA_MAX || meta->count == ARRAY_SIZE(meta->fields))
		return S3_ERROR_METADATA_TOO_LARGE;
	if (!value_is_printable(value))
		return s3_refuse(S3_ERROR_INVALID_ARGUMENT,
				 "A value of user metadata holds control characters.", ret_detail);
	meta->fields[meta->count].name = name;
	meta->fields[meta->count].value = value;
	meta->count++;
	return 0;
}

/* The codings of the object itself: aws-chunked is how it travelled. Appends what is left. */
static void append_codings(struct buffer *b, struct span codings)
{
	bool first = true;

	while (!span_is_none(codings)) {
		struct span coding;

		codings = span_cut(codings, ',', &coding);
		coding = span_trim(coding);
		if (!coding.len || span_equal_nocase(coding, SPAN("aws-chunked")))
			continue;
		if (!first)
			buffer_append_byte(b, ',');
		buffer_append(b, coding);
		first = false;
	}
}

static bool mentions_framing(struct span codings)
{
	for (size_t i = 0; i < codings.len; i++)
		if (span_starts_with_nocase(span_skip(codings, i), SPAN("aws-chunked")))
			return true;
	return false;
}

/* Text stays as the client wrote it, except where a coding must go. */
static void append_encoding(struct buffer *b, struct span name, struct span value)
{
	size_t start = b->len, kept;

	if (!mentions_framing(value)) {
		pairs_append(b, name, value);
		return;
	}
	append_codings(b, value);
	kept = b->len - start;
	if (!kept || b->error)
		return;
	/* What is left was built where the pair will stand, to need no memory beside the buffer. */
	pairs_append(b, name, (struct span){ b->data + start, kept });
	if (b->error)
		return;
	memmove(b->data + start, b->data + start + kept, b->len - start - kept);
	b->len -= kept;
}

static int append_content_headers(const struct s3_request *r, struct buffer *b,
				  const char **ret_detail)
{
	static const enum s3_header kept[] = {
		S3_HEADER_CACHE_CONTROL,    S3_HEADER_CONTENT_DISPOSITION,
		S3_HEADER_CONTENT_ENCODING, S3_HEADER_CONTENT_LANGUAGE,
		S3_HEADER_CONTENT_TYPE,	    S3_HEADER_EXPIRES,
	};

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		struct span name = span_from_string(s3_header_names[kept[i]]);
		struct span value = r->headers[kept[i]];

		if (!value.len)
			continue;
		if (!value_is_printable(value))
			return s3_refuse(S3_ERROR_INVALID_ARGUMENT,
					 "A content header holds control characters.", ret_detail);
		if (kept[i] == S3_HEADER_CONTENT_ENCODING)
			append_encoding(b, name, value);
		else
			pairs_append(b, name, value);
	}
	return 0;
}

static bool is_repeat(const struct attributes_meta *meta, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (span_equal_nocase(meta->fields[j].name, meta->fields[i].name))
			return true;
	return false;
}

/* One pair for all fields of the name that field i is the first of. */
static void append_meta(const struct attributes_meta *meta, size_t i, struct buffer *b)
{
	uint8_t name[S3_METADATA_MAX + sizeof(ATTRIBUTES_META_PREFIX)];
	uint8_t value[S3_METADATA_MAX + S3_FIELDS_MAX];
	struct span n = meta->fields[i].name;
	size_t len = 0;

	for (size_t at = 0; at < n.len; at++) {
		uint8_t c = span_bytes(n)[at];

		name[at] = ascii_lower(c);
	}
	/* All values together are within S3_METADATA_MAX, so this cannot run over. */
	for (size_t j = i; j < meta->count; j++) {
		struct span v = meta->fields[j].value;

		if (!span_equal_nocase(meta->fields[j].name, n))
			continue;
		if (j > i)
			value[len++] = ',';
		if (v.len)
			memcpy(value + len, v.data, v.len);
		len += v.len;
	}
	pairs_append(b, (struct span){ name, n.len }, (struct span){ value, len });
}

int attributes_build(const struct s3_request *r, const struct attributes_meta *meta,
		     struct buffer *b, const char **ret_detail)
{
	int e;

	e = append_content_headers(r, b, ret_detail);
	if (e)
		return e;
	for (size_t i = 0; i < meta->count; i++)
		if (!is_repeat(meta, i))
			append_meta(meta, i, b);
	return 0;
}
