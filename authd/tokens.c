/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/tokens.h"

#include <sodium.h>

#include "base/table.h"

struct tokens {
	uint8_t key[crypto_shorthash_KEYBYTES]; /* nobody can choose two that collide */
	uint8_t nobody[TOKEN_HASH_LEN]; /* what a text is compared with that is no token's */
	struct token *first, **end;
	struct table by_hash, by_name;
};

int tokens_new(struct tokens **ret)
{
	struct tokens *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	crypto_shorthash_keygen(s->key);
	randombytes_buf(s->nobody, sizeof(s->nobody));
	s->end = &s->first;
	s->by_hash = TABLE_INIT(TOKENS_MAX + TOKENS_PROMISED_MAX);
	s->by_name = TABLE_INIT(TOKENS_MAX + TOKENS_PROMISED_MAX);
	*ret = s;
	return 0;
}

struct tokens *tokens_free(struct tokens *s)
{
	if (!s)
		return NULL;
	token_free_list(s->first);
	table_clear(&s->by_hash);
	table_clear(&s->by_name);
	free(s);
	return NULL;
}

static uint64_t place_of_hash(const struct tokens *s, const uint8_t hash[static TOKEN_HASH_LEN])
{
	uint64_t place;

	crypto_shorthash((uint8_t *)&place, hash, TOKEN_HASH_LEN, s->key);
	return place;
}

static uint64_t place_of_name(const struct tokens *s, const struct tenant *t, struct span name)
{
	uint8_t both[sizeof(t->number) + TOKEN_NAME_MAX];
	size_t len = MIN(name.len, (size_t)TOKEN_NAME_MAX);
	uint64_t place;

	memcpy(both, &t->number, sizeof(t->number));
	memcpy(both + sizeof(t->number), name.data, len);
	crypto_shorthash((uint8_t *)&place, both, sizeof(t->number) + len, s->key);
	return place;
}

static int outcome(int r)
{
	if (r <= 0)
		return r;
	switch ((enum table_outcome)r) {
	case TABLE_OK:
		break;
	case TABLE_FULL:
		return KEYRING_FULL;
	case TABLE_EXISTS:
		return -EEXIST;
	}
	return fold(r);
}

static int enter(struct tokens *s, struct token *t)
{
	uint64_t hash = place_of_hash(s, t->hash),
		 name = place_of_name(s, t->tenant, span_from_string(t->name));
	int r;

	r = outcome(table_add(&s->by_hash, hash, t));
	if (r)
		return r;
	r = outcome(table_add(&s->by_name, name, t));
	if (r)
		table_remove(&s->by_hash, hash);
	return r;
}

/* In front of what `at` points to. */
static void join_line(struct tokens *s, struct token **at, struct token *t)
{
	t->next = *at;
	if (s->end == at)
		s->end = &t->next;
	*at = t;
}

int tokens_add(struct tokens *s, struct token *t)
{
	int r = enter(s, t);

	if (r)
		return r;
	join_line(s, s->end, t);
	return KEYRING_OK;
}

struct token *tokens_take(struct tokens *s)
{
	struct token *first = s->first;

	s->first = NULL;
	s->end = &s->first;
	table_clear(&s->by_hash);
	table_clear(&s->by_name);
	s->by_hash = s->by_name = TABLE_INIT(TOKENS_MAX + TOKENS_PROMISED_MAX);
	return first;
}

static struct token **place_in_line(struct tokens *s, const struct token *t)
{
	struct token **at = &s->first;

	while (*at != t)
		at = &(*at)->next;
	return at;
}

/* What *at points to. */
static void take_out(struct tokens *s, struct token **at)
{
	struct token *t = *at;

	*at = t->next;
	if (s->end == &t->next)
		s->end = at;
	table_remove(&s->by_hash, place_of_hash(s, t->hash));
	table_remove(&s->by_name, place_of_name(s, t->tenant, span_from_string(t->name)));
	token_free(t);
}

void tokens_remove(struct tokens *s, struct token *t)
{
	take_out(s, place_in_line(s, t));
}

void tokens_remove_all(struct tokens *s, const struct tenant *t)
{
	struct token **at = &s->first;

	while (*at)
		if ((*at)->tenant == t)
			take_out(s, at);
		else
			at = &(*at)->next;
}

int tokens_replace(struct tokens *s, struct token *old, struct token *t)
{
	struct token **at = place_in_line(s, old);
	int r;

	take_out(s, at);
	r = enter(s, t);
	if (r == KEYRING_OK)
		join_line(s, at, t);
	return r;
}

struct token *tokens_find_hash(const struct tokens *s, const uint8_t hash[static TOKEN_HASH_LEN])
{
	struct token *t = table_find(&s->by_hash, place_of_hash(s, hash));
	bool same = sodium_memcmp(hash, t ? t->hash : s->nobody, TOKEN_HASH_LEN) == 0;

	return t && same ? t : NULL;
}

struct token *tokens_recognise(const struct tokens *s, struct span text)
{
	uint8_t hash[TOKEN_HASH_LEN];

	token_hash(text, hash);
	return tokens_find_hash(s, hash);
}

struct token *tokens_find(const struct tokens *s, const struct tenant *t, struct span name)
{
	struct token *found = table_find(&s->by_name, place_of_name(s, t, name));

	return found && found->tenant == t && span_equal(span_from_string(found->name), name)
		       ? found
		       : NULL;
}

struct token *tokens_first(const struct tokens *s)
{
	return s->first;
}

size_t tokens_count(const struct tokens *s)
{
	return s->by_hash.count;
}
