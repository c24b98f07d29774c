/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/etag.h"

#include <stdio.h>

#include "s3/encoding.h"
#include "s3/request.h"

#define MD5_DIGITS 32

const char *etag_format(const uint8_t md5[static 16], unsigned int parts,
			char buf[static ETAG_TEXT_MAX])
{
	hex_encode((struct span){ md5, 16 }, buf);
	if (parts)
		snprintf(buf + MD5_DIGITS, ETAG_TEXT_MAX - MD5_DIGITS, "-%u", parts);
	return buf;
}

struct span etag_unquote(struct span text)
{
	const uint8_t *p;

	text = span_trim(text);
	p = text.data;
	if (text.len >= 2 && p[0] == '"' && p[text.len - 1] == '"')
		return (struct span){ p + 1, text.len - 2 };
	return text;
}

bool etag_parse(struct span text, uint8_t ret_md5[static 16], unsigned int *ret_parts)
{
	struct span digits, count = span_cut(etag_unquote(text), '-', &digits);
	uint64_t parts = 0;
	uint8_t md5[16];

	if (!hex_decode(digits, md5, sizeof(md5)))
		return false;
	if (!span_is_none(count) &&
	    (!span_to_u64(count, &parts) || parts == 0 || parts > S3_PART_COUNT_MAX))
		return false;
	memcpy(ret_md5, md5, sizeof(md5));
	*ret_parts = (unsigned int)parts;
	return true;
}

/* Takes one tag off the list. A comma within quotes is part of the tag. */
static struct span take_tag(struct span *rest, bool *ret_weak)
{
	struct span tag, s = span_trim(*rest);

	*ret_weak = span_starts_with(s, SPAN("W/\""));
	if (*ret_weak)
		s = span_skip(s, 2);
	if (s.len && span_bytes(s)[0] == '"') {
		s = span_cut(span_skip(s, 1), '"', &tag);
		*rest = span_cut(s, ',', &s);
		return tag;
	}
	*rest = span_cut(s, ',', &tag);
	return span_trim(tag);
}

bool etag_list_has(struct span list, struct span etag, bool weak)
{
	list = span_trim(list);
	if (span_equal(list, SPAN("*")))
		return true;
	while (list.len) {
		bool is_weak;
		struct span tag = take_tag(&list, &is_weak);

		if (span_equal(tag, etag) && (weak || !is_weak))
			return true;
	}
	return false;
}
