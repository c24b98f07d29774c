/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/ledger.h"

#include "stored/engine/catalog_sql.h"

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
	};
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

	while ((a = table_next(&l->accounts, &at)))
		account_free(a);
	table_clear(&l->accounts);
	l->accounts = TABLE_INIT(LEDGER_ACCOUNTS_MAX);
	l->used = (struct usage){ 0 };
	l->touched = NULL;
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
	pthread_mutex_lock(&l->lock);
	r = table_add(&l->accounts, bucket, a);
	pthread_mutex_unlock(&l->lock);
	if (r != TABLE_OK)
		return r < 0 ? r : -ENOSPC;
	*ret = steal_ptr(a);
	return 0;
}

int ledger_load(struct ledger *l, struct database *db)
{
	_cleanup_(query_end) struct query q = query_begin(db, CATALOG_LIST_USAGE);
	struct account *a;
	int r;

	ledger_forget(l);
	while ((r = query_step(&q)) == 1) {
		r = open_account(l, query_column_number(&q, 0), &a);
		if (r < 0)
			return r;
		a->used = (struct usage){
			.objects = query_column_number(&q, 1),
			.bytes = query_column_number(&q, 2),
			.uploads = query_column_number(&q, 3),
			.upload_bytes = query_column_number(&q, 4),
		};
		add_usage(&l->used, &a->used);
	}
	return r;
}

/* --- a transaction ------------------------------------------------------------------------- */

/* The account, among those of the transaction. */
static int touch(struct ledger *l, uint64_t bucket, struct account **ret)
{
	struct account *a = table_find(&l->accounts, bucket);
	int r = a ? 0 : open_account(l, bucket, &a);

	if (r < 0)
		return r;
	if (!a->touched) {
		a->touched = true;
		a->next_touched = l->touched;
		l->touched = a;
	}
	*ret = a;
	return 0;
}

int ledger_post(struct ledger *l, uint64_t bucket, const struct posting *p,
		const struct posting *counted)
{
	struct account *a;
	int r = touch(l, bucket, &a);

	if (r < 0)
		return r;
	posting_add(&a->pending, p);
	if (a->recount)
		a->recount->counted = moved_usage(&a->recount->counted, counted);
	return 0;
}

int ledger_close(struct ledger *l, uint64_t bucket)
{
	struct account *a;
	int r = touch(l, bucket, &a);

	if (r == 0)
		a->closing = true;
	return r;
}

static int write_account(const struct account *a, struct database *db)
{
	struct usage u = moved_usage(&a->used, &a->pending);
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
		if (!a->closing)
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

static void settle(struct ledger *l, struct account *a)
{
	struct usage after = a->closing ? (struct usage){ 0 } : moved_usage(&a->used, &a->pending);
	struct posting p = usage_difference(&a->used, &after);

	l->used = moved_usage(&l->used, &p);
	a->used = after;
	a->pending = (struct posting){ 0 };
	if (a->closing)
		account_free(table_remove(&l->accounts, a->bucket));
}

void ledger_commit(struct ledger *l)
{
	struct account *a;

	pthread_mutex_lock(&l->lock);
	while ((a = take_touched(l)))
		settle(l, a);
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

	while ((a = take_touched(l))) {
		a->pending = (struct posting){ 0 };
		a->closing = false;
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

bool ledger_has_counted(const struct ledger *l, uint64_t bucket, const struct ledger_row *row)
{
	const struct account *a = l->n_recounts ? table_find(&l->accounts, bucket) : NULL;

	return a && a->recount && compare_rows(a->recount, row) >= 0;
}

void ledger_expect(const struct ledger *l, uint64_t bucket, struct usage *ret)
{
	const struct account *a = table_find(&l->accounts, bucket);

	*ret = a ? moved_usage(&a->used, &a->pending) : (struct usage){ 0 };
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

struct recount *ledger_find_recount(const struct ledger *l, uint64_t bucket, uint64_t number)
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

/* --- reading ------------------------------------------------------------------------------- */

void ledger_read(struct ledger *l, uint64_t bucket, struct usage *ret)
{
	struct account *a;

	pthread_mutex_lock(&l->lock);
	a = table_find(&l->accounts, bucket);
	*ret = a ? a->used : (struct usage){ 0 };
	pthread_mutex_unlock(&l->lock);
}

void ledger_read_all(struct ledger *l, struct usage *ret)
{
	pthread_mutex_lock(&l->lock);
	*ret = l->used;
	pthread_mutex_unlock(&l->lock);
}
