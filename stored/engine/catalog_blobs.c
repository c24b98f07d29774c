/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/catalog.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fd.h"
#include "stored/engine/catalogs.h"
#include "stored/engine/query.h"

/*
 * Tables count under the first 64 bits of an id. Should two ids ever share them, each would be
 * taken for pinned or young a little longer, which does no harm.
 */
static int count_up(struct table *t, const struct ipc_id *id)
{
	uint64_t number = ipc_id_number(id);
	uintptr_t count = (uintptr_t)table_remove(t, number);

	return table_add(t, number, (void *)(count + 1));
}

static bool count_down(struct table *t, const struct ipc_id *id)
{
	uint64_t number = ipc_id_number(id);
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

void catalog_hold(struct catalog *c, uint64_t until_ns)
{
	pthread_mutex_lock(&c->blobs_lock);
	c->holds++;
	c->held_until_ns = MAX(c->held_until_ns, until_ns);
	pthread_mutex_unlock(&c->blobs_lock);
}

bool catalog_let_go(struct catalog *c)
{
	bool tell;

	pthread_mutex_lock(&c->blobs_lock);
	tell = --c->holds == 0 && c->dead_are_pinned;
	if (tell)
		c->dead_are_pinned = false;
	pthread_mutex_unlock(&c->blobs_lock);
	return tell;
}

static bool is_held(const struct catalog *c)
{
	return c->holds && clock_boottime_ns() < c->held_until_ns;
}

bool catalog_is_pinned(struct catalog *c, const struct ipc_id *blob)
{
	bool pinned;

	pthread_mutex_lock(&c->blobs_lock);
	pinned = table_find(&c->pins, ipc_id_number(blob)) != NULL || is_held(c);
	if (pinned)
		c->dead_are_pinned = true;
	pthread_mutex_unlock(&c->blobs_lock);
	return pinned;
}

bool catalog_is_young(struct catalog *c, const struct ipc_id *blob)
{
	bool young;

	pthread_mutex_lock(&c->blobs_lock);
	young = table_find(&c->young, ipc_id_number(blob)) != NULL;
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

int catalog_knows_blob(struct catalog *c, const struct ipc_id *blob)
{
	struct database *db;
	int r = database_pool_take(&c->readers, &db);

	if (r < 0)
		return r;
	struct query q = query_begin(db, CATALOG_BLOB_IS_KNOWN);

	query_bytes(&q, (struct span){ blob->bytes, sizeof(blob->bytes) });
	r = query_step(&q);
	query_end(&q);
	database_pool_give(&c->readers, db);
	return r;
}

/* The first in this process makes the directory and flushes its name, also where it is there. */
int catalog_open_shard(struct catalog *c, const struct ipc_id *blob, bool make, int *ret_fd)
{
	uint8_t shard = blob->bytes[0], bit = (uint8_t)(1u << (shard % 8));
	bool made;
	int r;

	pthread_mutex_lock(&c->blobs_lock);
	made = c->shards_made[shard / 8] & bit;
	pthread_mutex_unlock(&c->blobs_lock);
	r = place_open_shard(&c->place, blob, make && !made, c->catalogs->durable, ret_fd);
	if (!make || made)
		return r;
	if (r < 0)
		return r;
	pthread_mutex_lock(&c->blobs_lock);
	c->shards_made[shard / 8] |= bit;
	pthread_mutex_unlock(&c->blobs_lock);
	return 0;
}
