/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a sealed thing looks like: the epoch in the clear, a keyed BLAKE2b tag (libsodium), then the
 * contents. The tag covers epoch and contents under a personalisation of its kind, so that a seal of
 * one kind is worth nothing as another. authd/seal.c makes them, stored/unseal.c opens them, and
 * neither is linked into the other's process.
 *
 *   u64 epoch | 32 bytes tag | contents
 */

#include "ipc/wire.h"

#define SEALED_TAG_LEN 32
#define SEALED_OVERHEAD (8 + SEALED_TAG_LEN)

/* KIND(SYMBOL, "16 bytes of personalisation") */
#define SEALED_KINDS(KIND)                                                                         \
	KIND(GRANT, "coffer grant  v1")                                                            \
	KIND(TICKET, "coffer ticket v1")                                                           \
	KIND(CHAIN, "coffer chain  v1")                                                            \
	KIND(OPERATOR, "coffer operat v1")

enum sealed_kind {
#define KIND(SYMBOL, personal) SEALED_##SYMBOL,
	SEALED_KINDS(KIND)
#undef KIND
	SEALED_KIND_COUNT,
};

#define SEALED_PERSONAL_LEN 16
extern const char sealed_personal[SEALED_KIND_COUNT][SEALED_PERSONAL_LEN + 1];

/*
 * The parts of a sealed thing, unchecked; false where it is too short to be one. The frontend reads
 * its own grants this way: it need not check what it cannot forge.
 */
must_check bool sealed_split(struct span sealed, uint64_t *ret_epoch, struct span *ret_tag,
			     struct span *ret_contents);

/* The contents of a ticket: which channel the worker may open to stored. */
struct ticket {
	struct ipc_id channel;
};

void ticket_encode(const struct ticket *t, struct buffer *b);
must_check bool ticket_decode(struct span contents, struct ticket *ret);

/* The contents of a chain seal: every chunk of this upload bore the client's signature. */
struct chain_seal {
	struct ipc_id grant;
	struct ipc_id channel;
	uint64_t length;	/* of all chunks together */
	struct span trailer;	/* the checksum's text, or empty */
};

void chain_seal_encode(const struct chain_seal *s, struct buffer *b);
must_check bool chain_seal_decode(struct span contents, struct chain_seal *ret);
