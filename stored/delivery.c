/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/delivery.h"

#include <errno.h>

#include "base/fd.h"

int delivery_start(struct delivery *d, const struct object *o, uint64_t offset, uint64_t len)
{
	if (offset > o->size || len > o->size - offset)
		return -EIO;
	*d = (struct delivery){ .within = offset, .left = len };
	while (d->extent < o->n_extents && d->within >= o->extents[d->extent].len)
		d->within -= o->extents[d->extent++].len;
	return 0;
}

static int open_piece(struct delivery *d, struct store *s, const struct object *o)
{
	const struct extent *e = &o->extents[d->extent];
	struct delivery_piece *p = &d->pieces[d->n_pieces];
	int fd, r;

	/* What the rows say of an object's size and what its extents add up to must agree. */
	if (d->extent >= o->n_extents)
		return -EIO;
	r = store_open_extent(s, o, d->extent, &fd);
	if (r)
		return r;
	*p = (struct delivery_piece){ .fd = fd,
				      .offset = e->offset + d->within,
				      .len = MIN(e->len - d->within, d->left) };
	d->left -= p->len;
	p->last = d->left == 0;
	d->n_pieces++;
	d->extent++;
	d->within = 0;
	return 0;
}

int delivery_open(struct delivery *d, struct store *s, const struct object *o, unsigned int n)
{
	int r = 0;

	while (r == 0 && n-- && d->left && d->n_pieces < DELIVERY_WINDOW)
		r = open_piece(d, s, o);
	return r;
}

void delivery_clear(struct delivery *d)
{
	for (unsigned int i = 0; i < d->n_pieces; i++)
		fd_close(d->pieces[i].fd);
	d->n_pieces = 0;
}
