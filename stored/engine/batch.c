/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/batch.h"

#include "base/clock.h"
#include "stored/engine/engine.h"

/* --- one change ---------------------------------------------------------------------------- */

static int apply(struct work *w, struct change *c)
{
	switch (c->kind) {
#define CHANGE(SYMBOL, symbol, more)                                                               \
	case CHANGE_##SYMBOL:                                                                      \
		return apply_##symbol(w, c);
		CHANGES(CHANGE)
#undef CHANGE
	case CHANGE_KIND_COUNT:
		break;
	}
	return -EINVAL;
}

static bool makes_more(enum change_kind kind)
{
	static const bool more_of_it[CHANGE_KIND_COUNT] = {
#define CHANGE(SYMBOL, symbol, more) [CHANGE_##SYMBOL] = (more),
		CHANGES(CHANGE)
#undef CHANGE
	};

	return more_of_it[kind];
}

static int run_statement(struct database *db, enum catalog_statement statement)
{
	struct query q = query_begin(db, statement);

	return query_run(&q);
}

/* --- a transaction ------------------------------------------------------------------------- */

enum transaction_outcome {
	TRANSACTION_DONE = 0,
	TRANSACTION_GONE, /* SQLite undid all of it; none of the results stands */
	TRANSACTION_LOST, /* a flush failed: the catalog is not to be trusted any more */
};

/* What the change has done counts with the others of the transaction, or it was too much. */
static int post(struct batch *b, const struct work *w, struct change *c)
{
	struct ledger *l = &b->catalog->ledger;

	switch (w->done) {
	case WORK_NOTHING:
		return 0;
	case WORK_POSTED:
		if (makes_more(c->kind))
			c->exceeded = ledger_judge(l, w->bucket, &w->posting);
		if (c->exceeded)
			return S3_ERROR_QUOTA_EXCEEDED;
		ledger_spend(l, c->reservation);
		return ledger_post(l, w->bucket, &w->posting, &w->counted);
	case WORK_BUCKET_DELETED:
		return ledger_close(l, w->bucket);
	case WORK_QUOTA:
		return ledger_set_quota(l, w->bucket, &w->quota);
	}
	return -EINVAL;
}

/* Applies one change within the transaction, so that its failure leaves the others alone. */
static int apply_one(struct batch *b, struct change *c)
{
	struct work w = {
		.catalog = b->catalog,
		.db = b->db,
		.change = c,
		.now_ms = store_now_ms(),
	};
	int r;

	if (makes_more(c->kind)) {
		c->result = room_check(&b->store->room, 0);
		if (c->result != 0)
			return TRANSACTION_DONE;
	}
	c->exceeded = QUOTA_KEPT;
	r = run_statement(b->db, CATALOG_SAVEPOINT);
	if (r == 0)
		r = apply(&w, c);
	if (r == 0)
		r = post(b, &w, c);
	c->missing = w.missing;
	c->result = r;
	b->made_dead |= w.made_dead;
	if (r < 0 && database_lost_flush(b->db))
		return TRANSACTION_LOST;
	/* A full disk, for one, makes SQLite roll everything back by itself. */
	if (!database_in_transaction(b->db))
		return TRANSACTION_GONE;
	if (r != 0)
		r = run_statement(b->db, CATALOG_ROLLBACK_TO);
	if (r >= 0)
		r = run_statement(b->db, CATALOG_RELEASE);
	return r < 0 ? TRANSACTION_GONE : TRANSACTION_DONE;
}

static void roll_back(struct batch *b)
{
	ledger_undo(&b->catalog->ledger);
	/* Where even this fails, for want of memory, it is tried again before anything is begun. */
	if (database_in_transaction(b->db))
		(void)!run_statement(b->db, CATALOG_ROLLBACK);
}

static void note_commit(struct store_meters *m, size_t n, uint64_t ns)
{
	meter_note(&m->commit_changes, METER_SCALE_SIZES, n);
	meter_note(&m->commit_times, METER_SCALE_TIMES, ns);
}

static size_t count_done(struct change *const *changes, size_t n)
{
	size_t done = 0;

	for (size_t i = 0; i < n; i++)
		done += changes[i]->result == 0;
	return done;
}

/* All n, of which so many are done. */
static int commit(struct batch *b, struct change **changes, size_t n, size_t done)
{
	const struct durable *d = &b->store->durable;
	uint64_t began_ns;
	bool lost;
	int r;

	durable_step(d, DURABLE_CATALOG_COMMIT);
	began_ns = clock_boottime_ns();
	r = ledger_write(&b->catalog->ledger, b->db);
	sluice_begin_change(&b->store->sluice, &b->catalog->tenant);
	if (r == 0)
		r = run_statement(b->db, CATALOG_COMMIT);
	sluice_end_change(&b->store->sluice);
	if (r == 0) {
		ledger_commit(&b->catalog->ledger);
		note_commit(&b->store->meters, done, clock_boottime_ns() - began_ns);
		durable_step(d, DURABLE_CATALOG_COMMITTED);
		return TRANSACTION_DONE;
	}
	lost = database_lost_flush(b->db);
	roll_back(b);
	for (size_t i = 0; i < n; i++) {
		changes[i]->result = r;
		changes[i]->uncertain = lost;
	}
	return lost ? TRANSACTION_LOST : TRANSACTION_GONE;
}

static enum transaction_outcome transact(struct batch *b, struct change **changes, size_t n)
{
	int r, outcome = TRANSACTION_DONE;
	size_t done;

	roll_back(b);
	r = run_statement(b->db, CATALOG_BEGIN);
	if (r < 0) {
		for (size_t i = 0; i < n; i++)
			changes[i]->result = r;
		return TRANSACTION_DONE;
	}
	for (size_t i = 0; i < n && outcome == TRANSACTION_DONE; i++)
		outcome = apply_one(b, changes[i]);
	done = count_done(changes, n);
	if (outcome != TRANSACTION_DONE || !done) {
		roll_back(b);
		return outcome;
	}
	/* Also of those that have failed: it does not rest on their savepoints. */
	commits_begin(&b->store->commits, changes, n);
	outcome = commit(b, changes, n, done);
	commits_end(&b->store->commits, changes, n);
	return outcome;
}

/*
 * One whose transaction went has its reason in its result, but where the reason was none of its
 * own.
 */
static enum transaction_outcome transact_alone(struct batch *b, struct change *c)
{
	enum transaction_outcome outcome = transact(b, &c, 1);

	if (outcome == TRANSACTION_GONE && c->result == 0)
		c->result = -EIO;
	return outcome;
}

void batch_commit(struct batch *b)
{
	enum transaction_outcome outcome = transact(b, b->changes, b->n);

	if (outcome == TRANSACTION_GONE && b->n == 1 && b->changes[0]->result == 0)
		b->changes[0]->result = -EIO;
	if (outcome == TRANSACTION_GONE && b->n > 1) {
		outcome = TRANSACTION_DONE;
		for (size_t i = 0; i < b->n && outcome != TRANSACTION_LOST; i++)
			outcome = transact_alone(b, b->changes[i]);
	}
	if (outcome == TRANSACTION_LOST)
		store_fail_catalog(b->store, b->catalog);
}
