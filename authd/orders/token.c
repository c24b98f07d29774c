/* SPDX-License-Identifier: Apache-2.0 */

/* Orders about tokens. */

#include <sodium.h>
#include <stdio.h>

#include "authd/authd.h"
#include "authd/orders/orders.h"
#include "authd/orders/page.h"
#include "authd/orders/reply.h"
#include "base/clock.h"
#include "s3/date.h"
#include "s3/encoding.h"
#include "s3/names.h"

_Static_assert((IPC_ERRANDS_MAX + WRITER_QUEUE_MAX) * MEMBER_TOKENS_MAX <= TOKENS_PROMISED_MAX,
	       "what waits for its bucket, or for the writer, finds room");

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

	terms->expires_s = order_expiry_s(o);
	if (o->values[MEMBER_SCOPES])
		(void)!member_scopes(o->values[MEMBER_SCOPES], &terms->scopes);
	if (!span_is_none(bucket))
		terms->bucket = bucket;
	if (!span_is_none(prefix))
		terms->prefix = prefix;
	if (o->values[MEMBER_RATE])
		terms->rate = (uint32_t)order_number(o, MEMBER_RATE);
}

#define OBJECTS_SUFFIX	  "-objects"
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
	return reply_refused("name another bucket", "There can be no bucket %s" OBJECTS_SUFFIX ".",
			     t->name);
}

