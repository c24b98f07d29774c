/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/sweep.h"

#include "base/fd.h"
#include "stored/engine/engine.h"

#define BURIED_MAX 256

struct burial {
	struct store *store;
	struct catalog *catalog;
	struct ipc_id after; /* the last one looked at */
	struct ipc_id ids[BURIED_MAX];
	size_t n, n_seen;
};

/*
 * Held alone, `reading` says that no reader is between looking an object up and pinning it: who
 * comes later sees that the object is gone. So what is not pinned now will not be opened.
 */
static int pick_dead(struct burial *b)
{
	struct database *db;
	struct ipc_id id;
	int r, k = 0;

	r = database_pool_take(&b->catalog->readers, &db);
	if (r < 0)
		return r;
	pthread_rwlock_wrlock(&b->catalog->reading);
	struct query q = query_begin(db, CATALOG_LIST_DEAD);

	query_bytes(&q, (struct span){ b->after.bytes, b->n_seen ? sizeof(b->after.bytes) : 0 });
	query_number(&q, BURIED_MAX);
	b->n = 0;
	while ((r = query_step(&q)) == 1 && k == 0) {
		k = query_column_copy(&q, 0, id.bytes, sizeof(id.bytes));
		b->after = id;
		b->n_seen++;
		if (k == 0 && !catalog_is_pinned(b->catalog, &id))
			b->ids[b->n++] = id;
	}
	query_end(&q);
	pthread_rwlock_unlock(&b->catalog->reading);
	database_pool_give(&b->catalog->readers, db);
	return r < 0 ? r : k;
}

static int unlink_blob(struct burial *b, const struct ipc_id *id)
{
	_cleanup_(fd_closep) int shard_fd = -1;
	char name[IPC_ID_TEXT_SIZE];
	int r;

	r = catalog_open_shard(b->catalog, id, false, &shard_fd);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	return durable_unlink_blob(&b->store->durable, shard_fd, ipc_id_text(id, name));
}

static void forgotten(struct change *c)
{
	change_free(c);
}

/* Should the change fail, the rows stay, and the next burial finds no files for them. */
static int forget(struct burial *b)
{
	_cleanup_(change_freep) struct change *c = NULL;
	struct ipc_id *ids;
	int r;

	r = change_new(CHANGE_FORGET_DEAD, &b->catalog->tenant, SPAN_NONE, SPAN_NONE, &c);
	if (r < 0)
		return r;
	ids = change_keep_array(c, b->n, sizeof(*ids));
	if (!ids)
		return -ENOMEM;
	memcpy(ids, b->ids, b->n * sizeof(*ids));
	c->forget_dead.ids = ids;
	c->forget_dead.n = b->n;
	c->done = forgotten;
	durable_step(&b->store->durable, DURABLE_DEAD_FORGET);
	r = store_submit(b->store, c);
	if (r != 0)
		return r < 0 ? r : 0;
	(void)steal_ptr(c);
	return 0;
}

static int bury_page(struct burial *b)
{
	size_t kept = 0;
	int r;

	r = pick_dead(b);
	if (r < 0)
		return r;
	for (size_t i = 0; i < b->n; i++)
		if (unlink_blob(b, &b->ids[i]) == 0)
			b->ids[kept++] = b->ids[i];
	b->n = kept;
	return kept ? forget(b) : 0;
}

int sweep_bury_dead(struct store *s, const struct ipc_id *tenant, size_t *ret_n)
{
	_cleanup_(catalog_putp) struct catalog *c = NULL;
	struct burial b = { .store = s };
	size_t seen, buried = 0;
	int r;

	r = catalog_get(&s->catalogs, tenant, false, &c);
	if (r < 0)
		return r;
	b.catalog = c;
	do {
		seen = b.n_seen;
		r = bury_page(&b);
		buried += b.n;
	} while (r == 0 && b.n_seen - seen == BURIED_MAX);
	if (r < 0)
		return r;
	*ret_n = buried;
	return 0;
}
