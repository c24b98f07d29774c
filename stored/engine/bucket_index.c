/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/bucket_index.h"

#include <stdio.h>

#include "base/log.h"
#include "base/wal.h"
#include "stored/engine/claims.h"
#include "stored/engine/engine.h"

#define INDEX_BATCH_MAX 256

int bucket_index_find(struct bucket_index *x, struct span name, struct ipc_id *ret)
{
	struct database *db;
	int r;

	r = database_pool_take(&x->readers, &db);
	if (r < 0)
		return r;
	r = claims_find(db, name, ret);
	database_pool_give(&x->readers, db);
	return r;
}

/* --- claims and releases ------------------------------------------------------------------- */

static bool is_under_way(struct bucket_index *x, struct span name)
{
	const struct change *c = x->under_way;

	while (c && !span_equal(c->bucket, name))
		c = c->next_under_way;
	return c != NULL;
}

/* 0, or BUCKET_ALREADY_EXISTS. Nobody else's creation of that name is under way. */
static int claim(struct bucket_index *x, const struct change *c)
{
	struct ipc_id other;
	int r;

	if (catalogs_has_erased(&x->store->catalogs, &c->tenant))
		return S3_ERROR_ACCESS_DENIED;
	r = claims_find(x->writer, c->bucket, &other);
	if (r < 0)
		return r;
	if (r == 1) {
		if (ipc_id_equal(&other, &c->tenant))
			return 0;
		r = store_has_bucket(x->store, &other, c->bucket);
		if (r < 0)
			return r;
		if (r == 1)
			return S3_ERROR_BUCKET_ALREADY_EXISTS;
	}
	return claims_put(x->writer, c->bucket, &c->tenant);
}

/*
 * The name may have been created again since the catalog let it go: then the claim stays. Asked in
 * this order, for a creation leaves the list after its row is there.
 */
static int release(struct bucket_index *x, const struct change *c)
{
	bool again;
	int r;

	pthread_mutex_lock(&x->lock);
	again = is_under_way(x, c->bucket);
	pthread_mutex_unlock(&x->lock);
	if (again)
		return 0;
	r = store_has_bucket(x->store, &c->tenant, c->bucket);
	if (r != 0)
		return r < 0 ? r : 0;
	return claims_delete(x->writer, c->bucket, &c->tenant);
}

/* Others who have the name, or are about to. */
static int check_free(struct bucket_index *x, const struct ipc_id *tenant, struct span name)
{
	struct ipc_id other;
	bool under_way;
	int r;

	pthread_mutex_lock(&x->lock);
	under_way = is_under_way(x, name);
	pthread_mutex_unlock(&x->lock);
	if (under_way)
		return S3_ERROR_BUCKET_ALREADY_EXISTS;
	r = claims_find(x->writer, name, &other);
	if (r <= 0 || ipc_id_equal(&other, tenant))
		return r < 0 ? r : 0;
	r = store_has_bucket(x->store, &other, name);
	return r == 1 ? S3_ERROR_BUCKET_ALREADY_EXISTS : r;
}

/* All names or none: what is claimed and has no row then would be nobody's, but is not claimed at
 * all. */
static int claim_all(struct bucket_index *x, struct change *c)
{
	const struct restoration *restored = c->adopt.restoration;
	struct span name;
	size_t at = 0;
	int r = 0;

	while (r == 0 && !span_is_none(name = restoration_next_bucket(restored, &at))) {
		r = check_free(x, &c->tenant, name);
		if (r == S3_ERROR_BUCKET_ALREADY_EXISTS)
			snprintf(c->adopt.taken, sizeof(c->adopt.taken), "%.*s", (int)name.len,
				 (const char *)name.data);
	}
	for (at = 0; r == 0 && !span_is_none(name = restoration_next_bucket(restored, &at));)
		r = claims_put(x->writer, name, &c->tenant);
	return r;
}

static int claim_or_release(struct bucket_index *x, struct change *c)
{
	const struct durable *d = &x->store->durable;

	if (c->kind == CHANGE_ADOPT) {
		durable_step(d, DURABLE_INDEX_CLAIM);
		return claim_all(x, c);
	}
	if (c->kind == CHANGE_CREATE_BUCKET) {
		durable_step(d, DURABLE_INDEX_CLAIM);
		return claim(x, c);
	}
	durable_step(d, DURABLE_INDEX_RELEASE);
	if (c->kind == CHANGE_ERASE_TENANT)
		return claims_delete_all(x->writer, &c->tenant);
	return release(x, c);
}

