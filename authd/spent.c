/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/spent.h"

int spent_init(struct spent *s, int64_t now_s)
{
	*s = (struct spent){ .numbers = TABLE_INIT(SPENT_MAX), .since_s = now_s };
	/* Untouched pages cost nothing. */
	s->all = calloc(SPENT_MAX, sizeof(s->all[0]));
	return s->all ? 0 : -ENOMEM;
}

void spent_clear(struct spent *s)
{
	table_clear(&s->numbers);
	free(s->all);
	s->all = NULL;
}

static struct spent_signature *at(const struct spent *s, size_t i)
{
	return &s->all[(s->first + i) % SPENT_MAX];
}

static void forget_old(struct spent *s, int64_t now_s)
{
	while (s->n && at(s, 0)->until_s < now_s) {
		table_remove(&s->numbers, at(s, 0)->number);
		s->first = (s->first + 1) % SPENT_MAX;
		s->n--;
	}
}

/* A tenant may have one more while it has fewer than there is room left: some stays for the others.
 */
static bool has_room(const struct spent *s, uint64_t tenant)
{
	size_t own = 0;

	for (size_t i = 0; i < s->n; i++)
		own += at(s, i)->tenant == tenant;
	return own < SPENT_MAX - s->n;
}

int spent_take(struct spent *s, const struct claim *m, uint64_t tenant, int64_t now_s)
{
	uint64_t number;
	int r;

	memcpy(&number, m->signature, sizeof(number));
	forget_old(s, now_s);
	if (table_find(&s->numbers, number))
		return SPENT_BEFORE;
	if (m->time_s < s->since_s)
		return SPENT_UNKNOWN;
	if (!has_room(s, tenant))
		return SPENT_FULL;
	r = table_add(&s->numbers, number, at(s, s->n));
	if (r)
		return r < 0 ? r : fold(r);
	*at(s, s->n) = (struct spent_signature){ number, tenant, now_s + SPENT_LIFE_S };
	s->n++;
	return SPENT_NEW;
}
