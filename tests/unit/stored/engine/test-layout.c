/* SPDX-License-Identifier: Apache-2.0 */
#include "engine-fixture.h"

#include "stored/engine/layout.h"

static void test_extents_come_back(void)
{
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(LAYOUT_EXTENTS_MAX);
	struct extent e = { { "0123456789abcde" }, 1, UINT64_MAX }, *extents = NULL;
	size_t n;

	for (uint64_t i = 0; i < 3; i++) {
		e.offset = i;
		layout_put_extent(&b, &e);
	}
	assert(buffer_error(&b) == 0);
	assert(layout_get_extents(buffer_span(&b), &extents, &n) == 0);
	assert(n == 3 && extents[2].offset == 2 && extents[2].len == UINT64_MAX);
	assert(memcmp(&extents[1].blob, &e.blob, sizeof(e.blob)) == 0);
	free(extents);
	assert(layout_get_extents(SPAN_NONE, &extents, &n) == 0 && n == 0 && !extents);
}

static void test_parts_come_back(void)
{
	for (int a = CHECKSUM_NONE; a < CHECKSUM_COUNT; a++) {
		_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(LAYOUT_PARTS_MAX);
		struct object_part p = { 1, 5, { (enum checksum_algorithm)a, { 1, 2, 3, 4 } } };
		struct object_part *parts;
		size_t n;

		layout_begin_parts(&b, (enum checksum_algorithm)a);
		layout_put_part(&b, &p);
		p.number = S3_PART_COUNT_MAX;
		p.size = S3_PUT_MAX;
		layout_put_part(&b, &p);
		assert(buffer_error(&b) == 0);
		assert(layout_get_parts(buffer_span(&b), &parts, &n) == 0);
		assert(n == 2 && parts[0].number == 1 && parts[1].number == S3_PART_COUNT_MAX);
		assert(parts[1].size == S3_PUT_MAX && (int)parts[1].checksum.algorithm == a);
		assert(a == CHECKSUM_NONE || parts[0].checksum.bytes[3] == 4);
		free(parts);
	}
}

static void test_the_most_parts_fit(void)
{
	_cleanup_(buffer_clear) struct buffer parts = BUFFER_INIT(LAYOUT_PARTS_MAX);
	_cleanup_(buffer_clear) struct buffer extents = BUFFER_INIT(LAYOUT_EXTENTS_MAX);
	struct object_part p = { .checksum.algorithm = CHECKSUM_SHA256 };
	struct extent e = { 0 };

	layout_begin_parts(&parts, CHECKSUM_SHA256);
	for (int i = 0; i < S3_PART_COUNT_MAX; i++) {
		layout_put_part(&parts, &p);
		layout_put_extent(&extents, &e);
	}
	assert(buffer_error(&parts) == 0 && buffer_error(&extents) == 0);
}

/* Cut anywhere but between two records, or of an algorithm that nobody knows: damage. */
static void test_what_is_cut_or_unknown_is_damage(void)
{
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(LAYOUT_PARTS_MAX);
	struct object_part p = { .number = 1, .checksum.algorithm = CHECKSUM_CRC32 }, *parts;
	static const uint8_t extent[3 * LAYOUT_EXTENT_LEN];
	const size_t head = 1 + 5, each = 2 + 8 + 4;
	struct extent *extents;
	size_t n;

	layout_begin_parts(&b, CHECKSUM_CRC32);
	layout_put_part(&b, &p);
	layout_put_part(&b, &p);
	assert(b.len == head + 2 * each);
	for (size_t len = 0; len <= b.len; len++) {
		bool whole = len >= head && (len - head) % each == 0;
		int r = layout_get_parts((struct span){ b.data, len }, &parts, &n);

		assert(r == (whole ? 0 : -EUCLEAN));
		if (whole)
			free(parts);
	}
	b.data[1] = 'X';
	assert(layout_get_parts(buffer_span(&b), &parts, &n) == -EUCLEAN);
	for (size_t len = 1; len < sizeof(extent); len++) {
		int r = layout_get_extents((struct span){ extent, len }, &extents, &n);

		assert(r == (len % LAYOUT_EXTENT_LEN ? -EUCLEAN : 0));
		if (r == 0)
			free(extents);
	}
}

int main(void)
{
	RUN(test_extents_come_back);
	RUN(test_parts_come_back);
	RUN(test_the_most_parts_fit);
	RUN(test_what_is_cut_or_unknown_is_damage);
	return 0;
}
