/* SPDX-License-Identifier: Apache-2.0 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "authd/hmac.h"

#include <sodium.h>

#define BLOCK SHA256_CBLOCK

/* None of these calls can fail: they allocate nothing. */
void sha256(struct span s, uint8_t ret[static HMAC_LEN])
{
	SHA256_CTX c;

	SHA256_Init(&c);
	SHA256_Update(&c, s.data, s.len);
	SHA256_Final(ret, &c);
	/* What is hashed may be a key. */
	sodium_memzero(&c, sizeof(c));
}

static void begin(SHA256_CTX *c, const uint8_t key[static BLOCK], uint8_t with)
{
	uint8_t pad[BLOCK];

	for (size_t i = 0; i < BLOCK; i++)
		pad[i] = key[i] ^ with;
	SHA256_Init(c);
	SHA256_Update(c, pad, BLOCK);
	sodium_memzero(pad, sizeof(pad));
}

/* RFC 2104: a key that is longer than a block stands for its hash. */
void hmac_begin(struct hmac *h, const uint8_t *key, size_t key_len)
{
	uint8_t block[BLOCK] = { 0 };

	if (key_len > BLOCK)
		sha256((struct span){ key, key_len }, block);
	else
		memcpy(block, key, key_len);
	begin(&h->inner, block, 0x36);
	begin(&h->outer, block, 0x5c);
	sodium_memzero(block, sizeof(block));
}

void hmac_put(struct hmac *h, struct span s)
{
	SHA256_Update(&h->inner, s.data, s.len);
}

void hmac_end(struct hmac *h, uint8_t ret[static HMAC_LEN])
{
	uint8_t inner[HMAC_LEN];

	SHA256_Final(inner, &h->inner);
	SHA256_Update(&h->outer, inner, sizeof(inner));
	SHA256_Final(ret, &h->outer);
	sodium_memzero(h, sizeof(*h));
}
