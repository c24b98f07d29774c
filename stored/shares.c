/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/shares.h"

void shares_clear(struct shares *s)
{
	table_clear(&s->taken);
	s->count = 0;
}

static bool may_have_more(const struct shares *s, size_t own)
{
	return s->shared ? turns_leave_room(own, s->count, s->limit) : s->count < s->limit;
}

/* Numbers stand where a table has pointers; none is 0. */
static size_t take_out(struct shares *s, uint64_t number)
{
	return (size_t)table_remove(&s->taken, number);
}

/* False without memory; not where the number was just taken out, whose slot is still there. */
static bool put_in(struct shares *s, uint64_t number, size_t own)
{
	return own == 0 || table_add(&s->taken, number, (void *)own) == TABLE_OK;
}

bool shares_take(struct shares *s, const struct ipc_id *tenant)
{
	uint64_t number = ipc_id_number(tenant);
	size_t own = take_out(s, number);
	bool more = may_have_more(s, own);

	if (!put_in(s, number, own + more))
		return false;
	s->count += more;
	return more;
}

void shares_give_back(struct shares *s, const struct ipc_id *tenant)
{
	uint64_t number = ipc_id_number(tenant);
	size_t own = take_out(s, number);

	if (!own || !put_in(s, number, own - 1))
		abort();
	s->count--;
}
