/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/ledger.h"

#include "stored/engine/catalog_sql.h"
#include "stored/engine/reservation.h"

/* --- figures ------------------------------------------------------------------------------- */

void posting_add(struct posting *to, const struct posting *p)
{
	to->objects += p->objects;
	to->bytes += p->bytes;
	to->uploads += p->uploads;
	to->upload_bytes += p->upload_bytes;
}

/*
 * Less than nothing can come only of figures that were wrong before. What is deleted must be
 * deleted all the same; a recount puts them right.
 */
static uint64_t moved(uint64_t figure, int64_t by)
{
	uint64_t less = by < 0 ? -(uint64_t)by : 0;

	return by < 0 ? figure - MIN(figure, less) : figure + (uint64_t)by;
}

static struct usage moved_usage(const struct usage *u, const struct posting *p)
{
	return (struct usage){
		.objects = moved(u->objects, p->objects),
		.bytes = moved(u->bytes, p->bytes),
		.uploads = moved(u->uploads, p->uploads),
		.upload_bytes = moved(u->upload_bytes, p->upload_bytes),
	};
}

struct posting usage_difference(const struct usage *from, const struct usage *to)
{
	return (struct posting){
		.objects = (int64_t)(to->objects - from->objects),
		.bytes = (int64_t)(to->bytes - from->bytes),
		.uploads = (int64_t)(to->uploads - from->uploads),
		.upload_bytes = (int64_t)(to->upload_bytes - from->upload_bytes),
	};
}

static void add_usage(struct usage *to, const struct usage *u)
{
	to->objects += u->objects;
	to->bytes += u->bytes;
	to->uploads += u->uploads;
	to->upload_bytes += u->upload_bytes;
}

/* --- accounts ------------------------------------------------------------------------------ */

void ledger_init(struct ledger *l)
{
	*l = (struct ledger){
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.accounts = TABLE_INIT(LEDGER_ACCOUNTS_MAX),
		.tenant.holding = HOLDING_NONE,
	};
}

static struct account *find_account(struct ledger *l, uint64_t bucket)
{
	if (bucket == LEDGER_TENANT)
		return &l->tenant;
	return table_find(&l->accounts, bucket);
}

static bool has_quota(const struct account *a)
{
	return a->holding.quota.bytes != QUOTA_NONE || a->holding.quota.objects != QUOTA_NONE;
}

static void account_free(struct account *a)
{
	if (a)
		free(a->recount);
	free(a);
}

void ledger_forget(struct ledger *l)
{
	struct account *a;
	size_t at = 0;

	pthread_mutex_lock(&l->lock);
	while ((a = table_next(&l->accounts, &at)))
		account_free(a);
	table_clear(&l->accounts);
	l->accounts = TABLE_INIT(LEDGER_ACCOUNTS_MAX);
	l->tenant = (struct account){ .bucket = LEDGER_TENANT, .holding = HOLDING_NONE };
	l->n_quotas = 0;
	l->touched = NULL;
	pthread_mutex_unlock(&l->lock);
}

void ledger_clear(struct ledger *l)
{
	ledger_forget(l);
	pthread_mutex_destroy(&l->lock);
}

static int open_account(struct ledger *l, uint64_t bucket, struct account **ret)
{
	_cleanup_(freep) struct account *a = calloc(1, sizeof(*a));
	int r;

	if (!a)
		return -ENOMEM;
	a->bucket = bucket;
	a->holding = HOLDING_NONE;
	pthread_mutex_lock(&l->lock);
	r = table_add(&l->accounts, bucket, a);
	pthread_mutex_unlock(&l->lock);
	if (r != TABLE_OK)
		return r < 0 ? r : -ENOSPC;
	*ret = steal_ptr(a);
	return 0;
}

static struct quota quota_of(const struct query *q, int column)
{
	return (struct quota){
		.bytes = query_column_or(q, column, QUOTA_NONE),
		.objects = query_column_or(q, column + 1, QUOTA_NONE),
	};
}

