/* SPDX-License-Identifier: Apache-2.0 */

/* Orders about users and their policies. */

#include "authd/authd.h"
#include "authd/orders/orders.h"
#include "authd/orders/page.h"
#include "authd/orders/reply.h"

json_t *order_user_create(struct order *o, struct change **ret)
{
	struct span name = order_text(o, MEMBER_USER);
	struct keyring *k = o->authd->keyring;
	struct tenant *t = NULL;
	json_t *refusal = order_find_tenant(o, MEMBER_TENANT, &t);
	const struct user *there;

	if (!t)
		return refusal;
	there = keyring_find_user(k, t, name);
	if (there)
		return reply_user_exists(there);
	if (keyring_user_count(k) + WRITER_QUEUE_MAX > KEYRING_USERS_MAX)
		return reply_limit(NULL, "There are as many users as there can be.");
	*ret = order_change(CHANGE_ADD_USER);
	if (!*ret || user_new(t, name, &(*ret)->user) < 0)
		return NULL;
	(*ret)->user->administrator = json_is_true(o->values[MEMBER_ADMINISTRATOR]);
	return reply_done("user", reply_user((*ret)->user, false));
}

static json_t *tell(const void *item)
{
	const struct user *u = item;

	return reply_user(u, u->policy);
}

json_t *order_user_list(struct order *o, struct change **ret)
{
	struct span name = order_text(o, MEMBER_TENANT);
	const struct tenant *t = keyring_find_tenant(o->authd->keyring, name);
	struct page page;

	if (!span_is_none(name) && !t)
		return reply_no_tenant(name);
	page_begin(&page, o, tell);
	for (const struct user *u = keyring_users(o->authd->keyring); u; u = u->next)
		if (!t || u->tenant == t)
			page_offer(&page, u->name, u);
	return page_end(&page, "users");
}

/* The tenant's user that is meant; or NULL, and *ret_refusal. */
static struct user *find(const struct order *o, json_t **ret_refusal)
{
	struct tenant *t = NULL;
	struct user *u = NULL;

	*ret_refusal = order_find_tenant(o, MEMBER_TENANT, &t);
	if (t)
		*ret_refusal = order_find_user(o, t, &u);
	return u;
}

json_t *order_user_show(struct order *o, struct change **ret)
{
	json_t *refusal, *told;
	const struct user *u = find(o, &refusal);

	if (!u)
		return refusal;
	told = reply_user(u, u->policy);
	if (json_object_set_new(told, "keys",
				json_integer((json_int_t)keyring_keys_of(o->authd->keyring, u))) <
	    0) {
		json_decref(told);
		return NULL;
	}
	return reply_done("user", told);
}

json_t *order_user_update(struct order *o, struct change **ret)
{
	json_t *refusal;
	const struct user *u = find(o, &refusal);
	struct user after;

	if (!u)
		return refusal;
	*ret = order_change(CHANGE_SET_ADMINISTRATOR);
	if (!*ret)
		return NULL;
	(*ret)->number = u->number;
	(*ret)->administrator = json_is_true(o->values[MEMBER_ADMINISTRATOR]);
	after = *u;
	after.administrator = (*ret)->administrator;
	return reply_done("user", reply_user(&after, u->policy));
}

json_t *order_user_delete(struct order *o, struct change **ret)
{
	json_t *refusal;
	const struct user *u = find(o, &refusal);

	if (!u)
		return refusal;
	if (keyring_keys_of(o->authd->keyring, u))
		return reply_user_has_keys(u);
	*ret = order_change(CHANGE_REMOVE_USER);
	if (!*ret)
		return NULL;
	(*ret)->number = u->number;
	return reply_done("user", reply_user(u, u->policy));
}

/* --- policies ------------------------------------------------------------------------------ */

/* One that takes less than the one before is never too much. NULL: there is room. */
static json_t *refuse_for_room(const struct keyring *k, const struct user *u,
			       const struct change *c)
{
	size_t before = user_policy_len(u->policy_text, u->policy);
	size_t now = user_policy_len(c->policy_text, c->policy);

	if (now <= before)
		return NULL;
	if (u->tenant->policies_len - before + now > KEYRING_TENANT_POLICIES_MAX)
		return reply_as(
			S3_ERROR_ADMIN_LIMIT_EXCEEDED,
			reply_refused("a policy takes some four times its length; nothing changed",
				      "The policies of the tenant's users would take more than %zu "
				      "MiB.",
				      (size_t)(KEYRING_TENANT_POLICIES_MAX / MIB)));
	if (keyring_policies_len(k) - before + now > KEYRING_POLICIES_MAX)
		return reply_limit("nothing changed", "There is no room for more policies.");
	return NULL;
}

json_t *order_policy_put(struct order *o, struct change **ret)
{
	struct policy_complaint complaint;
	json_t *refusal;
	const struct user *u = find(o, &refusal);
	int r;

	if (!u)
		return refusal;
	*ret = order_change(CHANGE_SET_POLICY);
	if (!*ret)
		return NULL;
	(*ret)->number = u->number;
	r = user_policy_read(order_text(o, MEMBER_POLICY), true, &(*ret)->policy_text,
			     &(*ret)->policy, &complaint);
	if (r > 0)
		refusal = reply_as(S3_ERROR_MALFORMED_POLICY,
				   reply_refused("docs/policies.md says what a policy may have; "
						 "nothing changed",
						 "%s", complaint.text));
	else if (r == 0)
		refusal = refuse_for_room(o->authd->keyring, u, *ret);
	if (r == 0 && !refusal)
		return reply_done("user", reply_user(u, true));
	*ret = change_free(*ret);
	return r < 0 ? NULL : refusal;
}

json_t *order_policy_get(struct order *o, struct change **ret)
{
	json_t *refusal;
	const struct user *u = find(o, &refusal);

	if (!u)
		return refusal;
	return reply_done("policy", u->policy_text ? json_string(u->policy_text) : json_null());
}

json_t *order_policy_delete(struct order *o, struct change **ret)
{
	json_t *refusal;
	const struct user *u = find(o, &refusal);

	if (!u)
		return refusal;
	*ret = order_change(CHANGE_SET_POLICY);
	if (!*ret)
		return NULL;
	(*ret)->number = u->number;
	return reply_done("user", reply_user(u, false));
}
