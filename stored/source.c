/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/source.h"

#include <unistd.h>

#include "base/fd.h"
#include "stored/delivery.h"

#define SOURCE_BUFFER_SIZE (1 * MIB)

/*
 * The file system copies the bytes, and shares them where it can; where it cannot, they are
 * written. They are hashed as they were read: both are of the same immutable file.
 */
static int copy(const struct delivery_piece *p, uint64_t at, struct span bytes, struct blob *to)
{
	while (bytes.len) {
		off64_t from = (off64_t)(p->offset + at);
		ssize_t n = copy_file_range(p->fd, &from, blob_fd(to), NULL, bytes.len, 0);

		if (n <= 0)
			return fd_write_all(blob_fd(to), bytes);
		bytes = span_skip(bytes, (size_t)n);
		at += (uint64_t)n;
	}
	return 0;
}

static int read_piece(const struct delivery_piece *p, uint8_t *room, struct hasher *h,
		      struct blob *to)
{
	for (uint64_t at = 0; at < p->len;) {
		size_t n = (size_t)MIN(p->len - at, (uint64_t)SOURCE_BUFFER_SIZE);
		int r = fd_pread_all(p->fd, room, n, p->offset + at);

		if (r == 0)
			r = hasher_update(h, (struct span){ room, n });
		if (r == 0 && to)
			r = copy(p, at, (struct span){ room, n }, to);
		if (r < 0)
			return r;
		at += n;
	}
	return 0;
}

static int read_extents(struct store *s, const struct object *o, uint64_t offset, uint64_t len,
			struct hasher *h, struct blob *to)
{
	_cleanup_(delivery_clear) struct delivery d = { 0 };
	_cleanup_(freep) uint8_t *room = malloc(SOURCE_BUFFER_SIZE);
	int r = room ? 0 : -ENOMEM;

	if (r == 0)
		r = delivery_start(&d, o, offset, len);
	while (r == 0 && d.left) {
		r = delivery_open(&d, s, o, 1);
		if (r == 0)
			r = read_piece(&d.pieces[0], room, h, to);
		delivery_clear(&d);
	}
	return r;
}

int source_read(struct store *s, const struct object *o, uint64_t offset, uint64_t len,
		struct hasher *h, struct blob *to)
{
	struct span bytes;
	int r;

	if (span_is_none(o->body))
		return read_extents(s, o, offset, len, h, to);
	bytes = span_first(span_skip(o->body, offset), len);
	r = hasher_update(h, bytes);
	return r == 0 && to ? fd_write_all(blob_fd(to), bytes) : r;
}
