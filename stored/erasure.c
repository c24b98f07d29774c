/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/erasure.h"

#include "base/log.h"
#include "stored/service.h"

struct erasure {
	struct task task; /* to the thread that removes, and back to the loop */
	struct service *service;
	uint64_t order;
	uint64_t epoch; /* of the authd that asked: another one is not told */
	struct change *change;
	int result; /* of the removal */
};

static struct erasure *erasure_free(struct erasure *e)
{
	change_free(e->change);
	e->service->n_erasures--;
	free(e);
	return NULL;
}
DEFINE_CLEANUP(struct erasure *, erasure_free)

/* What authd is told. What was interrupted, or is not empty yet, it orders again. */
static enum s3_error error_of(const struct erasure *e, int result)
{
	if (result >= 0)
		return (enum s3_error)result;
	log_error("erasure-failed order=%llu error=%s", (unsigned long long)e->order,
		  strerrorname_np(-result));
	return result == -ECANCELED || result == -ENOTEMPTY ? S3_ERROR_SERVICE_UNAVAILABLE
							    : S3_ERROR_INTERNAL_ERROR;
}

static void settle(struct erasure *e, int result)
{
	struct service *s = e->service;

	authority_erased(&s->authority, e->epoch, e->order, error_of(e, result));
	erasure_free(e);
}

static void on_removed(struct task *t)
{
	struct erasure *e = task_owner(t, struct erasure, task);

	settle(e, e->result);
}

/* On the eraser's thread. */
static void remove_files(struct task *t)
{
	struct erasure *e = task_owner(t, struct erasure, task);
	struct service *s = e->service;

	e->result = store_remove_tenant(s->store, &e->change->tenant, &s->stopping);
	e->task.run = on_removed;
	mailbox_post(&s->mailbox, &e->task);
}

static void on_back(struct task *t)
{
	struct erasure *e = task_owner(t, struct erasure, task);
	const struct change *c = e->change;

	if (c->result != 0 || c->erase_tenant.mode == ERASE_ASK) {
		settle(e, c->result);
		return;
	}
	e->task.run = remove_files;
	if (pool_submit(e->service->erasers, &e->task, &c->tenant, TASK_LONG) != POOL_TAKEN)
		settle(e, S3_ERROR_SLOW_DOWN);
}

/* On a thread of the store. */
static void on_committed(struct change *c)
{
	struct erasure *e = c->context;

	mailbox_post(&e->service->mailbox, &e->task);
}

int erasure_begin(struct service *s, uint64_t order, const struct ipc_id *tenant,
		  enum erase_mode mode)
{
	_cleanup_(erasure_freep) struct erasure *e = calloc(1, sizeof(*e));
	struct erasure *begun;
	int r = 0;

	if (!e)
		return -ENOMEM;
	e->service = s;
	e->order = order;
	e->epoch = unseal_epoch(s->unseal);
	e->task.run = on_back;
	if (s->n_erasures++ >= IPC_ERRANDS_MAX)
		r = S3_ERROR_SLOW_DOWN;
	else
		r = change_new(CHANGE_ERASE_TENANT, tenant, SPAN_NONE, SPAN_NONE, &e->change);
	if (r < 0)
		return r;
	/* From here on a thread may have it, and give it back. */
	begun = steal_ptr(e);
	if (!r) {
		begun->change->erase_tenant.mode = mode;
		begun->change->done = on_committed;
		begun->change->context = begun;
		r = store_submit(s->store, begun->change);
	}
	if (r)
		settle(begun, r);
	return 0;
}
