/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/orders/reply.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "s3/date.h"

json_t *reply_refused(const char *hint, const char *format, ...)
{
	char sentence[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	if (!hint)
		return json_pack("{s:b, s:s}", "ok", 0, "error", sentence);
	return json_pack("{s:b, s:s, s:s}", "ok", 0, "error", sentence, "hint", hint);
}

static json_t *with(json_t *refusal, const char *name, json_t *value)
{
	if (json_object_set_new(refusal, name, value) == 0)
		return refusal;
	json_decref(refusal);
	return NULL;
}

json_t *reply_as(enum s3_error code, json_t *refusal)
{
	return with(refusal, "code", json_string(s3_errors[code].code));
}

json_t *reply_again(json_t *refusal)
{
	return with(refusal, "again", json_true());
}

json_t *reply_limit(const char *hint, const char *sentence)
{
	return reply_as(S3_ERROR_ADMIN_LIMIT_EXCEEDED, reply_refused(hint, "%s", sentence));
}

json_t *reply_no_key(struct span id)
{
	return reply_as(S3_ERROR_ADMIN_NO_SUCH_ACCESS_KEY,
			reply_refused("cofferctl key list shows those there are",
				      "There is no access key %.*s.", (int)id.len,
				      (const char *)id.data));
}

json_t *reply_no_tenant(struct span name)
{
	return reply_refused("cofferctl tenant list shows those there are",
			     "There is no tenant %.*s.", (int)name.len, (const char *)name.data);
}

json_t *reply_tenant_goes(const struct tenant *t)
{
	return reply_refused("once it is gone there can be another one of that name",
			     "The tenant %s is being deleted.", t->name);
}

json_t *reply_has_buckets(const struct tenant *t)
{
	return reply_refused("delete its buckets first, or say --with-data; nothing was deleted",
			     "The tenant %s has buckets.", t->name);
}

json_t *reply_no_stored(void)
{
	return reply_as(S3_ERROR_SERVICE_UNAVAILABLE,
			reply_again(reply_refused(
				"try again when cofferctl status says that stored is connected",
				"stored does not answer.")));
}

json_t *reply_no_longer(enum s3_error code, const char *what)
{
	return reply_as(code, reply_refused(NULL, "The %s was deleted meanwhile.", what));
}

json_t *reply_no_user(const struct tenant *t, struct span name)
{
	return reply_as(S3_ERROR_ADMIN_NO_SUCH_USER,
			reply_refused("cofferctl user list shows those there are",
				      "The tenant %s has no user %.*s.", t->name, (int)name.len,
				      (const char *)name.data));
}

json_t *reply_user_exists(const struct user *u)
{
	return reply_as(S3_ERROR_ADMIN_USER_EXISTS,
			reply_refused("choose another name", "The tenant %s already has a user %s.",
				      u->tenant->name, u->name));
}

json_t *reply_user_has_keys(const struct user *u)
{
	return reply_as(S3_ERROR_ADMIN_USER_HAS_KEYS,
			reply_refused("delete them first: cofferctl key list shows them",
				      "The user %s has access keys.", u->name));
}

json_t *reply_user_is_full(void)
{
	return reply_as(S3_ERROR_ADMIN_LIMIT_EXCEEDED,
			reply_refused("delete one that is not needed any more",
				      "A user has at most %d access keys.", USER_KEYS_MAX));
}

json_t *reply_no_token(struct span name)
{
	return reply_as(S3_ERROR_ADMIN_NO_SUCH_TOKEN,
			reply_refused(NULL, "No token with name '%.*s' found.", (int)name.len,
				      (const char *)name.data));
}

json_t *reply_token_exists(struct span name)
{
	return reply_as(S3_ERROR_ADMIN_TOKEN_EXISTS,
			reply_refused(NULL, "A token with name '%.*s' already exists.",
				      (int)name.len, (const char *)name.data));
}

json_t *reply_no_bucket(const char *bucket, enum s3_error error)
{
	if (error == S3_ERROR_BUCKET_ALREADY_EXISTS)
		return reply_as(S3_ERROR_ADMIN_BUCKET_NOT_AVAILABLE,
				reply_refused("choose another bucket; nothing was made",
					      "The bucket %s belongs to another tenant.", bucket));
	if (error == S3_ERROR_SERVICE_UNAVAILABLE)
		return reply_as(
			error,
			reply_again(reply_refused(
				"try again when cofferctl status says that stored is connected",
				"The bucket %s could not be made: stored does not answer.",
				bucket)));
	return reply_as(error,
			reply_refused("nothing was made", "The bucket %s could not be made: %s",
				      bucket, s3_errors[error].message));
}

json_t *reply_done(const char *name, json_t *value)
{
	return value ? json_pack("{s:b, s:o}", "ok", 1, name, value) : NULL;
}

static const char *state_of(const struct tenant *t)
{
	return t->deletion != TENANT_STAYS ? "deleting" : t->suspended ? "suspended" : "active";
}

static json_t *reply_ceilings(const struct tenant *t, const struct ceilings *of_all)
{
	json_t *told = json_object();

	for (enum ceiling c = 0; c < CEILING_COUNT; c++) {
		int64_t n = ceiling_in_force(&t->ceilings, of_all, c);

		if (json_object_set_new(told, ceiling_name(c), n ? json_integer(n) : json_null()) ==
		    0)
			continue;
		json_decref(told);
		return NULL;
	}
	return told;
}

/* Those that were said of it. */
static json_t *reply_own_ceilings(const struct tenant *t)
{
	json_t *list = json_array();

	for (enum ceiling c = 0; c < CEILING_COUNT; c++)
		if (t->ceilings.of[c] != CEILING_OF_ALL &&
		    !reply_add_item(&list, json_string(ceiling_name(c))))
			break;
	return list;
}

json_t *reply_tenant(const struct tenant *t, const struct ceilings *of_all)
{
	char id[IPC_ID_TEXT_SIZE], created[DATE_TEXT_MAX];

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "id",
			 ipc_id_text(&t->id, id), "name", t->name, "display_name", t->display_name,
			 "email", t->email,
			 "canonical_id", t->canonical_id, "created_at",
			 date_format_iso8601(t->created_ns, created), "state", state_of(t),
			 "limits", reply_ceilings(t, of_all), "own_limits", reply_own_ceilings(t));
}

