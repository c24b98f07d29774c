/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/task.h"

#include <unistd.h>

#undef NDEBUG
#include <assert.h>

#define QUEUE_MAX 12

static const struct ipc_id flooding = { { 1 } }, quiet = { { 2 } };

struct job {
	struct task task;
	const struct ipc_id *tenant;
};

/* What ran, in order; of the pool's only thread until the pool has gone. */
static const struct ipc_id *ran[QUEUE_MAX];
static size_t n_ran;

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t busy;

static void run(struct task *t)
{
	assert(n_ran < ARRAY_SIZE(ran));
	ran[n_ran++] = task_owner(t, struct job, task)->tenant;
}

static void wait_at_the_gate(struct task *t)
{
	pthread_barrier_wait(&busy);
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
}

static pthread_mutex_t second_gate = PTHREAD_MUTEX_INITIALIZER;

static void wait_at_the_second_gate(struct task *t)
{
	pthread_barrier_wait(&busy);
	pthread_mutex_lock(&second_gate);
	pthread_mutex_unlock(&second_gate);
}

static struct job second = { .task.run = wait_at_the_second_gate };
static struct job jobs[QUEUE_MAX], doorman = { .task.run = wait_at_the_gate };
static size_t n_jobs;

/* One of n_threads is at a task of that cost until end(), and the others have nothing to do. */
static struct pool *begin(unsigned int n_threads, uint64_t cost)
{
	struct pool *p;

	n_jobs = n_ran = 0;
	assert(pool_new("test", n_threads, QUEUE_MAX, NULL, &p) == 0);
	pthread_barrier_init(&busy, NULL, 2);
	pthread_mutex_lock(&gate);
	assert(pool_submit(p, &doorman.task, &flooding, cost) == POOL_TAKEN);
	pthread_barrier_wait(&busy);
	return p;
}

static struct pool *begin_with_a_busy_thread(void)
{
	return begin(1, TASK_LONG);
}

static int submit_of(struct pool *p, const struct ipc_id *tenant, uint64_t cost)
{
	struct job *j = &jobs[n_jobs];
	int r;

	*j = (struct job){ .task.run = run, .tenant = tenant };
	r = pool_submit(p, &j->task, tenant, cost);
	n_jobs += r == POOL_TAKEN;
	return r;
}

static int submit(struct pool *p, const struct ipc_id *tenant)
{
	return submit_of(p, tenant, TASK_LONG);
}

static void end(struct pool *p)
{
	pthread_mutex_unlock(&gate);
	pool_free(p);
	pthread_barrier_destroy(&busy);
}

static void test_t57_a_flood_delays_another_tenant_by_one_task(void)
{
	struct pool *p = begin_with_a_busy_thread();

	while (submit(p, &flooding) == POOL_TAKEN)
		;
	assert(submit(p, &quiet) == POOL_TAKEN && submit(p, &quiet) == POOL_TAKEN);
	end(p);
	assert(n_ran == n_jobs && ran[0] == &flooding);
	assert(ran[1] == &quiet && ran[2] == &flooding && ran[3] == &quiet);
}

static void test_t57_a_flood_gets_itself_refused_and_nobody_else(void)
{
	struct pool *p = begin_with_a_busy_thread();
	size_t n;

	while (submit(p, &flooding) == POOL_TAKEN)
		;
	n = pool_waiting(p);
	assert(n == QUEUE_MAX / 2);
	assert(submit(p, &quiet) == POOL_TAKEN && submit(p, &flooding) == POOL_FULL);
	assert(pool_waiting(p) == n + 1);
	end(p);
	assert(n_ran == n_jobs);
}

static void test_brief_tasks_of_a_tenant_share_a_turn_but_no_more_than_that(void)
{
	struct pool *p = begin_with_a_busy_thread();

	assert(submit_of(p, &flooding, TASK_BRIEF) == POOL_TAKEN);
	assert(submit_of(p, &flooding, TASK_BRIEF) == POOL_TAKEN);
	assert(submit(p, &flooding) == POOL_TAKEN && submit(p, &quiet) == POOL_TAKEN);
	end(p);
	assert(n_ran == 4 && ran[0] == &flooding && ran[1] == &flooding);
	assert(ran[2] == &quiet && ran[3] == &flooding);
}

static void wait_until_all_is_taken(struct pool *p)
{
	while (pool_waiting(p))
		usleep(1000);
}

