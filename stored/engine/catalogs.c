/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/catalogs.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "stored/engine/restoring.h"

void catalogs_init(struct catalogs *all, const struct durable *d, int tenants_fd,
		   const char *tenants_path, unsigned int limit)
{
	*all = (struct catalogs){
		.durable = d,
		.tenants_fd = tenants_fd,
		.tenants_path = tenants_path,
		.limit = limit,
		.erased = TABLE_INIT(CATALOGS_ERASED_MAX),
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
	table_clear(&all->erased);
	pthread_mutex_destroy(&all->lock);
}

static bool has_erased(const struct catalogs *all, const struct ipc_id *tenant)
{
	return table_find(&all->erased, ipc_id_number(tenant)) != NULL;
}

bool catalogs_has_erased(struct catalogs *all, const struct ipc_id *tenant)
{
	bool erased;

	pthread_mutex_lock(&all->lock);
	erased = has_erased(all, tenant);
	pthread_mutex_unlock(&all->lock);
	return erased;
}

/* A catalog of the set, found or new, with one more reference, under the lock. NULL: no memory. */
static struct catalog *refer(struct catalogs *all, const struct ipc_id *tenant)
{
	struct catalog *c;

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
	return c;
}

/* Nobody refers to it, and its place is wanted, or it is good for nothing any more. */
static bool is_idle(const struct catalogs *all, struct catalog *c)
{
	return !c->refs && atomic_load(&c->state) != CATALOG_FAILED &&
	       (c->erased || all->count > all->limit);
}

/* There may be such, under the lock. */
static bool is_crowded(const struct catalogs *all)
{
	return all->count > all->limit || all->n_erased;
}

/* The least recently used that is idle, referred to by the caller now; or NULL. */
static struct catalog *take_idle(struct catalogs *all)
{
	struct catalog *c = NULL;

	pthread_mutex_lock(&all->lock);
	if (is_crowded(all))
		for (c = all->last; c && !is_idle(all, c);)
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
	if (gone) {
		all->n_erased -= c->erased;
		unlink_from_set(c);
	}
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

void catalogs_close_idle(struct catalogs *all)
{
	struct catalog *idle;

	while ((idle = take_idle(all)))
		retire(idle);
}

int catalog_get(struct catalogs *all, const struct ipc_id *tenant, bool make, struct catalog **ret)
{
	bool erased, crowded;
	struct catalog *c;
	int r;

	pthread_mutex_lock(&all->lock);
	erased = has_erased(all, tenant);
	c = erased ? NULL : refer(all, tenant);
	crowded = is_crowded(all);
	pthread_mutex_unlock(&all->lock);
	if (!c)
		return erased ? -ENOENT : -ENOMEM;
	r = catalog_open(c, make);
	if (r < 0) {
		forget_closed(c);
		return r;
	}
	/* Seldom so: the lock is everybody's, and taken once is enough. */
	if (crowded)
		catalogs_close_idle(all);
	*ret = c;
	return 0;
}

/* Also of one that was erased before: what was begun then may not have been finished. */
static int mark_erased(struct catalogs *all, const struct ipc_id *tenant, struct catalog **ret)
{
	struct catalog *c;
	int r;

	pthread_mutex_lock(&all->lock);
	r = table_add(&all->erased, ipc_id_number(tenant), all);
	c = r == TABLE_OK || r == TABLE_EXISTS ? refer(all, tenant) : NULL;
	if (c && !c->erased) {
		c->erased = true;
		all->n_erased++;
	}
	pthread_mutex_unlock(&all->lock);
	if (r == TABLE_FULL)
		return -EOVERFLOW;
	*ret = c;
	return r < 0 ? r : c ? 0 : -ENOMEM;
}

static int unlink_file(struct catalogs *all, const struct ipc_id *tenant)
{
	_cleanup_(fd_closep) int fd = -1;
	char name[IPC_ID_TEXT_SIZE];

	fd = openat(all->tenants_fd, ipc_id_text(tenant, name),
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	return durable_unlink_database(all->durable, fd, "catalog.db");
}

int catalogs_erase(struct catalogs *all, const struct ipc_id *tenant)
{
	struct catalog *c;
	int r;

	r = mark_erased(all, tenant, &c);
	if (r < 0)
		return r;
	/* Whoever was just opening it has done so, or finds nothing. */
	pthread_mutex_lock(&c->opening);
	r = unlink_file(all, tenant);
	pthread_mutex_unlock(&c->opening);
	forget_closed(c);
	return r;
}

/* A reference to it, open or not, or why there is none. */
static int refer_to(struct catalogs *all, const struct ipc_id *tenant, struct catalog **ret)
{
	struct catalog *c = NULL;
	bool erased;

	pthread_mutex_lock(&all->lock);
	erased = has_erased(all, tenant);
	if (!erased)
		c = refer(all, tenant);
	pthread_mutex_unlock(&all->lock);
	if (!c)
		return erased ? -ENOENT : -ENOMEM;
	*ret = c;
	return 0;
}

static bool has_entry(int fd, const char *name)
{
	struct stat st;

	return fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int bar(struct catalogs *all, const struct ipc_id *tenant, bool again)
{
	_cleanup_(fd_closep) int fd = -1, marker_fd = -1;
	char name[IPC_ID_TEXT_SIZE];
	int r = durable_make_directory(all->durable, all->tenants_fd, ipc_id_text(tenant, name),
				       &fd);

	if (r < 0)
		return r;
	if (has_entry(fd, "catalog.db"))
		return -EEXIST;
	if (again && !has_entry(fd, RESTORING_DIRECTORY))
		return -ENODATA;
	return durable_make_directory(all->durable, fd, RESTORING_DIRECTORY, &marker_fd);
}

/* Whoever makes a catalog does it under the same lock, and looks first. */
int catalogs_bar(struct catalogs *all, const struct ipc_id *tenant, bool again)
{
	struct catalog *c;
	int r = refer_to(all, tenant, &c);

	if (r < 0)
		return r;
	pthread_mutex_lock(&c->opening);
	r = atomic_load(&c->state) == CATALOG_CLOSED ? bar(all, tenant, again) : -EEXIST;
	pthread_mutex_unlock(&c->opening);
	forget_closed(c);
	return r;
}

int catalogs_adopt(struct catalogs *all, const struct ipc_id *tenant, int from_fd)
{
	_cleanup_(fd_closep) int fd = -1;
	char name[IPC_ID_TEXT_SIZE];
	struct catalog *c;
	int r = refer_to(all, tenant, &c);

	if (r < 0)
		return r;
	pthread_mutex_lock(&c->opening);
	fd = openat(all->tenants_fd, ipc_id_text(tenant, name),
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (atomic_load(&c->state) != CATALOG_CLOSED)
		r = -EEXIST;
	else
		r = fd < 0 ? -errno
			   : durable_adopt_database(all->durable, from_fd, fd, "catalog.db");
	pthread_mutex_unlock(&c->opening);
	forget_closed(c);
	return r;
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
