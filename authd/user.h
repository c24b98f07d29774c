/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A user of a tenant: somebody who has access keys of his own, and may do with them what his policy
 * says. The tenant itself, as whose a key without a user acts, may do everything that is the tenant's.
 */

#include "base/span.h"
#include "ipc/wire.h"

#define USER_NAME_MAX 64
#define USER_KEYS_MAX 16	/* access keys of one user, so that there is room to rotate them */

struct tenant;

struct user {
	uint64_t number;	/* the database's, from when it is durable */
	struct ipc_id id;	/* never another's, also where the name is */
	struct tenant *tenant;
	uint64_t created_ns;
	struct user *next;	/* in order of creation */
	char name[USER_NAME_MAX + 1];
};

/* As IAM has them: 1 to USER_NAME_MAX of A-Z, a-z, 0-9 and +=,.@_- */
bool user_name_is_valid(struct span s);

/* With an id. The name must be valid. -ENOMEM. */
must_check int user_new(struct tenant *t, struct span name, struct user **ret);
struct user *user_free(struct user *u);
DEFINE_CLEANUP(struct user *, user_free)
