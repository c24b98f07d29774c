/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/apply.h"

/*
 * A bucket is counted again, so many rows a step: the committer has nothing else to do meanwhile,
 * and clients wait for it.
 */
#define STEP_ROWS 2048

static struct query seek(struct work *w, enum catalog_statement statement, uint64_t bucket,
			 const struct recount *r)
{
	struct query q = query_begin(w->db, statement);

	query_number(&q, bucket);
	query_bytes(&q, (struct span){ r->key, r->key_len });
	query_bytes(&q, (struct span){ r->second, r->second_len });
	query_number(&q, STEP_ROWS);
	return q;
}

/* The number of rows that were read; fewer than a step's: there are no more. */
static int count_objects(struct work *w, uint64_t bucket, struct recount *r)
{
	_cleanup_(query_end) struct query q = seek(w, CATALOG_COUNT_OBJECTS, bucket, r);
	struct recount after = *r;
	int e, n = 0;

	while ((e = query_step(&q)) == 1) {
		after.counted.objects++;
		after.counted.bytes += query_column_number(&q, 2);
		if (++n == STEP_ROWS)
			recount_advance(&after, &(struct ledger_row){ LEDGER_OBJECTS,
								      query_column_bytes(&q, 0),
								      query_column_bytes(&q, 1) });
	}
	if (e < 0)
		return e;
	if (n < STEP_ROWS)
		recount_advance(&after, &(struct ledger_row){ LEDGER_UPLOADS, SPAN(""), SPAN("") });
	*r = after;
	return n;
}

/* The number of rows that were read for it; -errno. */
static int sum_parts(struct work *w, struct span id, uint64_t *ret_bytes)
{
	_cleanup_(query_end) struct query q = query_begin(w->db, CATALOG_SUM_PARTS);
	int e;

	query_bytes(&q, id);
	e = query_step(&q);
	if (e < 0)
		return e;
	*ret_bytes = query_column_number(&q, 0);
	return (int)query_column_number(&q, 1);
}

/* 1: there may be more; 0: that were all. */
static int count_uploads(struct work *w, uint64_t bucket, struct recount *r)
{
	_cleanup_(query_end) struct query q = seek(w, CATALOG_COUNT_UPLOADS, bucket, r);
	struct recount after = *r;
	uint64_t bytes = 0;
	int e = 1, n = 0;

	while (n < STEP_ROWS && (e = query_step(&q)) == 1) {
		struct ledger_row row = { LEDGER_UPLOADS, query_column_bytes(&q, 0),
					  query_column_bytes(&q, 1) };

		e = sum_parts(w, row.second, &bytes);
		if (e < 0)
			return e;
		after.counted.uploads++;
		after.counted.upload_bytes += bytes;
		recount_advance(&after, &row);
		n += 1 + e;
		e = 1;
	}
	if (e < 0)
		return e;
	*r = after;
	return e;
}

/* 1: there is more; 0: it is through. */
static int step(struct work *w, uint64_t bucket, struct recount *r)
{
	int n;

	if (r->rows == LEDGER_OBJECTS) {
		n = count_objects(w, bucket, r);
		return n < 0 ? n : 1;
	}
	return count_uploads(w, bucket, r);
}

static int find_bucket(struct work *w, struct span name, uint64_t *ret)
{
	_cleanup_(query_end) struct query q = query_begin(w->db, CATALOG_FIND_ANY_BUCKET);
	int r;

	query_bytes(&q, name);
	r = query_step(&q);
	if (r < 0)
		return r;
	if (r == 0) {
		w->missing = name;
		return S3_ERROR_NO_SUCH_BUCKET;
	}
	*ret = query_column_number(&q, 0);
	return 0;
}

/* What was counted is what is there: with the commit the figures are that. */
static void conclude(struct work *w, uint64_t bucket, struct change_recount *ret,
		     const struct recount *r)
{
	struct holding holding;

	ledger_expect(&w->catalog->ledger, bucket, &holding);
	ret->through = true;
	ret->recorded = holding.used;
	ret->counted = r->counted;
	w->done = WORK_POSTED;
	w->bucket = bucket;
	w->posting = usage_difference(&ret->recorded, &ret->counted);
}

int apply_recount(struct work *w, struct change *c)
{
	struct ledger *l = &w->catalog->ledger;
	struct recount *r;
	uint64_t bucket;
	int e;

	e = find_bucket(w, c->bucket, &bucket);
	if (e)
		return e;
	if (!c->recount.number) {
		e = ledger_begin_recount(l, bucket, &r);
		if (e < 0)
			return e;
	} else {
		r = ledger_find_recount(l, bucket, c->recount.number);
		if (!r)
			return -ESTALE;
	}
	c->recount.number = r->number;
	e = step(w, bucket, r);
	if (e)
		return e < 0 ? e : 0;
	conclude(w, bucket, &c->recount, r);
	ledger_end_recount(l, bucket);
	return 0;
}
