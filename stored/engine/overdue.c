/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/sweep.h"

#include "s3/encoding.h"
#include "stored/engine/engine.h"
#include "stored/engine/reading.h"

#define ENDED_MAX 64 /* at a time */

/* An upload, by its place among all of the tenant's. All zero: before the first. */
struct place_of_upload {
	uint64_t bucket;
	uint8_t key[S3_KEY_MAX];
	size_t key_len;
	uint8_t id[UPLOAD_ID_LEN];
};

/* One look at all uploads, and the changes that are under way. */
struct overdue {
	struct store *store;
	struct ipc_id tenant;
	uint64_t before_ms;
	struct place_of_upload last; /* that was found */

	struct change *changes[ENDED_MAX];
	size_t n;

	pthread_mutex_t lock; /* of these: */
	pthread_cond_t settled;
	size_t n_pending, n_ended;
};

static int read_place(const struct query *q, struct place_of_upload *ret)
{
	struct span key = query_column_bytes(q, 2);

	if (key.len > sizeof(ret->key))
		return -EUCLEAN;
	ret->bucket = query_column_number(q, 1);
	ret->key_len = key.len;
	memcpy(ret->key, key.data, key.len);
	return query_column_copy(q, 3, ret->id, sizeof(ret->id));
}

static int make_change(struct overdue *o, struct span bucket)
{
	_cleanup_(change_freep) struct change *c = NULL;
	char text[2 * UPLOAD_ID_LEN + 1];
	struct span id = { hex_encode((struct span){ o->last.id, sizeof(o->last.id) }, text),
			   2 * UPLOAD_ID_LEN };
	int r;

	r = change_new(CHANGE_ABORT_UPLOAD, &o->tenant, bucket,
		       (struct span){ o->last.key, o->last.key_len }, &c);
	if (r == 0)
		r = change_keep(c, id, &c->abort_upload.upload_id);
	if (r < 0)
		return r;
	c->abort_upload.before_ms = o->before_ms;
	o->changes[o->n++] = steal_ptr(c);
	return 0;
}

static int read_some(struct overdue *o, struct database *db)
{
	/* What is bound is borrowed until the end, and `last` moves on. */
	const struct place_of_upload from = o->last;
	_cleanup_(query_end) struct query q = query_begin(db, CATALOG_LIST_OVERDUE);
	int r;

	query_number(&q, from.bucket);
	query_bytes(&q, (struct span){ from.key, from.key_len });
	query_bytes(&q, (struct span){ from.id, sizeof(from.id) });
	query_number(&q, o->before_ms);
	query_number(&q, ENDED_MAX);
	while ((r = query_step(&q)) == 1) {
		r = read_place(&q, &o->last);
		if (r == 0)
			r = make_change(o, query_column_bytes(&q, 0));
		if (r < 0)
			break;
	}
	return r;
}

static int find_some(struct overdue *o)
{
	struct reading reading;
	int r = reading_begin(o->store, &o->tenant, false, &reading);

	if (r == 0)
		r = read_some(o, reading.db);
	reading_end(&reading);
	/* Who never made a bucket has no catalog. */
	return r == S3_ERROR_NO_SUCH_BUCKET ? 0 : r;
}

/* One that was completed, added to, or ended by its client, in between is none of ours any more. */
static void on_done(struct change *c)
{
	struct overdue *o = c->context;
	bool ended = c->result == 0;

	change_free(c);
	pthread_mutex_lock(&o->lock);
	o->n_ended += ended;
	if (--o->n_pending == 0)
		pthread_cond_signal(&o->settled);
	pthread_mutex_unlock(&o->lock);
}

static int submit(struct overdue *o, struct change *c)
{
	int r;

	c->context = o;
	c->done = on_done;
	pthread_mutex_lock(&o->lock);
	o->n_pending++;
	pthread_mutex_unlock(&o->lock);
	r = store_submit(o->store, c);
	if (r == 0)
		return 0;
	/* Clients have so much to be done that there is no room: at the next look, then. */
	c->result = r;
	on_done(c);
	return -EBUSY;
}

static void settle(struct overdue *o)
{
	pthread_mutex_lock(&o->lock);
	while (o->n_pending)
		pthread_cond_wait(&o->settled, &o->lock);
	pthread_mutex_unlock(&o->lock);
}

/*
 * All are handed over at once. Of those the committer takes as many in a turn as one may cost,
 * which share a commit, and the rest in the next turns.
 */
static int end_some(struct overdue *o)
{
	int r = 0;

	for (size_t i = 0; i < o->n; i++) {
		if (r == 0)
			r = submit(o, o->changes[i]);
		else
			change_free(o->changes[i]);
	}
	o->n = 0;
	settle(o);
	return r;
}

static int end_all(struct overdue *o)
{
	size_t n;
	int r;

	do {
		r = find_some(o);
		n = o->n;
		if (r == 0)
			r = end_some(o);
	} while (r == 0 && n == ENDED_MAX && !sweep_is_stopping(&o->store->sweep));
	while (o->n)
		change_free(o->changes[--o->n]);
	return r;
}

int sweep_overdue(struct store *s, const struct ipc_id *tenant, uint64_t before_ms, size_t *ret_n)
{
	struct overdue o = {
		.store = s,
		.tenant = *tenant,
		.before_ms = before_ms,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.settled = PTHREAD_COND_INITIALIZER,
	};
	int r = end_all(&o);

	*ret_n = o.n_ended;
	return r;
}
