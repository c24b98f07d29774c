/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A delivery is the way of an object's bytes, or of a range of them, to the frontend: read-only
 * descriptors of the blobs they lie in, opened a few at a time and in order.
 */

#include "stored/store.h"

#define DELIVERY_WINDOW 4	/* descriptors that the frontend has and has not asked past */

struct delivery_piece {
	int fd;
	uint64_t offset;	/* within the file */
	uint64_t len;
	bool last;
};

struct delivery {
	size_t extent;		/* of the object: the next to be opened */
	uint64_t within;	/* its bytes before this are not asked for */
	uint64_t left;		/* bytes of pieces not yet opened */
	struct delivery_piece pieces[DELIVERY_WINDOW];	/* opened, not yet sent */
	unsigned int n_pieces;
};

/* Of an object that has extents. -EIO: the range is not within it, as its rows have it. */
must_check int delivery_start(struct delivery *d, const struct object *o, uint64_t offset, uint64_t len);

/* Opens up to n more pieces, as many as there is room for. Waits for the disk. */
must_check int delivery_open(struct delivery *d, struct store *s, const struct object *o,
			     unsigned int n);

/* Closes what was opened and not sent; also of a zeroed one. */
void delivery_clear(struct delivery *d);
