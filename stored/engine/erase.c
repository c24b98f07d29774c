/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/erase.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/fd.h"
#include "base/tree.h"
#include "stored/engine/apply.h"
#include "stored/engine/engine.h"

/* An upload that ends while its tenant is removed may put one more name into a directory. */
#define REMOVE_TRIES 16

/* It stands alone, outside of any transaction: what goes is the catalog itself. */
int apply_erase_tenant(struct work *w, struct change *c)
{
	return -EINVAL;
}

int apply_adopt(struct work *w, struct change *c)
{
	return -EINVAL;
}

/* A bucket that another tenant's hides counts: there are objects in it. */
static int find_bucket(struct database *db)
{
	_cleanup_(query_end) struct query q = query_begin(db, CATALOG_ANY_BUCKET);
	int r = query_step(&q);

	return r < 0 ? r : r == 1 ? S3_ERROR_BUCKET_NOT_EMPTY : 0;
}

/* One that cannot be read may hold anything, and goes only with all that it holds. */
static int check(struct store *s, struct change *c)
{
	_cleanup_(catalog_putp) struct catalog *catalog = NULL;
	int r;

	if (c->erase_tenant.mode == ERASE_ALL)
		return 0;
	r = catalog_get(&s->catalogs, &c->tenant, false, &catalog);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return find_bucket(catalog->writer);
}

int erase_catalog(struct store *s, struct change *c)
{
	int r = check(s, c);

	if (r != 0 || c->erase_tenant.mode == ERASE_ASK)
		return r;
	commits_begin_all(&s->commits, &c->tenant);
	r = catalogs_erase(&s->catalogs, &c->tenant);
	commits_end_all(&s->commits, &c->tenant);
	return r;
}

/* The many, piece by piece, so that whoever wants to stop need not wait for all of them. */
static int remove_blobs(struct store *s, const char *tenant, const _Atomic bool *stop)
{
	char path[IPC_ID_TEXT_SIZE + sizeof("/blobs")], shard[3];
	_cleanup_(fd_closep) int fd = -1;
	struct ipc_id id = { 0 };

	snprintf(path, sizeof(path), "%s/blobs", tenant);
	fd = openat(s->tenants_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	for (unsigned int i = 0; fd >= 0 && i < PLACE_SHARDS; i++) {
		id.bytes[0] = (uint8_t)i;
		if (*stop)
			return -ECANCELED;
		/* What stays will stay below as well, where it is told. */
		(void)!tree_remove(fd, place_shard(&id, shard));
	}
	return 0;
}

int store_remove_tenant(struct store *s, const struct ipc_id *tenant, const _Atomic bool *stop)
{
	char name[IPC_ID_TEXT_SIZE];
	int r;

	r = remove_blobs(s, ipc_id_text(tenant, name), stop);
	if (r < 0)
		return r;
	r = -ENOTEMPTY;
	for (int i = 0; i < REMOVE_TRIES && r == -ENOTEMPTY; i++)
		r = durable_remove_directory(&s->durable, s->tenants_fd, name);
	catalogs_close_idle(&s->catalogs);
	return r;
}