static int load_tenant(struct ledger *l, struct database *db)
{
	_cleanup_(query_end) struct query q = query_begin(db, CATALOG_FIND_TENANT_QUOTA);
	int r = query_step(&q);

	if (r <= 0)
		return r < 0 ? r : -EUCLEAN;
	l->tenant.holding.quota = quota_of(&q, 0);
	l->n_quotas += has_quota(&l->tenant);
	return 0;
}

static int load_bucket(struct ledger *l, const struct query *q)
{
	struct account *a;
	int r = open_account(l, query_column_number(q, 0), &a);

	if (r < 0)
		return r;
	a->holding.used = (struct usage){
		.objects = query_column_number(q, 1),
		.bytes = query_column_number(q, 2),
		.uploads = query_column_number(q, 3),
		.upload_bytes = query_column_number(q, 4),
	};
	a->holding.quota = quota_of(q, 5);
	l->n_quotas += has_quota(a);
	add_usage(&l->tenant.holding.used, &a->holding.used);
	return 0;
}

int ledger_load(struct ledger *l, struct database *db)
{
	_cleanup_(query_end) struct query q = query_begin(db, CATALOG_LIST_USAGE);
	int r, e = 0;

	ledger_forget(l);
	while (e == 0 && (r = query_step(&q)) == 1)
		e = load_bucket(l, &q);
	if (e < 0 || r < 0)
		return e < 0 ? e : r;
	return load_tenant(l, db);
}

/* --- quotas -------------------------------------------------------------------------------- */

/* Sums of what is there cannot overflow: they are bytes of objects that were stored. */
static bool fits(uint64_t there, uint64_t more, uint64_t quota)
{
	return !more || quota == QUOTA_NONE || (there <= quota && more <= quota - there);
}

static uint64_t bytes_of(const struct usage *u)
{
	return u->bytes + u->upload_bytes;
}

/* An upload under way is to become one. */
static uint64_t objects_of(const struct usage *u)
{
	return u->objects + u->uploads;
}

static enum quota_limit judge(const struct account *a, const struct growth *there,
			      const struct growth *more, const struct quota *quota)
{
	bool tenant = a->bucket == LEDGER_TENANT;

	if (!fits(there->bytes, more->bytes, quota->bytes))
		return tenant ? QUOTA_TENANT_BYTES : QUOTA_BUCKET_BYTES;
	if (!fits(there->objects, more->objects, quota->objects))
		return tenant ? QUOTA_TENANT_OBJECTS : QUOTA_BUCKET_OBJECTS;
	return QUOTA_KEPT;
}

static uint64_t growth_of(int64_t a, int64_t b)
{
	return a + b > 0 ? (uint64_t)(a + b) : 0;
}

static enum quota_limit judge_posting(const struct account *a, const struct posting *p)
{
	struct usage used = moved_usage(&a->holding.used, &a->pending);
	struct growth there = { bytes_of(&used), objects_of(&used) };
	struct growth more = { growth_of(p->bytes, p->upload_bytes),
			       growth_of(p->objects, p->uploads) };

	return judge(a, &there, &more, a->quota_set ? &a->quota : &a->holding.quota);
}

enum quota_limit ledger_judge(struct ledger *l, uint64_t bucket, const struct posting *p)
{
	const struct account *a = find_account(l, bucket);
	enum quota_limit limit = a ? judge_posting(a, p) : QUOTA_KEPT;

	return limit ? limit : judge_posting(&l->tenant, p);
}

/* --- reservations -------------------------------------------------------------------------- */

static void take_back(struct account *a, const struct growth *g)
{
	a->reserved.bytes -= MIN(a->reserved.bytes, g->bytes);
	a->reserved.objects -= MIN(a->reserved.objects, g->objects);
}

/* Under the lock. */
static void release(struct ledger *l, uint64_t bucket, const struct growth *g)
{
	struct account *a = find_account(l, bucket);

	take_back(&l->tenant, g);
	if (a)
		take_back(a, g);
}

/* --- a transaction ------------------------------------------------------------------------- */

/* Among those of the transaction. */
static void touch(struct ledger *l, struct account *a)
{
	if (a->touched)
		return;
	a->touched = true;
	a->next_touched = l->touched;
	l->touched = a;
}