/* --- a batch ------------------------------------------------------------------------------- */

static void stop_under_way(struct bucket_index *x, const struct change *c)
{
	struct change **at = &x->under_way;

	pthread_mutex_lock(&x->lock);
	while (*at && *at != c)
		at = &(*at)->next_under_way;
	if (*at)
		*at = c->next_under_way;
	pthread_cond_signal(&x->wake);
	pthread_mutex_unlock(&x->lock);
}

/* A name that is claimed but not made is no bucket, and one that is gone is gone: see the top. */
static void pass_on(struct bucket_index *x, struct change *c)
{
	const struct durable *d = &x->store->durable;
	int r = c->result;

	if (c->kind == CHANGE_DELETE_BUCKET) {
		if (r != 0)
			log_warning("claim-stays bucket=%s error=%d", LOG_VALUE(c->bucket), -r);
		durable_step(d, DURABLE_INDEX_RELEASED);
		store_finish_change(x->store, c, 0);
		return;
	}
	if (c->kind == CHANGE_ERASE_TENANT) {
		durable_step(d, DURABLE_INDEX_RELEASED);
		store_finish_change(x->store, c, r);
		return;
	}
	durable_step(d, DURABLE_INDEX_CLAIMED);
	if (c->kind == CHANGE_ADOPT) {
		if (r == 0)
			r = restoration_adopt(c->adopt.restoration);
		store_finish_change(x->store, c, r);
		return;
	}
	if (r == 0)
		r = store_submit_to_committer(x->store, c);
	if (r != 0) {
		stop_under_way(x, c);
		store_finish_change(x->store, c, r);
	}
}

static void fail(struct bucket_index *x, const struct ipc_id *tenant)
{
	x->failed = true;
	log_error("flush-failed file=buckets.db");
	if (x->store->config.failed)
		x->store->config.failed(x->store->config.context, tenant);
}

static void limit_log(struct bucket_index *x, const struct ipc_id *tenant)
{
	if (x->failed || x->writer->log_bytes < x->store->config.wal_limit)
		return;
	if (database_checkpoint(x->writer, false) < 0 && database_lost_flush(x->writer))
		fail(x, tenant);
}

/* What fails for one name leaves the others alone, unless SQLite undid everything. */
static int commit_batch(struct bucket_index *x, struct change **changes, size_t n)
{
	int r;

	r = claims_begin(x->writer);
	for (size_t i = 0; r == 0 && i < n; i++) {
		changes[i]->result = claim_or_release(x, changes[i]);
		if (!database_in_transaction(x->writer))
			r = changes[i]->result;
	}
	if (r == 0)
		r = claims_commit(x->writer);
	if (r < 0 && database_lost_flush(x->writer))
		fail(x, &changes[0]->tenant);
	claims_roll_back(x->writer);
	return r;
}

static void work_on(struct bucket_index *x, struct change **changes, size_t n)
{
	struct ipc_id tenant = changes[0]->tenant;
	int r = x->failed ? S3_ERROR_SERVICE_UNAVAILABLE : commit_batch(x, changes, n);

	if (x->failed)
		r = S3_ERROR_SERVICE_UNAVAILABLE;
	for (size_t i = 0; i < n; i++) {
		if (r != 0)
			changes[i]->result = r;
		pass_on(x, changes[i]);
	}
	limit_log(x, &tenant);
}

/* --- the thread ---------------------------------------------------------------------------- */

/*
 * What can be done now: not the creation of a name while another of that name is under way. An
 * adoption is alone, so that between its names and its catalog nobody takes one of them for free.
 */
static size_t take_ready(struct bucket_index *x, struct change *ret[static INDEX_BATCH_MAX])
{
	struct change **at = &x->first, *last = NULL;
	size_t n = 0;

	while (*at && n < INDEX_BATCH_MAX) {
		struct change *c = *at;
		bool create = c->kind == CHANGE_CREATE_BUCKET;

		if (n && (c->kind == CHANGE_ADOPT || ret[0]->kind == CHANGE_ADOPT))
			break;
		if (create && is_under_way(x, c->bucket)) {
			last = c;
			at = &c->next;
			continue;
		}
		*at = c->next;
		c->next = NULL;
		x->n_waiting--;
		if (create) {
			c->next_under_way = x->under_way;
			x->under_way = c;
		}
		ret[n++] = c;
	}
	if (!*at)
		x->last = last;
	return n;
}

