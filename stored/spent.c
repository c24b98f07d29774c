/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/spent.h"

#include "ipc/grant.h"

#define SPENT_FIRST_SIZE 256

/* Numbers are random, and nobody but authd chooses them: any part of one is as good as a hash. */
static uint64_t *slot_of(const struct spent_set *s, uint64_t number)
{
	size_t i = number & (s->size - 1);

	while (s->slots[i] && s->slots[i] != number)
		i = (i + 1) & (s->size - 1);
	return &s->slots[i];
}

static bool set_has(const struct spent_set *s, uint64_t number)
{
	return s->size && *slot_of(s, number) == number;
}

static void set_clear(struct spent_set *s)
{
	free(s->slots);
	*s = (struct spent_set){ 0 };
}

static int set_grow(struct spent_set *s)
{
	struct spent_set larger = { .count = s->count };

	larger.size = s->size ? s->size * 2 : SPENT_FIRST_SIZE;
	larger.slots = calloc(larger.size, sizeof(*larger.slots));
	if (!larger.slots)
		return -ENOMEM;
	for (size_t i = 0; i < s->size; i++)
		if (s->slots[i])
			*slot_of(&larger, s->slots[i]) = s->slots[i];
	free(s->slots);
	*s = larger;
	return 0;
}

static int set_add(struct spent_set *s, uint64_t number)
{
	int r;

	if (s->count >= SPENT_MAX)
		return SPENT_CROWDED;
	if ((s->count + 1) * 4 > s->size * 3) {
		r = set_grow(s);
		if (r < 0)
			return r;
	}
	*slot_of(s, number) = number;
	s->count++;
	return SPENT_FRESH;
}

static void turn(struct spent *s, uint64_t now_ns)
{
	if (now_ns < s->turns_ns)
		return;
	set_clear(&s->old);
	s->old = s->young;
	s->young = (struct spent_set){ 0 };
	/* After a pause of more than a life both generations are of grants long expired. */
	if (now_ns - s->turns_ns >= GRANT_LIFE_NS)
		set_clear(&s->old);
	s->turns_ns = now_ns + GRANT_LIFE_NS;
}

int spent_add(struct spent *s, const struct ipc_id *id, uint64_t now_ns)
{
	const uint64_t number = ipc_id_number(id);

	turn(s, now_ns);
	if (number == 0 || set_has(&s->young, number) || set_has(&s->old, number))
		return SPENT_BEFORE;
	return set_add(&s->young, number);
}

void spent_clear(struct spent *s)
{
	set_clear(&s->young);
	set_clear(&s->old);
	*s = (struct spent){ 0 };
}
