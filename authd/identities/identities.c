/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/identities/identities.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/table.h"
#include "s3/names.h"

#define MARK	"CFid"
#define VERSION 1

/* Of each item beside its texts: no more than that, and no less than this. */
#define ITEM_FIXED_MAX 80
#define USER_LEN_MIN   34
#define KEY_LEN_MIN    33
#define TOKEN_LEN_MIN  66

struct identities *identities_free(struct identities *i)
{
	if (!i)
		return NULL;
	while (i->keys) {
		struct access_key *a = i->keys;

		i->keys = a->next;
		access_key_free(a);
	}
	while (i->users) {
		struct user *u = i->users;

		i->users = u->next;
		user_free(u);
	}
	token_free_list(i->tokens);
	tenant_free(i->tenant);
	free(i);
	return NULL;
}

/* --- to bytes ----------------------------------------------------------------------------- */

size_t identities_bound(const struct keyring *k, const struct tenant *t)
{
	size_t n = 2 * ITEM_FIXED_MAX + sizeof(*t);

	for (const struct user *u = keyring_users(k); u; u = u->next)
		if (u->tenant == t)
			n += ITEM_FIXED_MAX + strlen(u->name) +
			     (u->policy_text ? strlen(u->policy_text) : 0);
	for (const struct access_key *a = keyring_keys(k); a; a = a->next)
		if (a->tenant == t)
			n += ITEM_FIXED_MAX + strlen(a->id) + a->sealed_len;
	for (const struct token *s = tokens_first(keyring_tokens(k)); s; s = s->next)
		if (s->tenant == t)
			n += ITEM_FIXED_MAX + strlen(s->name) + strlen(s->bucket) +
			     strlen(s->prefix);
	return n;
}

static void put_text(struct buffer *b, const char *text)
{
	wire_put_bytes(b, span_from_string(text));
}

static void put_tenant(struct buffer *b, const struct tenant *t)
{
	wire_put_raw(b, MARK, sizeof(MARK) - 1);
	wire_put_u8(b, VERSION);
	wire_put_raw(b, t->id.bytes, sizeof(t->id.bytes));
	put_text(b, t->name);
	put_text(b, t->display_name);
	put_text(b, t->email);
	put_text(b, t->canonical_id);
	wire_put_u64(b, t->created_ns);
}

/* Where each user stands in the list, from 1 on; a pointer that is none. */
static int put_users(struct keyring *k, const struct tenant *t, struct table *places,
		     struct buffer *b)
{
	uint32_t n = 0;
	int r;

	for (const struct user *u = keyring_users(k); u; u = u->next)
		n += u->tenant == t;
	wire_put_u32(b, n);
	n = 0;
	for (const struct user *u = keyring_users(k); u; u = u->next) {
		if (u->tenant != t)
			continue;
		wire_put_raw(b, u->id.bytes, sizeof(u->id.bytes));
		put_text(b, u->name);
		wire_put_u64(b, u->created_ns);
		wire_put_u8(b, u->administrator);
		put_text(b, u->policy_text ? u->policy_text : "");
		r = table_add(places, u->number, (void *)(uintptr_t)++n);
		if (r)
			return r < 0 ? r : fold(r);
	}
	return 0;
}

static int put_keys(struct keyring *k, const struct tenant *t, const struct table *places,
		    struct buffer *b)
{
	uint32_t n = 0;
	int r;

	for (const struct access_key *a = keyring_keys(k); a; a = a->next)
		n += a->tenant == t;
	wire_put_u32(b, n);
	for (const struct access_key *a = keyring_keys(k); a; a = a->next) {
		if (a->tenant != t)
			continue;
		put_text(b, a->id);
		r = keyring_put_secret(k, a, b);
		if (r < 0)
			return r;
		wire_put_u32(b, (uint32_t)(uintptr_t)table_find(places, a->user_number));
		wire_put_u64(b, a->created_ns);
		wire_put_u64(b, (uint64_t)a->expires_s);
		wire_put_u8(b, a->enabled);
	}
	return 0;
}

