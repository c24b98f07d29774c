/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A user of a tenant: somebody who has access keys of his own, and may do with them what his policy
 * says. The tenant itself, as whose a key without a user acts, may do everything that is the tenant's.
 */

#include "ipc/wire.h"
#include "s3/policy/document.h"

#define USER_NAME_MAX 64
#define USER_KEYS_MAX 16	/* access keys of one user, so that there is room to rotate them */

struct tenant;

struct user {
	uint64_t number;	/* the database's, from when it is durable */
	struct ipc_id id;	/* never another's, also where the name is */
	struct tenant *tenant;
	uint64_t created_ns;
	struct user *next;	/* in order of creation */
	bool administrator;	/* may manage the tenant; his policy has nothing to do with it */
	char *policy_text;	/* its JSON; NULL: none */
	struct policy_document *policy;	/* compiled; NULL: he may do nothing */
	char name[USER_NAME_MAX + 1];
};

/* As IAM has them: 1 to USER_NAME_MAX of A-Z, a-z, 0-9 and +=,.@_- */
bool user_name_is_valid(struct span s);

/* With an id. The name must be valid. -ENOMEM. */
must_check int user_new(struct tenant *t, struct span name, struct user **ret);
struct user *user_free(struct user *u);
DEFINE_CLEANUP(struct user *, user_free)

/*
 * Compiles a user's policy, which *ret_text is the shortest text of; both are the caller's. 0, or
 * S3_ERROR_MALFORMED_POLICY with a complaint, or -ENOMEM.
 */
must_check int user_policy_read(struct span text, bool is_put, char **ret_text, struct policy_document **ret,
				struct policy_complaint *ret_complaint);

/* What they take in memory, one way and the other; NULL takes nothing. */
size_t user_policy_len(const char *text, const struct policy_document *policy);

/* Takes both, or NULL and NULL for no policy, in the place of what was there. */
void user_set_policy(struct user *u, char *text, struct policy_document *policy);
