/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/keyring.h"

#include <sodium.h>

#include "authd/signing.h"
#include "authd/tokens.h"
#include "base/clock.h"
#include "base/table.h"
#include "s3/encoding.h"

#define NONCE_LEN crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_LEN	  crypto_aead_xchacha20poly1305_ietf_ABYTES
_Static_assert(KEYRING_SEALED_MAX == NONCE_LEN + KEYRING_SECRET_MAX + TAG_LEN, "sealed length");
_Static_assert(KEYRING_MASTER_LEN == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "keyring key");

/* The only places where a key lies open. Sodium_malloc() gives whole pages, so they share one. */
struct open {
	uint8_t master[KEYRING_MASTER_LEN];
	uint8_t prefixed_secret[SIGV4_PREFIX_LEN + KEYRING_SECRET_MAX];
	uint8_t other_secret[KEYRING_SECRET_MAX];
};

struct keyring {
	struct open *open;
	struct signing *signing;
	struct tokens *tokens;
	uint8_t hash_key[crypto_shorthash_KEYBYTES];
	uint64_t last_holder;
	struct tenant *tenants, **tenants_end;
	struct table tenants_by_number;
	struct user *users, **users_end;
	struct table users_by_number;
	size_t policies_len;
	struct access_key *keys, **keys_end;
	struct table keys_by_hash; /* of their ids, keyed: nobody can choose two that collide */
	struct access_key *nobody; /* in no list: what unknown access keys are checked against */
};

static int make_nobody(struct keyring *k)
{
	static const struct tenant nowhere;
	uint8_t random[20];
	char secret[2 * sizeof(random) + 1];

	randombytes_buf(random, sizeof(random));
	hex_encode((struct span){ random, sizeof(random) }, secret);
	return access_key_new(k, &nowhere, SPAN("nobody"), span_from_string(secret), &k->nobody);
}

int keyring_new(const uint8_t master[static KEYRING_MASTER_LEN], struct keyring **ret)
{
	_cleanup_(keyring_freep) struct keyring *k = calloc(1, sizeof(*k));
	int r;

	if (!k)
		return -ENOMEM;
	k->tenants_end = &k->tenants;
	k->users_end = &k->users;
	k->users_by_number = TABLE_INIT(KEYRING_USERS_MAX);
	k->keys_end = &k->keys;
	k->tenants_by_number = TABLE_INIT(KEYRING_TENANTS_MAX);
	k->keys_by_hash = TABLE_INIT(KEYRING_KEYS_MAX);
	crypto_shorthash_keygen(k->hash_key);
	k->open = sodium_malloc(sizeof(*k->open));
	if (!k->open)
		return -ENOMEM;
	memcpy(k->open->master, master, sizeof(k->open->master));
	r = signing_new(&k->signing);
	if (r >= 0)
		r = tokens_new(&k->tokens);
	if (r >= 0)
		r = make_nobody(k);
	if (r < 0)
		return r;
	*ret = steal_ptr(k);
	return 0;
}

struct keyring *keyring_free(struct keyring *k)
{
	if (!k)
		return NULL;
	while (k->keys) {
		struct access_key *a = k->keys;

		k->keys = a->next;
		access_key_free(a);
	}
	while (k->users) {
		struct user *u = k->users;

		k->users = u->next;
		user_free(u);
	}
	while (k->tenants) {
		struct tenant *t = k->tenants;

		k->tenants = t->next;
		tenant_free(t);
	}
	access_key_free(k->nobody);
	table_clear(&k->keys_by_hash);
	table_clear(&k->users_by_number);
	table_clear(&k->tenants_by_number);
	tokens_free(k->tokens);
	signing_free(k->signing);
	sodium_free(k->open);
	free(k);
	return NULL;
}

/* --- forms -------------------------------------------------------------------------------- */

static bool is_lower_or_digit(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool keyring_name_is_valid(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_lower_or_digit(span_bytes(s)[i]) && (i == 0 || span_bytes(s)[i] != '-'))
			return false;
	return s.len > 0 && s.len <= KEYRING_NAME_MAX;
}

bool keyring_access_key_is_valid(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = span_bytes(s)[i];

		if (!is_lower_or_digit(c) && !(c >= 'A' && c <= 'Z') && c != '.' && c != '_' &&
		    c != '-')
			return false;
	}
	return s.len >= KEYRING_ACCESS_KEY_MIN && s.len <= KEYRING_ACCESS_KEY_MAX;
}

