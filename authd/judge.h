/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The judge hears a request's head and rules: who it is, and whether he may. The signature is
 * checked over the raw bytes; only then is the head parsed for its meaning, so that nobody without
 * a key learns from an answer what Coffer thinks of a bucket's name. A tenant's key may do
 * everything in its own tenant; which buckets that are, stored knows.
 */

#include "authd/claim.h"
#include "authd/keyring.h"
#include "authd/limits.h"

struct judge_config {
	const char *region;		/* the only one, or NULL for any */
	const char *const *domains;	/* of virtual-host addressing, NULL-terminated, or NULL */
	const struct limits *limits;
};

struct judge;

/* Everything given must outlive the judge. */
must_check int judge_new(struct keyring *k, const struct judge_config *config, struct judge **ret);
struct judge *judge_free(struct judge *j);
DEFINE_CLEANUP(struct judge *, judge_free)

struct ruling {
	enum s3_error error;		/* S3_ERROR_NONE: he may, and all that follows is set */
	char detail[256];		/* the error's own sentence, "" for the usual one */
	uint32_t retry_after_s;		/* with an error: when it is worth coming again; 0: the usual */
	struct access_key *key;		/* whose it is, where known; also with an error */
	struct s3_parsed parsed;
	const struct claim *claim;	/* the judge's, until the next hearing */
	const uint8_t *signing_key;	/* the keyring's, likewise */
};

/* A ruling must be cleared. Negative only where we cannot rule: -ENOMEM, the keyring's -EBADMSG. */
must_check int judge_hear(struct judge *j, const struct s3_head *head, int64_t now_s,
			  struct ruling *ret);
void ruling_clear(struct ruling *r);
