/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The judge hears a request's head and rules: who it is, and whether he may. In the S3 dialect the
 * signature is checked over the raw bytes; only then is the head parsed for its meaning, so that
 * nobody without a key learns from an answer what Coffer thinks of a bucket's name. A tenant's key
 * may do everything in its own tenant; which buckets that are, stored knows. A user's key may do what
 * his policy allows: what that denies is refused here, the rest of its answer goes with the ruling. Of a tenant that is
 * suspended nobody may do anything, and is told so; credentials of one that is about to go are unknown.
 *
 * Who asks in the S3 dialect without any credential is nobody in particular: what S3 lets a bucket open to
 * everybody goes on to stored, which knows the bucket's policy, at a rate for each address.
 *
 * In the REST dialect a token says which bucket it is, below which prefix, and what may be done
 * there; keys it does not reach are refused here, and lists are confined by stored, to the prefix
 * that the grant names. A credential of the one dialect is worth nothing in the other.
 */

#include "authd/claim.h"
#include "authd/limits.h"
#include "authd/tokens.h"
#include "ipc/identity.h"

struct judge_config {
	const char *region;		/* the only one, or NULL for any */
	const char *const *domains;	/* of virtual-host addressing, NULL-terminated, or NULL */
	struct limits *limits;
};

struct judge;

/* Everything given must outlive the judge. */
must_check int judge_new(struct keyring *k, const struct judge_config *config, struct judge **ret);
struct judge *judge_free(struct judge *j);
DEFINE_CLEANUP(struct judge *, judge_free)

struct ruling {
	enum s3_error error;		/* S3_ERROR_NONE: he may, and all that follows is set */
	char detail[256];		/* the error's own sentence, "" for the usual one */
	bool is_limited;		/* with an error: by the rate of its tenant */
	uint32_t retry_after_s;		/* with an error: when it is worth coming again; 0: the usual */
	/* Who shows what, where known; also with an error. One of them, by the dialect. */
	struct access_key *key;
	struct token *token;
	bool is_anonymous;		/* without an error, and instead of either */
	struct s3_parsed parsed;
	struct identity identity;	/* without an error: what policies are told, and what a user's says; borrows from him and from the head */
	/* Of the S3 dialect: */
	const struct claim *claim;	/* the judge's, until the next hearing */
	const uint8_t *signing_key;	/* the keyring's, likewise */
};

/*
 * Likewise a request of the admin API, over that body: signed for the service "coffer", in the header,
 * by a key of a user who is an administrator. Of the ruling key, error and its sentence are set, and
 * claim with what was signed.
 */
must_check int judge_hear_administrator(struct judge *j, const struct s3_head *head,
					struct span body, int64_t now_s, struct ruling *ret);

/*
 * `source` is the address that the request comes from, as far as it is believed: empty where it is not.
 * A ruling must be cleared. Negative only where we cannot rule: -ENOMEM, the keyring's -EBADMSG.
 */
must_check int judge_hear(struct judge *j, enum s3_dialect dialect, const struct s3_head *head,
			  struct span source, int64_t now_s, struct ruling *ret);
void ruling_clear(struct ruling *r);

/* NULL where it is not known. */
const struct tenant *ruling_tenant(const struct ruling *r);

/* The access key's id, "token:NAME", "anonymous" or "unknown": for grants and logs. Returns buf. */
#define RULING_CREDENTIAL_SIZE (sizeof("token:") + TOKEN_NAME_MAX)
const char *ruling_credential(const struct ruling *r, char buf[static RULING_CREDENTIAL_SIZE]);
