/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * auth.db: tenants and keys on disk. Opened and read before the confinement, by the loop's thread;
 * from then on the writer's alone. One connection, which holds the file for itself: a second authd
 * on the same directory does not start.
 */

#include "authd/keyring.h"

struct database;

/* Creates the file (0600) or brings an older one up to date. -EFBIG: it is of a newer Coffer. */
must_check int database_open(const char *path, struct database **ret);
struct database *database_close(struct database *d);
DEFINE_CLEANUP(struct database *, database_close)

/* Puts everything there is into an empty keyring. -EBADMSG: rows that are not ours. */
must_check int database_load(struct database *d, struct keyring *k);

/* SQLite's words about the last failure, for the log. */
const char *database_complaint(const struct database *d);

/* Each returns when it is durable, or did not happen. */
enum database_outcome {
	DATABASE_OK = 0,
	DATABASE_EXISTS,	/* that name, canonical id or access key is taken */
	DATABASE_MISSING,	/* there is no such key */
};

/* Sets t->number. */
must_check int database_add_tenant(struct database *d, struct tenant *t);
must_check int database_add_key(struct database *d, const struct access_key *a);
must_check int database_enable_key(struct database *d, const char *id, bool enabled);
must_check int database_remove_key(struct database *d, const char *id);
