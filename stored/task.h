/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A task is a piece of work that is handed from one thread to another. It is part of the struct that it
 * is about, so that handing it over allocates nothing, and it belongs to whoever it was handed to: it
 * is in one queue at most, and whoever gave it away does not touch what it is about until it comes back.
 */

#include <pthread.h>

#include "base/loop.h"
#include "base/turns.h"
#include "ipc/wire.h"

struct task {
	struct task *next;	/* in a mailbox */
	struct turn turn;	/* in a pool */
	void (*run)(struct task *t);
};

struct task_list {
	struct task *first;
	struct task **last;	/* where the next one goes; NULL while the list is empty */
};

void task_list_push(struct task_list *l, struct task *t);
struct task *task_list_pop(struct task_list *l);	/* NULL where there is none */

/* The member that a task is, back to what it is about. */
#define task_owner(task, type, member) ((type *)((char *)(task) - offsetof(type, member)))

/* --- a pool of threads ----------------------------------------------------------------------- */

struct pool;

/*
 * `name` is the threads', at most 15 characters. At most queue_max tasks wait, and are served tenant
 * by tenant, as base/turns.h says. The threads block every signal.
 */
must_check int pool_new(const char *name, unsigned int n_threads, size_t queue_max,
			struct pool **ret);

/* Runs what waits, ends the threads, frees. */
struct pool *pool_free(struct pool *p);

/* How many tasks wait. */
size_t pool_waiting(struct pool *p);

enum pool_outcome {
	POOL_TAKEN = 0,
	POOL_FULL,	/* as many of the tenant's wait as may: the task still belongs to the caller */
};

must_check int pool_submit(struct pool *p, struct task *t, const struct ipc_id *tenant);

/* --- the way back to the loop ---------------------------------------------------------------- */

/* Tasks that other threads give to the loop's thread. */
struct mailbox {
	struct loop_source source;
	pthread_mutex_t lock;
	struct task_list waiting;
};

must_check int mailbox_open(struct mailbox *m, struct loop *l);
void mailbox_close(struct mailbox *m);

/* From any thread: t->run(t) is called on the loop's. Never fails, never blocks. */
void mailbox_post(struct mailbox *m, struct task *t);

/* Runs what waits now; the loop calls it by itself. */
void mailbox_drain(struct mailbox *m);
