/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/task.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fd.h"

void task_list_push(struct task_list *l, struct task *t)
{
	t->next = NULL;
	if (l->first)
		*l->last = t;
	else
		l->first = t;
	l->last = &t->next;
}

struct task *task_list_pop(struct task_list *l)
{
	struct task *t = l->first;

	if (t)
		l->first = t->next;
	return t;
}

/* --- a pool of threads ----------------------------------------------------------------------- */

#define TASK_COST 1 /* of each: a tenant has one in a turn */

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct turns waiting;
	bool ending;
	char name[16];
	unsigned int n_threads;
	pthread_t threads[];
};

static struct task *take_next(struct pool *p)
{
	struct turn *turn = turns_take(&p->waiting, TASK_COST, 1);

	return turn ? task_owner(turn, struct task, turn) : NULL;
}

static void *pool_main(void *arg)
{
	struct pool *p = arg;
	struct task *t;

	pthread_setname_np(pthread_self(), p->name);
	pthread_mutex_lock(&p->lock);
	for (;;) {
		t = take_next(p);
		if (!t && p->ending)
			break;
		if (!t) {
			pthread_cond_wait(&p->more, &p->lock);
			continue;
		}
		pthread_mutex_unlock(&p->lock);
		t->run(t);
		pthread_mutex_lock(&p->lock);
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

int pool_new(const char *name, unsigned int n_threads, size_t queue_max, struct pool **ret)
{
	struct pool *p = calloc(1, sizeof(*p) + n_threads * sizeof(p->threads[0]));
	int r;

	if (!p)
		return -ENOMEM;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->more, NULL);
	p->waiting = TURNS_INIT(queue_max);
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

int pool_submit(struct pool *p, struct task *t, const struct ipc_id *tenant)
{
	bool taken;

	pthread_mutex_lock(&p->lock);
	taken = turns_add(&p->waiting, &t->turn, ipc_id_number(tenant), TASK_COST);
	if (taken)
		pthread_cond_signal(&p->more);
	pthread_mutex_unlock(&p->lock);
	return taken ? POOL_TAKEN : POOL_FULL;
}

/* --- the way back to the loop ---------------------------------------------------------------- */

void mailbox_drain(struct mailbox *m)
{
	struct task_list fetched;
	struct task *t;

	pthread_mutex_lock(&m->lock);
	fetched = m->waiting;
	m->waiting = (struct task_list){ 0 };
	pthread_mutex_unlock(&m->lock);
	while ((t = task_list_pop(&fetched)))
		t->run(t);
}

static int mailbox_ready(struct loop_source *s, uint32_t events)
{
	uint64_t count;

	/* Reset first: what is posted from here on rings again. */
	if (read(s->fd, &count, sizeof(count)) < 0 && errno != EAGAIN && errno != EINTR)
		return -errno;
	mailbox_drain(task_owner(s, struct mailbox, source));
	return 0;
}

int mailbox_open(struct mailbox *m, struct loop *l)
{
	int r;

	*m = (struct mailbox){ .source = { .ready = mailbox_ready } };
	m->source.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (m->source.fd < 0)
		return -errno;
	pthread_mutex_init(&m->lock, NULL);
	r = loop_add(l, &m->source, EPOLLIN);
	if (r < 0)
		mailbox_close(m);
	return r;
}

void mailbox_close(struct mailbox *m)
{
	loop_remove(&m->source);
	m->source.fd = fd_close(m->source.fd);
	pthread_mutex_destroy(&m->lock);
}

void mailbox_post(struct mailbox *m, struct task *t)
{
	static const uint64_t one = 1;
	bool first;

	pthread_mutex_lock(&m->lock);
	first = !m->waiting.first;
	task_list_push(&m->waiting, t);
	pthread_mutex_unlock(&m->lock);
	/* Only the first of a batch rings. An eventfd that holds a 1 takes it without blocking. */
	while (first && write(m->source.fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}
