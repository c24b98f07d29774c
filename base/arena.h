/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An arena is memory for things that are made one after the other and go all at once, such as what a
 * document was compiled to. What it gave never moves. Nothing is given back one by one.
 */

#include "base/span.h"

struct arena {
	struct arena_block *blocks;	/* the newest first */
	size_t total;			/* bytes given, with what alignment cost */
	size_t limit;			/* never more than this */
};

#define ARENA_INIT(limit_) ((struct arena){ .limit = (limit_) })

/* Frees everything; the arena is empty and can be used again. */
void arena_clear(struct arena *a);

/* n times size bytes, all zero, for any type; NULL where memory ran out or the limit is reached. */
void *arena_array(struct arena *a, size_t n, size_t size);

/* A copy of the bytes; false where memory ran out or the limit is reached. None stays none. */
must_check bool arena_copy(struct arena *a, struct span s, struct span *ret);
