/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/provision.h"

#include "base/log.h"
#include "s3/names.h"
#include "stored/service.h"

struct provision {
	struct task task;	/* back to the loop */
	struct service *service;
	uint64_t order;
	uint64_t epoch;		/* of the authd that asked: another one is not told */
	struct change *change;
};

static struct provision *provision_free(struct provision *p)
{
	change_free(p->change);
	p->service->n_provisions--;
	free(p);
	return NULL;
}
DEFINE_CLEANUP(struct provision *, provision_free)

/* What authd is told of a change's result. */
static enum s3_error error_of(const struct provision *p, int result)
{
	if (result == S3_ERROR_BUCKET_ALREADY_OWNED_BY_YOU)
		return S3_ERROR_NONE;
	if (result >= 0)
		return (enum s3_error)result;
	log_error("provision-failed order=%llu error=%s", (unsigned long long)p->order,
		  strerrorname_np(-result));
	return S3_ERROR_INTERNAL_ERROR;
}

static void settle(struct provision *p, int result)
{
	struct service *s = p->service;

	authority_provided(&s->authority, p->epoch, p->order, error_of(p, result));
	provision_free(p);
}

static void on_back(struct task *t)
{
	struct provision *p = task_owner(t, struct provision, task);

	settle(p, p->change->result);
}

/* On a thread of the store. */
static void on_committed(struct change *c)
{
	struct provision *p = c->context;

	mailbox_post(&p->service->mailbox, &p->task);
}

int provision_begin(struct service *s, uint64_t order, const struct ipc_id *tenant,
		    struct span bucket)
{
	struct span region = span_from_string(s->config.region);
	_cleanup_(provision_freep) struct provision *p = calloc(1, sizeof(*p));
	struct provision *begun;
	int r = 0;

	if (!p)
		return -ENOMEM;
	p->service = s;
	p->order = order;
	p->epoch = unseal_epoch(s->unseal);
	p->task.run = on_back;
	if (s->n_provisions++ >= IPC_ERRANDS_MAX)
		r = S3_ERROR_SLOW_DOWN;
	else if (!bucket_name_is_valid(bucket))
		r = S3_ERROR_INVALID_BUCKET_NAME;
	if (!r)
		r = change_new(CHANGE_CREATE_BUCKET, tenant, bucket, SPAN_NONE, &p->change);
	if (!r)
		r = change_keep(p->change, region, &p->change->create_bucket.region);
	if (r < 0)
		return r;
	/* From here on a thread may have it, and give it back. */
	begun = steal_ptr(p);
	if (!r) {
		begun->change->done = on_committed;
		begun->change->context = begun;
		r = store_submit(s->store, begun->change);
	}
	if (r)
		settle(begun, r);
	return 0;
}
