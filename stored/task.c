/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/task.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/fd.h"

/* --- a pool of threads ----------------------------------------------------------------------- */

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct turns waiting;
	uint64_t waiting_cost;
	uint64_t n_taken, n_taken_before;	/* until now, and until pool_hasten() last looked */
	unsigned int n_idle;	/* threads that wait, */
	unsigned int n_coming;	/* as many of which are being woken */
	unsigned int n_brief;	/* threads that soon come for more */
	_Atomic bool may_be_kept;	/* as of the last change; read without the lock */
	struct mailbox *home;
	bool ending;
	char name[16];
	unsigned int n_threads;
	pthread_t threads[];
};

/* Whatever changes one of the two ends with this. */
static void note_kept(struct pool *p)
{
	atomic_store(&p->may_be_kept, p->waiting.count > 0 || p->n_brief > 0);
}

static void wake_one(struct pool *p)
{
	if (p->n_coming == p->n_idle)
		return;
	p->n_coming++;
	pthread_cond_signal(&p->more);
}

/* More waits than a turn each of those that are about to come for it. */
static void wake_where_needed(struct pool *p)
{
	if (p->waiting_cost > TASK_LONG * (uint64_t)(p->n_coming + p->n_brief))
		wake_one(p);
}

static void wait_for_more(struct pool *p)
{
	p->n_idle++;
	pthread_cond_wait(&p->more, &p->lock);
	p->n_idle--;
	p->n_coming -= p->n_coming > 0;
}

/* The tasks of a turn, joined, and whether they are brief; NULL where none waits. */
static struct turn *take_turn(struct pool *p, bool *ret_brief)
{
	struct turn *turn = turns_take(&p->waiting, TASK_LONG, TASK_LONG);

	for (const struct turn *t = turn; t; t = t->next) {
		p->waiting_cost -= t->cost;
		p->n_taken++;
	}
	*ret_brief = turn && turn->cost < TASK_LONG;
	return turn;
}

static void run_turn(struct pool *p, struct turn *turn)
{
	struct task_room room = { 0 };

	while (turn) {
		struct task *t = task_owner(turn, struct task, turn);

		/* When it has run, it may be in another queue. */
		turn = turn->next;
		t->room = &room;
		t->run(t);
	}
	if (p->home)
		mailbox_ring(p->home);
	if (room.clear)
		room.clear(&room);
}

