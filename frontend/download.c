/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/download.h"

#include <unistd.h>

#include "base/fd.h"

void download_init(struct download *d, uint64_t total)
{
	*d = (struct download){ .total = total };
}

void download_clear(struct download *d)
{
	for (unsigned int i = 0; i < d->n; i++)
		d->window[i].fd = fd_close(d->window[i].fd);
	d->n = 0;
}

bool download_add(struct download *d, int *fd, uint64_t offset, uint64_t length)
{
	if (d->n == DOWNLOAD_WINDOW || length == 0 || length > d->total - d->arrived)
		return false;
	d->window[d->n++] = (struct download_extent){ steal_fd(*fd), offset, length };
	d->arrived += length;
	return true;
}

static void drop_first(struct download *d)
{
	d->window[0].fd = fd_close(d->window[0].fd);
	for (unsigned int i = 1; i < d->n; i++)
		d->window[i - 1] = d->window[i];
	d->n--;
}

ssize_t download_read(struct download *d, void *to, size_t len, bool *ret_finished)
{
	struct download_extent *x = &d->window[0];
	ssize_t n;

	*ret_finished = false;
	if (!d->n)
		return 0;
	do
		n = pread(x->fd, to, MIN(len, x->length), (off_t)x->offset);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	/* A blob never gets shorter: whoever says so has broken it. */
	if (n == 0)
		return -ENODATA;
	x->offset += (uint64_t)n;
	x->length -= (uint64_t)n;
	if (x->length == 0) {
		drop_first(d);
		*ret_finished = true;
	}
	return n;
}