bool keyring_secret_is_valid(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (span_bytes(s)[i] < ' ' || span_bytes(s)[i] >= 0x7f)
			return false;
	return s.len >= KEYRING_SECRET_MIN && s.len <= KEYRING_SECRET_MAX;
}

/* --- records ------------------------------------------------------------------------------ */

/* The caller has checked that it fits; the record came zeroed. */
static void set_text(char *to, size_t size, struct span text)
{
	if (text.len)
		memcpy(to, text.data, MIN(text.len, size - 1));
}

int tenant_new(struct span name, struct span display_name, struct span email,
	       struct span canonical_id, struct tenant **ret)
{
	struct tenant *t = calloc(1, sizeof(*t));
	uint8_t random[KEYRING_CANONICAL_LEN / 2];

	if (!t)
		return -ENOMEM;
	t->created_ns = clock_realtime_ns();
	t->ceilings = CEILINGS_OF_ALL;
	randombytes_buf(t->id.bytes, sizeof(t->id.bytes));
	set_text(t->name, sizeof(t->name), name);
	set_text(t->display_name, sizeof(t->display_name), display_name);
	set_text(t->email, sizeof(t->email), email);
	if (canonical_id.len) {
		set_text(t->canonical_id, sizeof(t->canonical_id), canonical_id);
	} else {
		randombytes_buf(random, sizeof(random));
		hex_encode((struct span){ random, sizeof(random) }, t->canonical_id);
	}
	*ret = t;
	return 0;
}

struct tenant *tenant_free(struct tenant *t)
{
	free(t);
	return NULL;
}

struct principal tenant_principal(const struct tenant *t, const char *credential)
{
	return (struct principal){
		.tenant = t->id,
		.tenant_name = span_from_string(t->name),
		.canonical_id = span_from_string(t->canonical_id),
		.display_name = span_from_string(t->display_name),
		.user = SPAN(""),
		.credential = span_from_string(credential),
		.prefix = SPAN(""),
	};
}

struct principal user_principal(const struct user *u, const char *credential)
{
	struct principal p = tenant_principal(u->tenant, credential);

	p.user = span_from_string(u->name);
	p.user_id = u->id;
	return p;
}

/* What a sealed secret is bound to: moved to another access key or tenant, it does not open. */
struct binding {
	uint8_t bytes[sizeof(struct ipc_id) + KEYRING_ACCESS_KEY_MAX];
	size_t len;
};

static struct binding binding_of(const struct access_key *a)
{
	struct binding b = { .len = sizeof(a->tenant->id) + strlen(a->id) };

	memcpy(b.bytes, a->tenant->id.bytes, sizeof(a->tenant->id));
	memcpy(b.bytes + sizeof(a->tenant->id), a->id, strlen(a->id));
	return b;
}

int access_key_new(struct keyring *k, const struct tenant *t, struct span id, struct span secret,
		   struct access_key **ret)
{
	struct access_key *a = calloc(1, sizeof(*a));
	unsigned long long len;
	struct binding binding;

	if (!a)
		return -ENOMEM;
	a->tenant = t;
	a->enabled = true;
	a->created_ns = clock_realtime_ns();
	set_text(a->id, sizeof(a->id), id);
	binding = binding_of(a);
	randombytes_buf(a->sealed, NONCE_LEN);
	crypto_aead_xchacha20poly1305_ietf_encrypt(a->sealed + NONCE_LEN, &len, secret.data,
						   MIN(secret.len, (size_t)KEYRING_SECRET_MAX),
						   binding.bytes, binding.len, NULL, a->sealed,
						   k->open->master);
	a->sealed_len = NONCE_LEN + (size_t)len;
	*ret = a;
	return 0;
}

struct access_key *access_key_free(struct access_key *a)
{
	free(a);
	return NULL;
}

bool access_key_has_expired(const struct access_key *a, int64_t now_s)
{
	return a->expires_s && now_s >= a->expires_s;
}

/* Opens the secret behind its prefix; the caller forgets it. */
static int open_secret(struct keyring *k, const struct access_key *a, struct span *ret)
{
	uint8_t *to = k->open->prefixed_secret + SIGV4_PREFIX_LEN;
	struct binding binding = binding_of(a);
	unsigned long long len;

	if (a->sealed_len < NONCE_LEN + TAG_LEN ||
	    crypto_aead_xchacha20poly1305_ietf_decrypt(to, &len, NULL, a->sealed + NONCE_LEN,
						       a->sealed_len - NONCE_LEN, binding.bytes,
						       binding.len, a->sealed, k->open->master) < 0)
		return -EBADMSG;
	memcpy(k->open->prefixed_secret, SIGV4_PREFIX, SIGV4_PREFIX_LEN);
	*ret = (struct span){ k->open->prefixed_secret, SIGV4_PREFIX_LEN + (size_t)len };
	return 0;
}