static int touch_bucket(struct ledger *l, uint64_t bucket, struct account **ret)
{
	struct account *a = find_account(l, bucket);
	int r = a ? 0 : open_account(l, bucket, &a);

	if (r < 0)
		return r;
	touch(l, a);
	*ret = a;
	return 0;
}

int ledger_post(struct ledger *l, uint64_t bucket, const struct posting *p,
		const struct posting *counted)
{
	struct account *a;
	int r = touch_bucket(l, bucket, &a);

	if (r < 0)
		return r;
	touch(l, &l->tenant);
	posting_add(&a->pending, p);
	posting_add(&l->tenant.pending, p);
	if (a->recount)
		a->recount->counted = moved_usage(&a->recount->counted, counted);
	return 0;
}

void ledger_spend(struct ledger *l, struct reservation *r)
{
	if (!r)
		return;
	r->next_spent = l->spent;
	l->spent = r;
}

int ledger_set_quota(struct ledger *l, uint64_t bucket, const struct quota *q)
{
	struct account *a;
	int r = touch_bucket(l, bucket, &a);

	if (r < 0)
		return r;
	a->quota = *q;
	a->quota_set = true;
	return 0;
}

int ledger_close(struct ledger *l, uint64_t bucket)
{
	struct account *a;
	int r = touch_bucket(l, bucket, &a);

	if (r == 0)
		a->closing = true;
	return r;
}

static int write_account(const struct account *a, struct database *db)
{
	struct usage u = moved_usage(&a->holding.used, &a->pending);
	struct query q = query_begin(db, CATALOG_PUT_USAGE);

	query_number(&q, a->bucket);
	query_number(&q, u.objects);
	query_number(&q, u.bytes);
	query_number(&q, u.uploads);
	query_number(&q, u.upload_bytes);
	return query_run(&q);
}

int ledger_write(struct ledger *l, struct database *db)
{
	int r = 0;

	for (struct account *a = l->touched; r == 0 && a; a = a->next_touched)
		if (a->bucket != LEDGER_TENANT && !a->closing)
			r = write_account(a, db);
	return r;
}

static struct account *take_touched(struct ledger *l)
{
	struct account *a = l->touched;

	if (a) {
		l->touched = a->next_touched;
		a->touched = false;
	}
	return a;
}

/* With less, where a bucket that goes had figures that were wrong: it was empty. */
static void settle_bucket(struct ledger *l, struct account *a, struct usage after)
{
	struct posting p = usage_difference(&a->holding.used, &after);

	l->tenant.holding.used = moved_usage(&l->tenant.holding.used, &p);
	a->holding.used = after;
}

/* Written once: nobody reads a number without a quota that is only being settled. */
static void settle_quota(struct ledger *l, struct account *a)
{
	size_t others = l->n_quotas - has_quota(a);

	if (a->quota_set)
		a->holding.quota = a->quota;
	l->n_quotas = others + (has_quota(a) && !a->closing);
}

static void settle(struct ledger *l, struct account *a)
{
	settle_quota(l, a);
	if (a->bucket != LEDGER_TENANT)
		settle_bucket(l, a,
			      a->closing ? (struct usage){ 0 }
					 : moved_usage(&a->holding.used, &a->pending));
	a->pending = (struct posting){ 0 };
	a->quota_set = false;
	if (a->closing)
		account_free(table_remove(&l->accounts, a->bucket));
}

void ledger_commit(struct ledger *l)
{
	struct reservation *r;
	struct account *a;

	pthread_mutex_lock(&l->lock);
	while ((a = take_touched(l)))
		settle(l, a);
	while ((r = l->spent)) {
		l->spent = r->next_spent;
		release(l, r->bucket, &r->growth);
		r->growth = (struct growth){ 0 };
	}
	pthread_mutex_unlock(&l->lock);
}

static void end_recount(struct account *a)
{
	free(a->recount);
	a->recount = NULL;
}

void ledger_undo(struct ledger *l)
{
	struct account *a;

	l->spent = NULL;
	while ((a = take_touched(l))) {
		a->pending = (struct posting){ 0 };
		a->quota_set = a->closing = false;
		end_recount(a);
	}
}

