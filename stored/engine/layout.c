/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/layout.h"

void layout_put_extent(struct buffer *b, const struct extent *e)
{
	wire_put_raw(b, e->blob.bytes, sizeof(e->blob.bytes));
	wire_put_u64(b, e->offset);
	wire_put_u64(b, e->len);
}

int layout_get_extents(struct span packed, struct extent **ret, size_t *ret_n)
{
	_cleanup_(freep) struct extent *extents = NULL;
	struct wire_reader r = wire_reader(packed);
	size_t n = packed.len / LAYOUT_EXTENT_LEN;

	if (packed.len % LAYOUT_EXTENT_LEN)
		return -EUCLEAN;
	extents = n ? calloc(n, sizeof(*extents)) : NULL;
	if (n && !extents)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		wire_get_raw(&r, extents[i].blob.bytes, sizeof(extents[i].blob.bytes));
		extents[i].offset = wire_get_u64(&r);
		extents[i].len = wire_get_u64(&r);
	}
	*ret = steal_ptr(extents);
	*ret_n = n;
	return 0;
}

struct span layout_algorithm_name(enum checksum_algorithm a)
{
	return a == CHECKSUM_NONE ? SPAN("") : span_from_string(checksum_rows[a].name);
}

int layout_algorithm(struct span name, enum checksum_algorithm *ret)
{
	enum checksum_algorithm a = CHECKSUM_NONE;

	if (name.len) {
		a = checksum_by_name(name);
		if (a == CHECKSUM_NONE)
			return -EUCLEAN;
	}
	*ret = a;
	return 0;
}

void layout_begin_parts(struct buffer *b, enum checksum_algorithm a)
{
	struct span name = layout_algorithm_name(a);

	wire_put_u8(b, (uint8_t)name.len);
	wire_put_raw(b, name.data, name.len);
}

static size_t checksum_len(enum checksum_algorithm a)
{
	return a == CHECKSUM_NONE ? 0 : checksum_rows[a].len;
}

void layout_put_part(struct buffer *b, const struct object_part *p)
{
	wire_put_u16(b, p->number);
	wire_put_u64(b, p->size);
	wire_put_raw(b, p->checksum.bytes, checksum_len(p->checksum.algorithm));
}

int layout_get_parts(struct span packed, struct object_part **ret, size_t *ret_n)
{
	_cleanup_(freep) struct object_part *parts = NULL;
	struct wire_reader r = wire_reader(packed);
	enum checksum_algorithm a;
	char name[UINT8_MAX];
	size_t name_len = wire_get_u8(&r), each, n;
	int k;

	wire_get_raw(&r, name, name_len);
	if (r.failed)
		return -EUCLEAN;
	k = layout_algorithm((struct span){ name, name_len }, &a);
	if (k < 0)
		return k;
	each = sizeof(uint16_t) + sizeof(uint64_t) + checksum_len(a);
	n = r.rest.len / each;
	if (r.rest.len % each)
		return -EUCLEAN;
	parts = n ? calloc(n, sizeof(*parts)) : NULL;
	if (n && !parts)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		parts[i].number = wire_get_u16(&r);
		parts[i].size = wire_get_u64(&r);
		parts[i].checksum.algorithm = a;
		wire_get_raw(&r, parts[i].checksum.bytes, checksum_len(a));
	}
	*ret = steal_ptr(parts);
	*ret_n = n;
	return 0;
}