static json_t *refuse_full(void)
{
	return reply_limit(NULL, "There are as many tokens as there can be.");
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
	struct tenant *t = NULL;
	json_t *refusal = order_find_tenant(o, MEMBER_TENANT, &t);
	struct token_terms terms = {
		.name = order_text(o, MEMBER_TOKEN_NAME),
		.prefix = SPAN(""),
		.scopes = TOKEN_SCOPES_ALL,
		.created_s = now_s(),
	};
	char usual[USUAL_BUCKET_SIZE];

	if (!t)
		return refusal;
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
	struct span name = order_text(o, MEMBER_TOKEN_NAME);
	struct tenant *t = NULL;
	json_t *refusal = order_find_tenant(o, MEMBER_TENANT, &t);

	if (!t)
		return refusal;
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

static json_t *tell(const void *item)
{
	return reply_token(item);
}

json_t *order_token_list(struct order *o, struct change **ret)
{
	struct span name = order_text(o, MEMBER_TENANT);
	const struct tenant *t = keyring_find_tenant(o->authd->keyring, name);
	struct page page;

	if (!span_is_none(name) && !t)
		return reply_no_tenant(name);
	page_begin(&page, o, tell);
	for (const struct token *at = tokens_first(tokens_of(o)); at; at = at->next)
		if (!t || at->tenant == t)
			page_offer(&page, at->name, at);
	return page_end(&page, "tokens");
}

json_t *order_token_get(struct order *o, struct change **ret)
{
	struct token *t = NULL;
	json_t *refusal = find(o, &t);

	return t ? reply_done("token", reply_token(t)) : refusal;
}

/* Whose a text is. Who may ask this may make tokens for everybody anyway. */
json_t *order_token_show(struct order *o, struct change **ret)
{
	const struct token *t = tokens_recognise(tokens_of(o), order_text(o, MEMBER_TOKEN));

	if (!t)
		return reply_refused(NULL, "There is no such token.");
	return reply_done("token", reply_token(t));
}

/* --- those that somebody else made -------------------------------------------------------- */

struct foreign {
	struct token_terms terms;
	uint8_t hash[TOKEN_HASH_LEN];
};

static bool read_hash(const json_t *value, uint8_t ret[static TOKEN_HASH_LEN])
{
	struct span text = json_span(value);

	return span_is_lower_hex(text) && hex_decode(text, ret, TOKEN_HASH_LEN);
}

/* A moment from before 1970 would be 0 or less, which mean something else. */
static bool read_time(const json_t *value, int64_t *ret)
{
	int64_t s;

	if (!date_parse_iso8601_loose(json_span(value), &s))
		return false;
	*ret = MAX(s, 1);
	return true;
}

/* What is wrong with one of the list, or NULL. */
static const char *read_foreign(const json_t *item, struct foreign *f)
{
	static const char *const known[] = { "name", "hash", "scopes", "created_at", "expires" };
	const json_t *created = json_object_get(item, "created_at"),
		     *expires = json_object_get(item, "expires"),
		     *scopes = json_object_get(item, "scopes");
	size_t n_known = 0;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		n_known += json_object_get(item, known[i]) != NULL;
	if (json_object_size(item) != n_known)
		return "there is more than name, hash, scopes, created_at and expires";
	if (!member_is_valid(MEMBER_TOKEN_NAME, json_object_get(item, "name")))
		return "name must be a string of 1 to 128 bytes of text without control characters";
	if (!read_hash(json_object_get(item, "hash"), f->hash))
		return "hash must be the SHA-256 of the token, 64 digits of 0-9 and a-f";
	if (scopes && !json_is_null(scopes) && !member_scopes(scopes, &f->terms.scopes))
		return "scopes must be a list of read, write and delete";
	if (created && !json_is_null(created) && !read_time(created, &f->terms.created_s))
		return "created_at must be a time such as 2026-12-22T01:50:40+00:00";
	if (!expires || (!json_is_null(expires) && !read_time(expires, &f->terms.expires_s)))
		return "expires must be a time such as 2026-12-22T01:50:40+00:00, or null for "
		       "never";
	f->terms.name = json_span(json_object_get(item, "name"));
	return NULL;
}

static json_t *refuse_item(size_t i, const char *reason)
{
	return reply_refused("nothing was imported", "Token %zu of the list: %s.", i, reason);
}

/* Into a set of their own, which finds those that are there twice. NULL, or the refusal. */
static json_t *gather(const struct order *o, const struct tenant *t, struct span bucket,
		      struct tokens *to)
{
	const json_t *item;
	size_t i;

	json_array_foreach(o->values[MEMBER_TOKENS], i, item)
	{
		struct foreign f = { .terms = { .bucket = bucket, .created_s = now_s() } };
		const char *wrong = read_foreign(item, &f);
		struct token *made;

		if (wrong)
			return refuse_item(i, wrong);
		if (tokens_find(to, t, f.terms.name))
			return refuse_item(i, "another one before it has the same name");
		if (tokens_find_hash(to, f.hash))
			return refuse_item(i, "another one before it has the same hash");
		if (token_new(t, &f.terms, f.hash, &made) < 0)
			return NULL;
		if (tokens_add(to, made) != KEYRING_OK) {
			token_free(made);
			return NULL;
		}
	}
	return NULL;
}

#define TAKEN_NAMED_MAX 8 /* so many are named, the others counted */

/* NULL, or the refusal that names those whose names are taken. */
static json_t *find_taken(const struct order *o, const struct tokens *new)
{
	const struct token *first = NULL;
	char names[TAKEN_NAMED_MAX * (TOKEN_NAME_MAX + sizeof("'', "))] = "";
	size_t n = 0;

	for (const struct token *t = tokens_first(new); t; t = t->next) {
		if (!tokens_find(tokens_of(o), t->tenant, span_from_string(t->name)))
			continue;
		if (!n++)
			first = t;
		if (n <= TAKEN_NAMED_MAX)
			sprintf(names + strlen(names), "%s'%s'", n > 1 ? ", " : "", t->name);
	}
	if (n == 0)
		return NULL;
	if (n == 1)
		return reply_token_exists(span_from_string(first->name));
	if (n <= TAKEN_NAMED_MAX)
		return reply_refused("nothing was imported",
				     "Tokens with the names %s already exist.", names);
	return reply_refused("nothing was imported",
			     "Tokens with the names %s and %zu others already exist.", names,
			     n - TAKEN_NAMED_MAX);
}

/* Likewise, for one that is there under another name. */
static json_t *find_known(const struct order *o, const struct tokens *new)
{
	size_t i = 0;

	for (const struct token *t = tokens_first(new); t; t = t->next, i++)
		if (tokens_find_hash(tokens_of(o), t->hash))
			return refuse_item(i, "there is a token with this hash already");
	return NULL;
}

static json_t *list_of(const struct token *first)
{
	json_t *list = json_array();

	for (const struct token *t = first; t && reply_add_item(&list, reply_token(t)); t = t->next)
		;
	return list;
}

/* All of them, or, where one is not right, none. */
json_t *order_token_import(struct order *o, struct change **ret)
{
	struct span bucket = order_text(o, MEMBER_BUCKET);
	struct tenant *t = NULL;
	json_t *refusal = order_find_tenant(o, MEMBER_TENANT, &t);
	_cleanup_(tokens_freep) struct tokens *new = NULL;
	size_t n = json_array_size(o->values[MEMBER_TOKENS]);
	char usual[USUAL_BUCKET_SIZE];

	if (!t)
		return refusal;
	if (tokens_count(tokens_of(o)) + n > TOKENS_MAX)
		return refuse_full();
	if (!bucket.len && !usual_bucket(t, usual, &bucket))
		return refuse_usual_bucket(t);
	if (tokens_new(&new) < 0)
		return NULL;
	refusal = gather(o, t, bucket, new);
	if (!refusal)
		refusal = find_taken(o, new);
	if (!refusal)
		refusal = find_known(o, new);
	/* Short of some only where there was no memory for them. */
	if (refusal || tokens_count(new) != n)
		return refusal;
	*ret = order_change(CHANGE_ADD_TOKENS);
	if (!*ret)
		return NULL;
	(*ret)->tokens = tokens_take(new);
	order_wants_bucket(o, t, bucket);
	return reply_done("tokens", list_of((*ret)->tokens));
}
