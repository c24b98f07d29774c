/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A table finds a pointer by a 64-bit number, such as a call by its id. Open addressing with linear
 * probing; it grows by doubling up to a limit and never shrinks. The pointers stay their owner's.
 */

#include "base/defs.h"

struct table_slot {
	uint64_t number;
	void *value;	/* NULL: free */
};

struct table {
	struct table_slot *slots;
	size_t size;	/* a power of two, or 0 */
	size_t count;
	size_t limit;	/* at most so many entries */
};

#define TABLE_INIT(limit_) ((struct table){ .limit = (limit_) })

void table_clear(struct table *t);

enum table_outcome {
	TABLE_OK = 0,
	TABLE_EXISTS,
	TABLE_FULL,
};

/* value must not be NULL. -ENOMEM, or an outcome. */
must_check int table_add(struct table *t, uint64_t number, void *value);

/* NULL where there is none. */
void *table_find(const struct table *t, uint64_t number);
void *table_remove(struct table *t, uint64_t number);

/* Walks in no particular order: start with *at = 0; NULL at the end. The table must not change. */
void *table_next(const struct table *t, size_t *at);
