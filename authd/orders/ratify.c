/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/orders/ratify.h"

#include <stdio.h>

#include "authd/orders/reply.h"
#include "base/log.h"

static json_t *taken(const struct change *c)
{
	switch (c->kind) {
	case CHANGE_ADD_KEY:
		return reply_refused("choose another, or leave it out and one is made",
				     "There is already an access key %s.", c->key->id);
	case CHANGE_ADD_USER:
		return reply_user_exists(c->user);
	case CHANGE_ADD_TOKENS:
		return c->tokens->next
			       ? reply_as(S3_ERROR_ADMIN_TOKEN_EXISTS,
					  reply_refused(NULL,
							"One of these tokens was made meanwhile."))
			       : reply_token_exists(span_from_string(c->tokens->name));
	case CHANGE_IMPORT_IDENTITIES:
		return reply_refused(
			"nothing was imported; the same order again says what is in the way",
			"One of these users, keys or tokens was made meanwhile.");
	case CHANGE_ADD_TENANT:
	case CHANGE_RENAME_TENANT:
	case CHANGE_SUSPEND_TENANT:
	case CHANGE_RESUME_TENANT:
	case CHANGE_MARK_TENANT:
	case CHANGE_LIMIT_TENANT:
	case CHANGE_REMOVE_TENANT:
	case CHANGE_SET_POLICY:
	case CHANGE_SET_ADMINISTRATOR:
	case CHANGE_REMOVE_USER:
	case CHANGE_ENABLE_KEY:
	case CHANGE_DISABLE_KEY:
	case CHANGE_REMOVE_KEY:
	case CHANGE_REPLACE_TOKEN:
	case CHANGE_REMOVE_TOKEN:
	case CHANGE_NOTE_USES:
	case CHANGE_AUDIT:
	case CHANGE_KINDS:
		break;
	}
	return reply_refused(NULL, "There is already a tenant with this name or canonical id.");
}

static bool is_about_user(const struct change *c)
{
	return c->kind == CHANGE_REMOVE_USER || c->kind == CHANGE_SET_POLICY ||
	       c->kind == CHANGE_SET_ADMINISTRATOR;
}

/* The user that the change is about; NULL where it is about none, or that is gone. */
static struct user *find_user(const struct keyring *k, const struct change *c)
{
	return is_about_user(c) ? keyring_find_user_number(k, c->number) : NULL;
}

/* Likewise the tenant. */
static struct tenant *find_tenant(const struct keyring *k, const struct change *c)
{
	if (is_about_user(c))
		return NULL;
	return keyring_find_tenant_number(k, c->tenant ? c->tenant->number : c->number);
}

static json_t *missing(const struct keyring *k, const struct change *c)
{
	const struct tenant *t = find_tenant(k, c);
	const struct user *u = find_user(k, c);

	if (c->kind == CHANGE_IMPORT_IDENTITIES)
		return t ? reply_no_longer(S3_ERROR_ADMIN_NO_SUCH_USER, "user")
			 : reply_no_longer(S3_ERROR_ACCESS_DENIED, "tenant");
	if (is_about_user(c))
		return u && c->kind == CHANGE_REMOVE_USER
			       ? reply_user_has_keys(u)
			       : reply_no_longer(S3_ERROR_ADMIN_NO_SUCH_USER, "user");
	if (c->key)
		return keyring_find_user_number(k, c->key->user_number)
			       ? reply_user_is_full()
			       : reply_no_longer(S3_ERROR_ADMIN_NO_SUCH_USER, "user");
	if (c->tenant || c->number)
		return reply_no_longer(S3_ERROR_ACCESS_DENIED, "tenant");
	return c->tokens ? reply_no_token(span_from_string(c->tokens->name))
			 : reply_no_key(span_from_string(c->id));
}

/* The token that the change is about, as long as it is that one and not another of its name. */
static struct token *find_token(const struct keyring *k, const struct change *c)
{
	struct token *t = NULL;

	if (c->kind == CHANGE_REPLACE_TOKEN || c->kind == CHANGE_REMOVE_TOKEN)
		t = tokens_find(keyring_tokens(k), c->tokens->tenant,
				span_from_string(c->tokens->name));
	return t && t->number == c->tokens->number ? t : NULL;
}