static void put_tokens(const struct tokens *all, const struct tenant *t, struct buffer *b)
{
	uint32_t n = 0;

	for (const struct token *s = tokens_first(all); s; s = s->next)
		n += s->tenant == t;
	wire_put_u32(b, n);
	for (const struct token *s = tokens_first(all); s; s = s->next) {
		if (s->tenant != t)
			continue;
		put_text(b, s->name);
		wire_put_raw(b, s->hash, sizeof(s->hash));
		wire_put_u8(b, (uint8_t)s->scopes);
		put_text(b, s->bucket);
		put_text(b, s->prefix);
		wire_put_u32(b, s->rate);
		wire_put_u64(b, (uint64_t)s->created_s);
		wire_put_u64(b, (uint64_t)s->expires_s);
	}
}

int identities_encode(struct keyring *k, const struct tenant *t, struct buffer *to)
{
	_cleanup_(table_clear) struct table places = TABLE_INIT(SIZE_MAX);
	int r;

	put_tenant(to, t);
	r = put_users(k, t, &places, to);
	if (r >= 0)
		r = put_keys(k, t, &places, to);
	if (r < 0)
		return r;
	put_tokens(keyring_tokens(k), t, to);
	return buffer_error(to);
}

/* --- from bytes --------------------------------------------------------------------------- */

struct decoder {
	struct wire_reader reader;
	struct keyring *keyring;
	struct tenant *whose;
	struct identities *to;
	struct identities_complaint *why;
	uint8_t hash_key[crypto_shorthash_KEYBYTES];
	struct table seen; /* hashes of names, of users and then of keys */
	struct user **users; /* by their places */
	uint8_t *n_keys; /* of each of them */
	struct tokens *tokens;
};

static int complain(struct decoder *d, const char *format, ...) printf_like(2, 3);

static int complain(struct decoder *d, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(d->why->text, sizeof(d->why->text), format, args);
	va_end(args);
	return IDENTITIES_WRONG;
}

static int complain_of_damage(struct decoder *d)
{
	return complain(d, "The identities are not whole, or not as this Coffer writes them.");
}

/* A number that SQLite can hold, and a moment that can be told. */
static uint64_t get_moment(struct wire_reader *r)
{
	uint64_t value = wire_get_u64(r);

	r->failed |= value > INT64_MAX;
	return value;
}

/* How many items follow; more than there are bytes for are refused before there is room made for
 * them. */
static uint32_t get_count(struct wire_reader *r, size_t most, size_t len_min)
{
	uint32_t n = wire_get_u32(r);

	r->failed |= n > most || n > r->rest.len / len_min;
	return r->failed ? 0 : n;
}

/* False where it was there before; of two that are not the same it says so once in 2^64. */
static int note_name(struct decoder *d, struct span name)
{
	uint64_t hash;

	crypto_shorthash((uint8_t *)&hash, name.data, name.len, d->hash_key);
	return table_add(&d->seen, hash, d);
}

static bool text_is_valid(struct span s, size_t most)
{
	return s.len <= most && span_is_text(s);
}

static int get_tenant(struct decoder *d)
{
	struct wire_reader *r = &d->reader;
	struct span name, shown, email, canonical;
	char mark[sizeof(MARK) - 1];
	uint64_t created_ns;
	uint8_t version;

	wire_get_raw(r, mark, sizeof(mark));
	version = wire_get_u8(r);
	if (r->failed || memcmp(mark, MARK, sizeof(mark)) != 0)
		return complain_of_damage(d);
	if (version != VERSION)
		return complain(d, "The identities are of another version of Coffer: %u, not %u.",
				version, VERSION);
	wire_get_raw(r, d->to->id.bytes, sizeof(d->to->id.bytes));
	name = wire_get_bytes(r, KEYRING_NAME_MAX);
	shown = wire_get_bytes(r, KEYRING_DISPLAY_NAME_MAX);
	email = wire_get_bytes(r, KEYRING_EMAIL_MAX);
	canonical = wire_get_bytes(r, KEYRING_CANONICAL_LEN);
	created_ns = get_moment(r);
	if (r->failed || !keyring_name_is_valid(name) ||
	    !text_is_valid(shown, KEYRING_DISPLAY_NAME_MAX) ||
	    (email.len && !text_is_valid(email, KEYRING_EMAIL_MAX)) ||
	    canonical.len != KEYRING_CANONICAL_LEN || !span_is_lower_hex(canonical))
		return complain_of_damage(d);
	if (tenant_new(name, shown, email, canonical, &d->to->tenant) < 0)
		return -ENOMEM;
	d->to->tenant->created_ns = created_ns;
	return 0;
}

