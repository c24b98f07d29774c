/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which tenant a bucket's name belongs to: an index of what the catalogs say, in a database of its
 *own that one thread writes. A claim without a row in its catalog is no bucket; whoever creates the
 *name next takes it over.
 *
 *	CREATE_BUCKET	claim, durable -> the catalog's row -> bucket_index_settled()
 *	DELETE_BUCKET	the catalog's row -> the claim
 *	ERASE_TENANT	the catalog -> its claims
 *
 * Only the index's thread decides about claims, and it knows which names have a creation under way.
 */

#include <pthread.h>

#include "stored/change.h"
#include "stored/engine/database_pool.h"

#define INDEX_WAITING_MAX 4096

struct bucket_index {
	struct store *store;
	struct database *writer; /* the thread's */
	bool failed; /* likewise: a flush of the index failed */
	struct database_pool readers;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* of these: */
	pthread_cond_t wake;
	struct change *first, *last; /* creations to be claimed, deletions to be released */
	struct change *under_way; /* creations claimed; their catalogs' rows are being written */
	size_t n_waiting;
	bool stopping;
};

/*
 * Opens the index and puts it right, with bucket_index_reconcile(). Where that fails, the store can
 * be used, but no bucket be created.
 */
must_check int bucket_index_open(struct bucket_index *x, struct store *s, const char *path);

/*
 * By the catalogs: claims without a row go, rows without a claim get one. Of two tenants with one
 * name the older bucket is served, the other is shadowed and said to the log.
 */
must_check int bucket_index_reconcile(struct bucket_index *x);

must_check int bucket_index_start(struct bucket_index *x);

/* Finishes what waits. Then nothing may be submitted any more. */
void bucket_index_stop(struct bucket_index *x);
void bucket_index_clear(struct bucket_index *x);

/* A creation to be claimed and passed on to its committer. SLOW_DOWN. ACCESS_DENIED of an erased tenant. */
must_check int bucket_index_submit(struct bucket_index *x, struct change *c);

/* The catalog's part of a creation, deletion or erasure is done, with c->result; the index ends the change. */
void bucket_index_settled(struct bucket_index *x, struct change *c);

/* 1: *ret claims it; 0: nobody. Any thread. */
must_check int bucket_index_find(struct bucket_index *x, struct span name, struct ipc_id *ret);
