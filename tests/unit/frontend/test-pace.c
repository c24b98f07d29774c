/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/pace.h"

#include "frontend/board.h"

#undef NDEBUG
#include <assert.h>

#define START	 (1000 * NS_PER_S)
#define WORKERS	 3
#define REQUESTS 100

/* Workers with one board, in one thread, at a time that the test says. */
static struct loop loop;
static struct board board;
static struct paces workers[WORKERS];
static struct pace_part parts[WORKERS][REQUESTS];
static unsigned int n_called;

static void called(struct pace_part *p)
{
	n_called++;
}

static void open_workers(void)
{
	assert(loop_init(&loop) == 0);
	assert(board_open(&board, WORKERS) == 0);
	memset(parts, 0, sizeof(parts));
	for (unsigned int i = 0; i < WORKERS; i++) {
		paces_init(&workers[i], &loop, &board, i);
		for (unsigned int n = 0; n < REQUESTS; n++)
			parts[i][n].go = called;
	}
	n_called = 0;
}

static void close_workers(void)
{
	for (unsigned int i = 0; i < WORKERS; i++)
		paces_clear(&workers[i]);
	board_close(&board);
	loop_clear(&loop);
}

static struct grant grant_of(uint8_t tenant, uint64_t bandwidth, uint32_t parallel)
{
	struct grant g = { .limits = { bandwidth, parallel } };

	g.principal.tenant.bytes[0] = tenant;
	return g;
}

static int join(unsigned int worker, unsigned int n, const struct grant *g, uint64_t now)
{
	return paces_join(&workers[worker], g, PRESENCE_OUT, now, &parts[worker][n]);
}

/* --- requests under way -------------------------------------------------------------------- */

static void test_so_many_requests_are_under_way_in_all_workers_together(void)
{
	struct grant g = grant_of(1, 0, 5), other = grant_of(2, 0, 5);

	open_workers();
	for (unsigned int n = 0; n < 5; n++)
		assert(join(n % WORKERS, n, &g, START) == PACE_JOINED);
	for (unsigned int i = 0; i < WORKERS; i++)
		assert(join(i, 50, &g, START) == PACE_PARALLEL);
	for (unsigned int n = 0; n < 5; n++)
		assert(join(0, 10 + n, &other, START) == PACE_JOINED);
	/* With one that has ended there is room for one, wherever it comes. */
	pace_leave(&parts[0][0]);
	assert(join(2, 60, &g, START) == PACE_JOINED);
	assert(join(1, 61, &g, START) == PACE_PARALLEL);
	close_workers();
}

static void test_the_newest_limit_holds(void)
{
	struct grant g = grant_of(1, 0, 2), more = grant_of(1, 0, 3);

	open_workers();
	assert(join(0, 0, &g, START) == PACE_JOINED && join(1, 1, &g, START) == PACE_JOINED);
	assert(join(0, 2, &g, START) == PACE_PARALLEL);
	assert(join(0, 2, &more, START) == PACE_JOINED);
	assert(join(0, 3, &g, START) == PACE_PARALLEL);
	close_workers();
}

static void test_what_a_worker_was_at_is_gone_with_it(void)
{
	struct grant g = grant_of(1, 0, 1);

	open_workers();
	assert(join(0, 0, &g, START) == PACE_JOINED && join(1, 0, &g, START) == PACE_PARALLEL);
	counts_vacate(board_slot(&board, 0));
	assert(join(1, 0, &g, START) == PACE_JOINED);
	close_workers();
}

/* --- bandwidth ---------------------------------------------------------------------------- */

/*
 * The bytes that pass in so long, where each of these workers has so many requests that take a
 * piece whenever they may.
 */
static uint64_t pass(const unsigned int requests[WORKERS], const struct grant *g, uint64_t for_ns)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < WORKERS; i++)
		for (unsigned int r = 0; r < requests[i]; r++)
			assert(join(i, r, g, START) == PACE_JOINED);
	for (uint64_t now = START; now < START + for_ns; now += NS_PER_MS)
		for (unsigned int i = 0; i < WORKERS; i++) {
			struct pace *pace = parts[i][0].pace;

			if (pace)
				pace_call(pace, PRESENCE_OUT, now);
			for (unsigned int r = 0; r < requests[i]; r++) {
				struct pace_part *p = &parts[i][r];

				if (p->waits || !pace_may_move(p, PRESENCE_OUT, PACE_PIECE, now))
					continue;
				pace_moved(p, PRESENCE_OUT, PACE_PIECE);
				n += PACE_PIECE;
			}
		}
	return n;
}

