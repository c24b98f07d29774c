/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a tenant's buckets hold and what they may, in figures: as the catalog's rows have it, and in
 * memory. Only the tenant's committer changes it, and only by way of a transaction: what a change adds and
 * takes away is judged and posted when the change has been applied, written with the transaction, and
 * counts once that is committed. So the figures are exact, quotas are never exceeded by a byte, and it
 * costs one row for each bucket of a transaction.
 *
 *	ledger_judge() -> ledger_post() ... -> ledger_write() -> ledger_commit()
 *	                                    \-> ledger_undo()
 *
 * What is still on its way may be reserved, by any thread; what is reserved and what is committed never
 * count both at a time.
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

/* In place of a bucket's id: all of the tenant. */
#define LEDGER_TENANT 0

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

/* What is to come, against a quota. */
struct growth {
	uint64_t bytes, objects;
};

struct account {
	uint64_t bucket; /* its id, or LEDGER_TENANT */
	/* Committed, and reserved; under the ledger's lock: */
	struct holding holding;
	struct growth reserved;

	/* The committer's, of the transaction under way: */
	struct posting pending;
	struct quota quota; /* with quota_set */
	bool touched, quota_set, closing;
	struct account *next_touched;

	struct recount *recount; /* likewise; NULL: none is under way */
};

struct ledger {
	pthread_mutex_t lock; /* of these, where they are not the committer's: */
	struct table accounts; /* bucket's id -> struct account */
	struct account tenant; /* the sum, and the quota of all */
	_Atomic size_t n_quotas; /* accounts with one; written under the lock, read without */

	/* The committer's: */
	struct account *touched; /* in the transaction under way */
	struct reservation *spent; /* likewise: of its changes */
	uint64_t n_recounts; /* that were begun */
};

void ledger_init(struct ledger *l);
void ledger_clear(struct ledger *l);

/* Reads the rows of a catalog that was opened just now; what the ledger had before goes. */
must_check int ledger_load(struct ledger *l, struct database *db);

/* Back to having nothing: the catalog is closed. */
void ledger_forget(struct ledger *l);

/* --- a transaction, for the committer -------------------------------------------------------- */

/* The quota that would be exceeded if this were posted; what adds nothing exceeds none. */
enum quota_limit ledger_judge(struct ledger *l, uint64_t bucket, const struct posting *p);

/* Whether a count of the bucket has come past this row. */
bool ledger_has_counted(struct ledger *l, uint64_t bucket, const struct ledger_row *row);

/*
 * What a change has done to a bucket, within the transaction; `counted` is the part of it that is about
 * rows that a count had come past.
 */
must_check int ledger_post(struct ledger *l, uint64_t bucket, const struct posting *p,
			   const struct posting *counted);

/* With the commit it is not reserved any more. NULL is fine. */
void ledger_spend(struct ledger *l, struct reservation *r);

/* The bucket's row has gone, and with the commit its account does. */
must_check int ledger_close(struct ledger *l, uint64_t bucket);

/* The quota that the row has now. */
must_check int ledger_set_quota(struct ledger *l, uint64_t bucket, const struct quota *q);

/* Into the rows. */
must_check int ledger_write(struct ledger *l, struct database *db);

/* What became of the transaction. */
void ledger_commit(struct ledger *l);
void ledger_undo(struct ledger *l);

/* With what has been posted until now, the transaction under way included. */
void ledger_expect(struct ledger *l, uint64_t bucket, struct holding *ret);

/* Begins a count from nothing; one that was under way is given up. The account keeps it. */
must_check int ledger_begin_recount(struct ledger *l, uint64_t bucket, struct recount **ret);

/* The count of this number, or NULL: it was given up, or a transaction was undone that it relied on. */
struct recount *ledger_find_recount(struct ledger *l, uint64_t bucket, uint64_t number);

/* All rows up to this one, it included, are counted. */
void recount_advance(struct recount *r, const struct ledger_row *row);

void ledger_end_recount(struct ledger *l, uint64_t bucket);

/* --- for any thread -------------------------------------------------------------------------- */

/* What is committed: of the bucket, or of LEDGER_TENANT. */
void ledger_read(struct ledger *l, uint64_t bucket, struct holding *ret);

/* Whether anything could be refused at all. */
bool ledger_has_quotas(const struct ledger *l);

/* All of it or nothing. */
enum quota_limit ledger_reserve(struct ledger *l, uint64_t bucket, const struct growth *g);
void ledger_release(struct ledger *l, uint64_t bucket, const struct growth *g);
