/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/peer_list.h"

#include "base/account.h"

bool peer_list_add_uid(struct peer_list *l, const char *text)
{
	return l->n_uids < PEER_LIST_MAX && account_uid(text, &l->uids[l->n_uids]) && ++l->n_uids;
}

bool peer_list_add_gid(struct peer_list *l, const char *text)
{
	return l->n_gids < PEER_LIST_MAX && account_gid(text, &l->gids[l->n_gids]) && ++l->n_gids;
}

bool peer_list_has(const struct peer_list *l, const struct peer *p)
{
	if (p->uid == 0)
		return true;
	for (size_t i = 0; i < l->n_uids; i++)
		if (p->uid == l->uids[i])
			return true;
	for (size_t i = 0; i < l->n_gids; i++)
		if (p->gid == l->gids[i])
			return true;
	return false;
}
