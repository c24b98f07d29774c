/* SPDX-License-Identifier: Apache-2.0 */

/* Orders about tokens. */

#include <sodium.h>
#include <stdio.h>

#include "authd/authd.h"
#include "authd/orders.h"
#include "authd/reply.h"
#include "base/clock.h"
#include "s3/date.h"
#include "s3/encoding.h"
#include "s3/names.h"

#define S_PER_DAY (24 * 60 * 60)

_Static_assert(WRITER_QUEUE_MAX * MEMBER_TOKENS_MAX <= TOKENS_PROMISED_MAX,
	       "what the writer has promised finds room");

static int64_t now_s(void)
{
	return (int64_t)(clock_realtime_ns() / NS_PER_S);
}

static struct tokens *tokens_of(const struct order *o)
{
	return keyring_tokens(o->authd->keyring);
}

/* --- terms -------------------------------------------------------------------------------- */

/* What was said takes the place of what stands there. */
static void take_terms(const struct order *o, struct token_terms *terms)
{
	struct span bucket = order_text(o, MEMBER_BUCKET), prefix = order_text(o, MEMBER_PREFIX);

	terms->expires_s = now_s() + (int64_t)order_number(o, MEMBER_TTL_DAYS) * S_PER_DAY;
	if (o->values[MEMBER_SCOPES])
		(void)!member_scopes(o->values[MEMBER_SCOPES], &terms->scopes);
	if (!span_is_none(bucket))
		terms->bucket = bucket;
	if (!span_is_none(prefix))
		terms->prefix = prefix;
	if (o->values[MEMBER_RATE])
		terms->rate = (uint32_t)order_number(o, MEMBER_RATE);
}

#define OBJECTS_SUFFIX "-objects"
#define USUAL_BUCKET_SIZE (KEYRING_NAME_MAX + sizeof(OBJECTS_SUFFIX))

/* The bucket of a tenant's tokens where none is named. False: there can be none of that name. */
static bool usual_bucket(const struct tenant *t, char buf[static USUAL_BUCKET_SIZE],
			 struct span *ret)
{
	snprintf(buf, USUAL_BUCKET_SIZE, "%s" OBJECTS_SUFFIX, t->name);
	*ret = span_from_string(buf);
	return bucket_name_is_valid(*ret);
}

static json_t *refuse_usual_bucket(const struct tenant *t)
{
	return reply_refused("name another bucket",
			     "There can be no bucket %s" OBJECTS_SUFFIX ".", t->name);
}

static json_t *refuse_full(void)
{
	return reply_refused(NULL, "There are as many tokens as there can be.");
}

/* --- one that is made here ---------------------------------------------------------------- */

/* The change, and the only answer that ever shows the token's text. */
static json_t *make(struct order *o, enum change_kind kind, const struct tenant *t,
		    const struct token_terms *terms, struct change **ret)
{
	uint8_t hash[TOKEN_HASH_LEN];
	char text[TOKEN_TEXT_SIZE];
	json_t *token = NULL;

	*ret = order_change(kind);
	if (!*ret)
		return NULL;
	token_make(text, hash);
	if (token_new(t, terms, hash, &(*ret)->tokens) >= 0)
		token = reply_token((*ret)->tokens);
	if (json_object_set_new(token, "token", json_string(text)) < 0) {
		json_decref(token);
		token = NULL;
	}
	sodium_memzero(text, sizeof(text));
	order_wants_bucket(o, t, terms->bucket);
	return reply_done("token", token);
}

json_t *order_token_create(struct order *o, struct change **ret)
{
	struct span tenant = order_text(o, MEMBER_TENANT);
	const struct tenant *t = keyring_find_tenant(o->authd->keyring, tenant);
	struct token_terms terms = {
		.name = order_text(o, MEMBER_TOKEN_NAME),
		.prefix = SPAN(""),
		.scopes = TOKEN_SCOPES_ALL,
		.created_s = now_s(),
	};
	char usual[USUAL_BUCKET_SIZE];

	if (!t)
		return reply_no_tenant(tenant);
	if (tokens_find(tokens_of(o), t, terms.name))
		return reply_token_exists(terms.name);
	if (tokens_count(tokens_of(o)) >= TOKENS_MAX)
		return refuse_full();
	take_terms(o, &terms);
	if (!terms.bucket.len && !usual_bucket(t, usual, &terms.bucket))
		return refuse_usual_bucket(t);
	return make(o, CHANGE_ADD_TOKENS, t, &terms, ret);
}

static json_t *find(const struct order *o, struct token **ret)
{
	struct span tenant = order_text(o, MEMBER_TENANT), name = order_text(o, MEMBER_TOKEN_NAME);
	const struct tenant *t = keyring_find_tenant(o->authd->keyring, tenant);

	if (!t)
		return reply_no_tenant(tenant);
	*ret = tokens_find(tokens_of(o), t, name);
	return *ret ? NULL : reply_no_token(name);
}

/* Also of one whose bucket has gone meanwhile: it is made again. */
json_t *order_token_refresh(struct order *o, struct change **ret)
{
	struct token_terms terms;
	struct token *t = NULL;
	json_t *answer = find(o, &t);

	if (!t)
		return answer;
	terms = token_terms(t);
	take_terms(o, &terms);
	answer = make(o, CHANGE_REPLACE_TOKEN, t->tenant, &terms, ret);
	if (answer)
		(*ret)->tokens->number = t->number;
	return answer;
}

json_t *order_token_delete(struct order *o, struct change **ret)
{
	struct token_terms terms;
	struct token *t = NULL;
	json_t *answer = find(o, &t);

	if (!t)
		return answer;
	terms = token_terms(t);
	*ret = order_change(CHANGE_REMOVE_TOKEN);
	if (!*ret || token_new(t->tenant, &terms, t->hash, &(*ret)->tokens) < 0)
		return NULL;
	(*ret)->tokens->number = t->number;
	return reply_done("token", reply_token(t));
}

json_t *order_token_list(struct order *o, struct change **ret)
{
	struct span name = order_text(o, MEMBER_TENANT);
	const struct tenant *t = keyring_find_tenant(o->authd->keyring, name);
	json_t *list;

	if (!span_is_none(name) && !t)
		return reply_no_tenant(name);
	list = json_array();
	for (const struct token *at = tokens_first(tokens_of(o)); at; at = at->next)
		if ((!t || at->tenant == t) && !reply_add_item(&list, reply_token(at)))
			break;
	return reply_done("tokens", list);
}

/* --- those that somebody else made -------------------------------------------------------- */

json_t *order_token_import(struct order *o, struct change **ret)
{
	return reply_refused(NULL, "Not yet.");
}