static void forget_secret(struct keyring *k)
{
	sodium_memzero(k->open->prefixed_secret, sizeof(k->open->prefixed_secret));
}

/* --- what exists -------------------------------------------------------------------------- */

static int add(struct table *t, uint64_t number, void *record)
{
	int r = table_add(t, number, record);

	if (r < 0)
		return r;
	switch ((enum table_outcome)r) {
	case TABLE_OK:
		return KEYRING_OK;
	case TABLE_FULL:
		return KEYRING_FULL;
	case TABLE_EXISTS:
		return -EEXIST;
	}
	return fold(r);
}

int keyring_add_tenant(struct keyring *k, struct tenant *t)
{
	int r = add(&k->tenants_by_number, t->number, t);

	if (r)
		return r;
	*k->tenants_end = t;
	k->tenants_end = &t->next;
	return KEYRING_OK;
}

static uint64_t hash_of(const struct keyring *k, struct span id)
{
	uint64_t hash;

	crypto_shorthash((uint8_t *)&hash, id.data, id.len, k->hash_key);
	return hash;
}

static void count_policy(struct keyring *k, const struct user *u, bool comes)
{
	size_t len = user_policy_len(u->policy_text, u->policy);

	k->policies_len = comes ? k->policies_len + len : k->policies_len - len;
	u->tenant->policies_len =
		comes ? u->tenant->policies_len + len : u->tenant->policies_len - len;
}

int keyring_add_user(struct keyring *k, struct user *u)
{
	int r = add(&k->users_by_number, u->number, u);

	if (r)
		return r;
	*k->users_end = u;
	k->users_end = &u->next;
	count_policy(k, u, true);
	return KEYRING_OK;
}

void keyring_set_policy(struct keyring *k, struct user *u, char *text,
			struct policy_document *policy)
{
	count_policy(k, u, false);
	user_set_policy(u, text, policy);
	count_policy(k, u, true);
}

size_t keyring_policies_len(const struct keyring *k)
{
	return k->policies_len;
}

int keyring_add_key(struct keyring *k, struct access_key *a)
{
	struct user *u = keyring_find_user_number(k, a->user_number);
	int r;

	/* Without its user it would be the tenant's own, and might do everything. */
	if (a->user_number && (!u || u->tenant != a->tenant))
		return -EBADMSG;
	r = add(&k->keys_by_hash, hash_of(k, span_from_string(a->id)), a);
	if (r)
		return r;
	a->holder = ++k->last_holder;
	a->user = u;
	*k->keys_end = a;
	k->keys_end = &a->next;
	return KEYRING_OK;
}

void keyring_enable_key(struct keyring *k, struct access_key *a, bool enabled)
{
	a->enabled = enabled;
	if (!enabled)
		signing_forget(k->signing, a->holder);
}

/* What *at points to. */
static void take_key_out(struct keyring *k, struct access_key **at)
{
	struct access_key *a = *at;

	*at = a->next;
	if (k->keys_end == &a->next)
		k->keys_end = at;
	table_remove(&k->keys_by_hash, hash_of(k, span_from_string(a->id)));
	signing_forget(k->signing, a->holder);
	access_key_free(a);
}

void keyring_remove_key(struct keyring *k, struct access_key *a)
{
	struct access_key **at = &k->keys;

	while (*at != a)
		at = &(*at)->next;
	take_key_out(k, at);
}

/* What *at points to. */
static void take_user_out(struct keyring *k, struct user **at)
{
	struct user *u = *at;

	*at = u->next;
	if (k->users_end == &u->next)
		k->users_end = at;
	table_remove(&k->users_by_number, u->number);
	count_policy(k, u, false);
	user_free(u);
}

void keyring_remove_user(struct keyring *k, struct user *u)
{
	struct user **at = &k->users;

	while (*at != u)
		at = &(*at)->next;
	take_user_out(k, at);
}

