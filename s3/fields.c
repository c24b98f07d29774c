/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/fields.h"

#include "s3/pairs.h"

/* Lists may be sent in several fields (RFC 9110, 5.3); of others a second is a contradiction. */
static bool is_list(enum s3_header h)
{
	static const enum s3_header lists[] = {
		S3_HEADER_ACCEPT,
		S3_HEADER_CACHE_CONTROL,
		S3_HEADER_CONTENT_ENCODING,
		S3_HEADER_CONTENT_LANGUAGE,
		S3_HEADER_EXPECT,
		S3_HEADER_IF_MATCH,
		S3_HEADER_IF_NONE_MATCH,
		S3_HEADER_AMZ_OBJECT_ATTRIBUTES,
		S3_HEADER_AMZ_OPTIONAL_OBJECT_ATTRIBUTES,
	};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (lists[i] == h)
			return true;
	return false;
}

static struct span join(struct buffer *b, struct span a, struct span c)
{
	size_t start = b->len;

	buffer_append(b, a);
	buffer_append_byte(b, ',');
	buffer_append(b, c);
	return b->error ? a : span_skip(buffer_span(b), start);
}

int fields_put(struct span *headers, enum s3_header h, struct span value, struct buffer *joined,
	       const char **ret_detail)
{
	if (span_is_none(headers[h]))
		headers[h] = value;
	else if (is_list(h))
		headers[h] = join(joined, headers[h], value);
	else
		return s3_refuse(S3_ERROR_INVALID_REQUEST, "A header was sent more than once.",
				 ret_detail);
	/* Each join copies what stands before it, so many of them fill the buffer. */
	return buffer_error(joined) ? S3_ERROR_REQUEST_HEADER_SECTION_TOO_LARGE : 0;
}

/*
 * Everything decoded is at most as long as what it came from, and a field can come back three
 * times: joined, as a place and as an attribute.
 */
int fields_reserve(const struct s3_head *head, struct buffer *ret)
{
	size_t most = 2 * head->target.len + 4 * MIN(head->fields.len, (size_t)S3_HEAD_MAX) +
		      8 * S3_FIELDS_MAX;

	*ret = BUFFER_INIT(most);
	return buffer_reserve(ret, most) ? 0 : buffer_error(ret);
}

bool fields_is_one_line(struct span value)
{
	return !value.len || (!memchr(value.data, '\r', value.len) &&
			      !memchr(value.data, '\n', value.len) &&
			      !memchr(value.data, '\0', value.len));
}

int fields_walk(struct span fields, int (*take)(void *, struct span, struct span), void *context,
		const char **ret_detail)
{
	struct span name, value;
	unsigned int count = 0;
	int r;

	if (fields.len > S3_HEAD_MAX)
		return S3_ERROR_REQUEST_HEADER_SECTION_TOO_LARGE;
	while ((r = pairs_next(&fields, &name, &value)) > 0) {
		if (++count > S3_FIELDS_MAX)
			return S3_ERROR_REQUEST_HEADER_SECTION_TOO_LARGE;
		if (!fields_is_one_line(value))
			return s3_refuse(S3_ERROR_INVALID_REQUEST,
					 "A header holds a line break or a NUL.", ret_detail);
		r = take(context, name, span_trim(value));
		if (r)
			return r;
	}
	return r < 0 ? S3_ERROR_INVALID_REQUEST : 0;
}
