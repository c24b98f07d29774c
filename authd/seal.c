/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/seal.h"

#include <endian.h>
#include <sodium.h>

struct seal {
	uint64_t epoch;
	uint8_t *key;	/* sodium_malloc(), of one hash; read-only but while it is made */
};

int seal_new(struct seal **ret)
{
	_cleanup_(seal_freep) struct seal *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->key = sodium_malloc(sizeof(struct ipc_hash));
	if (!s->key)
		return -ENOMEM;
	r = seal_renew(s);
	if (r < 0)
		return r;
	*ret = steal_ptr(s);
	return 0;
}

struct seal *seal_free(struct seal *s)
{
	if (!s)
		return NULL;
	sodium_free(s->key);
	free(s);
	return NULL;
}

int seal_renew(struct seal *s)
{
	if (sodium_mprotect_readwrite(s->key) < 0)
		return -errno;
	randombytes_buf(s->key, sizeof(struct ipc_hash));
	/* By chance, not counted: a count would have to outlive this process. */
	randombytes_buf(&s->epoch, sizeof(s->epoch));
	return sodium_mprotect_readonly(s->key) < 0 ? -errno : 0;
}

uint64_t seal_epoch(const struct seal *s)
{
	return s->epoch;
}

void seal_copy_key(const struct seal *s, struct ipc_hash *ret)
{
	memcpy(ret->bytes, s->key, sizeof(ret->bytes));
}

void seal_put(const struct seal *s, enum sealed_kind kind, struct span contents, struct buffer *to)
{
	crypto_generichash_blake2b_state state;
	uint64_t epoch = htole64(s->epoch);
	uint8_t tag[SEALED_TAG_LEN];

	crypto_generichash_blake2b_init_salt_personal(&state, s->key, sizeof(struct ipc_hash),
						      sizeof(tag), NULL,
						      (const uint8_t *)sealed_personal[kind]);
	crypto_generichash_blake2b_update(&state, (const uint8_t *)&epoch, sizeof(epoch));
	crypto_generichash_blake2b_update(&state, contents.data, contents.len);
	crypto_generichash_blake2b_final(&state, tag, sizeof(tag));
	wire_put_u64(to, s->epoch);
	wire_put_raw(to, tag, sizeof(tag));
	wire_put_raw(to, contents.data, contents.len);
}
