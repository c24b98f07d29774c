/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any bytes are a tenant's identities or none; those that are, once they are somebody's, are the same
 * bytes again.
 */

#undef NDEBUG
#include <assert.h>

#include <sodium.h>

#include "authd/identities/identities.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ID_AT 5 /* of the tenant, behind mark and version */

/* Whoever has them is called what they say. His id he has from the start: secrets are sealed for it. */
static void adopt_tenant(const struct identities *i, struct tenant *t)
{
	struct tenant called = *i->tenant;

	assert(ipc_id_equal(&t->id, &i->id));
	called.number = t->number;
	called.next = t->next;
	called.id = t->id;
	*t = called;
}

static void adopt_all(struct keyring *k, struct identities *i)
{
	uint64_t number = 1;

	for (struct user *u = i->users, *next; u; u = next) {
		next = u->next;
		u->next = NULL;
		u->number = number++;
		assert(keyring_add_user(k, u) == KEYRING_OK);
	}
	for (struct access_key *a = i->keys, *next; a; a = next) {
		next = a->next;
		a->next = NULL;
		a->user_number = a->user ? a->user->number : 0;
		assert(keyring_add_key(k, a) == KEYRING_OK);
	}
	for (struct token *t = i->tokens, *next; t; t = next) {
		next = t->next;
		assert(tokens_add(keyring_tokens(k), t) == KEYRING_OK);
	}
	i->users = NULL;
	i->keys = NULL;
	i->tokens = NULL;
}

static void check(struct keyring *k, struct tenant *t, struct identities *i, struct span input)
{
	struct buffer again;

	adopt_tenant(i, t);
	adopt_all(k, i);
	again = BUFFER_INIT(identities_bound(k, t));
	assert(identities_encode(k, t, &again) == 0);
	assert(span_equal(buffer_span(&again), input));
	buffer_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t master[KEYRING_MASTER_LEN];
	_cleanup_(identities_freep) struct identities *i = NULL;
	_cleanup_(keyring_freep) struct keyring *k = NULL;
	struct span input = { data ? data : (const uint8_t *)"", size };
	struct identities_complaint why;
	struct tenant *t;
	int r;

	assert(sodium_init() >= 0);
	assert(keyring_new(master, &k) == 0);
	assert(tenant_new(SPAN("fuzz"), SPAN("Fuzz"), SPAN(""), SPAN(""), &t) == 0);
	t->number = 1;
	assert(keyring_add_tenant(k, t) == KEYRING_OK);
	if (size >= ID_AT + sizeof(t->id.bytes))
		memcpy(t->id.bytes, data + ID_AT, sizeof(t->id.bytes));
	r = identities_decode(k, t, input, &i, &why);
	assert(r == IDENTITIES_OK || r == IDENTITIES_WRONG);
	if (r == IDENTITIES_OK)
		check(k, t, i, input);
	return 0;
}
