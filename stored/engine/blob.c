/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/blob_life.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "stored/engine/engine.h"

enum blob_state {
	BLOB_STAGED, /* being written; nobody else sees it */
	BLOB_LINKED, /* durable under its name, or on the way there; in no row */
	BLOB_KEPT, /* a row refers to it, or may: it is the catalog's */
	BLOB_GONE,
	BLOB_STATES,
};

#define TO(state) (1u << (state))

static const uint8_t blob_moves[BLOB_STATES] = {
	[BLOB_STAGED] = TO(BLOB_LINKED) | TO(BLOB_GONE),
	[BLOB_LINKED] = TO(BLOB_KEPT) | TO(BLOB_GONE),
};

struct blob {
	enum blob_state state;
	struct store *store;
	struct catalog *catalog; /* a reference */
	struct ipc_id id;
	int fd; /* -1 once it is finished */
	bool named; /* staged under its id, for want of O_TMPFILE */
	bool young; /* counted in the catalog */
	uint64_t written; /* bytes that the disk has */
	int lost; /* -errno, where it did not take them */
	struct blob *next; /* among those the sweep is to remove */
};

static void blob_move(struct blob *b, enum blob_state to)
{
	if (!(blob_moves[b->state] & TO(to)))
		abort();
	b->state = to;
}

/* --- staging ------------------------------------------------------------------------------- */

static int open_staged(struct blob *b)
{
	int staging_fd = b->catalog->place.staging_fd;
	char name[IPC_ID_TEXT_SIZE];

	if (b->store->nameless)
		b->fd = openat(staging_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	else
		b->fd = openat(staging_fd, ipc_id_text(&b->id, name),
			       O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (b->fd < 0)
		return -errno;
	b->named = !b->store->nameless;
	return 0;
}

int blob_begin(struct store *s, const struct ipc_id *tenant, uint64_t bytes, struct blob **ret)
{
	_cleanup_(blob_dropp) struct blob *b = NULL;
	int r;

	r = room_check(&s->room, bytes);
	if (r != 0)
		return r;
	b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	b->state = BLOB_STAGED;
	b->store = s;
	b->fd = -1;
	id_make(&b->id);
	r = catalog_get(&s->catalogs, tenant, false, &b->catalog);
	if (r < 0)
		return r == -ENOENT ? S3_ERROR_NO_SUCH_BUCKET : r;
	/* From here on, so that a name in staging/ is known to be in use. */
	r = catalog_add_young(b->catalog, &b->id);
	if (r != 0)
		return r;
	b->young = true;
	r = open_staged(b);
	if (r < 0)
		return r == -ENOSPC || r == -EDQUOT ? S3_ERROR_INSUFFICIENT_STORAGE : r;
	*ret = steal_ptr(b);
	return 0;
}

int blob_fd(const struct blob *b)
{
	return b->fd;
}

const struct ipc_id *blob_id(const struct blob *b)
{
	return &b->id;
}

/* --- finishing ----------------------------------------------------------------------------- */

void blob_write_back(struct blob *b, uint64_t len)
{
	if (b->lost || len <= b->written)
		return;
	b->lost = sluice_write_back(&b->store->sluice, &b->catalog->tenant, b->fd, b->written, len);
	b->written = len;
}

/* What is short goes with the flush: it is no more than a step. */
static int write_rest(struct blob *b)
{
	struct stat st;

	if (fstat(b->fd, &st) < 0)
		return -errno;
	if (b->store->durable.durability == DURABILITY_FULL &&
	    (uint64_t)st.st_size > b->written + SLUICE_SHORT_STEP)
		blob_write_back(b, (uint64_t)st.st_size);
	/* Told once, and a flush does not tell it again. */
	return b->lost;
}

static int give_name(struct blob *b, int shard_fd)
{
	const struct durable *d = &b->store->durable;
	char name[IPC_ID_TEXT_SIZE];
	int r;

	ipc_id_text(&b->id, name);
	if (b->named)
		r = durable_rename_blob(d, b->catalog->place.staging_fd, shard_fd, name);
	else
		r = durable_link_blob(d, b->fd, shard_fd, name);
	/*
	 * Also where it failed, for it may have failed half-way; but a name that was there is
	 * another's, and must not be taken away.
	 */
	if (r != -EEXIST)
		blob_move(b, BLOB_LINKED);
	return r;
}

int blob_finish(struct blob *b)
{
	const struct durable *d = &b->store->durable;
	_cleanup_(fd_closep) int shard_fd = -1;
	int r;

	r = write_rest(b);
	if (r == 0)
		r = durable_flush_blob(d, b->fd);
	if (r == 0)
		r = catalog_open_shard(b->catalog, &b->id, true, &shard_fd);
	if (r == 0)
		r = give_name(b, shard_fd);
	if (r == 0)
		r = durable_flush_blob_directory(d, shard_fd);
	if (r == -EIO)
		store_fail_catalog(b->store, b->catalog);
	if (r < 0)
		return r;
	b->fd = fd_close(b->fd);
	durable_step(d, DURABLE_BLOB_READY);
	return 0;
}

/* --- the end ------------------------------------------------------------------------------- */

static void blob_free(struct blob *b)
{
	b->fd = fd_close(b->fd);
	if (b->young)
		catalog_remove_young(b->catalog, &b->id);
	catalog_put(b->catalog);
	free(b);
}

struct blob *blob_drop(struct blob *b)
{
	if (!b)
		return NULL;
	/* Closing a nameless file or taking a name away frees its space, which may take long. */
	if (b->fd >= 0 || b->state == BLOB_LINKED)
		sweep_take_blob(&b->store->sweep, b);
	else
		blob_free(b);
	return NULL;
}

struct blob *blob_next(struct blob *b, struct blob *next)
{
	struct blob *before = b->next;

	b->next = next;
	return before;
}

static int take_name_away(struct blob *b)
{
	const struct durable *d = &b->store->durable;
	_cleanup_(fd_closep) int shard_fd = -1;
	char name[IPC_ID_TEXT_SIZE];
	int r = 0;

	ipc_id_text(&b->id, name);
	if (b->named)
		r = durable_unlink_blob(d, b->catalog->place.staging_fd, name);
	if (r < 0 || b->state != BLOB_LINKED)
		return r;
	r = catalog_open_shard(b->catalog, &b->id, false, &shard_fd);
	if (r == 0)
		r = durable_unlink_blob(d, shard_fd, name);
	/* The directory went, with all in it, where its tenant did. */
	return r == -ENOENT ? 0 : r;
}

/* On an error a file is left that is in no catalog: the sweep of the next start finds it. */
void blob_remove(struct blob *b)
{
	char name[IPC_ID_TEXT_SIZE];
	int r = take_name_away(b);

	if (r < 0)
		log_warning("blob-left blob=%s error=%d", ipc_id_text(&b->id, name), -r);
	blob_move(b, BLOB_GONE);
	blob_free(b);
}

struct blob *blob_keep(struct blob *b)
{
	if (!b)
		return NULL;
	blob_move(b, BLOB_KEPT);
	blob_free(b);
	return NULL;
}

/*
 * It stays young for the rest of this process: were it not, the sweep could take it for an orphan
 * while the catalog, whose last commit is uncertain, does refer to it.
 */
struct blob *blob_leave(struct blob *b)
{
	if (!b)
		return NULL;
	b->young = false;
	return blob_keep(b);
}
