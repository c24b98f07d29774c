/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Opens what authd sealed: tickets, grants, chain seals and operator grants. The key of the current epoch lies in
 * memory of libsodium's own and never leaves this module. Linked into coffer-stored only, as seal.c is
 * into coffer-authd only. One thread, the loop's, calls this.
 */

#include <sys/types.h>

#include "ipc/grant.h"
#include "ipc/operator.h"
#include "ipc/sealed.h"

enum unseal_outcome {
	UNSEAL_OK = 0,
	UNSEAL_STALE,	/* sealed in another epoch: an honest peer may meet this */
	UNSEAL_EXPIRED,	/* likewise */
	UNSEAL_CROWDED,	/* too many grants in too little time: likewise */
	UNSEAL_SPENT,	/* what opens once, for the second time: no honest peer */
	UNSEAL_FORGED,	/* not authd's seal, or not for this: no honest peer sends it */
};

struct unseal;

must_check int unseal_new(struct unseal **ret);
struct unseal *unseal_free(struct unseal *u);
DEFINE_CLEANUP(struct unseal *, unseal_free)

/* From here on only this epoch opens; the key before is wiped. */
must_check int unseal_take_key(struct unseal *u, uint64_t epoch, const struct ipc_hash *key);

/* The epoch in force; 0 before the first key. */
uint64_t unseal_epoch(const struct unseal *u);

/* OK, STALE or FORGED. */
must_check int unseal_ticket(struct unseal *u, struct span sealed, struct ticket *ret);

/*
 * Checks epoch, seal, channel, clock and whether it was spent, in this order. What is in *ret is borrowed
 * from `sealed`. -ENOMEM, or any outcome.
 */
must_check int unseal_grant(struct unseal *u, struct span sealed, const struct ipc_id *channel,
			    uint64_t now_ns, struct grant *ret);

/* OK, STALE, or FORGED, which the seal of another grant's chain or of another channel is, too. */
must_check int unseal_chain(struct unseal *u, struct span sealed, const struct ipc_id *grant,
			    const struct ipc_id *channel, struct chain_seal *ret);

/*
 * Checks epoch, seal, uid, clock and whether it was spent, in this order: it opens once, for the uid
 * that it names. What is in *ret is borrowed from `sealed`. -ENOMEM, or any outcome.
 */
must_check int unseal_operator(struct unseal *u, struct span sealed, uid_t uid, uint64_t now_ns,
			       struct operator_grant *ret);
