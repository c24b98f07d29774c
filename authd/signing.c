/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/signing.h"

#include <sodium.h>

#define SIGNING_COUNT (SIGNING_SETS * SIGNING_WAYS)
_Static_assert((SIGNING_SETS & (SIGNING_SETS - 1)) == 0, "sets are chosen by the bits of a hash");

struct entry {
	uint64_t holder;
	uint64_t used; /* when, in uses of the whole; 0: free */
	enum sigv4_service service;
	uint8_t day[SIGV4_DAY_LEN];
	uint8_t region_len;
	uint8_t region[SIGV4_REGION_MAX];
};

struct signing {
	uint64_t uses;
	uint8_t hash_key[crypto_shorthash_KEYBYTES];
	uint8_t *keys; /* sodium_allocarray(), one for each entry */
	struct entry entries[SIGNING_COUNT];
};

int signing_new(struct signing **ret)
{
	_cleanup_(signing_freep) struct signing *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->keys = sodium_allocarray(SIGNING_COUNT, SIGV4_LEN);
	if (!s->keys)
		return -ENOMEM;
	crypto_shorthash_keygen(s->hash_key);
	*ret = steal_ptr(s);
	return 0;
}

struct signing *signing_free(struct signing *s)
{
	if (!s)
		return NULL;
	sodium_free(s->keys);
	free(s);
	return NULL;
}

/* Keyed, so that nobody can choose regions that all fall into one set. */
static struct entry *set_of(struct signing *s, const struct signing_name *name)
{
	uint8_t text[sizeof(name->holder) + SIGV4_DAY_LEN + SIGV4_REGION_MAX];
	size_t len = sizeof(name->holder) + SIGV4_DAY_LEN;
	uint64_t hash;

	memcpy(text, &name->holder, sizeof(name->holder));
	memcpy(text + sizeof(name->holder), name->day.data, SIGV4_DAY_LEN);
	memcpy(text + len, name->region.data, name->region.len);
	crypto_shorthash((uint8_t *)&hash, text, len + name->region.len, s->hash_key);
	return &s->entries[(hash & (SIGNING_SETS - 1)) * SIGNING_WAYS];
}

static bool is_named(const struct entry *e, const struct signing_name *name)
{
	return e->used && e->holder == name->holder && e->service == name->service &&
	       e->region_len == name->region.len &&
	       memcmp(e->day, name->day.data, SIGV4_DAY_LEN) == 0 &&
	       memcmp(e->region, name->region.data, name->region.len) == 0;
}

static uint8_t *key_of(struct signing *s, const struct entry *e)
{
	return s->keys + (size_t)(e - s->entries) * SIGV4_LEN;
}

const uint8_t *signing_find(struct signing *s, const struct signing_name *name)
{
	struct entry *set = set_of(s, name);

	for (size_t i = 0; i < SIGNING_WAYS; i++) {
		if (!is_named(&set[i], name))
			continue;
		set[i].used = ++s->uses;
		return key_of(s, &set[i]);
	}
	return NULL;
}

uint8_t *signing_add(struct signing *s, const struct signing_name *name)
{
	struct entry *set = set_of(s, name), *oldest = set;

	for (size_t i = 1; i < SIGNING_WAYS; i++)
		if (set[i].used < oldest->used)
			oldest = &set[i];
	*oldest = (struct entry){ .holder = name->holder,
				  .used = ++s->uses,
				  .service = name->service,
				  .region_len = (uint8_t)name->region.len };
	memcpy(oldest->day, name->day.data, SIGV4_DAY_LEN);
	memcpy(oldest->region, name->region.data, name->region.len);
	return key_of(s, oldest);
}

void signing_forget(struct signing *s, uint64_t holder)
{
	for (size_t i = 0; i < SIGNING_COUNT; i++) {
		struct entry *e = &s->entries[i];

		if (!e->used || e->holder != holder)
			continue;
		sodium_memzero(key_of(s, e), SIGV4_LEN);
		*e = (struct entry){ 0 };
	}
}