static void *index_run(void *context)
{
	struct bucket_index *x = context;
	struct change *changes[INDEX_BATCH_MAX];
	size_t n;

	pthread_setname_np(pthread_self(), "bucket-index");
	pthread_mutex_lock(&x->lock);
	for (;;) {
		n = take_ready(x, changes);
		if (n) {
			pthread_mutex_unlock(&x->lock);
			work_on(x, changes, n);
			pthread_mutex_lock(&x->lock);
		} else if (x->stopping && !x->first) {
			break;
		} else {
			pthread_cond_wait(&x->wake, &x->lock);
		}
	}
	pthread_mutex_unlock(&x->lock);
	return NULL;
}

static void append(struct bucket_index *x, struct change *c)
{
	c->next = NULL;
	if (x->first)
		x->last->next = c;
	else
		x->first = c;
	x->last = c;
	x->n_waiting++;
	pthread_cond_signal(&x->wake);
}

int bucket_index_submit(struct bucket_index *x, struct change *c)
{
	int r = 0;

	pthread_mutex_lock(&x->lock);
	if (x->n_waiting >= INDEX_WAITING_MAX)
		r = S3_ERROR_SLOW_DOWN;
	else
		append(x, c);
	pthread_mutex_unlock(&x->lock);
	return r;
}

void bucket_index_settled(struct bucket_index *x, struct change *c)
{
	if (c->kind == CHANGE_CREATE_BUCKET) {
		stop_under_way(x, c);
		store_finish_change(x->store, c, c->result);
		return;
	}
	pthread_mutex_lock(&x->lock);
	append(x, c);
	pthread_mutex_unlock(&x->lock);
}

/* --- life ---------------------------------------------------------------------------------- */

static int open_databases(struct bucket_index *x, const char *path)
{
	const struct durable *d = &x->store->durable;
	int r;

	r = database_open(path, DATABASE_WRITER, d, claims_texts, &x->writer);
	if (r == 0)
		r = claims_prepare(x->writer);
	if (r == 0)
		r = durable_flush_database_directory(d, x->store->data_fd);
	if (r == 0)
		r = database_pool_init(&x->readers, path, d, claims_texts);
	return r;
}

/*
 * What an earlier process left in the log, and what has become of the catalogs since. A log for
 * which there is no room in the file yet has been read from the disk, and can be gone on with.
 */
static int settle(struct bucket_index *x, bool log_was_left)
{
	int r = log_was_left ? database_checkpoint(x->writer, true) : 0;

	if (r < 0 && database_lost_flush(x->writer))
		return r;
	return bucket_index_reconcile(x);
}

int bucket_index_open(struct bucket_index *x, struct store *s, const char *path)
{
	int left, r;

	*x = (struct bucket_index){
		.store = s,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.wake = PTHREAD_COND_INITIALIZER,
	};
	left = wal_forget_pages(s->data_fd, "buckets.db");
	if (left < 0)
		return left;
	r = open_databases(x, path);
	if (r < 0)
		return r;
	/*
	 * Catalogs are the truth, so all that is in them can be served; but who is to take a name
	 * must know that it is free.
	 */
	r = settle(x, left);
	if (r < 0) {
		log_error("index-not-settled error=%d note=%s", -r,
			  "\"no bucket can be created until the next start\"");
		x->failed = true;
	}
	return 0;
}

int bucket_index_start(struct bucket_index *x)
{
	int r = pthread_create(&x->thread, NULL, index_run, x);

	x->started = r == 0;
	return -r;
}

void bucket_index_stop(struct bucket_index *x)
{
	if (!x->started)
		return;
	pthread_mutex_lock(&x->lock);
	x->stopping = true;
	pthread_cond_signal(&x->wake);
	pthread_mutex_unlock(&x->lock);
	pthread_join(x->thread, NULL);
	x->started = false;
}

void bucket_index_clear(struct bucket_index *x)
{
	while (x->first) {
		struct change *c = x->first;

		x->first = c->next;
		store_finish_change(x->store, c, -ECANCELED);
	}
	database_pool_clear(&x->readers);
	if (x->writer && x->failed)
		database_keep_log(x->writer);
	x->writer = database_close(x->writer);
}
