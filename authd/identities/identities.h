/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Who a tenant is, and all that lets somebody act for it, as one run of bytes that goes with a backup:
 * the tenant's names, its users with their policies, its access keys with their secrets, and its tokens,
 * of which only the hashes are known. The bytes exist in guarded memory only, and leave it sealed.
 *
 * There is one run of bytes for one set of identities, and every other is refused: as a whole, before
 * anything of it is used.
 */

#include "authd/tokens.h"

#define IDENTITIES_MAX (32 * MIB)	/* of a tenant, before they are sealed */

struct identities {
	struct ipc_id id;	/* the tenant's where they come from */
	struct tenant *tenant;	/* as it was called there */
	struct user *users;	/* in order of creation */
	struct access_key *keys;	/* likewise; a user among these is ->user */
	struct token *tokens;	/* likewise */
	size_t n_users, n_keys, n_tokens;
};

struct identities *identities_free(struct identities *i);
DEFINE_CLEANUP(struct identities *, identities_free)

/* How many bytes a tenant's are at most. */
size_t identities_bound(const struct keyring *k, const struct tenant *t);

/* Appends them to guarded memory. -EBADMSG: a secret does not open. */
must_check int identities_encode(struct keyring *k, const struct tenant *t, struct buffer *to);

struct identities_complaint {
	char text[384];
};

enum identities_outcome {
	IDENTITIES_OK = 0,
	IDENTITIES_WRONG,	/* the complaint says what; of no secret */
};

/*
 * As those of another tenant, `whose`, with secrets sealed for that one. Users have the ids that they
 * had.
 */
must_check int identities_decode(struct keyring *k, struct tenant *whose, struct span bytes,
				 struct identities **ret, struct identities_complaint *why);

/*
 * Takes out of *i what its tenant has already and just so, as it does where the same ones came before:
 * drops it. What others have, or the tenant in another form, goes to *in_the_way, which is empty. Keys
 * that stay may be a user's who is there already: ->user_number. -ENOMEM.
 */
must_check int identities_sift(struct identities *i, struct keyring *k, const struct tenant *whose,
			       struct identities *in_the_way);
