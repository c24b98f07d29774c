/* SPDX-License-Identifier: Apache-2.0 */
#include "base/turns.h"

#undef NDEBUG
#include <assert.h>
#include <string.h>

#define LIMIT	  64
#define UNLIMITED UINT64_MAX

static struct turn work[LIMIT + 1];
static size_t n_work;

static bool add_dear(struct turns *t, uint64_t owner, uint64_t cost)
{
	bool taken;

	assert(n_work < ARRAY_SIZE(work));
	taken = turns_add(t, &work[n_work], owner, cost);
	n_work += taken;
	return taken;
}

static bool add(struct turns *t, uint64_t owner)
{
	return add_dear(t, owner, 1);
}

static struct turns begin(size_t limit)
{
	n_work = 0;
	return TURNS_INIT(limit);
}

static size_t add_until_refused(struct turns *t, uint64_t owner)
{
	size_t n = 0;

	while (add(t, owner))
		n++;
	return n;
}

/* Whose the next is, 0 where nothing waits. */
static uint64_t take_one(struct turns *t)
{
	const struct turn *taken = turns_take(t, 1, 1);

	assert(!taken || !taken->next);
	return taken ? taken->owner : 0;
}

static size_t take(struct turns *t, uint64_t budget, size_t most)
{
	size_t n = 0;

	for (const struct turn *x = turns_take(t, budget, most); x; x = x->next)
		n++;
	return n;
}

static void test_owners_are_served_in_turn(void)
{
	static const uint64_t expected[] = { 1, 2, 3, 1, 2, 1, 1, 0 };
	struct turns t = begin(LIMIT);

	for (int i = 0; i < 4; i++)
		assert(add(&t, 1));
	assert(add(&t, 2) && add(&t, 2) && add(&t, 3));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert(take_one(&t) == expected[i]);
	assert(t.count == 0);
}

static void test_who_comes_late_waits_for_one_turn_of_each(void)
{
	struct turns t = begin(LIMIT);

	for (int i = 0; i < 20; i++)
		assert(add(&t, 1) && add(&t, 2));
	assert(take_one(&t) == 1);
	assert(add(&t, 3));
	assert(take_one(&t) == 2 && take_one(&t) == 1 && take_one(&t) == 3);
	assert(take_one(&t) == 2);
}

static void test_an_owner_comes_in_the_order_that_it_came_in(void)
{
	struct turns t = begin(LIMIT);

	for (int i = 0; i < 3; i++)
		assert(add(&t, 1) && add(&t, 2));
	for (size_t i = 0; i < 6; i++)
		assert(turns_take(&t, 1, 1) == &work[i]);
}

static void test_a_turn_ends_with_what_may_be_spent_in_it(void)
{
	struct turns t = begin(LIMIT);

	for (int i = 0; i < 10; i++)
		assert(add_dear(&t, 1, 3));
	assert(add(&t, 2));
	assert(take(&t, 10, LIMIT) == 3);
	assert(take_one(&t) == 2);
	assert(take(&t, UNLIMITED, 4) == 4);
	assert(take(&t, UNLIMITED, LIMIT) == 3 && t.count == 0);
}

static void test_what_costs_more_than_a_turn_has_one_by_itself(void)
{
	struct turns t = begin(LIMIT);

	assert(add(&t, 1) && add_dear(&t, 1, 100) && add_dear(&t, 1, UNLIMITED) && add(&t, 1));
	for (int i = 0; i < 4; i++)
		assert(take(&t, 10, LIMIT) == 1);
	assert(take(&t, 10, LIMIT) == 0);
}

static void test_who_floods_leaves_room_for_each_who_comes(void)
{
	struct turns t = begin(60);

	assert(add_until_refused(&t, 1) == 30);
	assert(add_until_refused(&t, 2) == 15);
	assert(add_until_refused(&t, 3) == 8);
	assert(add_until_refused(&t, 4) == 4);
	assert(add(&t, 5));
	assert(!add(&t, 1) && t.count == 58);
}

static void test_what_was_done_makes_room_for_its_owner(void)
{
	struct turns t = begin(60);

	assert(add_until_refused(&t, 1) == 30);
	assert(take_one(&t) == 1);
	assert(add(&t, 1) && !add(&t, 1));
}

static void test_a_full_room_takes_nobody(void)
{
	struct turns t = begin(1);

	assert(add(&t, 1) && !add(&t, 1) && !add(&t, 2));
	assert(take_one(&t) == 1 && add(&t, 2));
	assert(!turns_leave_room(0, 1, 1) && !turns_leave_room(0, 2, 1));
}

static void test_who_is_held_is_left_out_and_keeps_the_place(void)
{
	struct turns_hold one, two;
	struct turns t = begin(LIMIT);

	assert(add(&t, 1) && turns_add_made_ready(&t, &work[0]));
	assert(add(&t, 1) && !turns_add_made_ready(&t, &work[1]));
	assert(add(&t, 2) && add(&t, 3) && add(&t, 3));
	turns_hold(&t, &one, 1);
	turns_hold(&t, &two, 3);
	assert(turns_hold_is_on(&t, 1) && !turns_hold_is_on(&t, 2));
	assert(turns_are_ready(&t) && take_one(&t) == 2);
	assert(!turns_are_ready(&t) && take_one(&t) == 0 && t.count == 4);
	turns_release(&t, &one);
	assert(take_one(&t) == 1 && take_one(&t) == 1 && take_one(&t) == 0);
	/* Of who is held, and had nothing waiting. */
	turns_hold(&t, &one, 4);
	assert(add(&t, 4) && !turns_add_made_ready(&t, &work[n_work - 1]) && !turns_are_ready(&t));
	turns_release(&t, &two);
	assert(take_one(&t) == 3 && take_one(&t) == 3 && take_one(&t) == 0);
	turns_release(&t, &one);
	assert(take_one(&t) == 4 && t.count == 0);
}

