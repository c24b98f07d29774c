/* SPDX-License-Identifier: Apache-2.0 */

/* Orders about access keys. */

#include <sodium.h>

#include "authd/authd.h"
#include "authd/orders/orders.h"
#include "authd/orders/page.h"
#include "authd/orders/reply.h"
#include "s3/encoding.h"

/* Access keys as others make them: 20 capitals and digits, the secret 40 of base64. */
#define MADE_PREFIX "CF"
#define MADE_RANDOM 18
#define MADE_SECRET 30

static void make_access_key(char to[static sizeof(MADE_PREFIX) + MADE_RANDOM])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	size_t len = sizeof(MADE_PREFIX) - 1;
	uint8_t random[MADE_RANDOM];

	memcpy(to, MADE_PREFIX, len);
	randombytes_buf(random, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++)
		to[len++] = digits[random[i] & 31];
	to[len] = '\0';
}

static void make_secret(char to[static BASE64_TEXT_SIZE(MADE_SECRET)])
{
	uint8_t random[MADE_SECRET];

	randombytes_buf(random, sizeof(random));
	base64_encode((struct span){ random, sizeof(random) }, to);
	sodium_memzero(random, sizeof(random));
}

/* The key's record and the only answer that ever shows its secret. */
static json_t *add_key(struct order *o, const struct tenant *t, const struct user *u,
		       struct span id, struct span secret, struct change **ret)
{
	json_t *key;

	*ret = order_change(CHANGE_ADD_KEY);
	if (!*ret || access_key_new(o->authd->keyring, t, id, secret, &(*ret)->key) < 0)
		return NULL;
	(*ret)->key->user_number = u ? u->number : 0;
	(*ret)->key->expires_s = order_expiry_s(o);
	key = reply_key((*ret)->key, u, true);
	if (json_object_set_new(key, "secret_key", json_stringn(secret.data, secret.len)) < 0) {
		json_decref(key);
		return NULL;
	}
	return reply_done("key", key);
}

/* NULL, and *ret is the user that a key is to be made for, or NULL for the tenant itself. */
static json_t *find_holder(const struct order *o, const struct tenant *t, struct user **ret)
{
	json_t *refusal;

	if (!o->values[MEMBER_USER])
		return NULL;
	refusal = order_find_user(o, t, ret);
	if (!*ret || keyring_keys_of(o->authd->keyring, *ret) < USER_KEYS_MAX)
		return refusal;
	*ret = NULL;
	return reply_user_is_full();
}

json_t *order_key_create(struct order *o, struct change **ret)
{
	struct span id = order_text(o, MEMBER_ACCESS_KEY),
		    secret = order_text(o, MEMBER_SECRET_KEY);
	struct tenant *t = NULL;
	struct user *u = NULL;
	char made_id[sizeof(MADE_PREFIX) + MADE_RANDOM], made_secret[BASE64_TEXT_SIZE(MADE_SECRET)];
	json_t *answer = order_find_tenant(o, MEMBER_TENANT, &t);

	if (!t)
		return answer;
	answer = find_holder(o, t, &u);
	if (!u && o->values[MEMBER_USER])
		return answer;
	if (span_is_none(id) != span_is_none(secret))
		return reply_refused("give both, or neither and both are made",
				     "access_key and secret_key come together.");
	if (keyring_key_count(o->authd->keyring) + WRITER_QUEUE_MAX > KEYRING_KEYS_MAX)
		return reply_limit(NULL, "There are as many access keys as there can be.");
	if (!span_is_none(id))
		return add_key(o, t, u, id, secret, ret);
	make_access_key(made_id);
	make_secret(made_secret);
	answer = add_key(o, t, u, span_from_string(made_id), span_from_string(made_secret), ret);
	sodium_memzero(made_secret, sizeof(made_secret));
	return answer;
}

static json_t *tell(const void *item)
{
	const struct access_key *a = item;

	return reply_key(a, a->user, a->enabled);
}

json_t *order_key_list(struct order *o, struct change **ret)
{
	struct span name = order_text(o, MEMBER_TENANT);
	const struct keyring *k = o->authd->keyring;
	const struct tenant *t = keyring_find_tenant(k, name);
	struct user *u = NULL;
	struct page page;
	json_t *refusal;

	if (!span_is_none(name) && !t)
		return reply_no_tenant(name);
	if (o->values[MEMBER_USER] && !t)
		return reply_refused(NULL, "key.list with user needs tenant.");
	if (o->values[MEMBER_USER] && (refusal = order_find_user(o, t, &u), !u))
		return refusal;
	page_begin(&page, o, tell);
	for (const struct access_key *a = keyring_keys(k); a; a = a->next)
		if ((!t || a->tenant == t) && (!u || a->user == u))
			page_offer(&page, a->id, a);
	return page_end(&page, "keys");
}

static json_t *change_key(struct order *o, enum change_kind kind, struct change **ret)
{
	struct span id = order_text(o, MEMBER_ACCESS_KEY);
	const struct access_key *a = keyring_find_key(o->authd->keyring, id);
	bool enabled;

	if (!a)
		return reply_no_key(id);
	enabled = kind == CHANGE_ENABLE_KEY || (kind == CHANGE_REMOVE_KEY && a->enabled);
	*ret = order_change(kind);
	if (!*ret)
		return NULL;
	memcpy((*ret)->id, a->id, sizeof((*ret)->id));
	return reply_done("key", reply_key(a, a->user, enabled));
}

json_t *order_key_disable(struct order *o, struct change **ret)
{
	return change_key(o, CHANGE_DISABLE_KEY, ret);
}

json_t *order_key_enable(struct order *o, struct change **ret)
{
	return change_key(o, CHANGE_ENABLE_KEY, ret);
}

json_t *order_key_update(struct order *o, struct change **ret)
{
	return change_key(
		o, json_is_true(o->values[MEMBER_ENABLED]) ? CHANGE_ENABLE_KEY : CHANGE_DISABLE_KEY,
		ret);
}

json_t *order_key_delete(struct order *o, struct change **ret)
{
	return change_key(o, CHANGE_REMOVE_KEY, ret);
}
