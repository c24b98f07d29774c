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

bool download_sent(struct download *d, size_t len)
{
	d->window[0].offset += len;
	d->window[0].length -= len;
	if (d->window[0].length)
		return false;
	drop_first(d);
	return true;
}
