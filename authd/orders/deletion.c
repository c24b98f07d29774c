/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/orders/deletion.h"

#include <stdio.h>

#include <unistd.h>

#include "authd/authd.h"
#include "authd/orders/ratify.h"
#include "base/clock.h"
#include "base/log.h"

/* One that stored has been asked to erase. */
struct deletion {
	struct deletions *all;
	uint64_t number; /* the tenant's, who is there as long as this */
};

static void try_again_later(struct deletions *d)
{
	if (!d->again.loop)
		loop_arm(&d->authd->loop, &d->again, clock_boottime_ns() + DELETION_AGAIN_NS);
}

/* --- the row ------------------------------------------------------------------------------ */

/* stored need not remember one that is gone; and one that stays is as it was. */
static void open_again(struct authd *a, uint64_t number, const struct ipc_id *id)
{
	const struct tenant *t = keyring_find_tenant_number(a->keyring, number);

	/* Where nobody is there to be told, whoever comes is told what is. */
	if (!t || !tenant_is_closed(t))
		(void)!errand_suspend(a, id, false, (struct errand_waiter){ 0 });
}

/* Nobody may wait any more for what would have been this tenant's. */
static void settled(struct change *c)
{
	struct deletions *d = c->owner;
	struct keyring *k = d->authd->keyring;
	struct tenant *t = keyring_find_tenant_number(k, c->number);
	struct ipc_id id = t ? t->id : (struct ipc_id){ 0 };
	char by[32];

	if (t)
		t->settling = false;
	if (t && c->kind == CHANGE_REMOVE_TENANT && c->result == DATABASE_OK)
		errands_give_up(d->authd, &id);
	snprintf(by, sizeof(by), "uid=%u", d->uid);
	json_decref(ratify(k, c, by, json_true()));
	if (t && c->result == DATABASE_OK)
		open_again(d->authd, c->number, &id);
	if (c->result < 0)
		try_again_later(d);
	else if (c->kind == CHANGE_MARK_TENANT)
		/* Meanwhile it may have been ordered with all that it has. */
		deletions_go_on(d);
	change_free(c);
}

static bool submit(struct deletions *d, enum change_kind kind, uint64_t number)
{
	struct change *c = calloc(1, sizeof(*c));

	if (!c)
		return false;
	c->kind = kind;
	c->number = number;
	c->done = settled;
	c->owner = d;
	if (writer_submit(d->authd->writer, c) == WRITER_OK)
		return true;
	change_free(c);
	return false;
}

static void settle(struct deletions *d, enum change_kind kind, struct tenant *t)
{
	t->settling = submit(d, kind, t->number);
	if (!t->settling)
		try_again_later(d);
}

/* --- what stored has ---------------------------------------------------------------------- */

static void erased(void *owner, enum s3_error error)
{
	struct deletion *one = owner;
	struct deletions *d = one->all;
	struct tenant *t = keyring_find_tenant_number(d->authd->keyring, one->number);

	free(one);
	switch ((int)error) {
	case S3_ERROR_NONE:
		settle(d, CHANGE_REMOVE_TENANT, t);
		/* There may have been too many at once. */
		deletions_go_on(d);
		return;
	case S3_ERROR_BUCKET_NOT_EMPTY:
		/* Made after it was asked about: the tenant stays as it was. */
		log_warning("tenant-not-empty name=%s", t->name);
		settle(d, CHANGE_MARK_TENANT, t);
		return;
	default:
		log_warning("tenant-not-erased name=%s error=%s", t->name, s3_errors[error].code);
		try_again_later(d);
	}
}

/* ERRAND_FULL or ERRAND_AWAY: later. */
static int begin(struct deletions *d, struct tenant *t)
{
	struct deletion *one = calloc(1, sizeof(*one));
	int r;

	if (!one)
		return -ENOMEM;
	*one = (struct deletion){ d, t->number };
	r = errand_erase(d->authd, &t->id, t->deletion == TENANT_GOES ? ERASE_ALL : ERASE_EMPTY,
			 (struct errand_waiter){ erased, one });
	if (r != ERRAND_OK)
		free(one);
	return r;
}

void deletions_go_on(struct deletions *d)
{
	struct authd *a = d->authd;
	int r = ERRAND_OK;

	for (struct tenant *t = keyring_tenants(a->keyring); t && r == ERRAND_OK; t = t->next)
		if (t->deletion != TENANT_STAYS && !t->settling &&
		    !errands_have(a, ERRAND_ERASE, &t->id))
			r = begin(d, t);
	if (r < 0)
		try_again_later(d);
}

static int it_is_later(struct loop_timer *t)
{
	deletions_go_on((struct deletions *)((char *)t - offsetof(struct deletions, again)));
	return 0;
}

void deletions_init(struct deletions *d, struct authd *a)
{
	*d = (struct deletions){ .authd = a, .uid = getuid(), .again.expired = it_is_later };
}

void deletions_clear(struct deletions *d)
{
	loop_disarm(&d->again);
}
