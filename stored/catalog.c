/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/catalog.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

#define SETTLE_AGAIN_NS (5 * NS_PER_S)

static const char *const catalog_texts[CATALOG_STATEMENT_COUNT] = {
#define STATEMENT(SYMBOL, text) [CATALOG_##SYMBOL] = (text),
	CATALOG_STATEMENTS(STATEMENT)
#undef STATEMENT
};

static const struct database_texts texts = { catalog_texts, CATALOG_STATEMENT_COUNT };

#define TO(state) (1u << (state))

static const uint8_t catalog_moves[CATALOG_STATES] = {
	[CATALOG_CLOSED] = TO(CATALOG_OPEN),
	[CATALOG_OPEN] = TO(CATALOG_CLOSED) | TO(CATALOG_FAILED),
	[CATALOG_FAILED] = TO(CATALOG_CLOSED),
};

/* False where it is not there to be moved: two threads may report the same failure. */
static bool catalog_move(struct catalog *c, enum catalog_state from, enum catalog_state to)
{
	if (!(catalog_moves[from] & TO(to)))
		abort();
	return atomic_compare_exchange_strong(&c->state, &from, to);
}

/* --- opening ------------------------------------------------------------------------------- */

/* Where what an earlier process left in the log cannot be flushed, the catalog can still be read.
 */
static int open_writer(struct catalog *c, const char *path)
{
	int left, r;

	left = database_forget_pages(c->place.directory_fd, "catalog.db");
	if (left < 0)
		return left;
	r = database_open(path, DATABASE_WRITER, c->catalogs->durable, texts, &c->writer);
	if (r < 0)
		return r;
	c->unsettled = left && database_checkpoint(c->writer, true) < 0;
	c->settle_at_ns = 0;
	return 0;
}

int catalog_settle(struct catalog *c)
{
	int r = 0;

	if (!c->unsettled)
		return 0;
	if (clock_boottime_ns() < c->settle_at_ns)
		return S3_ERROR_SERVICE_UNAVAILABLE;
	c->settle_at_ns = clock_boottime_ns() + SETTLE_AGAIN_NS;
	r = database_checkpoint(c->writer, true);
	if (r < 0)
		return S3_ERROR_SERVICE_UNAVAILABLE;
	c->unsettled = false;
	return 0;
}

static int make_tables(struct catalog *c)
{
	int r;

	r = database_run(c->writer, "BEGIN IMMEDIATE;" CATALOG_SCHEMA "COMMIT");
	if (r < 0)
		return r;
	/* The file's own name; SQLite flushed what is in it and the log's name. */
	return durable_flush_database_directory(c->catalogs->durable, c->place.directory_fd);
}

static int check_tables(struct catalog *c, bool make)
{
	int64_t version = 0;
	int r;

	r = database_number(c->writer, "PRAGMA user_version", &version);
	if (r < 0)
		return r;
	if (version == 0)
		return make_tables(c);
	/* A later release made it: what it means is not known here. */
	return version == CATALOG_VERSION ? 0 : -ENOTSUP;
}

static int find_next_instance(struct catalog *c)
{
	_cleanup_(query_end) struct query q = query_begin(c->writer, CATALOG_LAST_INSTANCE);
	int r = query_step(&q);

	if (r < 0)
		return r;
	c->next_instance = query_column_number(&q, 0) + 1;
	return 0;
}

