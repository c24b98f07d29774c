/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The signed streams under way, found by the id of their grant. How many there may be, how much
 * memory they may hold together and how long one may stand still is all bounded here, since a
 * frontend that is not ours any more could begin one after the other.
 */

#include "authd/chain.h"
#include "authd/keyring.h"
#include "authd/origin.h"
#include "base/loop.h"
#include "base/table.h"
#include "ipc/wire.h"

#define CHAINS_MAX 4096
#define CHAINS_WAITING_MAX (32 * MIB)	/* of all of them, for what waits */
#define CHAINS_IDLE_NS (300 * NS_PER_S)	/* neither claims nor hashes came */

/* A chain and whose it is. */
struct stream {
	struct chain chain;
	struct ipc_id grant;
	struct ipc_id channel;
	uint64_t call;
	void *owner;			/* the session */
	uint64_t touched_ns;
	struct stream *older, *newer;	/* by touched_ns */
	struct chains *chains;
	size_t waiting;			/* as counted in the whole */
	uint32_t slot;			/* of its signing key */
	/* Whose it is, for the record of a denial. */
	uint64_t request_id;
	size_t credential_len, peer_len;
	char credential[KEYRING_ACCESS_KEY_MAX], peer[ORIGIN_TEXT_MAX];
};

struct chains {
	struct loop *loop;
	struct loop_timer timer;
	struct table by_grant;
	struct stream *oldest, *newest;
	size_t waiting;
	uint8_t *keys;			/* guarded memory, a signing key for each slot */
	uint32_t *free_slots;
	uint32_t n_free;
	/* Stood still for too long; the callee removes it. */
	void (*expired)(struct stream *s);
};

must_check int chains_init(struct chains *c, struct loop *l, void (*expired)(struct stream *s));
void chains_clear(struct chains *c);

enum chains_outcome {
	CHAINS_OK = 0,
	CHAINS_FULL,
};

/* What a new stream is about. All of it is copied. */
struct stream_config {
	const struct ipc_id *grant;
	const struct ipc_id *channel;
	const struct s3_request *request;
	const uint8_t *signing_key;
	const struct sigv4_scope *scope;
	const uint8_t *seed;
	uint64_t call;
	void *owner;
	uint64_t request_id;
	struct span credential, peer;	/* an access key's id, an origin's text */
};

must_check int chains_add(struct chains *c, const struct stream_config *config,
			  struct stream **ret);
void chains_remove(struct stream *s);

size_t chains_count(const struct chains *c);

/* NULL where there is none (any more). */
struct stream *chains_find(const struct chains *c, const struct ipc_id *grant);

/* As chain_claim() and chain_hash(). CHAIN_REFUSED also where too much waits in all chains. */
must_check int stream_claim(struct stream *s, struct span chunks, bool last, struct span trailer,
			    struct span trailer_signature);
must_check int stream_hash(struct stream *s, struct span hashes);
