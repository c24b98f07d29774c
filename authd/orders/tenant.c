/* SPDX-License-Identifier: Apache-2.0 */

/* Orders about tenants. */

#include "authd/authd.h"
#include "authd/orders/orders.h"
#include "authd/orders/reply.h"

static json_t *tell(const struct authd *a, const struct tenant *t)
{
	return reply_tenant(t, &a->live.limits.of_all);
}

json_t *order_tenant_create(struct order *o, struct change **ret)
{
	struct span name = order_text(o, MEMBER_NAME), shown = order_text(o, MEMBER_DISPLAY_NAME);
	struct keyring *k = o->authd->keyring;

	if (keyring_find_tenant(k, name))
		return reply_refused("choose another name", "There is already a tenant %.*s.",
				     (int)name.len, (const char *)name.data);
	if (keyring_tenant_count(k) + WRITER_QUEUE_MAX > KEYRING_TENANTS_MAX)
		return reply_refused(NULL, "There are as many tenants as there can be.");
	*ret = order_change(CHANGE_ADD_TENANT);
	if (!*ret || tenant_new(name, shown.len ? shown : name, order_text(o, MEMBER_EMAIL),
				order_text(o, MEMBER_CANONICAL_ID), &(*ret)->tenant) < 0)
		return NULL;
	return reply_done("tenant", tell(o->authd, (*ret)->tenant));
}

json_t *order_tenant_list(struct order *o, struct change **ret)
{
	const struct tenant *t = keyring_tenants(o->authd->keyring);
	json_t *list = json_array();

	while (t && reply_add_item(&list, tell(o->authd, t)))
		t = t->next;
	return reply_done("tenants", list);
}

/* With how many credentials hang on it. */
static json_t *describe(const struct authd *a, const struct tenant *t)
{
	json_t *told = tell(a, t);
	json_int_t n_users = 0, n_keys = 0, n_tokens = 0;

	for (const struct user *u = keyring_users(a->keyring); u; u = u->next)
		n_users += u->tenant == t;
	for (const struct access_key *k = keyring_keys(a->keyring); k; k = k->next)
		n_keys += k->tenant == t;
	for (const struct token *k = tokens_first(keyring_tokens(a->keyring)); k; k = k->next)
		n_tokens += k->tenant == t;
	if (json_object_set_new(told, "users", json_integer(n_users)) == 0 &&
	    json_object_set_new(told, "keys", json_integer(n_keys)) == 0 &&
	    json_object_set_new(told, "tokens", json_integer(n_tokens)) == 0)
		return told;
	json_decref(told);
	return NULL;
}

json_t *order_tenant_show(struct order *o, struct change **ret)
{
	struct span name = order_text(o, MEMBER_NAME);
	const struct tenant *t = keyring_find_tenant(o->authd->keyring, name);

	return t ? reply_done("tenant", describe(o->authd, t)) : reply_no_tenant(name);
}

/* What the tenant will be, once the change is made to it as it is now. */
static json_t *foretell(const struct order *o, const struct tenant *t, const struct change *c)
{
	struct tenant after = *t;

	if (c->kind == CHANGE_RENAME_TENANT)
		keyring_rename_tenant(&after, c->tenant);
	else if (c->kind == CHANGE_MARK_TENANT)
		after.deletion = c->deletion;
	else if (c->kind == CHANGE_LIMIT_TENANT)
		ceilings_change(&after.ceilings, &c->ceilings);
	else
		after.suspended = c->kind == CHANGE_SUSPEND_TENANT;
	return reply_done("tenant", tell(o->authd, &after));
}

json_t *order_tenant_update(struct order *o, struct change **ret)
{
	struct span shown = order_text(o, MEMBER_DISPLAY_NAME), email = order_text(o, MEMBER_EMAIL);
	struct tenant *t = NULL;
	json_t *refusal = order_find_tenant(o, MEMBER_NAME, &t);

	if (!t)
		return refusal;
	if (span_is_none(shown) && span_is_none(email))
		return reply_refused("give display_name, email, or both",
				     "Nothing was said that is to be otherwise.");
	*ret = order_change(CHANGE_RENAME_TENANT);
	if (!*ret || tenant_new(order_text(o, MEMBER_NAME), shown, email,
				span_from_string(t->canonical_id), &(*ret)->tenant) < 0)
		return NULL;
	(*ret)->tenant->number = t->number;
	return foretell(o, t, *ret);
}

static json_t *change_state(struct order *o, enum change_kind kind, struct change **ret)
{
	struct tenant *t = NULL;
	json_t *refusal = order_find_tenant(o, MEMBER_NAME, &t);

	if (!t)
		return refusal;
	*ret = order_change(kind);
	if (!*ret)
		return NULL;
	(*ret)->number = t->number;
	return foretell(o, t, *ret);
}

json_t *order_tenant_suspend(struct order *o, struct change **ret)
{
	return change_state(o, CHANGE_SUSPEND_TENANT, ret);
}

json_t *order_tenant_resume(struct order *o, struct change **ret)
{
	return change_state(o, CHANGE_RESUME_TENANT, ret);
}

json_t *order_tenant_limit(struct order *o, struct change **ret)
{
	static const enum member said[CEILING_COUNT] = {
		[CEILING_RATE] = MEMBER_RATE_OF_TENANT,
		[CEILING_BURST] = MEMBER_BURST,
		[CEILING_BANDWIDTH] = MEMBER_BANDWIDTH,
		[CEILING_PARALLEL] = MEMBER_PARALLEL,
	};
	struct tenant *t = NULL;
	json_t *refusal = order_find_tenant(o, MEMBER_NAME, &t);
	bool any = false;

	if (!t)
		return refusal;
	for (enum ceiling c = 0; c < CEILING_COUNT; c++)
		any |= o->values[said[c]] != NULL;
	if (!any)
		return reply_refused(
			"give one of requests_per_second, burst, bandwidth and parallel",
			"Nothing was said that is to be otherwise.");
	*ret = order_change(CHANGE_LIMIT_TENANT);
	if (!*ret)
		return NULL;
	(*ret)->number = t->number;
	for (enum ceiling c = 0; c < CEILING_COUNT; c++)
		(*ret)->ceilings.of[c] = member_ceiling(o->values[said[c]]);
	return foretell(o, t, *ret);
}

/*
 * One that is about to go already is told of as it is, unless it was to go only if it is empty, and
 * shall now in any case. That it is gone, who asks for it sees.
 */
json_t *order_tenant_delete(struct order *o, struct change **ret)
{
	bool data = json_is_true(o->values[MEMBER_DATA]);
	struct span name = order_text(o, MEMBER_NAME);
	const struct tenant *t = keyring_find_tenant(o->authd->keyring, name);

	if (!t)
		return reply_no_tenant(name);
	if (t->deletion == TENANT_GOES || (t->deletion == TENANT_GOES_EMPTY && !data))
		return reply_done("tenant", tell(o->authd, t));
	if (!storelinks_are_ready(o->authd))
		return reply_no_stored();
	*ret = order_change(CHANGE_MARK_TENANT);
	if (!*ret)
		return NULL;
	(*ret)->number = t->number;
	(*ret)->deletion = data ? TENANT_GOES : TENANT_GOES_EMPTY;
	if (!data)
		order_wants_no_bucket(o, t);
	return foretell(o, t, *ret);
}
