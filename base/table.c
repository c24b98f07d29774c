/* SPDX-License-Identifier: Apache-2.0 */
#include "base/table.h"

#define TABLE_FIRST_SIZE 16

void table_clear(struct table *t)
{
	free(t->slots);
	*t = TABLE_INIT(t->limit);
}

/* Numbers are often consecutive; Fibonacci hashing spreads them. */
static size_t home(const struct table *t, uint64_t number)
{
	return (size_t)((number * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (t->size - 1);
}

/* The slot that holds the number, or the free one where it would go. */
static struct table_slot *slot_of(const struct table *t, uint64_t number)
{
	size_t i = home(t, number);

	while (t->slots[i].value && t->slots[i].number != number)
		i = (i + 1) & (t->size - 1);
	return &t->slots[i];
}

static int table_grow(struct table *t)
{
	struct table larger = { .limit = t->limit, .count = t->count };

	larger.size = t->size ? t->size * 2 : TABLE_FIRST_SIZE;
	larger.slots = calloc(larger.size, sizeof(*larger.slots));
	if (!larger.slots)
		return -ENOMEM;
	for (size_t i = 0; i < t->size; i++)
		if (t->slots[i].value)
			*slot_of(&larger, t->slots[i].number) = t->slots[i];
	free(t->slots);
	*t = larger;
	return 0;
}

int table_add(struct table *t, uint64_t number, void *value)
{
	struct table_slot *slot;

	if (t->count >= t->limit)
		return TABLE_FULL;
	if ((t->count + 1) * 4 > t->size * 3) {
		int r = table_grow(t);

		if (r < 0)
			return r;
	}
	slot = slot_of(t, number);
	if (slot->value)
		return TABLE_EXISTS;
	*slot = (struct table_slot){ number, value };
	t->count++;
	return TABLE_OK;
}

void *table_find(const struct table *t, uint64_t number)
{
	return t->size ? slot_of(t, number)->value : NULL;
}

void *table_remove(struct table *t, uint64_t number)
{
	struct table_slot *slot = t->size ? slot_of(t, number) : NULL;
	void *value = slot ? slot->value : NULL;
	size_t hole, i;

	if (!value)
		return NULL;
	t->count--;
	/* Moves later entries of the run back, so that no probe ends at the hole too early. */
	hole = i = (size_t)(slot - t->slots);
	for (;;) {
		i = (i + 1) & (t->size - 1);
		if (!t->slots[i].value)
			break;
		if (((i - home(t, t->slots[i].number)) & (t->size - 1)) >= ((i - hole) & (t->size - 1))) {
			t->slots[hole] = t->slots[i];
			hole = i;
		}
	}
	t->slots[hole].value = NULL;
	return value;
}

void *table_next(const struct table *t, size_t *at)
{
	while (*at < t->size) {
		void *value = t->slots[(*at)++].value;

		if (value)
			return value;
	}
	return NULL;
}
