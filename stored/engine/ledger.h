/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a tenant's buckets hold, in figures: as the catalog's rows have it, and in memory. Only the
 * tenant's committer changes it, and only by way of a transaction: what a change adds and takes away is
 * posted when the change has been applied, written with the transaction, and counts once that is
 * committed. So the figures are exact, and cost one row for each bucket of a transaction.
 *
 *	ledger_post() ... -> ledger_write() -> ledger_commit()
 *	                  \-> ledger_undo()
 *
 * A bucket is counted again in steps, each within a transaction among those of changes. What changes
 * between two steps behind the row that the count has come to, is counted by the changes themselves:
 * so the count is right at its last step, whatever goes on meanwhile, and can be compared.
 */

#include <pthread.h>

#include "base/table.h"
#include "stored/engine/query.h"
#include "stored/store.h"

/* Buckets of one catalog. */
#define LEDGER_ACCOUNTS_MAX (UINT64_C(1) << 24)

/* What one change, or all of a transaction, adds; negative: takes away. */
struct posting {
	int64_t objects;
	int64_t bytes;
	int64_t uploads;
	int64_t upload_bytes;
};

void posting_add(struct posting *to, const struct posting *p);
struct posting usage_difference(const struct usage *from, const struct usage *to);

/* What a posting is about, in the order in which a bucket is counted: objects, then uploads. */
enum ledger_rows {
	LEDGER_OBJECTS,
	LEDGER_UPLOADS,
	LEDGER_ROWS,
};

struct ledger_row {
	enum ledger_rows rows;
	struct span key, second; /* a version, or an upload's id */
};

#define RECOUNT_SECOND_MAX 64

/* A count under way. The committer's. */
struct recount {
	uint64_t number; /* of those of this ledger, from 1 */
	struct usage counted;
	enum ledger_rows rows; /* up to this row, it included, all are in `counted`: */
	size_t key_len, second_len;
	uint8_t key[S3_KEY_MAX], second[RECOUNT_SECOND_MAX];
};

struct account {
	uint64_t bucket;		/* its id */
	struct usage used;		/* committed; under the ledger's lock */
	struct posting pending;		/* the committer's, as the rest: of the transaction under way */
	bool touched, closing;
	struct recount *recount; /* NULL: none is under way */
	struct account *next_touched;
};

struct ledger {
	pthread_mutex_t lock; /* of these, which only the committer changes: */
	struct table accounts; /* bucket's id -> struct account */
	struct usage used; /* by all of them */

	struct account *touched; /* in the transaction under way */
	uint64_t n_recounts; /* that were begun */
};

void ledger_init(struct ledger *l);
void ledger_clear(struct ledger *l);

/* Reads the rows of a catalog that was opened just now; what the ledger had before goes. */
must_check int ledger_load(struct ledger *l, struct database *db);

/* Back to having nothing: the catalog is closed. */
void ledger_forget(struct ledger *l);

/* Whether a count of the bucket has come past this row. */
bool ledger_has_counted(const struct ledger *l, uint64_t bucket, const struct ledger_row *row);

/*
 * What a change has done to a bucket, within the transaction; `counted` is the part of it that is about
 * rows that a count had come past.
 */
must_check int ledger_post(struct ledger *l, uint64_t bucket, const struct posting *p,
			   const struct posting *counted);

/* The bucket's row has gone, and with the commit its account does. */
must_check int ledger_close(struct ledger *l, uint64_t bucket);

/* Into the rows. */
must_check int ledger_write(struct ledger *l, struct database *db);

/* What became of the transaction. */
void ledger_commit(struct ledger *l);
void ledger_undo(struct ledger *l);

/* What has been posted until now, the transaction under way included. The committer's. */
void ledger_expect(const struct ledger *l, uint64_t bucket, struct usage *ret);

/* Begins a count from nothing; one that was under way is given up. The account keeps it. */
must_check int ledger_begin_recount(struct ledger *l, uint64_t bucket, struct recount **ret);

/* The count of this number, or NULL: it was given up, or a transaction was undone that it relied on. */
struct recount *ledger_find_recount(const struct ledger *l, uint64_t bucket, uint64_t number);

/* All rows up to this one, it included, are counted. */
void recount_advance(struct recount *r, const struct ledger_row *row);

void ledger_end_recount(struct ledger *l, uint64_t bucket);

/* What is committed: of the bucket, nothing where nothing was ever in it, or of all. Any thread. */
void ledger_read(struct ledger *l, uint64_t bucket, struct usage *ret);
void ledger_read_all(struct ledger *l, struct usage *ret);
