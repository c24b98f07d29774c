/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * auth.db: tenants, users, keys and tokens on disk. Opened and read before the confinement, by the loop's thread;
 * from then on the writer's alone. One connection, which holds the file for itself: a second authd
 * on the same directory does not start.
 */

#include "authd/identities/identities.h"

struct database;

/* Creates the file (0600) or brings an older one up to date. -EFBIG: it is of a newer Coffer. */
must_check int database_open(const char *path, struct database **ret);
struct database *database_close(struct database *d);
DEFINE_CLEANUP(struct database *, database_close)

/* Puts everything there is into an empty keyring. -EBADMSG: rows that are not ours. */
must_check int database_load(struct database *d, struct keyring *k);

/*
 * False where an earlier process may not have flushed what it left in the log, and this one could not either; or where
 * it cannot commit. Then it can be read, and nothing may be built on it until another process has opened it.
 */
bool database_is_settled(const struct database *d);

/*
 * Closing it will not touch the log. After a lost flush the log's pages may be clean in memory and missing on
 * the disk: only who reads them again from there may move them into the file.
 */
void database_keep_log(struct database *d);

/* SQLite's words about the last failure, for the log. */
const char *database_complaint(const struct database *d);

/* Each returns when it is durable, or did not happen. */
enum database_outcome {
	DATABASE_OK = 0,
	DATABASE_EXISTS,	/* that name, canonical id, access key or token is taken */
	DATABASE_MISSING,	/* there is no such tenant, user, key or token */
};

/* Sets t->number. */
must_check int database_add_tenant(struct database *d, struct tenant *t);

/* The one of t's number is called what t is; where a text of t's is empty, as before. */
must_check int database_rename_tenant(struct database *d, const struct tenant *t);
must_check int database_suspend_tenant(struct database *d, uint64_t number, bool suspended);
/* From TENANT_GOES there is no way back: such a mark stays. */
must_check int database_mark_tenant(struct database *d, uint64_t number, enum tenant_deletion how);

must_check int database_limit_tenant(struct database *d, uint64_t number,
				     const struct ceilings *by);

/* With all users, keys and tokens, and nothing of them stays in the file or its log. */
must_check int database_remove_tenant(struct database *d, uint64_t number);

/* Sets u->number. */
must_check int database_add_user(struct database *d, struct user *u);

/* Its text, or empty for none. */
must_check int database_set_policy(struct database *d, uint64_t number, const char *policy);

must_check int database_set_administrator(struct database *d, uint64_t number, bool administrator);

/* MISSING also where it has a key. */
must_check int database_remove_user(struct database *d, uint64_t number);

/* Sets a->number. MISSING where its user is gone, or has USER_KEYS_MAX already. */
must_check int database_add_key(struct database *d, struct access_key *a);
must_check int database_enable_key(struct database *d, const char *id, bool enabled);
must_check int database_remove_key(struct database *d, const char *id);

/* Those from `first` on, all of them or none. Sets the number of each. */
must_check int database_add_tokens(struct database *d, struct token *first);

/* The one of t's number becomes t; its name, tenant, creation and last use stay. */
must_check int database_replace_token(struct database *d, const struct token *t);
must_check int database_remove_token(struct database *d, uint64_t number);

/*
 * The tenant of that number is called what they say, and gets all of them: everything, or nothing. Sets
 * the number of each.
 */
must_check int database_import(struct database *d, uint64_t tenant, struct identities *i);

/* When credentials were last used. Those that are not there any more are passed over. */
struct credential_uses {
	size_t n;
	struct {
		bool is_key;	/* or a token */
		uint64_t number;
		int64_t used_s;
	} uses[];
};

must_check int database_note_uses(struct database *d, struct credential_uses *uses);