static int get_policy(struct decoder *d, struct user *u, struct span text)
{
	struct policy_complaint complaint;
	struct policy_document *policy;
	char *kept;
	bool same;
	int r;

	if (!text.len)
		return 0;
	r = user_policy_read(text, false, &kept, &policy, &complaint);
	if (r < 0)
		return r;
	if (r > 0)
		return complain(d, "The policy of the user %s is wrong: %s", u->name,
				complaint.text);
	same = span_equal(span_from_string(kept), text);
	user_set_policy(u, kept, policy);
	return same ? 0 : complain_of_damage(d);
}

static int get_user(struct decoder *d, struct user **ret)
{
	struct wire_reader *r = &d->reader;
	struct span name, policy;
	struct ipc_id id;
	uint64_t created_ns;
	uint8_t administrator;
	int e;

	wire_get_raw(r, id.bytes, sizeof(id.bytes));
	name = wire_get_bytes(r, USER_NAME_MAX);
	created_ns = get_moment(r);
	administrator = wire_get_u8(r);
	policy = wire_get_bytes(r, POLICY_TEXT_MAX);
	if (r->failed || administrator > 1 || !user_name_is_valid(name))
		return complain_of_damage(d);
	e = note_name(d, name);
	if (e)
		return e < 0 ? e : complain_of_damage(d);
	e = user_new(d->whose, name, ret);
	if (e < 0)
		return e;
	(*ret)->id = id;
	(*ret)->created_ns = created_ns;
	(*ret)->administrator = administrator;
	return get_policy(d, *ret, policy);
}

static int get_users(struct decoder *d)
{
	size_t n = get_count(&d->reader, KEYRING_USERS_MAX, USER_LEN_MIN);
	struct user **end = &d->to->users;
	int r = 0;

	d->users = calloc(n + 1, sizeof(*d->users));
	d->n_keys = calloc(n + 1, sizeof(*d->n_keys));
	if (!d->users || !d->n_keys)
		return -ENOMEM;
	for (size_t i = 0; i < n && r == 0; i++) {
		/* In the list from the first moment on: what is in there is freed. */
		r = get_user(d, end);
		d->users[i] = *end;
		if (*end)
			end = &(*end)->next;
	}
	d->to->n_users = n;
	return r;
}

/* 0 is the tenant itself, and everybody else one of the users before. */
static int set_holder(struct decoder *d, struct access_key *a, uint32_t place)
{
	if (place > d->to->n_users)
		return complain_of_damage(d);
	if (!place)
		return 0;
	a->user = d->users[place - 1];
	return ++d->n_keys[place - 1] > USER_KEYS_MAX ? complain_of_damage(d) : 0;
}

