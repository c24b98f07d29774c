/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One signed stream. The client signs every chunk over the one before, beginning with the request's
 * own signature. The lengths and signatures it claimed come from the frontend; the hashes of the
 * bytes come from stored, who alone has seen them. A chain walks over both as they arrive, in any
 * interleaving, and keeps only what the other side is behind with.
 */

#include "authd/sigv4.h"
#include "base/buffer.h"
#include "s3/request.h"

#define CHAIN_CLAIM_LEN (4 + SIGV4_LEN)	/* u32 length, signature */
#define CHAIN_WAITING_MAX 4096		/* claims or hashes that the other side is behind with */
#define CHAIN_CHECKSUM_MAX 96		/* text of a checksum in a trailer */
#define CHAIN_SCOPE_MAX (SIGV4_DAY_LEN + SIGV4_REGION_MAX + sizeof("//s3/aws4_request"))

enum chain_state {
	CHAIN_RUNNING,		/* more chunks come */
	CHAIN_CLOSED,		/* the closing chunk was claimed; its trailer, if any, comes */
	CHAIN_CLAIMED,		/* all claims are in; hashes come */
	CHAIN_PROVEN,		/* everything was the client's */
	CHAIN_BROKEN,		/* something was not, or cannot be known any more */
	CHAIN_STATES,
};

enum chain_outcome {
	CHAIN_OK = 0,
	CHAIN_DONE,		/* proven just now */
	CHAIN_REFUSED,		/* broken just now: chain->error is what the client is told */
	CHAIN_VIOLATION,	/* no client's mistake makes a frontend say this */
};

struct chain_fifo {
	struct buffer bytes;
	size_t taken;
};

struct chain {
	enum chain_state state;
	enum s3_error error;
	const uint8_t *key;		/* borrowed from who made the chain */
	uint64_t length;		/* of all chunks claimed so far */
	uint64_t expected;
	enum checksum_algorithm trailer_algorithm;	/* announced, or NONE */
	bool has_trailer;		/* the mode has one */
	struct chain_fifo claims, hashes;
	uint8_t previous[SIGV4_LEN];
	uint8_t trailer_signature[SIGV4_LEN];
	struct buffer trailer;		/* as `name:value\n` */
	size_t scope_len;
	char time[SIGV4_TIME_LEN];
	char scope[CHAIN_SCOPE_MAX];
	char checksum[CHAIN_CHECKSUM_MAX];	/* of the trailer, "" without */
};

/* In place. The seed is the request's signature; `expected` bytes must come in all. */
void chain_init(struct chain *c, const struct s3_request *request, const uint8_t *key,
		const struct sigv4_scope *scope, const uint8_t seed[static SIGV4_LEN]);
void chain_clear(struct chain *c);

/*
 * Chunks the client claimed: CHAIN_CLAIM_LEN each. `last` says that nothing follows but what is in
 * trailer and trailer_signature, both empty for a mode without.
 */
must_check int chain_claim(struct chain *c, struct span chunks, bool last, struct span trailer,
			   struct span trailer_signature);

/* Hashes of chunks with bytes in them, SIGV4_LEN each. */
must_check int chain_hash(struct chain *c, struct span hashes);

/* Memory that waits for the other side. */
size_t chain_waiting(const struct chain *c);
