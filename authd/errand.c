/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/errand.h"

#include "authd/authd.h"
#include "base/clock.h"
#include "base/log.h"

static void errand_free(struct errand *e)
{
	struct errands *all = &e->authd->errands;

	*(e->before ? &e->before->next : &all->first) = e->next;
	if (e->next)
		e->next->before = e->before;
	all->n[e->kind]--;
	loop_disarm(&e->late);
	free(e);
}

/* Free first: whoever hears of it may ask for another. */
static void settle(struct errand *e, enum s3_error error)
{
	struct errand_waiter w = e->waiter;

	errand_free(e);
	w.done(w.owner, error);
}

static const char *name_of(enum errand_kind kind)
{
	static const char *const names[ERRAND_KINDS] = {
		[ERRAND_PROVIDE] = "provide",
		[ERRAND_ASK] = "ask",
		[ERRAND_ERASE] = "erase",
		[ERRAND_SUSPEND] = "suspend",
	};

	return names[kind];
}

static int is_late(struct loop_timer *t)
{
	struct errand *e = (struct errand *)((char *)t - offsetof(struct errand, late));

	log_warning("stored-late what=%s order=%llu", name_of(e->kind),
		    (unsigned long long)e->order);
	settle(e, S3_ERROR_SERVICE_UNAVAILABLE);
	return 0;
}

bool errands_have(const struct authd *a, enum errand_kind kind, const struct ipc_id *tenant)
{
	for (const struct errand *e = a->errands.first; e; e = e->next)
		if (e->kind == kind && ipc_id_equal(&e->tenant, tenant))
			return true;
	return false;
}

void errands_settle(struct authd *a, enum errand_kind kind, uint64_t order, enum s3_error error)
{
	struct errand *e = a->errands.first;

	while (e && (e->order != order || e->kind != kind))
		e = e->next;
	if (e)
		settle(e, error);
}

/* From the start each time: who hears of it may have changed the list. */
void errands_give_up(struct authd *a, const struct ipc_id *tenant)
{
	struct errand *e = a->errands.first;

	while (e) {
		if (!ipc_id_equal(&e->tenant, tenant)) {
			e = e->next;
			continue;
		}
		settle(e, S3_ERROR_SERVICE_UNAVAILABLE);
		e = a->errands.first;
	}
}

/* Those that were there: who hears of it asks for no other, since nobody is there to do it. */
void errands_fail(struct authd *a)
{
	while (a->errands.first)
		settle(a->errands.first, S3_ERROR_SERVICE_UNAVAILABLE);
}

static struct errand *errand_new(struct authd *a, enum errand_kind kind,
				 const struct ipc_id *tenant, struct errand_waiter w)
{
	struct errand *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->authd = a;
	e->kind = kind;
	e->tenant = *tenant;
	e->waiter = w;
	e->order = ++a->errands.last;
	e->late.expired = is_late;
	e->next = a->errands.first;
	if (e->next)
		e->next->before = e;
	a->errands.first = e;
	a->errands.n[kind]++;
	return e;
}

static int check(const struct authd *a, enum errand_kind kind)
{
	if (!storelinks_are_ready(a))
		return ERRAND_AWAY;
	return a->errands.n[kind] == IPC_ERRANDS_MAX ? ERRAND_FULL : ERRAND_OK;
}

static void be_patient(struct errand *e)
{
	loop_arm(&e->authd->loop, &e->late, clock_boottime_ns() + ERRAND_PATIENCE_NS);
}

static int send(struct errand *e, const struct ipc_message *m)
{
	int r = storelink_send(e->authd, m);

	if (r < 0)
		errand_free(e);
	return r;
}

int errand_provide(struct authd *a, const struct ipc_id *tenant, struct span bucket,
		   struct errand_waiter w)
{
	struct ipc_message m = { .number = IPC_PROVIDE,
				 .provide = { .tenant = *tenant, .bucket = bucket } };
	struct errand *e;
	int r = check(a, ERRAND_PROVIDE);

	if (r != ERRAND_OK)
		return r;
	e = errand_new(a, ERRAND_PROVIDE, tenant, w);
	if (!e)
		return -ENOMEM;
	be_patient(e);
	m.provide.order = e->order;
	return send(e, &m);
}

int errand_erase(struct authd *a, const struct ipc_id *tenant, enum erase_mode mode,
		 struct errand_waiter w)
{
	struct ipc_message m = { .number = IPC_ERASE,
				 .erase = { .tenant = *tenant, .mode = (uint8_t)mode } };
	enum errand_kind kind = mode == ERASE_ASK ? ERRAND_ASK : ERRAND_ERASE;
	struct errand *e;
	int r = check(a, kind);

	if (r != ERRAND_OK)
		return r;
	e = errand_new(a, kind, tenant, w);
	if (!e)
		return -ENOMEM;
	if (kind == ERRAND_ASK)
		be_patient(e);
	m.erase.order = e->order;
	return send(e, &m);
}

/*
 * Also to one that has not acknowledged its key: what it was told before that may be of yesterday. One
 * that cannot be told is done with: it comes again, and then it is told all.
 */
int errand_suspend(struct authd *a, const struct ipc_id *tenant, bool suspended,
		   struct errand_waiter w)
{
	struct ipc_message m = { .number = IPC_SUSPEND,
				 .suspend = { .tenant = *tenant, .suspended = suspended } };
	struct errand *e = NULL;

	if (!a->storelinks.current)
		return ERRAND_AWAY;
	if (w.done && a->errands.n[ERRAND_SUSPEND] < IPC_ERRANDS_MAX)
		e = errand_new(a, ERRAND_SUSPEND, tenant, w);
	m.suspend.order = e ? e->order : 0;
	if (storelink_send(a, &m) < 0) {
		if (e)
			errand_free(e);
		storelink_drop(a);
		return ERRAND_AWAY;
	}
	if (e)
		be_patient(e);
	return e || !w.done ? ERRAND_OK : ERRAND_FULL;
}
