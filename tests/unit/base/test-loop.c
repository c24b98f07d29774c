/* SPDX-License-Identifier: Apache-2.0 */
#include "base/loop.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

#undef NDEBUG
#include <assert.h>

struct reader {
	struct loop_source source;
	struct reader *other;
	int calls;
};

static int reads_and_removes_other(struct loop_source *s, uint32_t events)
{
	struct reader *r = (struct reader *)s;

	assert(events & EPOLLIN);
	r->calls++;
	loop_remove(&r->other->source);
	return 0;
}

static void test_a_removed_source_hears_nothing_even_when_its_event_was_fetched(void)
{
	struct reader a = { .other = NULL }, b = { .other = &a };
	struct loop l;
	int pa[2], pb[2];

	assert(loop_init(&l) == 0);
	assert(pipe(pa) == 0 && pipe(pb) == 0);
	assert(write(pa[1], "x", 1) == 1 && write(pb[1], "x", 1) == 1);
	a = (struct reader){ { .fd = pa[0], .ready = reads_and_removes_other }, &b, 0 };
	b = (struct reader){ { .fd = pb[0], .ready = reads_and_removes_other }, &a, 0 };
	assert(loop_add(&l, &a.source, EPOLLIN) == 0 && loop_add(&l, &b.source, EPOLLIN) == 0);
	assert(loop_step(&l, 0) == 0);
	assert(a.calls + b.calls == 1);
	loop_remove(&a.source);
	loop_remove(&b.source);
	for (int i = 0; i < 2; i++) {
		fd_close(pa[i]);
		fd_close(pb[i]);
	}
	loop_clear(&l);
}

static int order[4], n_order;

struct numbered {
	struct loop_timer timer;
	int number;
};

static int notes_its_number(struct loop_timer *t)
{
	order[n_order++] = ((struct numbered *)t)->number;
	return 0;
}

static void test_timers_expire_in_order_and_disarmed_ones_do_not(void)
{
	struct numbered t[4];
	uint64_t now = clock_boottime_ns();
	struct loop l;

	assert(loop_init(&l) == 0);
	for (int i = 0; i < 4; i++)
		t[i] = (struct numbered){ { .expired = notes_its_number }, i };
	loop_arm(&l, &t[0].timer, now + 3000);
	loop_arm(&l, &t[1].timer, now + 1000);
	loop_arm(&l, &t[2].timer, now + 2000);
	loop_arm(&l, &t[3].timer, now + 500);
	loop_disarm(&t[3].timer);
	loop_arm(&l, &t[1].timer, now + 4000);	/* again: moves to the end */
	while (n_order < 3)
		assert(loop_step(&l, 10) == 0);
	assert(order[0] == 2 && order[1] == 0 && order[2] == 1);
	assert(!l.timers);
	loop_clear(&l);
}

static int fails(struct loop_timer *t)
{
	(void)t;
	return -EIO;
}

static void test_a_failing_callback_ends_the_run_with_its_errno(void)
{
	struct loop_timer t = { .expired = fails };
	struct loop l;

	assert(loop_init(&l) == 0);
	loop_arm(&l, &t, 0);
	assert(loop_run(&l) == -EIO);
	loop_clear(&l);
}

int main(void)
{
	test_a_removed_source_hears_nothing_even_when_its_event_was_fetched();
	test_timers_expire_in_order_and_disarmed_ones_do_not();
	test_a_failing_callback_ends_the_run_with_its_errno();
	return 0;
}
