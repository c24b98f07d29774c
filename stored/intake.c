/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/intake.h"

#include <assert.h>
#include <signal.h>

#define TURN 1 /* each of them: whatever is in a pipe */

struct intake_thread {
	pthread_t thread;
	struct loop loop;
	struct mailbox mailbox; /* from the loop's thread to this one */
	struct body_room room;
	struct turns waiting; /* bodies whose pipe has something */
	struct pool *writers;
	struct task stop;
	bool has_helper, started;
};

struct intake {
	unsigned int n_threads, next;
	struct intake_thread threads[];
};

/* --- on the intake's threads ----------------------------------------------------------------- */

static void stop_listening(struct body *b)
{
	loop_remove(&b->pipe);
	if (b->waits)
		turns_remove(&b->thread->waiting, &b->turn);
	b->waits = false;
}

static void on_write(struct task *t);

/* Where the pool is full, the next bytes or the flush at the end are another occasion. */
static void write_behind(struct body *b)
{
	if (!body_begin_writing(b))
		return;
	b->write.run = on_write;
	if (pool_submit(b->thread->writers, &b->write, &b->terms.tenant, TASK_LONG) != POOL_TAKEN)
		b->writing = 0;
}

/*
 * The last thing done with a body here. It must not be posted back while it still stands in this
 * thread's mailbox: then the task that stands there does it.
 */
static void give_back(struct body *b)
{
	bool queued;

	stop_listening(b);
	if (b->end == BODY_WHOLE)
		write_behind(b);
	if (b->writing)
		return; /* on_written() comes here again */
	pthread_mutex_lock(&b->lock);
	b->closed = true;
	queued = b->attend_queued;
	pthread_mutex_unlock(&b->lock);
	if (!queued)
		mailbox_post(b->notes.mailbox, &b->notes.ended);
}

/*
 * As long as it is under way, the pipe is listened to, but where the body is too far ahead: until
 * there is something in it, and again when that was taken.
 */
static void listen(struct body *b)
{
	int r = 0;

	write_behind(b);
	if (b->pipe_ended || body_is_ahead(b))
		stop_listening(b); /* an end would be reported for ever */
	else if (b->pipe.fd >= 0 && !b->pipe.loop && !b->waits)
		r = loop_add(&b->thread->loop, &b->pipe, EPOLLIN);
	if (r == 0)
		return;
	b->end = BODY_FAILED;
	b->result = r;
	give_back(b);
}

/* A piece is with the disk; the body may have ended meanwhile, and then waits for that. */
static void on_written(struct task *t)
{
	struct body *b = task_owner(t, struct body, write);

	body_end_writing(b);
	if (b->end == BODY_UNDER_WAY)
		listen(b);
	else
		give_back(b);
}

/* On one of the writers' threads. */
static void on_write(struct task *t)
{
	struct body *b = task_owner(t, struct body, write);

	body_write(b);
	t->run = on_written;
	mailbox_post(&b->thread->mailbox, t);
}

static int on_pipe(struct loop_source *s, uint32_t events)
{
	struct body *b = task_owner(s, struct body, pipe);

	loop_remove(&b->pipe);
	b->waits = turns_add(&b->thread->waiting, &b->turn, ipc_id_number(&b->terms.tenant), TURN);
	assert(b->waits);
	return 0;
}

/* Takes what the pipe has of the body whose turn it is. */
static void serve(struct intake_thread *t)
{
	struct turn *turn = turns_take(&t->waiting, TURN, 1);
	struct body *b;

	if (!turn)
		return;
	b = task_owner(turn, struct body, turn);
	b->waits = false;
	if (body_receive(b, &t->room))
		give_back(b);
	else
		listen(b);
}

static void on_attend(struct task *t)
{
	struct body *b = task_owner(t, struct body, attend);
	bool closed;

	pthread_mutex_lock(&b->lock);
	b->attend_queued = false;
	closed = b->closed;
	pthread_mutex_unlock(&b->lock);
	if (closed)
		mailbox_post(b->notes.mailbox, &b->notes.ended);
	else if (b->end == BODY_UNDER_WAY && body_attend(b, &b->thread->room))
		give_back(b);
}

