/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/snapshot.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "s3/encoding.h"
#include "stored/engine/database_copy.h"
#include "stored/engine/engine.h"
#include "stored/engine/reading.h"

#define CRC_LEN 8

struct snapshot {
	struct store *store;
	struct catalog *catalog; /* a reference, and a hold */
};

/* One that is being taken. */
struct taking {
	struct snapshot *snapshot;
	struct reading reading;
	const _Atomic bool *stop;
	struct ipc_id names[SNAPSHOT_FILES]; /* in staging/ */
};

/* --- files ----------------------------------------------------------------------------------- */

static int staging_of(const struct taking *t)
{
	return t->snapshot->catalog->place.staging_fd;
}

/* What is there under a name of ours loses it, and is read-only from then on. */
static int take_file(const struct taking *t, enum snapshot_files which, struct snapshot_file *ret)
{
	_cleanup_(fd_closep) int fd = -1;
	char name[IPC_ID_TEXT_SIZE];
	struct stat st;

	fd = openat(staging_of(t), ipc_id_text(&t->names[which], name),
		    O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	*ret = (struct snapshot_file){ steal_fd(fd), (uint64_t)st.st_size };
	return 0;
}

/* Their descriptors are all that is needed of them; after a crash the sweep takes them for orphans.
 */
static void unname(const struct taking *t)
{
	char name[IPC_ID_TEXT_SIZE];

	for (size_t i = 0; i < SNAPSHOT_FILES; i++)
		(void)!durable_unlink_blob(&t->snapshot->store->durable, staging_of(t),
					   ipc_id_text(&t->names[i], name));
}

/* --- the catalog ----------------------------------------------------------------------------- */

static int may_go_on(void *context)
{
	struct taking *t = context;

	return *t->stop ? -ECANCELED : room_check(&t->snapshot->store->room, 0);
}

static int copy_catalog(struct taking *t)
{
	struct catalog *c = t->snapshot->catalog;
	char path[PATH_MAX], tenant[IPC_ID_TEXT_SIZE], name[IPC_ID_TEXT_SIZE];
	int n = snprintf(path, sizeof(path), "%s/%s/staging/%s", t->snapshot->store->tenants_path,
			 ipc_id_text(&c->tenant, tenant),
			 ipc_id_text(&t->names[SNAPSHOT_CATALOG], name));

	if (n >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return database_copy(t->reading.db, path, may_go_on, t);
}

/* --- the list -------------------------------------------------------------------------------- */

static int write_buckets(struct taking *t, FILE *to)
{
	_cleanup_(query_end) struct query q =
		query_begin(t->reading.db, CATALOG_LIST_BUCKETS_USAGE);
	int r;

	while ((r = query_step(&q)) == 1) {
		struct span name = query_column_bytes(&q, 0);

		fprintf(to, "bucket %.*s", (int)name.len, (const char *)name.data);
		for (int i = 1; i <= 4; i++)
			fprintf(to, " %" PRIu64, query_column_number(&q, i));
		fputc('\n', to);
	}
	return r;
}

static int write_blobs(struct taking *t, FILE *to)
{
	_cleanup_(query_end) struct query q = query_begin(t->reading.db, CATALOG_LIST_BLOBS);
	char id[IPC_ID_TEXT_SIZE], crc[2 * CRC_LEN + 1];
	struct ipc_id blob;
	uint8_t sum[CRC_LEN];
	int r, k;

	while ((r = query_step(&q)) == 1) {
		k = query_column_copy(&q, 0, blob.bytes, sizeof(blob.bytes));
		if (k == 0)
			k = query_column_copy(&q, 2, sum, sizeof(sum));
		if (k == 0 && ferror(to))
			k = -ENOSPC;
		if (k == 0)
			k = may_go_on(t);
		if (k)
			return k;
		fprintf(to, "blob %s %" PRIu64 " %s\n", ipc_id_text(&blob, id),
			query_column_number(&q, 1),
			hex_encode((struct span){ sum, sizeof(sum) }, crc));
	}
	return r;
}

static int write_list(struct taking *t)
{
	_cleanup_(fd_fclosep) FILE *to = NULL;
	char name[IPC_ID_TEXT_SIZE];
	int fd, r;

	fd = openat(staging_of(t), ipc_id_text(&t->names[SNAPSHOT_LIST], name),
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	to = fdopen(fd, "w");
	if (!to) {
		fd_close(fd);
		return -ENOMEM;
	}
	r = write_buckets(t, to);
	if (r == 0)
		r = write_blobs(t, to);
	if (r == 0 && fflush(to) != 0)
		r = -errno;
	return r;
}

/* --- what is under way ----------------------------------------------------------------------- */

struct arrival {
	pthread_mutex_t lock;
	pthread_cond_t arrived;
	bool has_arrived;
};

static void arrive(struct change *c)
{
	struct arrival *a = c->context;

	pthread_mutex_lock(&a->lock);
	a->has_arrived = true;
	pthread_cond_signal(&a->arrived);
	pthread_mutex_unlock(&a->lock);
}

/*
 * A change of nothing, whatever becomes of it, behind all that the tenant's catalog was to be
 * changed by: what clients are told of these, the copy has. Of a suspended tenant no others come.
 */
static int wait_for_changes(struct snapshot *s)
{
	struct arrival a = { .lock = PTHREAD_MUTEX_INITIALIZER,
			     .arrived = PTHREAD_COND_INITIALIZER };
	_cleanup_(change_freep) struct change *c = NULL;
	int r = change_new(CHANGE_FORGET_DEAD, &s->catalog->tenant, SPAN_NONE, SPAN_NONE, &c);

	if (r < 0)
		return r;
	c->context = &a;
	c->done = arrive;
	r = store_submit(s->store, c);
	if (r != 0)
		return r;
	pthread_mutex_lock(&a.lock);
	while (!a.has_arrived)
		pthread_cond_wait(&a.arrived, &a.lock);
	pthread_mutex_unlock(&a.lock);
	return 0;
}

/* --- both ------------------------------------------------------------------------------------ */

static int write_files(struct taking *t)
{
	struct snapshot *s = t->snapshot;
	int r = reading_begin_in(s->store, s->catalog, false, &t->reading);

	/* The moment is that of the first read. What is in it is held already. */
	if (r == 0)
		r = write_list(t);
	if (r == 0)
		r = copy_catalog(t);
	reading_end(&t->reading);
	return r;
}

static int take_files(struct taking *t, struct snapshot_file files[static SNAPSHOT_FILES])
{
	struct snapshot_file taken[SNAPSHOT_FILES] = { { .fd = -1 }, { .fd = -1 } };
	int r;

	r = take_file(t, SNAPSHOT_CATALOG, &taken[SNAPSHOT_CATALOG]);
	if (r == 0)
		r = take_file(t, SNAPSHOT_LIST, &taken[SNAPSHOT_LIST]);
	if (r == 0) {
		memcpy(files, taken, sizeof(taken));
		return 0;
	}
	fd_close(taken[SNAPSHOT_CATALOG].fd);
	return r;
}

static int open_catalog(struct store *s, const struct ipc_id *tenant, struct snapshot *snapshot)
{
	int r = catalog_get(&s->catalogs, tenant, true, &snapshot->catalog);

	if (r < 0)
		return r == -EBUSY ? S3_ERROR_SERVICE_UNAVAILABLE : r;
	catalog_hold(snapshot->catalog, clock_boottime_ns() + SNAPSHOT_LIFE_NS);
	return 0;
}

int store_take_snapshot(struct store *s, const struct ipc_id *tenant, const _Atomic bool *stop,
			struct snapshot_file files[static SNAPSHOT_FILES], struct snapshot **ret)
{
	_cleanup_(snapshot_freep) struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	struct taking t = { .snapshot = snapshot, .stop = stop };
	int r;

	if (!snapshot)
		return -ENOMEM;
	snapshot->store = s;
	r = open_catalog(s, tenant, snapshot);
	if (r)
		return r;
	r = wait_for_changes(snapshot);
	if (r)
		return r;
	for (size_t i = 0; i < SNAPSHOT_FILES; i++)
		id_make(&t.names[i]);
	atomic_fetch_add(&snapshot->catalog->n_copies, 1);
	r = write_files(&t);
	atomic_fetch_sub(&snapshot->catalog->n_copies, 1);
	if (r == 0)
		r = take_files(&t, files);
	unname(&t);
	if (r == -ENOSPC || r == -EDQUOT)
		r = S3_ERROR_INSUFFICIENT_STORAGE;
	if (r == 0)
		*ret = steal_ptr(snapshot);
	return r;
}

/* --- blobs ----------------------------------------------------------------------------------- */

int snapshot_open_blob(struct snapshot *s, const struct ipc_id *blob, int *ret_fd,
		       uint64_t *ret_length)
{
	_cleanup_(fd_closep) int fd = -1;
	struct stat st;
	int r = catalog_knows_blob(s->catalog, blob);

	/* One that is in no row is not the tenant's yet, or not any more. */
	if (r <= 0)
		return r < 0 ? r : S3_ERROR_NO_SUCH_KEY;
	r = place_open_blob(&s->catalog->place, blob, &fd);
	if (r == 0 && fstat(fd, &st) < 0)
		r = -errno;
	if (r < 0)
		return r == -ENOENT ? S3_ERROR_NO_SUCH_KEY : r;
	*ret_fd = steal_fd(fd);
	*ret_length = (uint64_t)st.st_size;
	return 0;
}

struct snapshot *snapshot_free(struct snapshot *s)
{
	if (!s)
		return NULL;
	if (s->catalog && catalog_let_go(s->catalog))
		sweep_tell_of_dead(&s->store->sweep, &s->catalog->tenant);
	catalog_put(s->catalog);
	free(s);
	return NULL;
}