/* --- counting again ------------------------------------------------------------------------ */

static int compare_rows(const struct recount *r, const struct ledger_row *row)
{
	int c;

	if (r->rows != row->rows)
		return r->rows < row->rows ? -1 : 1;
	c = span_compare((struct span){ r->key, r->key_len }, row->key);
	return c ? c : span_compare((struct span){ r->second, r->second_len }, row->second);
}

bool ledger_has_counted(struct ledger *l, uint64_t bucket, const struct ledger_row *row)
{
	const struct account *a = l->n_recounts ? table_find(&l->accounts, bucket) : NULL;

	return a && a->recount && compare_rows(a->recount, row) >= 0;
}

void ledger_expect(struct ledger *l, uint64_t bucket, struct holding *ret)
{
	const struct account *a = find_account(l, bucket);

	*ret = HOLDING_NONE;
	if (!a)
		return;
	ret->used = moved_usage(&a->holding.used, &a->pending);
	ret->quota = a->quota_set ? a->quota : a->holding.quota;
}

int ledger_begin_recount(struct ledger *l, uint64_t bucket, struct recount **ret)
{
	_cleanup_(freep) struct recount *r = calloc(1, sizeof(*r));
	struct account *a = table_find(&l->accounts, bucket);
	int e = a ? 0 : open_account(l, bucket, &a);

	if (e < 0 || !r)
		return e < 0 ? e : -ENOMEM;
	r->number = ++l->n_recounts;
	end_recount(a);
	a->recount = *ret = steal_ptr(r);
	return 0;
}

struct recount *ledger_find_recount(struct ledger *l, uint64_t bucket, uint64_t number)
{
	const struct account *a = table_find(&l->accounts, bucket);

	return a && a->recount && a->recount->number == number ? a->recount : NULL;
}

void recount_advance(struct recount *r, const struct ledger_row *row)
{
	r->rows = row->rows;
	r->key_len = MIN(row->key.len, sizeof(r->key));
	r->second_len = MIN(row->second.len, sizeof(r->second));
	memcpy(r->key, row->key.data, r->key_len);
	memcpy(r->second, row->second.data, r->second_len);
}

void ledger_end_recount(struct ledger *l, uint64_t bucket)
{
	struct account *a = table_find(&l->accounts, bucket);

	if (a)
		end_recount(a);
}

/* --- any thread ---------------------------------------------------------------------------- */

void ledger_read(struct ledger *l, uint64_t bucket, struct holding *ret)
{
	const struct account *a;

	pthread_mutex_lock(&l->lock);
	a = find_account(l, bucket);
	*ret = a ? a->holding : HOLDING_NONE;
	pthread_mutex_unlock(&l->lock);
}

bool ledger_has_quotas(const struct ledger *l)
{
	return l->n_quotas;
}

static enum quota_limit judge_growth(const struct account *a, const struct growth *g)
{
	struct growth there = { bytes_of(&a->holding.used) + a->reserved.bytes,
				objects_of(&a->holding.used) + a->reserved.objects };

	return judge(a, &there, g, &a->holding.quota);
}

static void reserve(struct account *a, const struct growth *g)
{
	a->reserved.bytes += g->bytes;
	a->reserved.objects += g->objects;
}

enum quota_limit ledger_reserve(struct ledger *l, uint64_t bucket, const struct growth *g)
{
	enum quota_limit limit = QUOTA_KEPT;
	struct account *a;

	pthread_mutex_lock(&l->lock);
	/* One that was never opened has nothing, and no quota; or it has gone, as the commit will
	 * say. */
	a = find_account(l, bucket);
	if (a)
		limit = judge_growth(a, g);
	if (!limit)
		limit = judge_growth(&l->tenant, g);
	if (!limit) {
		reserve(&l->tenant, g);
		if (a)
			reserve(a, g);
	}
	pthread_mutex_unlock(&l->lock);
	return limit;
}

void ledger_release(struct ledger *l, uint64_t bucket, const struct growth *g)
{
	pthread_mutex_lock(&l->lock);
	release(l, bucket, g);
	pthread_mutex_unlock(&l->lock);
}
