/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/unseal.h"

#include <sodium.h>

#include "stored/spent.h"

#define EPOCH_LEN 8

struct unseal {
	uint64_t epoch;
	uint8_t *key; /* sodium_malloc(), of one hash; NULL before the first */
	struct spent spent;
};

int unseal_new(struct unseal **ret)
{
	struct unseal *u = calloc(1, sizeof(*u));

	if (!u)
		return -ENOMEM;
	*ret = u;
	return 0;
}

struct unseal *unseal_free(struct unseal *u)
{
	if (!u)
		return NULL;
	sodium_free(u->key);
	spent_clear(&u->spent);
	free(u);
	return NULL;
}

int unseal_take_key(struct unseal *u, uint64_t epoch, const struct ipc_hash *key)
{
	if (!u->key)
		u->key = sodium_malloc(sizeof(key->bytes));
	if (!u->key)
		return -ENOMEM;
	if (sodium_mprotect_readwrite(u->key) < 0)
		return -errno;
	memcpy(u->key, key->bytes, sizeof(key->bytes));
	if (sodium_mprotect_readonly(u->key) < 0)
		return -errno;
	u->epoch = epoch;
	spent_clear(&u->spent);
	return 0;
}

uint64_t unseal_epoch(const struct unseal *u)
{
	return u->epoch;
}

/* The tag covers the epoch, too: a seal cannot be carried over by writing another number on it. */
static bool tag_is_ours(const struct unseal *u, enum sealed_kind kind, struct span sealed,
			struct span tag, struct span contents)
{
	crypto_generichash_blake2b_state state;
	uint8_t own[SEALED_TAG_LEN];

	if (crypto_generichash_blake2b_init_salt_personal(
		    &state, u->key, sizeof(struct ipc_hash), sizeof(own), NULL,
		    (const uint8_t *)sealed_personal[kind]) < 0)
		return false;
	crypto_generichash_blake2b_update(&state, sealed.data, EPOCH_LEN);
	crypto_generichash_blake2b_update(&state, contents.data, contents.len);
	crypto_generichash_blake2b_final(&state, own, sizeof(own));
	return sodium_memcmp(own, tag.data, sizeof(own)) == 0;
}

/* Epoch first: an honest worker may come with a seal of an authd that is gone. */
static int open_seal(const struct unseal *u, enum sealed_kind kind, struct span sealed,
		     struct span *ret_contents)
{
	struct span tag, contents;
	uint64_t epoch;

	if (!sealed_split(sealed, &epoch, &tag, &contents))
		return UNSEAL_FORGED;
	if (!u->key || epoch != u->epoch)
		return UNSEAL_STALE;
	if (!tag_is_ours(u, kind, sealed, tag, contents))
		return UNSEAL_FORGED;
	*ret_contents = contents;
	return UNSEAL_OK;
}

int unseal_ticket(struct unseal *u, struct span sealed, struct ticket *ret)
{
	struct span contents;
	int r = open_seal(u, SEALED_TICKET, sealed, &contents);

	if (r != UNSEAL_OK)
		return r;
	return ticket_decode(contents, ret) ? UNSEAL_OK : UNSEAL_FORGED;
}

static int spend(struct unseal *u, const struct ipc_id *id, uint64_t now_ns)
{
	int r = spent_add(&u->spent, id, now_ns);

	if (r < 0)
		return r;
	switch ((enum spent_outcome)r) {
	case SPENT_FRESH:
		return UNSEAL_OK;
	case SPENT_BEFORE:
		return UNSEAL_SPENT;
	case SPENT_CROWDED:
		return UNSEAL_CROWDED;
	}
	return fold(r);
}

/* Spent ids are remembered for one life: what lives longer is not of an authd we know. */
static int check_clock(uint64_t expires_ns, uint64_t now_ns)
{
	if (now_ns >= expires_ns)
		return UNSEAL_EXPIRED;
	return expires_ns - now_ns > GRANT_LIFE_NS ? UNSEAL_FORGED : UNSEAL_OK;
}

int unseal_grant(struct unseal *u, struct span sealed, const struct ipc_id *channel,
		 uint64_t now_ns, struct grant *ret)
{
	struct span contents;
	struct grant g;
	int r = open_seal(u, SEALED_GRANT, sealed, &contents);

	if (r != UNSEAL_OK)
		return r;
	if (!grant_decode(contents, &g) || g.epoch != u->epoch ||
	    !ipc_id_equal(&g.channel, channel))
		return UNSEAL_FORGED;
	r = check_clock(g.expires_ns, now_ns);
	if (r != UNSEAL_OK)
		return r;
	r = s3_operations[g.request.operation].access == S3_ACCESS_WRITE ? spend(u, &g.id, now_ns)
									 : UNSEAL_OK;
	if (r == UNSEAL_OK)
		*ret = g;
	return r;
}

int unseal_chain(struct unseal *u, struct span sealed, const struct ipc_id *grant,
		 const struct ipc_id *channel, struct chain_seal *ret)
{
	struct span contents;
	struct chain_seal s;
	int r = open_seal(u, SEALED_CHAIN, sealed, &contents);

	if (r != UNSEAL_OK)
		return r;
	if (!chain_seal_decode(contents, &s) || !ipc_id_equal(&s.grant, grant) ||
	    !ipc_id_equal(&s.channel, channel))
		return UNSEAL_FORGED;
	*ret = s;
	return UNSEAL_OK;
}

_Static_assert(OPERATOR_LIFE_NS <= GRANT_LIFE_NS, "what opens once is remembered for one life");

int unseal_operator(struct unseal *u, struct span sealed, uid_t uid, uint64_t now_ns,
		    struct operator_grant *ret)
{
	struct span contents;
	struct operator_grant g;
	int r = open_seal(u, SEALED_OPERATOR, sealed, &contents);

	if (r != UNSEAL_OK)
		return r;
	if (!operator_grant_decode(contents, &g) || g.epoch != u->epoch || g.uid != uid)
		return UNSEAL_FORGED;
	r = check_clock(g.expires_ns, now_ns);
	if (r == UNSEAL_OK)
		r = spend(u, &g.id, now_ns);
	if (r == UNSEAL_OK)
		*ret = g;
	return r;
}