static void *pool_main(void *arg)
{
	struct pool *p = arg;
	struct turn *turn;
	bool brief;

	pthread_setname_np(pthread_self(), p->name);
	pthread_mutex_lock(&p->lock);
	for (;;) {
		turn = take_turn(p, &brief);
		if (!turn && p->ending)
			break;
		if (!turn) {
			wait_for_more(p);
			continue;
		}
		p->n_brief += brief;
		note_kept(p);
		wake_where_needed(p);
		pthread_mutex_unlock(&p->lock);
		run_turn(p, turn);
		pthread_mutex_lock(&p->lock);
		p->n_brief -= brief;
		note_kept(p);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static int start_threads(struct pool *p, unsigned int n)
{
	sigset_t all, before;
	int r = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (p->n_threads < n && r == 0) {
		r = -pthread_create(&p->threads[p->n_threads], NULL, pool_main, p);
		if (r == 0)
			p->n_threads++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

int pool_new(const char *name, unsigned int n_threads, size_t queue_max, struct mailbox *home,
	     struct pool **ret)
{
	struct pool *p = calloc(1, sizeof(*p) + n_threads * sizeof(p->threads[0]));
	int r;

	if (!p)
		return -ENOMEM;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->more, NULL);
	p->waiting = TURNS_INIT(queue_max);
	p->home = home;
	strncpy(p->name, name, sizeof(p->name) - 1);
	r = start_threads(p, n_threads);
	if (r < 0)
		pool_free(p);
	else
		*ret = p;
	return r;
}

struct pool *pool_free(struct pool *p)
{
	if (!p)
		return NULL;
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	pthread_cond_broadcast(&p->more);
	pthread_mutex_unlock(&p->lock);
	for (unsigned int i = 0; i < p->n_threads; i++)
		pthread_join(p->threads[i], NULL);
	pthread_cond_destroy(&p->more);
	pthread_mutex_destroy(&p->lock);
	free(p);
	return NULL;
}

size_t pool_waiting(struct pool *p)
{
	size_t n;

	pthread_mutex_lock(&p->lock);
	n = p->waiting.count;
	pthread_mutex_unlock(&p->lock);
	return n;
}

int pool_submit(struct pool *p, struct task *t, const struct ipc_id *tenant, uint64_t cost)
{
	bool taken;

	pthread_mutex_lock(&p->lock);
	taken = turns_add(&p->waiting, &t->turn, ipc_id_number(tenant), cost);
	if (taken) {
		p->waiting_cost += cost;
		note_kept(p);
		wake_where_needed(p);
	}
	pthread_mutex_unlock(&p->lock);
	return taken ? POOL_TAKEN : POOL_FULL;
}

bool pool_may_be_kept(const struct pool *p)
{
	return atomic_load(&p->may_be_kept);
}

bool pool_hasten(struct pool *p)
{
	pthread_mutex_lock(&p->lock);
	if (p->waiting.count > 0 && p->n_taken == p->n_taken_before)
		wake_one(p);
	p->n_taken_before = p->n_taken;
	pthread_mutex_unlock(&p->lock);
	return pool_may_be_kept(p);
}

/* --- the way back to the loop ---------------------------------------------------------------- */

/* All that was left, the first one first. */
static struct task *fetch(struct mailbox *m)
{
	struct task *newest = atomic_exchange(&m->newest, NULL), *first = NULL;

	while (newest) {
		struct task *before = newest->next;

		newest->next = first;
		first = newest;
		newest = before;
	}
	return first;
}

void mailbox_drain(struct mailbox *m)
{
	struct task *t;

	/* In this order: who leaves something that is not fetched here any more rings again. */
	atomic_store(&m->rung, false);
	t = fetch(m);
	while (t) {
		struct task *next = t->next;

		t->run(t);
		t = next;
	}
}

static int mailbox_ready(struct loop_source *s, uint32_t events)
{
	char rings[16];

	while (read(s->fd, rings, sizeof(rings)) < 0 && errno == EINTR)
		;
	mailbox_drain(task_owner(s, struct mailbox, source));
	return 0;
}

int mailbox_open(struct mailbox *m, struct loop *l)
{
	int fds[2], r;

	/*
	 * Not an eventfd: of a pipe the kernel takes it that who writes will sleep soon, as a
	 * committer with nothing else to do does, and wakes the loop in his place rather than on a
	 * processor that idles.
	 */
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	*m = (struct mailbox){ .source = { .fd = fds[0], .ready = mailbox_ready },
			       .ring_fd = fds[1] };
	r = loop_add(l, &m->source, EPOLLIN);
	if (r < 0)
		mailbox_close(m);
	return r;
}

void mailbox_close(struct mailbox *m)
{
	loop_remove(&m->source);
	m->source.fd = fd_close(m->source.fd);
	m->ring_fd = fd_close(m->ring_fd);
}

void mailbox_leave(struct mailbox *m, struct task *t)
{
	t->next = atomic_load(&m->newest);
	while (!atomic_compare_exchange_weak(&m->newest, &t->next, t))
		;
}

void mailbox_ring(struct mailbox *m)
{
	if (!atomic_load(&m->newest) || atomic_exchange(&m->rung, true))
		return;
	while (write(m->ring_fd, "", 1) < 0 && errno == EINTR)
		;
}

void mailbox_post(struct mailbox *m, struct task *t)
{
	mailbox_leave(m, t);
	mailbox_ring(m);
}
