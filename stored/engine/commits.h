/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which keys may have changed since they were looked up. A committer says of each transaction which keys it is about:
 * before its COMMIT that it has begun, and behind it, whatever came of it, that it has ended. Each key has two counters
 * for that, which it shares with others by a hash that nobody outside knows; each tenant has two more, for what is about
 * more than a few keys that are known. To share them costs a look-up and nothing else. What touches no row that is read
 * to look up a key, such as what the sweep forgets of the dead, advances none of them. Any thread.
 *
 * A mark is made before the transaction begins in which a key is looked up. It is good if all that had begun had ended
 * by then, and it holds for as long as nothing else has begun. Why that is exact:
 *
 * - What had ended before the mark was made is committed, and the look-up begins later, so it sees it. The counters of
 *   what has ended are read before those of what has begun: each is at most the other, and neither ever goes back, so
 *   where they are equal there was a moment between the two reads at which nothing was under way.
 * - What was not in it begins later, and says so before its COMMIT. Whoever sees that commit, by SQLite or since he was
 *   told of it, got there by SQLite's locks or by a task that was handed to him, so that he sees the counter, too: a
 *   mark does not hold any more for anybody who has heard of the change, nor for whom he has told of it since. Where a
 *   mark still holds, the COMMIT may be under way on another processor and unheard of: what is answered from memory
 *   then is in order before it.
 * - Where the look-up shares a transaction with others before it, the mark is younger than the transaction. Then it is
 *   good only if nothing at all has ended since before that began: commits_ended() counts, before any counter of what
 *   has ended is advanced. And it is shared only where the mark is good: others may have seen by now what is committed
 *   and has not ended.
 *
 * Not in it: what is written before there are readers (the index and the catalogs being put right, at start; a catalog
 * that is brought to the newest version when it is opened), for nothing has been looked up then.
 */

#include <sodium.h>
#include <stdatomic.h>

#include "stored/change.h"

#define COMMITS_COUNT 65536 /* pairs of counters, of keys and tenants alike */

struct commits_pair {
	_Atomic uint64_t begun, ended;
};

struct commits {
	uint8_t key[crypto_shorthash_KEYBYTES];
	_Atomic uint64_t n_ended; /* transactions and what else changes catalogs, of all tenants */
	struct commits_pair pairs[COMMITS_COUNT];
};

void commits_init(struct commits *c);

/* Of an object's name, as store_number_of(): its place among the counters is this, modulo their number. */
uint64_t commits_number(const struct commits *c, const struct ipc_id *tenant, struct span bucket,
			struct span key);

/* Around what makes these changes of one tenant readable; the same ones both times, and each time once. */
void commits_begin(struct commits *c, struct change *const *changes, size_t n);
void commits_end(struct commits *c, struct change *const *changes, size_t n);

/* Around what changes everything that a tenant has, or may have done so. */
void commits_begin_all(struct commits *c, const struct ipc_id *tenant);
void commits_end_all(struct commits *c, const struct ipc_id *tenant);

/* Advances with each end, before anybody can be told of what has ended. */
uint64_t commits_ended(const struct commits *c);

/* Makes *ret; false where it is not good, so that nothing may be remembered under it. */
must_check bool commits_mark(const struct commits *c, const struct ipc_id *tenant,
			     struct span bucket, struct span key, struct store_mark *ret);
bool commits_hold(const struct commits *c, const struct store_mark *m);
