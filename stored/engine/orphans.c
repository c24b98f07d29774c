/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/sweep.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "stored/engine/engine.h"

/*
 * Asked in this order: a blob is young from before it has a name until after its row is there, so
 * what is neither young nor, afterwards, in a row will never be.
 */
static int is_orphan(struct store *s, struct catalog *c, int directory_fd, const char *name)
{
	struct timespec changed;
	struct ipc_id id;
	struct stat st;
	int r;

	if (!id_parse(name, &id))
		return 0;
	if (fstatat(directory_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	changed = st.st_ctim;
	if (!S_ISREG(st.st_mode) ||
	    (uint64_t)changed.tv_sec * NS_PER_S + (uint64_t)changed.tv_nsec >= s->started_ns)
		return 0;
	if (catalog_is_young(c, &id))
		return 0;
	r = catalog_knows_blob(c, &id);
	return r < 0 ? r : !r;
}

static int sweep_directory(struct store *s, struct catalog *c, int parent_fd, const char *path,
			   size_t *n)
{
	_cleanup_(fd_closedirp) DIR *directory = NULL;
	const struct dirent *entry;
	int r;

	r = fd_open_directory(parent_fd, path, &directory);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	while (r >= 0 && (entry = readdir(directory))) {
		r = is_orphan(s, c, dirfd(directory), entry->d_name);
		if (r > 0) {
			r = durable_unlink_blob(&s->durable, dirfd(directory), entry->d_name);
			*n += r == 0;
		}
	}
	return r < 0 ? r : 0;
}

/* A restoration that died when the catalog had its name: what says that it is under way is empty.
 */
static void end_restoration(struct store *s, struct catalog *c)
{
	struct stat st;

	if (fstatat(c->place.directory_fd, RESTORING_DIRECTORY, &st, AT_SYMLINK_NOFOLLOW) == 0)
		(void)!durable_remove_directory(&s->durable, c->place.directory_fd,
						RESTORING_DIRECTORY);
}

int sweep_orphans(struct store *s, const struct ipc_id *tenant, size_t *ret_n)
{
	_cleanup_(catalog_putp) struct catalog *c = NULL;
	struct ipc_id shard = { 0 };
	char name[3];
	size_t n = 0;
	int r;

	r = catalog_get(&s->catalogs, tenant, false, &c);
	if (r < 0)
		return r;
	end_restoration(s, c);
	r = sweep_directory(s, c, c->place.directory_fd, "staging", &n);
	for (unsigned int i = 0; r == 0 && i < PLACE_SHARDS && !sweep_is_stopping(&s->sweep); i++) {
		shard.bytes[0] = (uint8_t)i;
		r = sweep_directory(s, c, c->place.blobs_fd, place_shard(&shard, name), &n);
	}
	if (r < 0)
		return r;
	*ret_n = n;
	return 0;
}
