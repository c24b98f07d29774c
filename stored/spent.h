/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The ids of grants that were opened, remembered for as long as the same grant could be shown again.
 * Two generations, each filled for one GRANT_LIFE_NS and kept for at least another: forgetting costs
 * nothing but dropping the older one. An id is never forgotten to make room.
 *
 * Of an id its number is kept, 64 bits of the 128 that authd drew at random: among as many as fit in here,
 * a fresh grant has that of another once in 10^12. It would be refused.
 */

#include "ipc/wire.h"

/* Ids in one generation: 69,000 changes a second. A generation that is full takes 32 MiB. */
#define SPENT_MAX (2 * 1024 * 1024)

struct spent_set {
	uint64_t *slots;	/* 0 marks a free one */
	size_t size;		/* a power of two, or 0 */
	size_t count;
};

struct spent {
	struct spent_set young, old;
	uint64_t turns_ns;	/* when the young become the old */
};

enum spent_outcome {
	SPENT_FRESH = 0,	/* and is remembered from now on */
	SPENT_BEFORE,
	SPENT_CROWDED,		/* too many at once: the grant must not be opened */
};

/* now_ns is CLOCK_BOOTTIME. -ENOMEM, or an outcome. */
must_check int spent_add(struct spent *s, const struct ipc_id *id, uint64_t now_ns);

/* Forgets all, as a new epoch allows. A zeroed one is empty. */
void spent_clear(struct spent *s);
