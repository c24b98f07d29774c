/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A range that is one lies within the object, and written out again it is the same one. Whether a
 * header is a range at all does not depend on the object's size, and what a copy source may say, a
 * Range header may say with the same meaning. The first nine bytes of the input are a size, and by
 * how many bits it is too large; the rest is the header.
 */

#undef NDEBUG
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "s3/range.h"

#define SIZE_LEN  8
#define TEXT_SIZE 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_within(const struct range *r, uint64_t size)
{
	assert(r->len > 0 && r->len <= size && r->offset <= size - r->len);
}

static void check_again(const struct range *r, uint64_t size)
{
	char text[TEXT_SIZE];
	struct range again;

	snprintf(text, sizeof(text), "bytes=%" PRIu64 "-%" PRIu64, r->offset,
		 r->offset + (r->len - 1));
	assert(range_parse(span_from_string(text), size, &again) == RANGE_OK);
	assert(again.offset == r->offset && again.len == r->len);
	assert(range_parse_copy_source(span_from_string(text), size, &again) == RANGE_OK);
	assert(again.offset == r->offset && again.len == r->len);
}

static void check_header(struct span header, uint64_t size)
{
	struct range r, other;
	int outcome = range_parse(header, size, &r);

	assert(outcome == RANGE_OK || outcome == RANGE_IGNORED || outcome == RANGE_UNSATISFIABLE);
	assert((outcome == RANGE_IGNORED) == (range_parse(header, 0, &other) == RANGE_IGNORED));
	if (outcome != RANGE_OK)
		return;
	check_within(&r, size);
	check_again(&r, size);
}

static void check_copy_source(struct span header, uint64_t size)
{
	struct range r, plain;
	int outcome = range_parse_copy_source(header, size, &r);
	int form = range_parse_copy_source(header, UINT64_MAX, &plain);

	assert(outcome == RANGE_OK || outcome == RANGE_MALFORMED || outcome == RANGE_UNSATISFIABLE);
	assert((outcome == RANGE_MALFORMED) == (form == RANGE_MALFORMED));
	if (outcome != RANGE_OK)
		return;
	check_within(&r, size);
	assert(range_parse(header, size, &plain) == RANGE_OK);
	assert(plain.offset == r.offset && plain.len == r.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span header;
	uint64_t length;

	if (size < SIZE_LEN + 1)
		return 0;
	memcpy(&length, data, sizeof(length));
	length >>= data[SIZE_LEN] % 64;
	header = (struct span){ data + SIZE_LEN + 1, size - SIZE_LEN - 1 };
	check_header(header, length);
	check_copy_source(header, length);
	return 0;
}