static void test_one_that_is_taken_out_leaves_the_others_in_their_places(void)
{
	struct turns t = begin(LIMIT);

	/* 0 and 1 are the first of their lines, 4 the last of its. */
	assert(add(&t, 1) && add(&t, 2) && add(&t, 1) && add(&t, 1 + TURNS_CHAINS) && add(&t, 1));
	turns_remove(&t, &work[0]);
	turns_remove(&t, &work[1]);
	turns_remove(&t, &work[4]);
	assert(t.count == 2 && add(&t, 2) && add(&t, 1));
	assert(turns_take(&t, 1, 1) == &work[2] && turns_take(&t, 1, 1) == &work[3]);
	assert(turns_take(&t, 1, 1) == &work[5]);
	turns_remove(&t, &work[6]);
	assert(t.count == 0 && take_one(&t) == 0);
	assert(add(&t, 3) && take_one(&t) == 3);
}

static void test_one_that_is_put_back_goes_on_before_its_owners_others(void)
{
	struct turns t = begin(LIMIT);

	assert(add(&t, 1) && add(&t, 1) && add(&t, 2));
	assert(turns_take(&t, 1, 1) == &work[0]);
	turns_put_back(&t, &work[0]);
	assert(t.count == 3 && turns_take(&t, 1, 1) == &work[2]);
	/* The only one of its owner. */
	turns_put_back(&t, &work[2]);
	assert(turns_take(&t, 1, 1) == &work[0] && turns_take(&t, 1, 1) == &work[2]);
	turns_put_back(&t, &work[0]);
	assert(add(&t, 1) && add(&t, 3));
	assert(turns_take(&t, 1, 1) == &work[0] && turns_take(&t, 1, 1) == &work[4]);
	assert(turns_take(&t, 1, 1) == &work[1] && turns_take(&t, 1, 1) == &work[3]);
	assert(t.count == 0 && take_one(&t) == 0);
}

/* Many owners, some of whom are found in one chain; a line of each is the model. */
static void test_random_use_agrees_with_a_line_for_each(void)
{
	enum { OWNERS = 7, STEPS = 100000 };
	static struct turn pool[LIMIT];
	size_t waiting[OWNERS] = { 0 }, round[OWNERS], n_round = 0, all = 0, n_free = LIMIT;
	struct turn *spare[LIMIT], *last_back[OWNERS] = { 0 };
	struct turns t = begin(LIMIT);
	unsigned int seed = 1;

	for (size_t i = 0; i < LIMIT; i++)
		spare[i] = &pool[i];
	for (int step = 0; step < STEPS; step++) {
		size_t o = (size_t)rand_r(&seed) % OWNERS;

		if (rand_r(&seed) % 2) {
			bool fits = waiting[o] < LIMIT - all;

			/* Three of them share a chain. */
			if (!n_free)
				continue;
			assert(turns_add(&t, spare[n_free - 1], 1 + o % 3 + o / 3 * TURNS_CHAINS,
					 1) == fits);
			if (!fits)
				continue;
			n_free--;
			all++;
			if (!waiting[o]++)
				round[n_round++] = o;
		} else if (n_round) {
			struct turn *taken = turns_take(&t, 1, 1);

			o = round[0];
			assert(taken && taken->owner == 1 + o % 3 + o / 3 * TURNS_CHAINS);
			if (rand_r(&seed) % 4 == 0) {
				memmove(round, round + 1, (n_round - 1) * sizeof(*round));
				round[n_round - 1] = o;
				turns_put_back(&t, taken);
				last_back[o] = taken;
				continue;
			}
			assert(!last_back[o] || taken == last_back[o]);
			last_back[o] = NULL;
			spare[n_free++] = taken;
			all--;
			memmove(round, round + 1, --n_round * sizeof(*round));
			if (--waiting[o])
				round[n_round++] = o;
		} else {
			assert(!turns_take(&t, 1, 1));
		}
		assert(t.count == all);
	}
}

int main(void)
{
	test_owners_are_served_in_turn();
	test_who_comes_late_waits_for_one_turn_of_each();
	test_an_owner_comes_in_the_order_that_it_came_in();
	test_a_turn_ends_with_what_may_be_spent_in_it();
	test_what_costs_more_than_a_turn_has_one_by_itself();
	test_who_floods_leaves_room_for_each_who_comes();
	test_what_was_done_makes_room_for_its_owner();
	test_a_full_room_takes_nobody();
	test_who_is_held_is_left_out_and_keeps_the_place();
	test_one_that_is_taken_out_leaves_the_others_in_their_places();
	test_one_that_is_put_back_goes_on_before_its_owners_others();
	test_random_use_agrees_with_a_line_for_each();
	return 0;
}
