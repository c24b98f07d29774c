/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How the extents and the parts of an object lie packed in its row of the catalog, little-endian:
 *
 *	extents		each: blob's id (16 bytes), u64 offset, u64 length
 *	parts		u8 length of the algorithm's name and the name; then each: u16 number, u64
 *size, the checksum (as many bytes as the algorithm has; none where the name is empty)
 */

#include "base/buffer.h"
#include "stored/store.h"

#define LAYOUT_EXTENT_LEN  32
#define LAYOUT_EXTENTS_MAX (S3_PART_COUNT_MAX * LAYOUT_EXTENT_LEN)
#define LAYOUT_PARTS_MAX   (16 + S3_PART_COUNT_MAX * (10 + CHECKSUM_MAX_LEN))

void layout_put_extent(struct buffer *b, const struct extent *e);

/* -EUCLEAN where the bytes are none; *ret is from malloc(), NULL for none. */
must_check int layout_get_extents(struct span packed, struct extent **ret, size_t *ret_n);

void layout_begin_parts(struct buffer *b, enum checksum_algorithm a);
void layout_put_part(struct buffer *b, const struct object_part *p);
must_check int layout_get_parts(struct span packed, struct object_part **ret, size_t *ret_n);

/* The name that stands for an algorithm in the catalog, empty for NONE, and back. */
struct span layout_algorithm_name(enum checksum_algorithm a);
must_check int layout_algorithm(struct span name, enum checksum_algorithm *ret);