void keyring_remove_tenant(struct keyring *k, struct tenant *t)
{
	struct tenant **at = &k->tenants;
	struct access_key **key = &k->keys;
	struct user **user = &k->users;

	tokens_remove_all(k->tokens, t);
	while (*key)
		if ((*key)->tenant == t)
			take_key_out(k, key);
		else
			key = &(*key)->next;
	while (*user)
		if ((*user)->tenant == t)
			take_user_out(k, user);
		else
			user = &(*user)->next;
	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	if (k->tenants_end == &t->next)
		k->tenants_end = at;
	table_remove(&k->tenants_by_number, t->number);
	tenant_free(t);
}

void keyring_rename_tenant(struct tenant *t, const struct tenant *to)
{
	if (to->display_name[0])
		memcpy(t->display_name, to->display_name, sizeof(t->display_name));
	if (to->email[0])
		memcpy(t->email, to->email, sizeof(t->email));
}

struct tenant *keyring_find_tenant(const struct keyring *k, struct span name)
{
	for (struct tenant *t = k->tenants; t; t = t->next)
		if (span_equal(span_from_string(t->name), name))
			return t;
	return NULL;
}

struct tenant *keyring_find_tenant_number(const struct keyring *k, uint64_t number)
{
	return table_find(&k->tenants_by_number, number);
}

struct user *keyring_find_user(const struct keyring *k, const struct tenant *t, struct span name)
{
	for (struct user *u = k->users; u; u = u->next)
		if (u->tenant == t && span_equal(span_from_string(u->name), name))
			return u;
	return NULL;
}

struct user *keyring_find_user_number(const struct keyring *k, uint64_t number)
{
	return table_find(&k->users_by_number, number);
}

struct access_key *keyring_find_key(const struct keyring *k, struct span id)
{
	struct access_key *a = table_find(&k->keys_by_hash, hash_of(k, id));

	return a && span_equal(span_from_string(a->id), id) ? a : NULL;
}

struct tenant *keyring_tenants(const struct keyring *k)
{
	return k->tenants;
}

struct user *keyring_users(const struct keyring *k)
{
	return k->users;
}

struct access_key *keyring_keys(const struct keyring *k)
{
	return k->keys;
}

size_t keyring_user_count(const struct keyring *k)
{
	return k->users_by_number.count;
}

size_t keyring_keys_of(const struct keyring *k, const struct user *u)
{
	size_t n = 0;

	for (const struct access_key *a = k->keys; a; a = a->next)
		n += a->user == u;
	return n;
}

size_t keyring_tenant_count(const struct keyring *k)
{
	return k->tenants_by_number.count;
}

size_t keyring_key_count(const struct keyring *k)
{
	return k->keys_by_hash.count;
}

struct tokens *keyring_tokens(const struct keyring *k)
{
	return k->tokens;
}

/* --- keys --------------------------------------------------------------------------------- */

int keyring_signing_key(struct keyring *k, const struct access_key *a, struct span day,
			struct span region, enum sigv4_service service, const uint8_t **ret)
{
	const struct access_key *whose = a ? a : k->nobody;
	struct signing_name name = { whose->holder, day, region, service };
	struct span secret;
	uint8_t *made;
	int r;

	*ret = signing_find(k->signing, &name);
	if (*ret)
		return 0;
	r = open_secret(k, whose, &secret);
	if (r < 0)
		return r;
	made = signing_add(k->signing, &name);
	sigv4_derive(secret, day, region, service, made);
	forget_secret(k);
	*ret = made;
	return 0;
}

int keyring_put_secret(struct keyring *k, const struct access_key *a, struct buffer *to)
{
	struct span secret;
	int r = open_secret(k, a, &secret);

	if (r < 0)
		return r;
	wire_put_bytes(to, span_skip(secret, SIGV4_PREFIX_LEN));
	forget_secret(k);
	return 0;
}

bool keyring_have_same_secret(struct keyring *k, const struct access_key *a,
			      const struct access_key *b)
{
	struct span secret;
	size_t len;
	bool same = false;

	if (open_secret(k, a, &secret) < 0)
		return false;
	secret = span_skip(secret, SIGV4_PREFIX_LEN);
	len = secret.len;
	memcpy(k->open->other_secret, secret.data, len);
	if (open_secret(k, b, &secret) == 0) {
		secret = span_skip(secret, SIGV4_PREFIX_LEN);
		same = secret.len == len &&
		       sodium_memcmp(secret.data, k->open->other_secret, len) == 0;
	}
	forget_secret(k);
	sodium_memzero(k->open->other_secret, sizeof(k->open->other_secret));
	return same;
}

bool keyring_fits(struct keyring *k)
{
	struct span secret;
	bool fits = !k->keys || open_secret(k, k->keys, &secret) == 0;

	forget_secret(k);
	return fits;
}
