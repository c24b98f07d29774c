/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/orders/administrator.h"

#include "authd/authd.h"
#include "authd/orders/orders.h"
#include "authd/orders/reply.h"

struct administrator administrator_of(const struct access_key *a, struct span peer)
{
	struct administrator made = { .user_id = a->user->id };

	memcpy(made.access_key, a->id, sizeof(made.access_key));
	memcpy(made.user, a->user->name, sizeof(made.user));
	memcpy(made.tenant, a->tenant->name, sizeof(made.tenant));
	memcpy(made.peer, peer.data, MIN(peer.len, sizeof(made.peer) - 1));
	return made;
}

static bool deny(const char *hint, const char *sentence, json_t **ret)
{
	*ret = reply_as(S3_ERROR_ACCESS_DENIED, reply_refused(hint, "%s", sentence));
	return false;
}

/* The user that he is, if by that key he still is one who may; else NULL. */
static const struct user *find_self(const struct keyring *k, const struct administrator *who)
{
	const struct access_key *a = keyring_find_key(k, span_from_string(who->access_key));

	if (!a || !a->enabled || !a->user || !ipc_id_equal(&a->user->id, &who->user_id))
		return NULL;
	if (tenant_is_closed(a->tenant))
		return NULL;
	return a->user->administrator ? a->user : NULL;
}

/* --- whose it is -------------------------------------------------------------------------- */

static bool may_change_key(const struct order *o, const struct user *self, json_t **ret)
{
	struct span id = order_text(o, MEMBER_ACCESS_KEY);
	const struct access_key *a = keyring_find_key(o->authd->keyring, id);

	/* Another tenant's is none. */
	if (!a || a->tenant != self->tenant) {
		*ret = reply_no_key(id);
		return false;
	}
	if (!a->user)
		return deny("the host's operator can",
			    "The tenant's own access keys cannot be changed here.", ret);
	if (a->user->administrator && a->user != self)
		return deny("he can, and the host's operator",
			    "Another administrator's access keys cannot be changed.", ret);
	return true;
}

static bool may_change_user(const struct order *o, const struct user *self, json_t **ret)
{
	const struct user *u =
		keyring_find_user(o->authd->keyring, self->tenant, order_text(o, MEMBER_USER));

	/* That there is none, or one already, the order says. */
	if (!u || !u->administrator || o->row->run == order_user_create)
		return true;
	if (u == self && o->row->run == order_key_create)
		return true;
	return deny(
		"the host's operator can",
		"Of an administrator nothing can be changed but his own access keys, by himself.",
		ret);
}

/* --- how many ----------------------------------------------------------------------------- */

/*
 * What there is room for is shared: a tenant may have one more while it has fewer than there is
 * room left, so that who makes as many as he can leaves some for the others.
 */
static bool may_have_more(size_t own, size_t all, size_t most, json_t **ret)
{
	if (all + WRITER_QUEUE_MAX < most && own < most - WRITER_QUEUE_MAX - all)
		return true;
	*ret = reply_limit("delete some that are not needed any more",
			   "The tenant has as many as it may have.");
	return false;
}

static bool may_add(const struct order *o, const struct tenant *t, json_t **ret)
{
	const struct keyring *k = o->authd->keyring;
	const struct tokens *tokens = keyring_tokens(k);
	size_t own = 0;

	if (o->row->run == order_user_create) {
		for (const struct user *u = keyring_users(k); u; u = u->next)
			own += u->tenant == t;
		return may_have_more(own, keyring_user_count(k), KEYRING_USERS_MAX, ret);
	}
	if (o->row->run == order_key_create) {
		for (const struct access_key *a = keyring_keys(k); a; a = a->next)
			own += a->tenant == t;
		return may_have_more(own, keyring_key_count(k), KEYRING_KEYS_MAX, ret);
	}
	if (o->row->run == order_token_create) {
		for (const struct token *c = tokens_first(tokens); c; c = c->next)
			own += c->tenant == t;
		return may_have_more(own, tokens_count(tokens), TOKENS_MAX, ret);
	}
	return true;
}

/* ------------------------------------------------------------------------------------------ */

bool administrator_may(const struct order *o, json_t **ret)
{
	const struct user *self = find_self(o->authd->keyring, &o->administrator);

	if (!self)
		return deny(NULL, s3_errors[S3_ERROR_ACCESS_DENIED].message, ret);
	if (!o->row->changes)
		return true;
	if (o->values[MEMBER_ACCESS_KEY] && !may_change_key(o, self, ret))
		return false;
	if (o->values[MEMBER_USER] && !may_change_user(o, self, ret))
		return false;
	return may_add(o, self->tenant, ret);
}