static int get_key(struct decoder *d, struct access_key **ret)
{
	struct wire_reader *r = &d->reader;
	struct span id = wire_get_bytes(r, KEYRING_ACCESS_KEY_MAX);
	struct span secret = wire_get_bytes(r, KEYRING_SECRET_MAX);
	uint32_t place = wire_get_u32(r);
	uint64_t created_ns = get_moment(r), expires_s = get_moment(r);
	uint8_t enabled = wire_get_u8(r);
	int e;

	if (r->failed || enabled > 1 || !keyring_access_key_is_valid(id) ||
	    !keyring_secret_is_valid(secret))
		return complain_of_damage(d);
	e = note_name(d, id);
	if (e)
		return e < 0 ? e : complain_of_damage(d);
	e = access_key_new(d->keyring, d->whose, id, secret, ret);
	if (e < 0)
		return e;
	(*ret)->created_ns = created_ns;
	(*ret)->expires_s = (int64_t)expires_s;
	(*ret)->enabled = enabled;
	return set_holder(d, *ret, place);
}

static int get_keys(struct decoder *d)
{
	size_t n = get_count(&d->reader, KEYRING_KEYS_MAX, KEY_LEN_MIN);
	struct access_key **end = &d->to->keys;
	int r = 0;

	table_clear(&d->seen);
	d->seen = TABLE_INIT(KEYRING_KEYS_MAX);
	for (size_t i = 0; i < n && r == 0; i++) {
		r = get_key(d, end);
		if (*end)
			end = &(*end)->next;
	}
	d->to->n_keys = n;
	return r;
}

static int get_token(struct decoder *d)
{
	struct wire_reader *r = &d->reader;
	struct token_terms terms = { .name = wire_get_bytes(r, TOKEN_NAME_MAX) };
	struct tokens *to = d->tokens;
	uint8_t hash[TOKEN_HASH_LEN];
	struct token *made = NULL;
	int e;

	wire_get_raw(r, hash, sizeof(hash));
	terms.scopes = wire_get_u8(r);
	terms.bucket = wire_get_bytes(r, S3_BUCKET_NAME_MAX);
	terms.prefix = wire_get_bytes(r, S3_KEY_MAX);
	terms.rate = wire_get_u32(r);
	terms.created_s = (int64_t)get_moment(r);
	terms.expires_s = (int64_t)get_moment(r);
	if (r->failed || !token_name_is_valid(terms.name) || (terms.scopes & ~TOKEN_SCOPES_ALL) ||
	    !bucket_name_is_valid(terms.bucket) || !token_prefix_is_valid(terms.prefix) ||
	    terms.rate > TOKEN_RATE_MAX || tokens_find(to, d->whose, terms.name) ||
	    tokens_find_hash(to, hash))
		return complain_of_damage(d);
	e = token_new(d->whose, &terms, hash, &made);
	if (e == 0)
		e = tokens_add(to, made);
	if (e)
		token_free(made);
	return e > 0 ? fold(e) : e;
}

static int get_tokens(struct decoder *d)
{
	size_t n = get_count(&d->reader, TOKENS_MAX, TOKEN_LEN_MIN);
	int r = tokens_new(&d->tokens);

	for (size_t i = 0; i < n && r == 0; i++)
		r = get_token(d);
	if (r == 0)
		d->to->tokens = tokens_take(d->tokens);
	d->to->n_tokens = n;
	return r;
}

int identities_decode(struct keyring *k, struct tenant *whose, struct span bytes,
		      struct identities **ret, struct identities_complaint *why)
{
	_cleanup_(identities_freep) struct identities *made = calloc(1, sizeof(*made));
	struct decoder d = { .reader = wire_reader(bytes),
			     .keyring = k,
			     .whose = whose,
			     .to = made,
			     .why = why,
			     .seen = TABLE_INIT(KEYRING_USERS_MAX) };
	int r;

	if (!made)
		return -ENOMEM;
	crypto_shorthash_keygen(d.hash_key);
	r = get_tenant(&d);
	if (r == 0)
		r = get_users(&d);
	if (r == 0)
		r = get_keys(&d);
	if (r == 0)
		r = get_tokens(&d);
	if (r == 0 && !wire_ended(&d.reader))
		r = complain_of_damage(&d);
	table_clear(&d.seen);
	free(d.users);
	free(d.n_keys);
	tokens_free(d.tokens);
	if (r == 0)
		*ret = steal_ptr(made);
	return r;
}
