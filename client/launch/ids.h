/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which user each daemon runs as. Started as root, Coffer needs three ids that nobody else has: the
 * users coffer-frontend, coffer-authd and coffer-stored where they exist, else three free ones from
 * the range that systemd calls dynamic users. What the data directory belongs to is remembered
 * there: auth/ and data/ are owned by their daemons, and run/ carries the frontend's group, which
 * gives it nothing (0711). Without root all three are the caller.
 */

#include <sys/types.h>

#include "client/complaint.h"

#define IDS_DYNAMIC_MIN 61184
#define IDS_DYNAMIC_MAX 65519

struct id {
	uid_t uid;
	gid_t gid;
};

struct ids {
	bool separate; /* three ids; otherwise all three are the launcher's own */
	struct id frontend, authd, stored;
};

/* Decides for the data directory `root_fd`, called `root` in complaints. Changes nothing there. */
must_check int ids_choose(int root_fd, const char *root, struct ids *ret, struct complaint *why);

/* A set of the ids of the dynamic range, for finding one that nobody uses. */
struct id_set {
	uint64_t bits[(IDS_DYNAMIC_MAX - IDS_DYNAMIC_MIN) / 64 + 1];
};

void id_set_add(struct id_set *set, uint64_t id); /* ids outside the range are ignored */
bool id_set_has(const struct id_set *set, uint64_t id);

/* Adds every id that a user namespace's map (the text of /proc/self/uid_map) leaves out. */
void id_set_add_unmapped(struct id_set *set, const char *map);

/* Adds the ids of all running processes. */
must_check int id_set_add_processes(struct id_set *set);
