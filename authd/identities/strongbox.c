/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/identities/strongbox.h"

#include <sodium.h>

_Static_assert(KEYRING_MASTER_LEN == crypto_kdf_KEYBYTES, "what the key is made of");
_Static_assert(RECIPIENT_KEY_LEN == crypto_box_PUBLICKEYBYTES, "public key");
_Static_assert(STRONGBOX_OVERHEAD == crypto_box_SEALBYTES, "sealed box");

/* What is made of the keyring key for something else has another context, or another number. */
#define CONTEXT "CFstrong"
#define NUMBER	1
_Static_assert(sizeof(CONTEXT) - 1 == crypto_kdf_CONTEXTBYTES, "context");

/* In guarded memory. */
struct halves {
	uint8_t seed[crypto_box_SEEDBYTES];
	uint8_t secret[crypto_box_SECRETKEYBYTES];
};

struct strongbox {
	struct recipient recipient;
	struct halves *open;
};

int strongbox_new(const uint8_t master[static KEYRING_MASTER_LEN], struct strongbox **ret)
{
	_cleanup_(strongbox_freep) struct strongbox *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->open = sodium_malloc(sizeof(*s->open));
	if (!s->open)
		return -ENOMEM;
	crypto_kdf_derive_from_key(s->open->seed, sizeof(s->open->seed), NUMBER, CONTEXT, master);
	crypto_box_seed_keypair(s->recipient.key, s->open->secret, s->open->seed);
	sodium_memzero(s->open->seed, sizeof(s->open->seed));
	*ret = steal_ptr(s);
	return 0;
}

struct strongbox *strongbox_free(struct strongbox *s)
{
	if (s)
		sodium_free(s->open);
	free(s);
	return NULL;
}

const struct recipient *strongbox_recipient(const struct strongbox *s)
{
	return &s->recipient;
}

bool strongbox_open(const struct strongbox *s, struct span sealed, uint8_t *ret)
{
	return crypto_box_seal_open(ret, sealed.data, sealed.len, s->recipient.key,
				    s->open->secret) == 0;
}

bool strongbox_seal(const struct recipient *to, struct span plain, uint8_t *ret)
{
	return crypto_box_seal(ret, plain.data, plain.len, to->key) == 0;
}