static int file_path(struct catalog *c, char buf[static PATH_MAX])
{
	char name[ID_TEXT_MAX];
	int n = snprintf(buf, PATH_MAX, "%s/%s/catalog.db", c->catalogs->tenants_path,
			 id_format(&c->tenant, name));

	return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static void catalog_close_files(struct catalog *c)
{
	/* Readers first: the writer, closing last, leaves no log behind. */
	database_pool_clear(&c->readers);
	if (c->writer && atomic_load(&c->state) == CATALOG_FAILED)
		database_keep_log(c->writer);
	c->writer = database_close(c->writer);
	place_close(&c->place);
	c->log_tried = 0;
}

static int open_files(struct catalog *c, bool make)
{
	char path[PATH_MAX];
	struct stat st;
	int r;

	r = file_path(c, path);
	if (r < 0)
		return r;
	r = place_open(c->catalogs->tenants_fd, &c->tenant, make, c->catalogs->durable, &c->place);
	if (r < 0)
		return r;
	if (!make && fstatat(c->place.directory_fd, "catalog.db", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	r = open_writer(c, path);
	if (r < 0)
		return r;
	r = check_tables(c, make);
	if (r < 0)
		return r;
	r = database_pool_init(&c->readers, path, c->catalogs->durable, texts);
	if (r < 0)
		return r;
	return find_next_instance(c);
}

/* -ENOENT leaves it closed, for whoever makes it. */
static int ensure_open(struct catalog *c, bool make)
{
	int r = 0;

	pthread_mutex_lock(&c->opening);
	if (atomic_load(&c->state) == CATALOG_CLOSED) {
		r = open_files(c, make);
		if (r < 0)
			catalog_close_files(c);
		else
			(void)catalog_move(c, CATALOG_CLOSED, CATALOG_OPEN);
	}
	pthread_mutex_unlock(&c->opening);
	return r;
}

bool catalog_fail(struct catalog *c)
{
	return catalog_move(c, CATALOG_OPEN, CATALOG_FAILED);
}

/* --- the set ------------------------------------------------------------------------------- */

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

static struct catalog *catalog_new(struct catalogs *all, const struct ipc_id *tenant)
{
	struct catalog *c = calloc(1, sizeof(*c));
	pthread_rwlockattr_t fair;

	if (!c)
		return NULL;
	c->catalogs = all;
	c->tenant = *tenant;
	c->place = PLACE_NONE;
	c->pins = TABLE_INIT(CATALOG_PINS_MAX);
	c->young = TABLE_INIT(CATALOG_YOUNG_MAX);
	pthread_mutex_init(&c->opening, NULL);
	pthread_mutex_init(&c->blobs_lock, NULL);
	/* Or readers that come all the time would keep the sweep out for ever. */
	pthread_rwlockattr_init(&fair);
	pthread_rwlockattr_setkind_np(&fair, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&c->reading, &fair);
	pthread_rwlockattr_destroy(&fair);
	return c;
}

static struct catalog *catalog_free(struct catalog *c)
{
	catalog_close_files(c);
	table_clear(&c->pins);
	table_clear(&c->young);
	pthread_rwlock_destroy(&c->reading);
	pthread_mutex_destroy(&c->blobs_lock);
	pthread_mutex_destroy(&c->opening);
	free(c);
	return NULL;
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
	if (idle && catalog_move(c, CATALOG_OPEN, CATALOG_CLOSED))
		catalog_close_files(c);
	pthread_mutex_unlock(&c->opening);
	forget_closed(c);
}

int catalog_get(struct catalogs *all, const struct ipc_id *tenant, bool make, struct catalog **ret)
{
	struct catalog *c = refer(all, tenant), *idle;
	int r;

	if (!c)
		return -ENOMEM;
	r = ensure_open(c, make);
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

/* --- blobs --------------------------------------------------------------------------------- */

/*
 * Tables count under the first 64 bits of an id. Should two ids ever share them, each would be
 * taken for pinned or young a little longer, which does no harm.
 */
static int count_up(struct table *t, const struct ipc_id *id)
{
	uint64_t number = id_number(id);
	uintptr_t count = (uintptr_t)table_remove(t, number);

	return table_add(t, number, (void *)(count + 1));
}

static bool count_down(struct table *t, const struct ipc_id *id)
{
	uint64_t number = id_number(id);
	uintptr_t count = (uintptr_t)table_remove(t, number);

	/* The slot that was just given up is there to be taken again. */
	if (count > 1 && table_add(t, number, (void *)(count - 1)) != TABLE_OK)
		abort();
	return count == 1;
}

int catalog_pin(struct catalog *c, const struct extent *extents, size_t n)
{
	size_t done = 0;
	int r = 0;

	pthread_mutex_lock(&c->blobs_lock);
	while (done < n && r == 0) {
		r = count_up(&c->pins, &extents[done].blob);
		done += r == 0;
	}
	while (r != 0 && done)
		(void)count_down(&c->pins, &extents[--done].blob);
	pthread_mutex_unlock(&c->blobs_lock);
	return r > 0 ? S3_ERROR_SLOW_DOWN : r;
}

bool catalog_unpin(struct catalog *c, const struct extent *extents, size_t n)
{
	bool last = false, tell;

	pthread_mutex_lock(&c->blobs_lock);
	for (size_t i = 0; i < n; i++)
		last |= count_down(&c->pins, &extents[i].blob);
	tell = last && c->dead_are_pinned;
	if (tell)
		c->dead_are_pinned = false;
	pthread_mutex_unlock(&c->blobs_lock);
	return tell;
}

bool catalog_is_pinned(struct catalog *c, const struct ipc_id *blob)
{
	bool pinned;

	pthread_mutex_lock(&c->blobs_lock);
	pinned = table_find(&c->pins, id_number(blob)) != NULL;
	if (pinned)
		c->dead_are_pinned = true;
	pthread_mutex_unlock(&c->blobs_lock);
	return pinned;
}

bool catalog_is_young(struct catalog *c, const struct ipc_id *blob)
{
	bool young;

	pthread_mutex_lock(&c->blobs_lock);
	young = table_find(&c->young, id_number(blob)) != NULL;
	pthread_mutex_unlock(&c->blobs_lock);
	return young;
}

int catalog_add_young(struct catalog *c, const struct ipc_id *blob)
{
	int r;

	pthread_mutex_lock(&c->blobs_lock);
	r = count_up(&c->young, blob);
	pthread_mutex_unlock(&c->blobs_lock);
	return r > 0 ? S3_ERROR_SLOW_DOWN : r;
}

void catalog_remove_young(struct catalog *c, const struct ipc_id *blob)
{
	pthread_mutex_lock(&c->blobs_lock);
	(void)count_down(&c->young, blob);
	pthread_mutex_unlock(&c->blobs_lock);
}

/* The first in this process makes the directory and flushes its name, also where it is there. */
int catalog_open_shard(struct catalog *c, const struct ipc_id *blob, bool make, int *ret_fd)
{
	uint8_t shard = blob->bytes[0], bit = (uint8_t)(1u << (shard % 8));
	char name[3];
	bool made;
	int fd, r;

	pthread_mutex_lock(&c->blobs_lock);
	made = c->shards_made[shard / 8] & bit;
	pthread_mutex_unlock(&c->blobs_lock);
	place_shard(blob, name);
	if (!make || made) {
		fd = openat(c->place.blobs_fd, name,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return -errno;
		*ret_fd = fd;
		return 0;
	}
	r = durable_make_directory(c->catalogs->durable, c->place.blobs_fd, name, ret_fd);
	if (r < 0)
		return r;
	pthread_mutex_lock(&c->blobs_lock);
	c->shards_made[shard / 8] |= bit;
	pthread_mutex_unlock(&c->blobs_lock);
	return 0;
}
