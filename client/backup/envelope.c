/* SPDX-License-Identifier: Apache-2.0 */
#include "client/backup/envelope.h"

#include <sodium.h>

#include "ipc/wire.h"

_Static_assert(ENVELOPE_SALT_LEN == crypto_pwhash_argon2id_SALTBYTES, "salt");
_Static_assert(RECIPIENT_KEY_LEN == crypto_box_PUBLICKEYBYTES, "public key");

#define MARK	"CFsealed"
#define VERSION 1

/* What a file may ask for: it may be anybody's. */
#define OPERATIONS_MAX 16
#define MEMORY_MAX     (1 * GIB)

/* In guarded memory. */
struct halves {
	uint8_t seed[crypto_box_SEEDBYTES];
	uint8_t secret[crypto_box_SECRETKEYBYTES];
};

static void free_guarded(void *p)
{
	sodium_free(*(void **)p);
}

/* The pair of keys of a passphrase; *h is to be freed. */
static int derive(const struct envelope *e, const char *passphrase, struct recipient *ret_public,
		  struct halves **ret)
{
	_cleanup_(free_guarded) struct halves *h = sodium_malloc(sizeof(*h));

	if (!h ||
	    crypto_pwhash(h->seed, sizeof(h->seed), passphrase, strlen(passphrase), e->salt,
			  e->operations, (size_t)e->memory, crypto_pwhash_ALG_ARGON2ID13) != 0)
		return -ENOMEM;
	crypto_box_seed_keypair(ret_public->key, h->secret, h->seed);
	*ret = steal_ptr(h);
	return 0;
}

void envelope_for_host(struct envelope *e, const struct recipient *r)
{
	*e = (struct envelope){ .kind = ENVELOPE_HOST, .recipient = *r };
}

int envelope_for_passphrase(struct envelope *e, const char *passphrase)
{
	_cleanup_(free_guarded) struct halves *h = NULL;

	*e = (struct envelope){ .kind = ENVELOPE_PASSPHRASE,
				.operations = crypto_pwhash_OPSLIMIT_MODERATE,
				.memory = crypto_pwhash_MEMLIMIT_MODERATE };
	randombytes_buf(e->salt, sizeof(e->salt));
	return derive(e, passphrase, &e->recipient, &h);
}

void envelope_put(const struct envelope *e, struct span sealed, struct buffer *to)
{
	wire_put_raw(to, MARK, sizeof(MARK) - 1);
	wire_put_u8(to, VERSION);
	wire_put_u8(to, (uint8_t)e->kind);
	wire_put_raw(to, e->recipient.key, sizeof(e->recipient.key));
	if (e->kind == ENVELOPE_PASSPHRASE) {
		wire_put_raw(to, e->salt, sizeof(e->salt));
		wire_put_u64(to, e->operations);
		wire_put_u64(to, e->memory);
	}
	buffer_append(to, sealed);
}

int envelope_get(struct span bytes, struct envelope *ret, struct span *ret_sealed)
{
	struct wire_reader r = wire_reader(bytes);
	struct envelope e = { 0 };
	char mark[sizeof(MARK) - 1];

	wire_get_raw(&r, mark, sizeof(mark));
	if (memcmp(mark, MARK, sizeof(mark)) != 0 || wire_get_u8(&r) != VERSION)
		return -EBADMSG;
	e.kind = (enum envelope_kind)wire_get_u8(&r);
	wire_get_raw(&r, e.recipient.key, sizeof(e.recipient.key));
	if (e.kind == ENVELOPE_PASSPHRASE) {
		wire_get_raw(&r, e.salt, sizeof(e.salt));
		e.operations = wire_get_u64(&r);
		e.memory = wire_get_u64(&r);
		if (e.operations < crypto_pwhash_OPSLIMIT_MIN || e.operations > OPERATIONS_MAX ||
		    e.memory < crypto_pwhash_MEMLIMIT_MIN || e.memory > MEMORY_MAX)
			return -EBADMSG;
	} else if (e.kind != ENVELOPE_HOST) {
		return -EBADMSG;
	}
	if (r.failed)
		return -EBADMSG;
	*ret = e;
	*ret_sealed = r.rest;
	return 0;
}

int envelope_reseal(const struct envelope *e, const char *passphrase, struct span sealed,
		    const struct recipient *to, struct buffer *ret)
{
	_cleanup_(free_guarded) struct halves *h = NULL;
	_cleanup_(free_guarded) uint8_t *plain = NULL;
	struct recipient own;
	size_t len;
	int r;

	if (sealed.len <= crypto_box_SEALBYTES)
		return ENVELOPE_DAMAGED;
	len = sealed.len - crypto_box_SEALBYTES;
	r = derive(e, passphrase, &own, &h);
	if (r < 0)
		return r;
	if (memcmp(own.key, e->recipient.key, sizeof(own.key)) != 0)
		return ENVELOPE_WRONG;
	plain = sodium_malloc(len);
	if (!plain || !buffer_reserve(ret, sealed.len))
		return -ENOMEM;
	if (crypto_box_seal_open(plain, sealed.data, sealed.len, own.key, h->secret) != 0 ||
	    crypto_box_seal(ret->data, plain, len, to->key) != 0)
		return ENVELOPE_DAMAGED;
	buffer_commit(ret, sealed.len);
	return ENVELOPE_OK;
}
