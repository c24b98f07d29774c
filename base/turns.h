/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Work that waits, of several owners who are served in turn: one who has thousands waiting delays another
 * by what may be done in one turn, and not by thousands. What waits is part of the structs that it is
 * about, so that nothing here allocates. Whoever shares it between threads has a lock for it.
 *
 * An owner may have one more waiting while fewer of its wait than there is room left. One alone gets
 * half of the room; k that flood it get a (k+1)th each, and as much stays free for who comes next.
 */

#include "base/defs.h"

#define TURNS_CHAINS 64	/* in which lines are looked up */

struct turn {
	struct turn *next;	/* behind it in its owner's line, or among those that were taken together */
	uint64_t owner;
	uint64_t cost;
	/* Of the first in a line, for all of the line: */
	struct turn *last;
	size_t n;
	struct turn *next_line;	/* whose turn comes afterwards */
	struct turn *chained;
};

/* An owner that is left out for as long as this stands in the list: its work must not go on beside other work of it. */
struct turns_hold {
	uint64_t owner;
	struct turns_hold *next;
};

struct turns {
	struct turn *first, *last;	/* lines, in the order of their turns */
	struct turn *chains[TURNS_CHAINS];
	struct turns_hold *held;	/* few: they are walked through */
	size_t count;	/* that wait, of all owners */
	size_t limit;
};

#define TURNS_INIT(limit_) ((struct turns){ .limit = (limit_) })

/* False where the owner has its share of the room: nothing was added. */
must_check bool turns_add(struct turns *t, struct turn *turn, uint64_t owner, uint64_t cost);

/* Right after it was added: whether it can be taken now, and could not before. */
bool turns_add_made_ready(const struct turns *t, const struct turn *turn);

/* Whether turns_take() has something. */
bool turns_are_ready(const struct turns *t);

/*
 * Takes off what the owner whose turn it is may do at once, joined by `next`: the first in its line, and
 * those behind it as far as they cost no more than `budget` together and are no more than `most`. What is
 * left waits for the other owners. NULL where nothing waits, or only of owners that are held.
 */
struct turn *turns_take(struct turns *t, uint64_t budget, size_t most);

/*
 * One that was taken by itself, and is not done after a turn: it is the first in its owner's line again, and
 * waits for the turns of the others. There is room for it, since it had its place.
 */
void turns_put_back(struct turns *t, struct turn *turn);

/* Takes out one that waits; it keeps its owner's place for those behind it. */
void turns_remove(struct turns *t, struct turn *turn);

/* A line that is held keeps its place. `hold` is the list's until it is released. */
void turns_hold(struct turns *t, struct turns_hold *hold, uint64_t owner);
bool turns_hold_is_on(const struct turns *t, uint64_t owner);
void turns_release(struct turns *t, struct turns_hold *hold);

/* The rule above, for rooms in which nobody waits: whether who has `own` of the `all` that are there may have more. */
static inline bool turns_leave_room(size_t own, size_t all, size_t limit)
{
	return all < limit && own < limit - all;
}
