/* SPDX-License-Identifier: Apache-2.0 */

/* What of the identities that come is there already. */

#include <sodium.h>

#include "authd/identities/identities.h"
#include "base/table.h"

struct sieve {
	struct keyring *keyring;
	const struct tenant *whose;
	struct table by_name; /* the tenant's users as they are */
	struct table by_id; /* the users of all */
	uint8_t hash_key[crypto_shorthash_KEYBYTES];
};

static uint64_t hash_of(const struct sieve *s, const void *bytes, size_t len)
{
	uint64_t hash;

	crypto_shorthash((uint8_t *)&hash, bytes, len, s->hash_key);
	return hash;
}

static int gather_users(struct sieve *s)
{
	int r = 0;

	for (struct user *u = keyring_users(s->keyring); u && r >= 0; u = u->next) {
		r = table_add(&s->by_id, ipc_id_number(&u->id), u);
		if (r >= 0 && u->tenant == s->whose)
			r = table_add(&s->by_name, hash_of(s, u->name, strlen(u->name)), u);
	}
	return r < 0 ? r : 0;
}

/* --- users -------------------------------------------------------------------------------- */

static struct user *find_user(const struct sieve *s, const struct user *u)
{
	struct user *found = table_find(&s->by_name, hash_of(s, u->name, strlen(u->name)));

	return found && strcmp(found->name, u->name) == 0 ? found : NULL;
}

static bool is_same_user(const struct user *a, const struct user *b)
{
	const char *mine = a->policy_text, *his = b->policy_text;

	return a->administrator == b->administrator &&
	       (mine && his ? strcmp(mine, his) == 0 : !mine && !his);
}

/* What they did stays theirs, unless it is somebody else's by now: of a tenant that is here twice.
 */
static void choose_id(const struct sieve *s, struct user *u)
{
	if (table_find(&s->by_id, ipc_id_number(&u->id)))
		randombytes_buf(u->id.bytes, sizeof(u->id.bytes));
}

/* Those who are there hold the keys that come; so it is noted in these before they go. */
static void note_holders(const struct sieve *s, struct identities *i)
{
	for (struct access_key *a = i->keys; a; a = a->next) {
		const struct user *there = a->user ? find_user(s, a->user) : NULL;

		if (there) {
			a->user = NULL;
			a->user_number = there->number;
		}
	}
}

static void sift_users(const struct sieve *s, struct identities *i, struct identities *in_the_way)
{
	struct user **at = &i->users, **end = &in_the_way->users;

	while (*at) {
		struct user *u = *at, *there = find_user(s, u);

		if (!there) {
			choose_id(s, u);
			at = &u->next;
			continue;
		}
		*at = u->next;
		u->next = NULL;
		i->n_users--;
		if (is_same_user(u, there)) {
			user_free(u);
			continue;
		}
		*end = u;
		end = &u->next;
		in_the_way->n_users++;
	}
}

/* --- keys --------------------------------------------------------------------------------- */

static bool is_same_key(const struct sieve *s, const struct access_key *a,
			const struct access_key *there)
{
	/* Of a user who has still to be made it cannot be. */
	return !a->user && there->tenant == s->whose && there->user_number == a->user_number &&
	       keyring_have_same_secret(s->keyring, a, there);
}

static void sift_keys(const struct sieve *s, struct identities *i, struct identities *in_the_way)
{
	struct access_key **at = &i->keys, **end = &in_the_way->keys;

	while (*at) {
		struct access_key *a = *at;
		const struct access_key *there =
			keyring_find_key(s->keyring, span_from_string(a->id));

		if (!there) {
			at = &a->next;
			continue;
		}
		*at = a->next;
		a->next = NULL;
		i->n_keys--;
		if (is_same_key(s, a, there)) {
			access_key_free(a);
			continue;
		}
		a->user = NULL; /* who may be freed before it */
		*end = a;
		end = &a->next;
		in_the_way->n_keys++;
	}
}

/* --- tokens ------------------------------------------------------------------------------- */

static void sift_tokens(const struct sieve *s, struct identities *i, struct identities *in_the_way)
{
	const struct tokens *all = keyring_tokens(s->keyring);
	struct token **at = &i->tokens, **end = &in_the_way->tokens;

	while (*at) {
		struct token *t = *at;
		const struct token *named = tokens_find(all, s->whose, span_from_string(t->name));
		const struct token *there = tokens_find_hash(all, t->hash);

		if (!named && !there) {
			at = &t->next;
			continue;
		}
		*at = t->next;
		t->next = NULL;
		i->n_tokens--;
		if (named == there) {
			token_free(t);
			continue;
		}
		*end = t;
		end = &t->next;
		in_the_way->n_tokens++;
	}
}

int identities_sift(struct identities *i, struct keyring *k, const struct tenant *whose,
		    struct identities *in_the_way)
{
	struct sieve s = { .keyring = k,
			   .whose = whose,
			   .by_name = TABLE_INIT(SIZE_MAX),
			   .by_id = TABLE_INIT(SIZE_MAX) };
	int r;

	crypto_shorthash_keygen(s.hash_key);
	r = gather_users(&s);
	if (r == 0) {
		note_holders(&s, i);
		sift_users(&s, i, in_the_way);
		sift_keys(&s, i, in_the_way);
		sift_tokens(&s, i, in_the_way);
	}
	table_clear(&s.by_name);
	table_clear(&s.by_id);
	return r;
}