static bool has_gone(const struct keyring *k, const struct change *c)
{
	switch (c->kind) {
	case CHANGE_ADD_KEY:
		return c->key->user_number && !keyring_find_user_number(k, c->key->user_number);
	case CHANGE_SET_POLICY:
	case CHANGE_SET_ADMINISTRATOR:
	case CHANGE_REMOVE_USER:
		return !find_user(k, c);
	case CHANGE_ADD_TENANT:
	case CHANGE_ADD_USER:
	case CHANGE_ADD_TOKENS:
	case CHANGE_NOTE_USES:
	case CHANGE_AUDIT:
	case CHANGE_KINDS:
		return false;
	case CHANGE_RENAME_TENANT:
	case CHANGE_SUSPEND_TENANT:
	case CHANGE_RESUME_TENANT:
	case CHANGE_MARK_TENANT:
	case CHANGE_LIMIT_TENANT:
	case CHANGE_REMOVE_TENANT:
	case CHANGE_IMPORT_IDENTITIES:
		return !find_tenant(k, c);
	case CHANGE_ENABLE_KEY:
	case CHANGE_DISABLE_KEY:
	case CHANGE_REMOVE_KEY:
		return !keyring_find_key(k, span_from_string(c->id));
	case CHANGE_REPLACE_TOKEN:
	case CHANGE_REMOVE_TOKEN:
		return !find_token(k, c);
	}
	return true;
}

static int add_tokens(struct tokens *all, struct token **first)
{
	while (*first) {
		struct token *t = *first, *next = t->next;
		int r = tokens_add(all, t);

		if (r)
			return r > 0 ? fold(r) : r;
		*first = next;
	}
	return 0;
}

static int add_users(struct keyring *k, struct user **first)
{
	while (*first) {
		struct user *u = *first, *next = u->next;
		int r;

		u->next = NULL;
		r = keyring_add_user(k, u);
		if (r)
			return r > 0 ? fold(r) : r;
		*first = next;
	}
	return 0;
}

static int add_keys(struct keyring *k, struct access_key **first)
{
	while (*first) {
		struct access_key *a = *first, *next = a->next;
		int r;

		a->next = NULL;
		r = keyring_add_key(k, a);
		if (r)
			return r > 0 ? fold(r) : r;
		*first = next;
	}
	return 0;
}

static int import(struct keyring *k, struct tenant *t, struct identities *i)
{
	int r;

	keyring_rename_tenant(t, i->tenant);
	r = add_users(k, &i->users);
	if (r == 0)
		r = add_keys(k, &i->keys);
	return r < 0 ? r : add_tokens(keyring_tokens(k), &i->tokens);
}

static int replace_token(struct tokens *all, struct token *old, struct change *c)
{
	int r;

	c->tokens->use.used_s = old->use.used_s;
	c->tokens->use.written_s = old->use.written_s;
	c->tokens->requests = old->requests;
	r = tokens_replace(all, old, c->tokens);
	if (r)
		return r > 0 ? fold(r) : r;
	c->tokens = NULL;
	return 0;
}

/* What is durable comes into force. */
static int enforce(struct keyring *k, struct change *c)
{
	struct access_key *a = keyring_find_key(k, span_from_string(c->id));
	struct tenant *t = find_tenant(k, c);
	int r;

	switch (c->kind) {
	case CHANGE_ADD_TENANT:
		r = keyring_add_tenant(k, c->tenant);
		if (r == KEYRING_OK)
			c->tenant = NULL;
		return r > 0 ? fold(r) : r;
	case CHANGE_RENAME_TENANT:
		keyring_rename_tenant(t, c->tenant);
		return 0;
	case CHANGE_SUSPEND_TENANT:
		t->suspended = true;
		return 0;
	case CHANGE_RESUME_TENANT:
		t->suspended = false;
		return 0;
	case CHANGE_MARK_TENANT:
		if (t->deletion != TENANT_GOES)
			t->deletion = c->deletion;
		return 0;
	case CHANGE_LIMIT_TENANT:
		ceilings_change(&t->ceilings, &c->ceilings);
		return 0;
	case CHANGE_REMOVE_TENANT:
		keyring_remove_tenant(k, t);
		return 0;
	case CHANGE_ADD_USER:
		return add_users(k, &c->user);
	case CHANGE_SET_POLICY:
		keyring_set_policy(k, find_user(k, c), steal_ptr(c->policy_text), steal_ptr(c->policy));
		return 0;
	case CHANGE_SET_ADMINISTRATOR:
		find_user(k, c)->administrator = c->administrator;
		return 0;
	case CHANGE_REMOVE_USER:
		keyring_remove_user(k, find_user(k, c));
		return 0;
	case CHANGE_ADD_KEY:
		return add_keys(k, &c->key);
	case CHANGE_ENABLE_KEY:
		keyring_enable_key(k, a, true);
		return 0;
	case CHANGE_DISABLE_KEY:
		keyring_enable_key(k, a, false);
		return 0;
	case CHANGE_REMOVE_KEY:
		keyring_remove_key(k, a);
		return 0;
	case CHANGE_REPLACE_TOKEN:
		return replace_token(keyring_tokens(k), find_token(k, c), c);
	case CHANGE_ADD_TOKENS:
		return add_tokens(keyring_tokens(k), &c->tokens);
	case CHANGE_REMOVE_TOKEN:
		tokens_remove(keyring_tokens(k), find_token(k, c));
		return 0;
	case CHANGE_IMPORT_IDENTITIES:
		return import(k, t, c->identities);
	case CHANGE_NOTE_USES:
	case CHANGE_AUDIT:
	case CHANGE_KINDS:
		return 0;
	}
	return -EINVAL;
}

