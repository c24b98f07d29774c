/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/room.h"

#include <sys/statvfs.h>

#include "base/clock.h"
#include "s3/errors.h"

#define LOOK_AGAIN_NS NS_PER_S
#define NEAR	      GIB /* what can be written until it is looked again */
#define FLOOR_MAX     (256 * MIB)
#define FLOOR_PART    100 /* one in so many */
#define FLOOR_MIN     (16 * MIB) /* of a small one: what a catalog's log grows to while it is emptied */
#define FLOOR_MOST    4 /* but not more of it than one in so many */

void room_init(struct room *r, int fd, uint64_t floor_bytes)
{
	*r = (struct room){ .fd = fd, .floor_bytes = floor_bytes };
}

static uint64_t floor_of(uint64_t size)
{
	uint64_t least = MIN(FLOOR_MIN, size / FLOOR_MOST);

	return MIN(FLOOR_MAX, MAX(least, size / FLOOR_PART));
}

int room_look(const struct room *r, struct room_figures *ret)
{
	struct statvfs st;

	if (fstatvfs(r->fd, &st) < 0)
		return -errno;
	ret->size = (uint64_t)st.f_blocks * st.f_frsize;
	ret->free = (uint64_t)st.f_bavail * st.f_frsize;
	ret->floor = r->floor_bytes ? r->floor_bytes : floor_of(ret->size);
	return 0;
}

static int look(struct room *r, uint64_t now)
{
	struct room_figures f;
	int k = room_look(r, &f);

	if (k < 0)
		return k;
	atomic_store(&r->spare, f.free > f.floor ? f.free - f.floor : 0);
	atomic_store(&r->looked_ns, now);
	return 0;
}

int room_check(struct room *r, uint64_t bytes)
{
	uint64_t now = clock_boottime_ns(), looked = atomic_load(&r->looked_ns), spare;
	int k;

	if (!looked || now - looked >= LOOK_AGAIN_NS || atomic_load(&r->spare) < NEAR) {
		k = look(r, now);
		if (k < 0)
			return k;
	}
	spare = atomic_load(&r->spare);
	return spare == 0 || bytes > spare ? S3_ERROR_INSUFFICIENT_STORAGE : 0;
}
