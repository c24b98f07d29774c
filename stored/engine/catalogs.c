/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/catalogs.h"

void catalogs_init(struct catalogs *all, const struct durable *d, int tenants_fd,
		   const char *tenants_path, unsigned int limit)
{
	*all = (struct catalogs){
		.durable = d,
		.tenants_fd = tenants_fd,
		.tenants_path = tenants_path,
		.limit = limit,
		.lock = PTHREAD_MUTEX_INITIALIZER,
	};
}

static void unlink_from_set(struct catalog *c)
{
	struct catalogs *all = c->catalogs;

	*(c->prev ? &c->prev->next : &all->first) = c->next;
	*(c->next ? &c->next->prev : &all->last) = c->prev;
	c->next = c->prev = NULL;
	all->count--;
}

static void link_first(struct catalog *c)
{
	struct catalogs *all = c->catalogs;

	c->prev = NULL;
	c->next = all->first;
	*(c->next ? &c->next->prev : &all->last) = c;
	all->first = c;
	all->count++;
}

void catalogs_clear(struct catalogs *all)
{
	while (all->first) {
		struct catalog *c = all->first;

		unlink_from_set(c);
		catalog_free(c);
	}
	pthread_mutex_destroy(&all->lock);
}

/* A catalog in the set, found or new, with one more reference; NULL without memory. */
static struct catalog *refer(struct catalogs *all, const struct ipc_id *tenant)
{
	struct catalog *c;

	pthread_mutex_lock(&all->lock);
	for (c = all->first; c && !ipc_id_equal(&c->tenant, tenant);)
		c = c->next;
	if (c)
		unlink_from_set(c);
	else
		c = catalog_new(all, tenant);
	if (c) {
		c->refs++;
		link_first(c);
	}
	pthread_mutex_unlock(&all->lock);
	return c;
}

/* The least recently used that nobody refers to, referred to by the caller now; or NULL. */
static struct catalog *take_idle(struct catalogs *all)
{
	struct catalog *c = NULL;

	pthread_mutex_lock(&all->lock);
	if (all->count > all->limit)
		for (c = all->last; c && (c->refs || atomic_load(&c->state) == CATALOG_FAILED);)
			c = c->prev;
	if (c)
		c->refs++;
	pthread_mutex_unlock(&all->lock);
	return c;
}

/* Drops a reference to one that may be closed: such a one does not stay in the set. */
static void forget_closed(struct catalog *c)
{
	struct catalogs *all = c->catalogs;
	bool gone;

	pthread_mutex_lock(&all->lock);
	gone = --c->refs == 0 && atomic_load(&c->state) == CATALOG_CLOSED;
	if (gone)
		unlink_from_set(c);
	pthread_mutex_unlock(&all->lock);
	if (gone)
		catalog_free(c);
}

/*
 * It stays in the set while it is closed, and whoever wants it meanwhile waits at `opening`: so
 * there never are two writers of one file. A failed one is kept, or it would be opened again as if
 * it were well.
 */
static void retire(struct catalog *c)
{
	struct catalogs *all = c->catalogs;
	bool idle;

	pthread_mutex_lock(&c->opening);
	pthread_mutex_lock(&all->lock);
	idle = c->refs == 1;
	pthread_mutex_unlock(&all->lock);
	if (idle)
		(void)catalog_close(c);
	pthread_mutex_unlock(&c->opening);
	forget_closed(c);
}

int catalog_get(struct catalogs *all, const struct ipc_id *tenant, bool make, struct catalog **ret)
{
	struct catalog *c = refer(all, tenant), *idle;
	int r;

	if (!c)
		return -ENOMEM;
	r = catalog_open(c, make);
	if (r < 0) {
		forget_closed(c);
		return r;
	}
	while ((idle = take_idle(all)))
		retire(idle);
	*ret = c;
	return 0;
}

struct catalog *catalog_ref(struct catalog *c)
{
	pthread_mutex_lock(&c->catalogs->lock);
	c->refs++;
	pthread_mutex_unlock(&c->catalogs->lock);
	return c;
}

/* Never closes: it may be called where nobody may wait for the disk. */
struct catalog *catalog_put(struct catalog *c)
{
	if (!c)
		return NULL;
	pthread_mutex_lock(&c->catalogs->lock);
	c->refs--;
	pthread_mutex_unlock(&c->catalogs->lock);
	return NULL;
}

unsigned int catalogs_count(struct catalogs *all)
{
	unsigned int n;

	pthread_mutex_lock(&all->lock);
	n = all->count;
	pthread_mutex_unlock(&all->lock);
	return n;
}
