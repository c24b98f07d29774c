/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/ratify.h"

#include <stdio.h>

#include "authd/reply.h"
#include "base/log.h"

static json_t *taken(const struct change *c)
{
	if (c->kind == CHANGE_ADD_TENANT)
		return reply_refused(NULL,
				     "There is already a tenant with this name or canonical id.");
	return reply_refused("choose another, or leave it out and one is made",
			     "There is already an access key %s.", c->key->id);
}

/* What is durable comes into force. */
static int enforce(struct keyring *k, struct change *c, struct access_key *a)
{
	int r;

	switch (c->kind) {
	case CHANGE_ADD_TENANT:
		r = keyring_add_tenant(k, c->tenant);
		if (r == KEYRING_OK)
			c->tenant = NULL;
		return r > 0 ? fold(r) : r;
	case CHANGE_ADD_KEY:
		r = keyring_add_key(k, c->key);
		if (r == KEYRING_OK)
			c->key = NULL;
		return r > 0 ? fold(r) : r;
	case CHANGE_ENABLE_KEY:
		keyring_enable_key(k, a, true);
		return 0;
	case CHANGE_DISABLE_KEY:
		keyring_enable_key(k, a, false);
		return 0;
	case CHANGE_REMOVE_KEY:
		keyring_remove_key(k, a);
		return 0;
	}
	return -EINVAL;
}

/* One line for each change; of keys the id only. */
static void note(const struct change *c, uid_t uid)
{
	switch (c->kind) {
	case CHANGE_ADD_TENANT:
		log_info("tenant-created name=%s uid=%u", c->tenant->name, uid);
		return;
	case CHANGE_ADD_KEY:
		log_info("key-created key=%s tenant=%s uid=%u", c->key->id, c->key->tenant->name,
			 uid);
		return;
	case CHANGE_ENABLE_KEY:
		log_info("key-enabled key=%s uid=%u", c->id, uid);
		return;
	case CHANGE_DISABLE_KEY:
		log_info("key-disabled key=%s uid=%u", c->id, uid);
		return;
	case CHANGE_REMOVE_KEY:
		log_info("key-deleted key=%s uid=%u", c->id, uid);
		return;
	}
}

json_t *ratify(struct keyring *k, struct change *c, uid_t uid, json_t *success)
{
	_cleanup_(json_decrefp) json_t *answer = success;
	struct access_key *a = keyring_find_key(k, span_from_string(c->id));
	int r = c->result;

	if (r == DATABASE_EXISTS)
		return taken(c);
	if (r == DATABASE_MISSING || (r == DATABASE_OK && c->id[0] && !a))
		return reply_no_key(span_from_string(c->id));
	if (r == DATABASE_OK) {
		note(c, uid);
		r = enforce(k, c, a);
		if (r >= 0)
			return steal_ptr(answer);
		snprintf(c->complaint, sizeof(c->complaint), "in force after the next start");
	}
	log_error("change-failed error=%s what=%s", strerrorname_np(-r),
		  LOG_VALUE(span_from_string(c->complaint)));
	return reply_refused("the log of coffer-authd says more",
			     "The change could not be made: %s.", strerrordesc_np(-r));
}
