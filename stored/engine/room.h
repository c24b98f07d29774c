/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Is there room for more. Uploads leave a floor of free space alone, which deletions and
 * checkpoints may use: so a full store can always be emptied. The disk is asked at most once a
 * second while there is much, and each time when there is not.
 */

#include <stdatomic.h>

#include "base/defs.h"

struct room {
	int fd; /* anything on that file system */
	uint64_t floor_bytes; /* 0: 1 % and at most 256 MiB; 16 MiB of less than 1.6 GiB, or a quarter */
	_Atomic uint64_t looked_ns; /* 0: never */
	_Atomic uint64_t spare; /* free bytes above the floor, then */
};

struct room_figures {
	uint64_t size, free, floor; /* in bytes */
};

void room_init(struct room *r, int fd, uint64_t floor_bytes);

/* As it is now. -errno. */
must_check int room_look(const struct room *r, struct room_figures *ret);

/* INSUFFICIENT_STORAGE if so many bytes more would not leave the floor alone. -errno. */
must_check int room_check(struct room *r, uint64_t bytes);
