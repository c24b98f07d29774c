/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/task.h"

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

static struct job jobs[QUEUE_MAX], doorman = { .task.run = wait_at_the_gate };
static size_t n_jobs;

static struct pool *begin_with_a_busy_thread(void)
{
	struct pool *p;

	n_jobs = n_ran = 0;
	assert(pool_new("test", 1, QUEUE_MAX, &p) == 0);
	pthread_barrier_init(&busy, NULL, 2);
	pthread_mutex_lock(&gate);
	assert(pool_submit(p, &doorman.task, &flooding) == POOL_TAKEN);
	pthread_barrier_wait(&busy);
	return p;
}

static int submit(struct pool *p, const struct ipc_id *tenant)
{
	struct job *j = &jobs[n_jobs];
	int r;

	*j = (struct job){ .task.run = run, .tenant = tenant };
	r = pool_submit(p, &j->task, tenant);
	n_jobs += r == POOL_TAKEN;
	return r;
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

int main(void)
{
	test_t57_a_flood_delays_another_tenant_by_one_task();
	test_t57_a_flood_gets_itself_refused_and_nobody_else();
	return 0;
}
