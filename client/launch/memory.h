/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A data directory that is in memory: `--data memory:`, or `--data memory:DIR` for one in DIR. It
 * is an ordinary one, made anew on a tmpfs under a name of its own, and removed when the server
 * stops. Of one whose launcher was killed, the next start removes what is left: a directory of that
 * kind of name, of the same user, with a lock that nobody holds. Others are not touched.
 */

#include "client/launch/layout.h"

#define MEMORY_PREFIX "memory:"
#define MEMORY_DIRECTORY_PREFIX "coffer-memory-"

struct memory {
	int parent_fd;		/* on the tmpfs; -1: there is none */
	char name[NAME_MAX + 1];
	uint64_t free_bytes;	/* on it, when it was opened */
};

#define MEMORY_NONE ((struct memory){ .parent_fd = -1 })

/* Whether that value of --data means memory. */
bool memory_is_meant(const char *data);

/* *ret_layout is the directory, opened and locked. */
must_check int memory_open(const char *data, struct memory *ret, struct layout *ret_layout,
			   struct complaint *why);

/* Removes the directory; -errno where some of it had to stay. While the layout is still locked. */
int memory_remove(struct memory *m);

/* Whether memory of this host may be written to a disk, as far as it tells. */
bool memory_may_be_swapped(void);
