/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A task is a piece of work that is handed from one thread to another. It is part of the struct that it
 * is about, so that handing it over allocates nothing, and it belongs to whoever it was handed to: it
 * is in one queue at most, and whoever gave it away does not touch what it is about until it comes back.
 */

#include <pthread.h>
#include <stdatomic.h>

#include "base/loop.h"
#include "base/turns.h"
#include "ipc/wire.h"

struct task {
	struct task *next;	/* in a mailbox */
	struct turn turn;	/* in a pool */
	struct task_room *room;	/* while a pool's thread runs it */
	void (*run)(struct task *t);
};

/* What the tasks of one turn leave to one another; cleared behind the last of them. */
struct task_room {
	void *kept;
	void (*clear)(struct task_room *room);	/* of whoever put something there */
};

/* The member that a task is, back to what it is about. */
#define task_owner(task, type, member) ((type *)((char *)(task) - offsetof(type, member)))

/* --- a pool of threads ----------------------------------------------------------------------- */

/*
 * What a tenant has done in one turn, by one thread: one task that may take its time, or as many brief ones.
 * To hand a brief one over costs more than to do it, so a thread is woken for each turn and not for each task.
 */
#define TASK_LONG 8
#define TASK_BRIEF 1

struct pool;
struct mailbox;

/*
 * `name` is the threads', at most 15 characters. At most queue_max tasks wait, and are served tenant
 * by tenant, as base/turns.h says. After each turn what its tasks have left in `home` is told there; NULL
 * where they leave nothing. The threads block every signal.
 */
must_check int pool_new(const char *name, unsigned int n_threads, size_t queue_max,
			struct mailbox *home, struct pool **ret);

/* Runs what waits, ends the threads, frees. */
struct pool *pool_free(struct pool *p);

/* How many tasks wait. */
size_t pool_waiting(struct pool *p);

enum pool_outcome {
	POOL_TAKEN = 0,
	POOL_FULL,	/* as many of the tenant's wait as may: the task still belongs to the caller */
};

/* `cost` is TASK_BRIEF or TASK_LONG. */
must_check int pool_submit(struct pool *p, struct task *t, const struct ipc_id *tenant,
			   uint64_t cost);

/*
 * Brief tasks wait for threads that are at brief ones. Should those not come back, since the disk keeps them,
 * this wakes another: where something waits, and nothing was taken since the last call. Nor is the home told before
 * the end of a turn: who is at home looks by himself for as long as this is true, while something waits or a
 * turn of brief tasks is under way.
 */
bool pool_hasten(struct pool *p);

/* What pool_hasten() would return, without doing anything, nor waiting for the lock. */
bool pool_may_be_kept(const struct pool *p);

/* --- the way back to the loop ---------------------------------------------------------------- */

/* Tasks that other threads give to the loop's thread. No lock: the loop never waits for who was put off the processor. */
struct mailbox {
	struct loop_source source;	/* the end of a pipe that is read, */
	int ring_fd;			/* and the other one */
	_Atomic(struct task *) newest;	/* of those that wait; each has the one that was left before it */
	atomic_bool rung;		/* the loop has been told of what waits */
};

must_check int mailbox_open(struct mailbox *m, struct loop *l);
void mailbox_close(struct mailbox *m);

/* From any thread: t->run(t) is called on the loop's. Never fails, never blocks. */
void mailbox_post(struct mailbox *m, struct task *t);

/* The two halves of it: the loop finds what was left when it comes by, or when it is told. */
void mailbox_leave(struct mailbox *m, struct task *t);
void mailbox_ring(struct mailbox *m);

/* Runs what waits now; the loop calls it by itself. */
void mailbox_drain(struct mailbox *m);
