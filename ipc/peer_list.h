/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Who may come in by a UNIX socket: root, and the users and groups that an operator has named. A
 * group counts where it is the peer's own: SO_PEERCRED tells of no other.
 */

#include "ipc/peer.h"

#define PEER_LIST_MAX 32	/* users, and as many groups */

struct peer_list {
	uid_t uids[PEER_LIST_MAX];
	size_t n_uids;
	gid_t gids[PEER_LIST_MAX];
	size_t n_gids;
};

/* From an option's text, as base/account.h reads it. False where it is none, or there are too many. */
must_check bool peer_list_add_uid(struct peer_list *l, const char *text);
must_check bool peer_list_add_gid(struct peer_list *l, const char *text);

bool peer_list_has(const struct peer_list *l, const struct peer *p);
