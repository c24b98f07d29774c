/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The catalog of one tenant: its writer, its readers, its directories, and what is known in memory
 * about its blobs. Catalogs are kept in a set (stored/engine/catalogs.h), which hands out references.
 *
 * The writer is used by the tenant's committer only (stored/engine/committer.h). All else may be called by any thread.
 */

#include <pthread.h>
#include <stdatomic.h>

#include "base/table.h"
#include "stored/engine/catalog_sql.h"
#include "stored/engine/database_pool.h"
#include "stored/engine/ledger.h"
#include "stored/engine/place.h"
#include "stored/engine/query.h"
#include "stored/store.h"

/* What is pinned by objects that are being read, in all: blobs of one catalog. */
#define CATALOG_PINS_MAX (UINT64_C(1) << 22)
/* Blobs that have a name but no row yet. */
#define CATALOG_YOUNG_MAX (UINT64_C(1) << 16)

enum catalog_state {
	CATALOG_CLOSED,
	CATALOG_OPEN,
	CATALOG_FAILED, /* a flush failed: no change is taken any more, in this process */
	CATALOG_STATES,
};

struct catalogs;

struct catalog {
	struct catalogs *catalogs;
	struct ipc_id tenant;

	/* Under catalogs->lock: */
	unsigned int refs;
	bool erased; /* it has no name any more: nobody gets another reference */
	struct catalog *next, *prev; /* most recently used first */

	bool dirty; /* in the committers' list of those with a log; under their lock */

	/* Opening and closing are done under this one: */
	pthread_mutex_t opening;
	_Atomic(enum catalog_state) state;
	struct place place;
	struct database *writer;
	struct database_pool readers;
	struct ledger ledger;

	/* The committer's: */
	uint64_t next_instance;
	bool unsettled; /* what was left there could not be flushed: read-only until reopened */
	uint64_t log_tried; /* how long the log was when it was last checkpointed */

	_Atomic unsigned int n_copies; /* snapshots being made: who waits for readers would wait for them */

	/*
	 * A reader looks up and pins its blobs holding this shared; the sweep picks what to unlink
	 * holding it alone. So what it picks, no reader can be about to open.
	 */
	pthread_rwlock_t reading;

	pthread_mutex_t blobs_lock; /* of these: */
	struct table pins; /* ipc_id_number() -> how many readers */
	struct table young; /* ipc_id_number() -> that blob has a name, but no row yet */
	bool dead_are_pinned; /* the sweep left some; the last unpin tells it */
	unsigned int holds; /* snapshots, which keep every blob that there was */
	uint64_t held_until_ns; /* CLOCK_BOOTTIME: no longer, whoever holds it */
	uint8_t shards_made[PLACE_SHARDS / 8];
};

/* Closed. NULL without memory. */
struct catalog *catalog_new(struct catalogs *all, const struct ipc_id *tenant);
struct catalog *catalog_free(struct catalog *c);

/*
 * Opens it unless it is; with `make`, makes what is missing; without, -ENOENT. Waits for whoever is
 * opening or closing it. catalog_close() says false where there is nothing to close, or a flush
 * failed: such a one is not opened again in this process. `opening` must be held for it.
 */
must_check int catalog_open(struct catalog *c, bool make);
bool catalog_close(struct catalog *c);

/*
 * Runs the steps that bring a database from version `from`, 0 for an empty one, to version `to`; what it
 * takes to be of this release's is CATALOG_VERSION.
 */
must_check int catalog_make_steps(struct database *db, size_t from, size_t to);
#define CATALOG_VERSION 4

extern const struct database_texts catalog_statements;

/* Marks it as failed; true for the first who says so. */
bool catalog_fail(struct catalog *c);

/* --- blobs --------------------------------------------------------------------------------- */

/* All or none; SLOW_DOWN where the table is full. To be called holding `reading` shared. */
must_check int catalog_pin(struct catalog *c, const struct extent *extents, size_t n);

/* True where this may have freed something for the sweep. */
bool catalog_unpin(struct catalog *c, const struct extent *extents, size_t n);

/* For a blob that is dead: if it is pinned, catalog_unpin() will say so when it no longer is. */
bool catalog_is_pinned(struct catalog *c, const struct ipc_id *blob);

/*
 * No blob that is in a row now goes until catalog_let_go(), or until that moment. True: there may be
 * something for the sweep.
 */
void catalog_hold(struct catalog *c, uint64_t until_ns);
bool catalog_let_go(struct catalog *c);

/* A blob is young from before it gets its name until a row refers to it or it is gone. */
must_check int catalog_add_young(struct catalog *c, const struct ipc_id *blob);
void catalog_remove_young(struct catalog *c, const struct ipc_id *blob);
bool catalog_is_young(struct catalog *c, const struct ipc_id *blob);

/* 1: a row refers to it, or it is among the dead. 0, -errno. */
must_check int catalog_knows_blob(struct catalog *c, const struct ipc_id *blob);

/* The directory in blobs/ that the blob belongs in; with `make` it is made. */
must_check int catalog_open_shard(struct catalog *c, const struct ipc_id *blob, bool make,
				  int *ret_fd);
