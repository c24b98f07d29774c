/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/sluice.h"

#undef NDEBUG
#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

static const struct ipc_id large = { { 1 } }, small = { { 2 } }, third = { { 3 } };

static struct sluice s;

/* How long a step of the tenant that came just now may be at that time, 0 where it may not go. */
static uint64_t step_at(const struct ipc_id *tenant, uint64_t now_ns)
{
	uint64_t len = 0;

	return sluice_lets_pass(&s, tenant, s.n_begun, now_ns, &len) ? len : 0;
}

static uint64_t step_now(const struct ipc_id *tenant)
{
	return step_at(tenant, clock_boottime_ns());
}

static void change(const struct ipc_id *tenant)
{
	sluice_begin_change(&s, tenant);
	sluice_end_change(&s);
}

static void test_who_is_alone_has_long_steps_and_many(void)
{
	sluice_init(&s);
	assert(step_now(&large) == SLUICE_STEP);
	s.n_steps = 3;
	assert(step_now(&large) == SLUICE_STEP);
	/* Its own changes are its own affair, also while they are flushed. */
	sluice_begin_change(&s, &large);
	assert(step_now(&large) == SLUICE_STEP);
	sluice_clear(&s);
}

static void test_beside_anothers_changes_one_short_step_goes_at_a_time(void)
{
	sluice_init(&s);
	change(&small);
	assert(step_now(&large) == SLUICE_SHORT_STEP);
	assert(step_now(&small) == SLUICE_STEP);
	s.n_steps = 1;
	assert(step_now(&large) == 0 && step_now(&small) == SLUICE_STEP);
	s.n_steps = 0;
	assert(step_at(&large, s.last.at_ns + SLUICE_NARROW_NS - 1) == SLUICE_SHORT_STEP);
	assert(step_at(&large, s.last.at_ns + SLUICE_NARROW_NS) == SLUICE_STEP);
	sluice_clear(&s);
}

static void test_own_changes_do_not_hide_anothers(void)
{
	sluice_init(&s);
	change(&small);
	for (int i = 0; i < 3; i++)
		change(&large);
	assert(step_now(&large) == SLUICE_SHORT_STEP && step_now(&small) == SLUICE_SHORT_STEP);
	change(&third);
	assert(step_now(&third) == SLUICE_SHORT_STEP && step_now(&small) == SLUICE_SHORT_STEP);
	sluice_clear(&s);
}

static void test_a_step_waits_for_flushes_before_it_and_for_none_behind_it(void)
{
	uint64_t begun, len;

	sluice_init(&s);
	sluice_begin_change(&s, &small);
	begun = s.n_begun;
	assert(!sluice_lets_pass(&s, &large, begun, clock_boottime_ns(), &len));
	sluice_begin_change(&s, &small);
	sluice_end_change(&s);
	assert(sluice_lets_pass(&s, &large, begun, clock_boottime_ns(), &len));
	assert(step_now(&large) == 0);
	sluice_clear(&s);
}

static void *write_all_back(void *arg)
{
	assert(sluice_write_back(&s, &large, *(int *)arg, 0, SLUICE_STEP + 1) == 0);
	return NULL;
}

static void test_who_waits_is_let_through_at_last(void)
{
	char name[] = "/var/tmp/sluice.XXXXXX";
	int fd = mkostemp(name, O_CLOEXEC);
	pthread_t thread;

	assert(fd >= 0 && unlink(name) == 0 && ftruncate(fd, SLUICE_STEP + 1) == 0);
	sluice_init(&s);
	sluice_begin_change(&s, &small);
	assert(pthread_create(&thread, NULL, write_all_back, &fd) == 0);
	sluice_begin_change(&s, &third);
	sluice_end_change(&s);
	sluice_end_change(&s);
	assert(pthread_join(thread, NULL) == 0);
	assert(s.n_steps == 0);
	sluice_clear(&s);
	close(fd);
}

static void test_what_cannot_be_written_back_is_told(void)
{
	int fds[2];

	assert(pipe2(fds, O_CLOEXEC) == 0);
	sluice_init(&s);
	assert(sluice_write_back(&s, &large, fds[1], 0, 1) == -ESPIPE);
	assert(sluice_write_back(&s, &large, fds[1], 1, 1) == 0);
	assert(s.n_steps == 0);
	sluice_clear(&s);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	test_who_is_alone_has_long_steps_and_many();
	test_beside_anothers_changes_one_short_step_goes_at_a_time();
	test_own_changes_do_not_hide_anothers();
	test_a_step_waits_for_flushes_before_it_and_for_none_behind_it();
	test_who_waits_is_let_through_at_last();
	test_what_cannot_be_written_back_is_told();
	return 0;
}