/* The one that is at a brief task is expected back at once; were it not, these tests would hang. */
static void test_a_brief_task_waits_for_a_thread_that_does_not_come_back_only_until_hastened(void)
{
	struct pool *p = begin(2, TASK_BRIEF);

	assert(submit_of(p, &quiet, TASK_BRIEF) == POOL_TAKEN);
	assert(pool_waiting(p) == 1);
	/* The first sees that something was taken before. */
	assert(pool_hasten(p) && pool_hasten(p));
	wait_until_all_is_taken(p);
	end(p);
}

static void count_at_home(struct task *t)
{
	n_ran++;
}

static struct mailbox home;

static void leave_at_home(struct task *t)
{
	t->run = count_at_home;
	mailbox_leave(&home, t);
}

/* The gate keeps the second of a turn; what the first has left at home is not for it to keep. */
static void test_what_a_turn_has_done_is_looked_for_while_the_rest_of_it_is_kept(void)
{
	struct job done = { .task.run = leave_at_home };
	struct loop loop;
	struct pool *p;

	n_ran = 0;
	assert(loop_init(&loop) == 0 && mailbox_open(&home, &loop) == 0);
	assert(pool_new("test", 1, QUEUE_MAX, &home, &p) == 0);
	pthread_barrier_init(&busy, NULL, 2);
	pthread_mutex_lock(&gate);
	assert(pool_submit(p, &doorman.task, &flooding, TASK_LONG) == POOL_TAKEN);
	pthread_barrier_wait(&busy);
	assert(pool_submit(p, &done.task, &quiet, TASK_BRIEF) == POOL_TAKEN);
	assert(pool_submit(p, &second.task, &quiet, TASK_BRIEF) == POOL_TAKEN);
	pthread_mutex_lock(&second_gate);
	pthread_mutex_unlock(&gate);
	pthread_barrier_wait(&busy);
	assert(pool_waiting(p) == 0 && pool_may_be_kept(p) && pool_hasten(p));
	mailbox_drain(&home);
	assert(n_ran == 1);
	pthread_mutex_unlock(&second_gate);
	pool_free(p);
	pthread_barrier_destroy(&busy);
	mailbox_close(&home);
	loop_clear(&loop);
}

/* More often than a pipe holds: the loop comes by itself each time, and is told all the same. */
static void test_who_is_told_and_comes_by_himself_is_told_again(void)
{
	struct task t = { .run = count_at_home };
	struct loop loop;

	n_ran = 0;
	assert(loop_init(&loop) == 0 && mailbox_open(&home, &loop) == 0);
	for (size_t i = 0; i < 100000; i++) {
		mailbox_post(&home, &t);
		mailbox_drain(&home);
		assert(n_ran == i + 1);
	}
	mailbox_post(&home, &t);
	assert(loop_step(&loop, -1) == 0 && n_ran == 100001);
	mailbox_close(&home);
	loop_clear(&loop);
}

static void test_what_waits_behind_a_long_task_has_the_next_thread(void)
{
	struct pool *p = begin(2, TASK_LONG);

	assert(!pool_may_be_kept(p) && !pool_hasten(p));
	assert(submit_of(p, &quiet, TASK_BRIEF) == POOL_TAKEN);
	wait_until_all_is_taken(p);
	end(p);
}

static void test_more_than_a_turn_of_brief_tasks_wakes_another_thread(void)
{
	struct pool *p = begin(2, TASK_BRIEF);

	for (uint64_t i = 0; i <= TASK_LONG; i++)
		assert(submit_of(p, i < 6 ? &flooding : &quiet, TASK_BRIEF) == POOL_TAKEN);
	wait_until_all_is_taken(p);
	end(p);
}

int main(void)
{
	test_brief_tasks_of_a_tenant_share_a_turn_but_no_more_than_that();
	test_a_brief_task_waits_for_a_thread_that_does_not_come_back_only_until_hastened();
	test_what_a_turn_has_done_is_looked_for_while_the_rest_of_it_is_kept();
	test_who_is_told_and_comes_by_himself_is_told_again();
	test_what_waits_behind_a_long_task_has_the_next_thread();
	test_more_than_a_turn_of_brief_tasks_wakes_another_thread();
	test_t57_a_flood_delays_another_tenant_by_one_task();
	test_t57_a_flood_gets_itself_refused_and_nobody_else();
	return 0;
}
