/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/stamps.h"

static _Atomic uint64_t *count_of(struct stamps *s, struct span name)
{
	uint64_t hash;

	crypto_shorthash((uint8_t *)&hash, span_bytes(name), name.len, s->key);
	return &s->counts[hash % STAMPS_COUNT];
}

void stamps_init(struct stamps *s)
{
	crypto_shorthash_keygen(s->key);
}

uint64_t stamps_find(struct stamps *s, struct span name)
{
	return atomic_load(count_of(s, name));
}

void stamps_advance(struct stamps *s, struct span name)
{
	atomic_fetch_add(count_of(s, name), 1);
}

void stamps_advance_all(struct stamps *s)
{
	for (size_t i = 0; i < STAMPS_COUNT; i++)
		atomic_fetch_add(&s->counts[i], 1);
}