static void note_tokens(const char *event, const struct change *c, const char *by)
{
	for (const struct token *t = c->tokens; t; t = t->next)
		log_info("%s token=%s tenant=%s %s", event, LOG_VALUE(span_from_string(t->name)),
			 t->tenant->name, by);
}

static const char *marked(const struct change *c)
{
	return c->deletion == TENANT_STAYS ? "tenant-kept" : "tenant-deleting";
}

/* One line for each thing that changed; of keys the id only, of tokens the name. */
static void note(const struct keyring *k, const struct change *c, const char *by)
{
	const struct tenant *t = find_tenant(k, c);
	const struct user *u = find_user(k, c);

	switch (c->kind) {
	case CHANGE_ADD_TENANT:
		log_info("tenant-created name=%s %s", c->tenant->name, by);
		return;
	case CHANGE_RENAME_TENANT:
		log_info("tenant-updated name=%s %s", t->name, by);
		return;
	case CHANGE_SUSPEND_TENANT:
		log_info("tenant-suspended name=%s %s", t->name, by);
		return;
	case CHANGE_RESUME_TENANT:
		log_info("tenant-resumed name=%s %s", t->name, by);
		return;
	case CHANGE_MARK_TENANT:
		log_info("%s name=%s %s", marked(c), t->name, by);
		return;
	case CHANGE_LIMIT_TENANT:
		log_info("tenant-limited name=%s %s", t->name, by);
		return;
	case CHANGE_REMOVE_TENANT:
		log_info("tenant-deleted name=%s %s", t->name, by);
		return;
	case CHANGE_ADD_USER:
		log_info("user-created user=%s tenant=%s %s", c->user->name, c->user->tenant->name,
			 by);
		return;
	case CHANGE_SET_POLICY:
		log_info("policy-%s user=%s tenant=%s %s", c->policy ? "set" : "deleted", u->name,
			 u->tenant->name, by);
		return;
	case CHANGE_SET_ADMINISTRATOR:
		log_info("administrator-%s user=%s tenant=%s %s",
			 c->administrator ? "made" : "unmade", u->name, u->tenant->name, by);
		return;
	case CHANGE_REMOVE_USER:
		log_info("user-deleted user=%s tenant=%s %s", u->name, u->tenant->name, by);
		return;
	case CHANGE_ADD_KEY:
		log_info("key-created key=%s tenant=%s %s", c->key->id, c->key->tenant->name, by);
		return;
	case CHANGE_ENABLE_KEY:
		log_info("key-enabled key=%s %s", c->id, by);
		return;
	case CHANGE_DISABLE_KEY:
		log_info("key-disabled key=%s %s", c->id, by);
		return;
	case CHANGE_REMOVE_KEY:
		log_info("key-deleted key=%s %s", c->id, by);
		return;
	case CHANGE_ADD_TOKENS:
		note_tokens("token-created", c, by);
		return;
	case CHANGE_REPLACE_TOKEN:
		note_tokens("token-refreshed", c, by);
		return;
	case CHANGE_REMOVE_TOKEN:
		note_tokens("token-deleted", c, by);
		return;
	case CHANGE_IMPORT_IDENTITIES:
		log_info("identities-imported tenant=%s users=%zu keys=%zu tokens=%zu %s",
			 t->name, c->identities->n_users, c->identities->n_keys,
			 c->identities->n_tokens, by);
		return;
	case CHANGE_NOTE_USES:
	case CHANGE_AUDIT:
	case CHANGE_KINDS:
		return;
	}
}

json_t *ratify(struct keyring *k, struct change *c, const char *by, json_t *success)
{
	_cleanup_(json_decrefp) json_t *answer = success;
	int r = c->result;

	if (r == DATABASE_EXISTS)
		return taken(c);
	if (r == DATABASE_MISSING || (r == DATABASE_OK && has_gone(k, c)))
		return missing(k, c);
	if (r == DATABASE_OK) {
		note(k, c, by);
		r = enforce(k, c);
		if (r >= 0)
			return steal_ptr(answer);
		snprintf(c->complaint, sizeof(c->complaint), "in force after the next start");
	}
	log_error("change-failed error=%s what=%s", strerrorname_np(-r),
		  LOG_VALUE(span_from_string(c->complaint)));
	return reply_as(S3_ERROR_INTERNAL_ERROR,
			reply_refused("the log of coffer-authd says more",
				      "The change could not be made: %s.", strerrordesc_np(-r)));
}