static json_t *reply_time(int64_t s)
{
	char text[DATE_TEXT_MAX];

	return s ? json_string(date_format_iso8601_s(s, text)) : json_null();
}

json_t *reply_user(const struct user *u, bool has_policy)
{
	char id[IPC_ID_TEXT_SIZE], created[DATE_TEXT_MAX];

	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:b}", "id", ipc_id_text(&u->id, id), "user",
			 u->name, "tenant", u->tenant->name, "created_at",
			 date_format_iso8601(u->created_ns, created), "policy", (int)has_policy,
			 "administrator", (int)u->administrator);
}

json_t *reply_key(const struct access_key *a, const struct user *u, bool enabled)
{
	int64_t now_s = (int64_t)(clock_realtime_ns() / NS_PER_S);
	char created[DATE_TEXT_MAX];

	return json_pack("{s:s, s:s, s:o, s:s, s:s, s:o, s:b, s:o}", "access_key", a->id, "tenant",
			 a->tenant->name, "user", u ? json_string(u->name) : json_null(), "status",
			 enabled ? "enabled" : "disabled", "created_at",
			 date_format_iso8601(a->created_ns, created), "expires",
			 reply_time(a->expires_s), "expired", (int)access_key_has_expired(a, now_s),
			 "last_used", reply_time(a->use.used_s));
}

static json_t *reply_scopes(unsigned int scopes)
{
	json_t *list = json_array();

	for (size_t i = 0; i < TOKEN_SCOPE_COUNT; i++)
		if ((scopes & (1u << i)) &&
		    !reply_add_item(&list, json_string(token_scope_names[i])))
			break;
	return list;
}

json_t *reply_token(const struct token *t)
{
	int64_t now_s = (int64_t)(clock_realtime_ns() / NS_PER_S);

	return json_pack("{s:s, s:s, s:o, s:s, s:s, s:o, s:o, s:o, s:b, s:o}", "name", t->name,
			 "tenant", t->tenant->name, "scopes", reply_scopes(t->scopes), "bucket",
			 t->bucket, "prefix", t->prefix, "rate",
			 t->rate ? json_integer(t->rate) : json_null(), "created_at",
			 reply_time(t->created_s), "expires", reply_time(t->expires_s), "expired",
			 (int)token_has_expired(t, now_s), "last_used", reply_time(t->use.used_s));
}

bool reply_add_item(json_t **list, json_t *item)
{
	if (json_array_append_new(*list, item) == 0)
		return true;
	json_decref(*list);
	*list = NULL;
	return false;
}