static void expect_rate(unsigned int a, unsigned int b, unsigned int c)
{
	struct grant g = grant_of(1, 4 * MIB, 0);
	uint64_t n;

	open_workers();
	n = pass((unsigned int[WORKERS]){ a, b, c }, &g, 20 * NS_PER_S);
	/* What each lets pass at first, before it has seen the others. */
	assert(n <= 80 * MIB + WORKERS * (4 * MIB / 10 + PACE_PIECE));
	assert(n >= 79 * MIB);
	close_workers();
}

static void test_workers_share_a_bandwidth_and_use_it_up(void)
{
	expect_rate(1, 0, 0);
	expect_rate(1, 1, 0);
	expect_rate(3, 1, 1);
	expect_rate(10, 10, 10);
	expect_rate(60, 1, 0);
}

static void test_one_request_after_another_by_other_workers_is_no_faster(void)
{
	struct grant g = grant_of(1, MIB, 0);
	uint64_t n = 0;

	open_workers();
	for (uint64_t now = START; now < START + 20 * NS_PER_S; now += NS_PER_MS)
		for (unsigned int i = 0; i < WORKERS; i++) {
			struct pace_part *p = &parts[i][0];

			if (!p->pace)
				assert(join(i, 0, &g, now) == PACE_JOINED);
			pace_call(p->pace, PRESENCE_OUT, now);
			if (p->waits || !pace_may_move(p, PRESENCE_OUT, 4096, now))
				continue;
			pace_moved(p, PRESENCE_OUT, 4096);
			n += 4096;
			pace_leave(p);
		}
	assert(n <= 20 * MIB + WORKERS * (MIB / 10 + 4096));
	close_workers();
}

static void test_the_first_who_waits_goes_first_and_each_once(void)
{
	struct grant g = grant_of(1, MIB, 0);

	open_workers();
	for (unsigned int n = 0; n < 4; n++)
		assert(join(0, n, &g, START) == PACE_JOINED);
	assert(pace_may_move(&parts[0][0], PRESENCE_OUT, MIB, START));
	for (unsigned int n = 1; n < 4; n++)
		assert(!pace_may_move(&parts[0][n], PRESENCE_OUT, MIB, START));
	/* One of them has gone. The other way is free. */
	pace_leave(&parts[0][2]);
	assert(pace_may_move(&parts[0][0], PRESENCE_IN, 1, START));
	pace_call(parts[0][0].pace, PRESENCE_OUT, START + NS_PER_S / 2);
	assert(n_called == 0);
	pace_call(parts[0][0].pace, PRESENCE_OUT, START + NS_PER_S);
	assert(n_called == 1 && !parts[0][1].waits && parts[0][3].waits);
	assert(parts[0][1].credit[PRESENCE_OUT] == MIB);
	pace_call(parts[0][0].pace, PRESENCE_OUT, START + 2 * NS_PER_S);
	assert(n_called == 2 && !parts[0][3].waits);
	close_workers();
}

static void test_what_was_let_through_and_not_moved_stays_his(void)
{
	struct grant g = grant_of(1, MIB, 0);
	struct pace_part *p = &parts[0][0];

	open_workers();
	assert(join(0, 0, &g, START) == PACE_JOINED);
	assert(pace_may_move(p, PRESENCE_IN, MIB, START));
	pace_moved(p, PRESENCE_IN, 1000);
	assert(pace_may_move(p, PRESENCE_IN, MIB - 1000, START));
	assert(!pace_may_move(p, PRESENCE_IN, MIB, START));
	assert(p->waits && p->wanted == 1000);
	close_workers();
}

static void test_nobody_is_let_in_who_would_wait_for_too_long(void)
{
	struct grant g = grant_of(1, 64 * KIB, 0), other = grant_of(2, 64 * KIB, 0);
	unsigned int n = 0;

	open_workers();
	while (n < REQUESTS && join(0, n, &g, START) == PACE_JOINED)
		n++;
	/* Pieces of 32 KiB at 64 KiB a second, for half a minute, and who is let in at its end. */
	assert(n == 61);
	assert(join(0, 70, &other, START) == PACE_JOINED);
	/* Or one has taken so much that all the others would. */
	assert(pace_may_move(&parts[0][70], PRESENCE_OUT, 64 * KIB * 31, START));
	assert(join(0, 71, &other, START) == PACE_BANDWIDTH);
	assert(join(0, 71, &other, START + 2 * NS_PER_S) == PACE_JOINED);
	close_workers();
}

