/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/helper.h"

#undef NDEBUG
#include <assert.h>

#define ROUNDS 20000

struct work {
	pthread_barrier_t together;
	pthread_t owner;
	unsigned int halves, own;
	bool helped; /* by the other thread */
};

static void count_half(void *context)
{
	struct work *w = context;

	w->halves++;
	w->helped = !pthread_equal(pthread_self(), w->owner);
}

static void count_own(void *context)
{
	struct work *w = context;

	assert(pthread_equal(pthread_self(), w->owner));
	w->own++;
}

static void meet_half(void *context)
{
	pthread_barrier_wait(&((struct work *)context)->together);
	count_half(context);
}

static void meet_own(void *context)
{
	pthread_barrier_wait(&((struct work *)context)->together);
	count_own(context);
}

static void begin(struct helper *h, struct work *w)
{
	*w = (struct work){ .owner = pthread_self() };
	pthread_barrier_init(&w->together, NULL, 2);
	assert(helper_open(h, "test") == 0);
}

static void test_halves_are_done_at_the_same_time(void)
{
	struct helper h;
	struct work w;

	begin(&h, &w);
	/* Each waits for the other to have begun. */
	helper_share(&h, meet_half, meet_own, &w);
	assert(w.halves == 1 && w.own == 1 && w.helped);
	helper_close(&h);
}

/* Mostly the helper has not begun yet when so little is over; now and then it has. */
static void test_each_half_is_done_once_whoever_does_it(void)
{
	struct helper h;
	struct work w;

	begin(&h, &w);
	for (unsigned int i = 1; i <= ROUNDS; i++) {
		helper_share(&h, count_half, count_own, &w);
		assert(w.halves == i && w.own == i);
	}
	helper_close(&h);
}

static void test_a_helper_that_never_had_anything_to_do_ends(void)
{
	struct helper h;
	struct work w;

	begin(&h, &w);
	helper_close(&h);
}

int main(void)
{
	test_halves_are_done_at_the_same_time();
	test_each_half_is_done_once_whoever_does_it();
	test_a_helper_that_never_had_anything_to_do_ends();
	return 0;
}
