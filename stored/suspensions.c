/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/suspensions.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ipc_id));
}

static struct ipc_id *find(const struct suspended *set, const struct ipc_id *tenant)
{
	if (!set->n)
		return NULL;
	return bsearch(tenant, set->ids, set->n, sizeof(*set->ids), compare);
}

static void forget(struct suspended *set)
{
	free(set->ids);
	*set = (struct suspended){ 0 };
}

void suspensions_init(struct suspensions *s)
{
	*s = (struct suspensions){ 0 };
	pthread_mutex_init(&s->lock, NULL);
}

void suspensions_clear(struct suspensions *s)
{
	forget(&s->in_force);
	forget(&s->coming);
	pthread_mutex_destroy(&s->lock);
}

/* Room for so many more, behind those that are there. */
static int extend(struct suspended *set, size_t n)
{
	struct ipc_id *ids;

	if (n > IPC_TENANTS_MAX - set->n)
		return SUSPENSIONS_ABSURD;
	ids = reallocarray(set->ids, set->n + n, sizeof(*ids));
	if (!ids)
		return -ENOMEM;
	set->ids = ids;
	return SUSPENSIONS_OK;
}

static void sort(struct suspended *set)
{
	if (set->n)
		qsort(set->ids, set->n, sizeof(*set->ids), compare);
}

/* --- all of them ----------------------------------------------------------------------------- */

void suspensions_expect(struct suspensions *s)
{
	forget(&s->coming);
}

int suspensions_hear(struct suspensions *s, struct span tenants)
{
	size_t n = tenants.len / sizeof(struct ipc_id);
	int r;

	if (tenants.len % sizeof(struct ipc_id))
		return SUSPENSIONS_ABSURD;
	if (!n)
		return SUSPENSIONS_OK;
	r = extend(&s->coming, n);
	if (r)
		return r;
	memcpy(s->coming.ids + s->coming.n, tenants.data, tenants.len);
	s->coming.n += n;
	return SUSPENSIONS_OK;
}

void suspensions_settle(struct suspensions *s)
{
	struct suspended before;

	sort(&s->coming);
	pthread_mutex_lock(&s->lock);
	before = s->in_force;
	s->in_force = s->coming;
	pthread_mutex_unlock(&s->lock);
	s->coming = (struct suspended){ 0 };
	forget(&before);
}

/* --- one of them ----------------------------------------------------------------------------- */

static int add(struct suspended *set, const struct ipc_id *tenant)
{
	int r;

	if (find(set, tenant))
		return SUSPENSIONS_OK;
	r = extend(set, 1);
	if (r)
		return r;
	set->ids[set->n++] = *tenant;
	sort(set);
	return SUSPENSIONS_OK;
}

static void take_out(struct suspended *set, const struct ipc_id *tenant)
{
	struct ipc_id *there = find(set, tenant);

	if (!there)
		return;
	set->n--;
	memmove(there, there + 1, (size_t)(set->ids + set->n - there) * sizeof(*there));
}

int suspensions_change(struct suspensions *s, const struct ipc_id *tenant, bool suspended)
{
	int r = SUSPENSIONS_OK;

	pthread_mutex_lock(&s->lock);
	if (suspended)
		r = add(&s->in_force, tenant);
	else
		take_out(&s->in_force, tenant);
	pthread_mutex_unlock(&s->lock);
	return r;
}

bool suspensions_have(struct suspensions *s, const struct ipc_id *tenant)
{
	bool have;

	pthread_mutex_lock(&s->lock);
	have = find(&s->in_force, tenant) != NULL;
	pthread_mutex_unlock(&s->lock);
	return have;
}

bool suspensions_have_on_loop(const struct suspensions *s, const struct ipc_id *tenant)
{
	return find(&s->in_force, tenant) != NULL;
}

bool suspensions_hold_off(struct suspensions *s, const struct ipc_id *tenant)
{
	pthread_mutex_lock(&s->lock);
	if (!find(&s->in_force, tenant))
		return true;
	pthread_mutex_unlock(&s->lock);
	return false;
}

void suspensions_let_go(struct suspensions *s)
{
	pthread_mutex_unlock(&s->lock);
}