/* --- what is kept ------------------------------------------------------------------------- */

static void test_a_tenant_is_forgotten_when_nothing_lasts(void)
{
	struct grant g = grant_of(1, MIB, 0);

	open_workers();
	assert(join(0, 0, &g, START) == PACE_JOINED);
	assert(pace_may_move(&parts[0][0], PRESENCE_OUT, MIB, START));
	paces_sweep(&workers[0], START + 3600 * NS_PER_S);
	assert(workers[0].all.count == 1);
	pace_leave(&parts[0][0]);
	paces_sweep(&workers[0], START + NS_PER_S - 1);
	/* Otherwise who comes again would begin anew. */
	assert(workers[0].all.count == 1);
	paces_sweep(&workers[0], START + NS_PER_S);
	assert(workers[0].all.count == 0);
	assert(!presence_find(&board_read(&board, 0)->presence, 1));
	close_workers();
}

static void test_without_a_place_nobody_gets_past_his_limit(void)
{
	struct grant g = grant_of(0, MIB, 1);
	struct pace_part *p;
	unsigned int n;

	open_workers();
	/* All with the same probes. */
	for (n = 0; n < REQUESTS; n++) {
		uint64_t id = (uint64_t)(n + 1) * PRESENCE_PLACES;

		memcpy(g.principal.tenant.bytes, &id, sizeof(id));
		if (join(0, n, &g, START) != PACE_JOINED)
			break;
	}
	assert(n == PRESENCE_PROBES);
	assert(join(0, n, &g, START) == PACE_NO_ROOM && !parts[0][n].pace);
	p = &parts[0][0];
	pace_leave(p);
	paces_sweep(&workers[0], START);
	assert(join(0, n, &g, START) == PACE_JOINED);
	close_workers();
}

/* --- T73 ---------------------------------------------------------------------------------- */

static void test_t73_a_worker_that_lies_leaves_others_a_part_of_a_bandwidth(void)
{
	struct grant g = grant_of(1, 17 * MIB, 0);
	struct presence_place *lie;
	uint64_t n;

	open_workers();
	lie = presence_take(&board_slot(&board, 2)->presence, 1);
	meter_set(&lie->moving[PRESENCE_OUT], UINT64_MAX);
	meter_set(&lie->busy_ns[PRESENCE_OUT], UINT64_MAX);
	n = pass((unsigned int[WORKERS]){ 1, 0, 0 }, &g, 10 * NS_PER_S);
	assert(n >= 10 * MIB - 2 * PACE_PIECE);
	close_workers();
}

static void test_t73_a_worker_that_lies_of_one_tenant_harms_no_other(void)
{
	struct grant g = grant_of(1, 0, 5), other = grant_of(2, 0, 5);
	struct presence_place *lie;

	open_workers();
	lie = presence_take(&board_slot(&board, 2)->presence, 1);
	meter_set(&lie->under_way, UINT64_MAX - 3);
	assert(join(0, 0, &g, START) == PACE_PARALLEL);
	assert(join(0, 1, &other, START) == PACE_JOINED);
	close_workers();
}

int main(void)
{
	test_so_many_requests_are_under_way_in_all_workers_together();
	test_the_newest_limit_holds();
	test_what_a_worker_was_at_is_gone_with_it();
	test_workers_share_a_bandwidth_and_use_it_up();
	test_one_request_after_another_by_other_workers_is_no_faster();
	test_the_first_who_waits_goes_first_and_each_once();
	test_what_was_let_through_and_not_moved_stays_his();
	test_nobody_is_let_in_who_would_wait_for_too_long();
	test_a_tenant_is_forgotten_when_nothing_lasts();
	test_without_a_place_nobody_gets_past_his_limit();
	test_t73_a_worker_that_lies_leaves_others_a_part_of_a_bandwidth();
	test_t73_a_worker_that_lies_of_one_tenant_harms_no_other();
	return 0;
}
