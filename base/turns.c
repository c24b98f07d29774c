/* SPDX-License-Identifier: Apache-2.0 */
#include "base/turns.h"

/* Where the pointer to the owner's line is, or would be. */
static struct turn **find_line(struct turns *t, uint64_t owner)
{
	struct turn **at = &t->chains[owner % TURNS_CHAINS];

	while (*at && (*at)->owner != owner)
		at = &(*at)->chained;
	return at;
}

static void append_line(struct turns *t, struct turn *line)
{
	line->next_line = NULL;
	if (t->first)
		t->last->next_line = line;
	else
		t->first = line;
	t->last = line;
}

static void begin_line(struct turns *t, struct turn **at, struct turn *turn)
{
	turn->last = turn;
	turn->n = 1;
	*at = turn;
	append_line(t, turn);
}

bool turns_add(struct turns *t, struct turn *turn, uint64_t owner, uint64_t cost)
{
	struct turn **at = find_line(t, owner), *line = *at;

	if (!turns_leave_room(line ? line->n : 0, t->count, t->limit))
		return false;
	*turn = (struct turn){ .owner = owner, .cost = cost };
	t->count++;
	if (line) {
		line->last->next = turn;
		line->last = turn;
		line->n++;
	} else {
		begin_line(t, at, turn);
	}
	return true;
}

bool turns_add_made_ready(const struct turns *t, const struct turn *turn)
{
	/* Only the first in a line has its number. */
	return turn->n == 1 && !turns_hold_is_on(t, turn->owner);
}

/* The first in a line goes, and what it has of the line goes to the next. */
static void replace_line(struct turns *t, struct turn *line, struct turn *by)
{
	struct turn *before = NULL;

	for (struct turn *at = t->first; at != line; at = at->next_line)
		before = at;
	if (by) {
		by->last = line->last;
		by->n = line->n - 1;
		by->chained = line->chained;
		by->next_line = line->next_line;
	}
	*find_line(t, line->owner) = by ? by : line->chained;
	if (before)
		before->next_line = by ? by : line->next_line;
	else
		t->first = by ? by : line->next_line;
	if (t->last == line)
		t->last = by ? by : before;
}

/* The first in a line was `line`, and now is `turn`, which stands in front of it. */
static void lead_line(struct turns *t, struct turn *line, struct turn *turn)
{
	struct turn **at = &t->first, *before = NULL;

	while (*at != line) {
		before = *at;
		at = &before->next_line;
	}
	turn->next = line;
	turn->last = line->last;
	turn->n = line->n + 1;
	turn->chained = line->chained;
	turn->next_line = line->next_line;
	*find_line(t, line->owner) = turn;
	*at = turn;
	if (t->last == line)
		t->last = turn;
}

void turns_put_back(struct turns *t, struct turn *turn)
{
	struct turn **at = find_line(t, turn->owner), *line = *at;

	*turn = (struct turn){ .owner = turn->owner, .cost = turn->cost };
	t->count++;
	if (line)
		lead_line(t, line, turn);
	else
		begin_line(t, at, turn);
}

void turns_remove(struct turns *t, struct turn *turn)
{
	struct turn *line = *find_line(t, turn->owner), *before = line;

	t->count--;
	if (line == turn) {
		replace_line(t, line, turn->next);
		return;
	}
	while (before->next != turn)
		before = before->next;
	before->next = turn->next;
	if (line->last == turn)
		line->last = before;
	line->n--;
}

/* --- holding ------------------------------------------------------------------------------- */

void turns_hold(struct turns *t, struct turns_hold *hold, uint64_t owner)
{
	*hold = (struct turns_hold){ .owner = owner, .next = t->held };
	t->held = hold;
}

bool turns_hold_is_on(const struct turns *t, uint64_t owner)
{
	for (const struct turns_hold *h = t->held; h; h = h->next)
		if (h->owner == owner)
			return true;
	return false;
}

void turns_release(struct turns *t, struct turns_hold *hold)
{
	struct turns_hold **at = &t->held;

	while (*at != hold)
		at = &(*at)->next;
	*at = hold->next;
}

/* --- taking -------------------------------------------------------------------------------- */

bool turns_are_ready(const struct turns *t)
{
	for (const struct turn *line = t->first; line; line = line->next_line)
		if (!turns_hold_is_on(t, line->owner))
			return true;
	return false;
}

/* The last that may go in the turn of a line. */
static struct turn *find_end(struct turn *line, uint64_t budget, size_t most, size_t *ret_n)
{
	struct turn *end = line;
	uint64_t spent = line->cost;
	size_t n = 1;

	while (end->next && n < most && spent <= budget && end->next->cost <= budget - spent) {
		end = end->next;
		spent += end->cost;
		n++;
	}
	*ret_n = n;
	return end;
}

/* Takes the first that is not held out of the round. */
static struct turn *take_line(struct turns *t)
{
	struct turn *before = NULL, *line = t->first;

	while (line && turns_hold_is_on(t, line->owner)) {
		before = line;
		line = line->next_line;
	}
	if (!line)
		return NULL;
	if (before)
		before->next_line = line->next_line;
	else
		t->first = line->next_line;
	if (t->last == line)
		t->last = before;
	return line;
}

struct turn *turns_take(struct turns *t, uint64_t budget, size_t most)
{
	struct turn *line = take_line(t), *end, *rest, **at;
	size_t n;

	if (!line)
		return NULL;
	end = find_end(line, budget, most, &n);
	rest = end->next;
	end->next = NULL;
	t->count -= n;
	at = find_line(t, line->owner);
	if (rest) {
		rest->last = line->last;
		rest->n = line->n - n;
		rest->chained = line->chained;
		append_line(t, rest);
	}
	*at = rest ? rest : line->chained;
	return line;
}
