/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/pairs.h"

#define PAIR_HEAD_LEN 6

void pairs_append(struct buffer *b, struct span name, struct span value)
{
	uint8_t head[PAIR_HEAD_LEN];

	if (name.len > UINT16_MAX || value.len > UINT32_MAX) {
		if (!b->error)
			b->error = -EMSGSIZE;
		return;
	}
	for (unsigned int i = 0; i < 2; i++)
		head[i] = (uint8_t)(name.len >> (8 * i));
	for (unsigned int i = 0; i < 4; i++)
		head[2 + i] = (uint8_t)(value.len >> (8 * i));
	/* All or nothing: half a pair would make the whole run unreadable. */
	if (!buffer_reserve(b, PAIR_HEAD_LEN + name.len + value.len))
		return;
	buffer_append(b, (struct span){ head, sizeof(head) });
	buffer_append(b, name);
	buffer_append(b, value);
}

int pairs_next(struct span *rest, struct span *ret_name, struct span *ret_value)
{
	const uint8_t *p = rest->data;
	size_t name_len, value_len;
	struct span s;

	if (!rest->len)
		return 0;
	if (rest->len < PAIR_HEAD_LEN)
		return -EBADMSG;
	name_len = (size_t)p[0] | (size_t)p[1] << 8;
	value_len = (size_t)p[2] | (size_t)p[3] << 8 | (size_t)p[4] << 16 | (size_t)p[5] << 24;
	s = span_skip(*rest, PAIR_HEAD_LEN);
	if (s.len < name_len || s.len - name_len < value_len)
		return -EBADMSG;
	*ret_name = span_first(s, name_len);
	*ret_value = span_first(span_skip(s, name_len), value_len);
	*rest = span_skip(s, name_len + value_len);
	return 1;
}

bool pairs_are_whole(struct span pairs)
{
	struct span name, value;
	int r;

	do
		r = pairs_next(&pairs, &name, &value);
	while (r > 0);
	return r == 0;
}

struct span pairs_find(struct span pairs, struct span name)
{
	struct span n, value;

	while (pairs_next(&pairs, &n, &value) > 0)
		if (span_equal(n, name))
			return value;
	return SPAN_NONE;
}