/* The first task of a body on its thread. */
static void on_arrival(struct task *t)
{
	struct body *b = task_owner(t, struct body, attend);
	int r = 0;

	t->run = on_attend;
	b->pipe.ready = on_pipe;
	if (b->pipe.fd >= 0)
		r = loop_add(&b->thread->loop, &b->pipe, EPOLLIN);
	if (r < 0) {
		b->end = BODY_FAILED;
		b->result = r;
	} else if (b->pipe.fd >= 0 || !body_receive(b, &b->thread->room)) {
		on_attend(t);
		return;
	}
	pthread_mutex_lock(&b->lock);
	b->attend_queued = false;
	pthread_mutex_unlock(&b->lock);
	give_back(b);
}

static void on_stop(struct task *t)
{
	loop_stop(&task_owner(t, struct intake_thread, stop)->loop);
}

static void *intake_main(void *arg)
{
	struct intake_thread *t = arg;

	pthread_setname_np(pthread_self(), "intake");
	while (!t->loop.stopping) {
		/* No callback here has a negative result, and the loop has none of its own on a
		 * sound epoll. */
		if (loop_step(&t->loop, turns_are_ready(&t->waiting) ? 0 : -1) < 0)
			abort();
		serve(t);
	}
	return NULL;
}

/* --- life ------------------------------------------------------------------------------------ */

static int thread_open(struct intake_thread *t, struct pool *writers)
{
	sigset_t all, before;
	int r;

	t->stop.run = on_stop;
	t->writers = writers;
	/* How many there may be is the sessions' to say. */
	t->waiting = TURNS_INIT(SIZE_MAX);
	t->room.size = INTAKE_BUFFER_SIZE;
	t->room.data = malloc(t->room.size);
	if (!t->room.data)
		return -ENOMEM;
	r = loop_init(&t->loop);
	if (r == 0)
		r = mailbox_open(&t->mailbox, &t->loop);
	if (r == 0) {
		r = helper_open(&t->room.helper, "intake-helper");
		t->has_helper = r == 0;
	}
	if (r < 0)
		return r;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = -pthread_create(&t->thread, NULL, intake_main, t);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	t->started = r == 0;
	return r;
}

static void thread_stop(struct intake_thread *t)
{
	if (!t->started)
		return;
	mailbox_post(&t->mailbox, &t->stop);
	pthread_join(t->thread, NULL);
	t->started = false;
}

static void thread_close(struct intake_thread *t)
{
	if (t->has_helper)
		helper_close(&t->room.helper);
	if (t->mailbox.source.loop)
		mailbox_close(&t->mailbox);
	if (t->loop.epoll_fd > 0)
		loop_clear(&t->loop);
	free(t->room.data);
}

int intake_new(unsigned int n_threads, struct pool *writers, struct intake **ret)
{
	struct intake *i = calloc(1, sizeof(*i) + n_threads * sizeof(i->threads[0]));
	int r = 0;

	assert(n_threads >= 1 && n_threads <= INTAKE_THREADS_MAX);
	if (!i)
		return -ENOMEM;
	i->n_threads = n_threads;
	for (unsigned int n = 0; n < n_threads && r == 0; n++)
		r = thread_open(&i->threads[n], writers);
	if (r < 0)
		intake_free(i);
	else
		*ret = i;
	return r;
}

void intake_stop(struct intake *i)
{
	for (unsigned int n = 0; n < i->n_threads; n++)
		thread_stop(&i->threads[n]);
}

struct intake *intake_free(struct intake *i)
{
	if (!i)
		return NULL;
	intake_stop(i);
	for (unsigned int n = 0; n < i->n_threads; n++)
		thread_close(&i->threads[n]);
	free(i);
	return NULL;
}

/* --- on the loop's thread -------------------------------------------------------------------- */

void intake_add(struct intake *i, struct body *b)
{
	b->thread = &i->threads[i->next++ % i->n_threads];
	b->attend.run = on_arrival;
	b->attend_queued = true;
	mailbox_post(&b->thread->mailbox, &b->attend);
}

void intake_wake(struct body *b)
{
	if (b->closed || b->attend_queued)
		return;
	b->attend_queued = true;
	mailbox_post(&b->thread->mailbox, &b->attend);
}
