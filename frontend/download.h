/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The bytes of an object on their way out, where stored hands out descriptors: a window of extents,
 * each a stretch of a file that never changes, which is closed when it is done with.
 */

#include <sys/types.h>

#include "base/defs.h"

#define DOWNLOAD_WINDOW 4	/* stored keeps no more outstanding */

struct download_extent {
	int fd;
	uint64_t offset;
	uint64_t length;
};

struct download {
	uint64_t total;		/* 0: there is nothing to download */
	uint64_t arrived;	/* of total, in extents so far */
	bool broken;		/* what is missing will not come any more */
	unsigned int n;
	struct download_extent window[DOWNLOAD_WINDOW];	/* soonest first */
};

void download_init(struct download *d, uint64_t total);
void download_clear(struct download *d);

/* Takes *fd. False where it does not fit: more than was announced, or the window is full. */
must_check bool download_add(struct download *d, int *fd, uint64_t offset, uint64_t length);

static inline bool download_has_all(const struct download *d)
{
	return d->arrived == d->total;
}

/* So many bytes of the first extent have gone. True where it is done with, and its descriptor closed. */
must_check bool download_sent(struct download *d, size_t len);
