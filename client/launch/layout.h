/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The data directory of `coffer up`:
 *
 *	coffer.lock	held while a launcher runs here, with its pid
 *	auth/		authd's, 0700
 *	data/		stored's, 0700
 *	run/		the sockets, 0711; gone and made again at each start
 *	credentials/	the launcher's, 0700: what must survive beside the daemons' data
 *
 * The directory itself is the launcher's. With three user ids it is 0711, so that they reach what
 * is theirs; with one it is 0700.
 */

#include <limits.h>

#include "client/launch/ids.h"

#define LAYOUT_LOCK "coffer.lock"

struct layout {
	char root[PATH_MAX]; /* absolute, without symbolic links */
	int root_fd;
	int lock_fd;
};

#define LAYOUT_NONE ((struct layout){ .root_fd = -1, .lock_fd = -1 })

/* Opens the directory, creating it where it is missing, and locks it against a second launcher. */
must_check int layout_open(const char *directory, struct layout *ret, struct complaint *why);
void layout_close(struct layout *l);

/* Creates what is missing below, and gives each directory its owner and mode. */
must_check int layout_prepare(const struct layout *l, const struct ids *ids, struct complaint *why);

/*
 * Tries, as each of the three ids, to walk down to the directory; an ancestor that bars the way is
 * -EACCES and is named.
 */
must_check int layout_check_way(const struct layout *l, const struct ids *ids,
				struct complaint *why);

/* "<root>/<name>", or NULL where memory ran out. The caller frees it. */
char *layout_path(const struct layout *l, const char *name);
