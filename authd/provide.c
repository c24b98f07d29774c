/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/provide.h"

#include "authd/authd.h"
#include "base/clock.h"
#include "base/log.h"

static void provision_free(struct provision *p)
{
	struct provisions *all = &p->authd->provisions;

	*(p->before ? &p->before->next : &all->first) = p->next;
	if (p->next)
		p->next->before = p->before;
	all->n--;
	loop_disarm(&p->late);
	free(p);
}

/* Free first: whoever hears of it may ask for another. */
static void settle(struct provision *p, enum s3_error error)
{
	void (*done)(void *owner, enum s3_error error) = p->done;
	void *owner = p->owner;

	provision_free(p);
	done(owner, error);
}

static int is_late(struct loop_timer *t)
{
	struct provision *p = (struct provision *)((char *)t - offsetof(struct provision, late));

	log_warning("stored-late what=provide order=%llu", (unsigned long long)p->order);
	settle(p, S3_ERROR_SERVICE_UNAVAILABLE);
	return 0;
}

void provisions_settle(struct authd *a, uint64_t order, enum s3_error error)
{
	struct provision *p = a->provisions.first;

	while (p && p->order != order)
		p = p->next;
	if (p)
		settle(p, error);
}

void provisions_fail(struct authd *a)
{
	while (a->provisions.first)
		settle(a->provisions.first, S3_ERROR_SERVICE_UNAVAILABLE);
}

static struct provision *provision_new(struct authd *a)
{
	struct provision *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->authd = a;
	p->order = ++a->provisions.last;
	p->late.expired = is_late;
	loop_arm(&a->loop, &p->late, clock_boottime_ns() + PROVIDE_PATIENCE_NS);
	p->next = a->provisions.first;
	if (p->next)
		p->next->before = p;
	a->provisions.first = p;
	a->provisions.n++;
	return p;
}

int provide_bucket(struct authd *a, const struct ipc_id *tenant, struct span bucket,
		   void (*done)(void *owner, enum s3_error error), void *owner)
{
	struct ipc_message m = { .number = IPC_PROVIDE,
				 .provide = { .tenant = *tenant, .bucket = bucket } };
	struct provision *p;
	int r;

	if (!storelinks_are_ready(a))
		return PROVIDE_AWAY;
	if (a->provisions.n == IPC_PROVISIONS_MAX)
		return PROVIDE_FULL;
	p = provision_new(a);
	if (!p)
		return -ENOMEM;
	p->done = done;
	p->owner = owner;
	m.provide.order = p->order;
	r = storelink_send(a, &m);
	if (r < 0)
		provision_free(p);
	return r;
}
