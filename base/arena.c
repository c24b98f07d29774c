/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdalign.h>

#define BLOCK_SIZE (4 * KIB)

struct arena_block {
	struct arena_block *next;
	size_t used;
	size_t size;
	alignas(max_align_t) uint8_t bytes[];
};

void arena_clear(struct arena *a)
{
	while (a->blocks) {
		struct arena_block *next = a->blocks->next;

		free(a->blocks);
		a->blocks = next;
	}
	a->total = 0;
}

static struct arena_block *add_block(struct arena *a, size_t needed)
{
	size_t size = MAX(needed, (size_t)BLOCK_SIZE);
	struct arena_block *block = calloc(1, sizeof(*block) + size);

	if (!block)
		return NULL;
	block->size = size;
	block->next = a->blocks;
	a->blocks = block;
	return block;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	struct arena_block *block = a->blocks;
	size_t len;
	void *p;

	/* What follows is aligned because every length is. */
	if (__builtin_mul_overflow(n, size, &len) ||
	    __builtin_add_overflow(len, alignof(max_align_t) - 1, &len))
		return NULL;
	len -= len % alignof(max_align_t);
	if (len > a->limit - a->total)
		return NULL;
	if (!block || len > block->size - block->used)
		block = add_block(a, len);
	if (!block)
		return NULL;
	p = block->bytes + block->used;
	block->used += len;
	a->total += len;
	return p;
}

bool arena_copy(struct arena *a, struct span s, struct span *ret)
{
	void *copy;

	if (span_is_none(s)) {
		*ret = SPAN_NONE;
		return true;
	}
	copy = arena_array(a, s.len, 1);
	if (!copy)
		return false;
	if (s.len)
		memcpy(copy, s.data, s.len);
	*ret = (struct span){ copy, s.len };
	return true;
}
