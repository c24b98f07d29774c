/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/restoration.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "stored/engine/catalog_check.h"
#include "stored/engine/engine.h"
#include "stored/engine/restoring.h"

#define PIECE (256 * KIB)

/* So many names that are taken are told; the others are counted. */
#define TOLD_MAX 4

enum restoration_state {
	RESTORATION_TAKING, /* blobs come in */
	RESTORATION_WHOLE, /* all are there */
	RESTORATION_ADOPTING, /* the catalog is being given its name */
	RESTORATION_ADOPTED, /* the tenant has its catalog */
	RESTORATION_STATES,
};

#define TO(state) (1u << (state))

static const uint8_t restoration_moves[RESTORATION_STATES] = {
	[RESTORATION_TAKING] = TO(RESTORATION_WHOLE),
	[RESTORATION_WHOLE] = TO(RESTORATION_WHOLE) | TO(RESTORATION_ADOPTING),
	[RESTORATION_ADOPTING] = TO(RESTORATION_WHOLE) | TO(RESTORATION_ADOPTED),
};

struct restoration {
	struct store *store;
	struct ipc_id tenant;
	const _Atomic bool *stop;
	struct restoration *next; /* under the lock of all */
	struct place place;
	int directory_fd;
	struct database *writer; /* so that readers have one; nobody writes */
	struct database_pool readers;
	struct buffer names; /* each behind its length, in a byte */
	pthread_mutex_t lock; /* of these: */
	enum restoration_state state;
	unsigned int n_taking; /* blobs, now */
	uint8_t shards_made[PLACE_SHARDS / 8];
};

#define NAMES_MAX (RESTORATION_BUCKETS_MAX * 64)

/* Whoever is still at it has the databases in his hands. */
static bool restoration_move(struct restoration *r, enum restoration_state to)
{
	bool may;

	pthread_mutex_lock(&r->lock);
	may = !r->n_taking && restoration_moves[r->state] & TO(to);
	if (may)
		r->state = to;
	pthread_mutex_unlock(&r->lock);
	return may;
}

static int say(char detail[static RESTORATION_DETAIL_MAX], enum s3_error error,
	       const char *sentence)
{
	snprintf(detail, RESTORATION_DETAIL_MAX, "%s", sentence);
	return (int)error;
}

/* --- those under way ------------------------------------------------------------------------- */

static bool enter(struct restoration *r)
{
	struct restorations *all = &r->store->restorations;
	const struct restoration *other;

	pthread_mutex_lock(&all->lock);
	for (other = all->first; other && !ipc_id_equal(&other->tenant, &r->tenant);)
		other = other->next;
	if (!other) {
		r->next = all->first;
		all->first = r;
	}
	pthread_mutex_unlock(&all->lock);
	return !other;
}

static void leave(struct restoration *r)
{
	struct restorations *all = &r->store->restorations;
	struct restoration **at = &all->first;

	pthread_mutex_lock(&all->lock);
	while (*at && *at != r)
		at = &(*at)->next;
	if (*at)
		*at = r->next;
	pthread_mutex_unlock(&all->lock);
}

static void close_databases(struct restoration *r)
{
	if (r->writer)
		database_pool_clear(&r->readers);
	r->writer = database_close(r->writer);
}

struct restoration *restoration_free(struct restoration *r)
{
	if (!r)
		return NULL;
	close_databases(r);
	leave(r);
	r->directory_fd = fd_close(r->directory_fd);
	place_close(&r->place);
	buffer_clear(&r->names);
	pthread_mutex_destroy(&r->lock);
	free(r);
	return NULL;
}

/* --- bytes from outside ---------------------------------------------------------------------- */

static bool is_file(int fd, uint64_t *ret_length)
{
	int flags = fcntl(fd, F_GETFL);
	struct stat st;

	if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY || fstat(fd, &st) < 0 ||
	    !S_ISREG(st.st_mode))
		return false;
	*ret_length = (uint64_t)st.st_size;
	return true;
}

/* So many bytes, which may change while they are read: what is looked at is what was written. */
static int copy_bytes(const struct restoration *r, int from, uint64_t length, int to,
		      struct checksum *sum)
{
	_cleanup_(freep) uint8_t *piece = malloc(PIECE);
	uint64_t at = 0;
	int e = piece ? 0 : -ENOMEM;

	while (e == 0 && at < length) {
		struct span bytes = { piece, (size_t)MIN(PIECE, length - at) };

		e = *r->stop ? -ECANCELED : fd_pread_all(from, piece, bytes.len, at);
		if (e == 0 && sum)
			e = checksum_update(sum, bytes);
		if (e == 0)
			e = fd_write_all(to, bytes);
		at += bytes.len;
	}
	return e;
}

/* --- the catalog ----------------------------------------------------------------------------- */

static int path_of_catalog(const struct restoration *r, char buf[static PATH_MAX])
{
	char name[IPC_ID_TEXT_SIZE];
	int n = snprintf(buf, PATH_MAX, "%s/%s/" RESTORING_DIRECTORY "/catalog.db",
			 r->store->tenants_path, ipc_id_text(&r->tenant, name));

	return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* What an earlier attempt has left, the files of its database among them. */
static int clear_directory(const struct restoration *r)
{
	_cleanup_(fd_closedirp) DIR *d = NULL;
	const struct dirent *entry;
	int e = fd_open_directory(r->directory_fd, ".", &d);

	while (e == 0 && (entry = readdir(d)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			e = durable_unlink_blob(&r->store->durable, r->directory_fd, entry->d_name);
	return e;
}

static int open_place(struct restoration *r)
{
	const struct durable *d = &r->store->durable;
	int e = place_open(r->store->tenants_fd, &r->tenant, true, d, &r->place);

	if (e == 0)
		e = durable_make_directory(d, r->place.directory_fd, RESTORING_DIRECTORY,
					   &r->directory_fd);
	return e;
}

static int take_catalog(struct restoration *r, int from, char detail[static RESTORATION_DETAIL_MAX])
{
	_cleanup_(fd_closep) int fd = -1;
	uint64_t length;
	int e;

	if (!is_file(from, &length))
		return say(detail, S3_ERROR_INVALID_REQUEST, "The catalog is no regular file.");
	e = room_check(&r->store->room, length);
	if (e == 0)
		e = clear_directory(r);
	if (e)
		return e;
	fd = openat(r->directory_fd, "catalog.db",
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	e = copy_bytes(r, from, length, fd, NULL);
	/* SQLite flushes what it writes itself, which may be nothing. */
	return e == 0 ? durable_flush_blob(&r->store->durable, fd) : e;
}

static int list_names(struct restoration *r)
{
	_cleanup_(query_end) struct query q = query_begin(r->writer, CATALOG_LIST_BUCKETS_USAGE);
	int e;

	while ((e = query_step(&q)) == 1) {
		struct span name = query_column_bytes(&q, 0);

		wire_put_u8(&r->names, (uint8_t)name.len);
		wire_put_raw(&r->names, name.data, name.len);
	}
	return e ? e : buffer_error(&r->names);
}

static int open_databases(struct restoration *r, const char *path)
{
	const struct durable *d = &r->store->durable;
	int e = database_open(path, DATABASE_WRITER, d, catalog_statements, &r->writer);

	if (e == 0)
		e = database_pool_init(&r->readers, path, d, catalog_statements);
	return e == 0 ? list_names(r) : e;
}

/* --- names ----------------------------------------------------------------------------------- */

struct span restoration_next_bucket(const struct restoration *r, size_t *at)
{
	struct span all = buffer_span(&r->names);
	size_t len;

	if (*at >= all.len)
		return SPAN_NONE;
	len = span_bytes(all)[*at];
	*at += 1 + len;
	return (struct span){ span_bytes(all) + *at - len, len };
}

/* 1: another tenant has a bucket of that name. */
static int is_taken(struct restoration *r, struct span name)
{
	struct ipc_id other;
	int e = bucket_index_find(&r->store->index, name, &other);

	if (e <= 0 || ipc_id_equal(&other, &r->tenant))
		return e < 0 ? e : 0;
	return store_has_bucket(r->store, &other, name);
}

/* It is looked again when the names are claimed: this is to tell it before all the blobs have come.
 */
static int check_names(struct restoration *r, char detail[static RESTORATION_DETAIL_MAX])
{
	struct buffer told = BUFFER_INIT(RESTORATION_DETAIL_MAX - 1);
	size_t at = 0, n = 0;
	struct span name;
	int e = 0;

	buffer_append_string(&told, "Others have buckets of these names:");
	while (e >= 0 && !span_is_none(name = restoration_next_bucket(r, &at))) {
		e = is_taken(r, name);
		if (e == 1 && n++ < TOLD_MAX)
			buffer_printf(&told, "%s %.*s", n > 1 ? "," : "", (int)name.len,
				      (const char *)name.data);
	}
	if (n > TOLD_MAX)
		buffer_printf(&told, " and %zu more", n - TOLD_MAX);
	if (e >= 0 && n)
		snprintf(detail, RESTORATION_DETAIL_MAX, "%.*s.", (int)told.len,
			 (const char *)buffer_span(&told).data);
	buffer_clear(&told);
	return e < 0 ? e : n ? S3_ERROR_BUCKET_ALREADY_EXISTS : 0;
}

/* --- beginning ------------------------------------------------------------------------------- */

static struct restoration *restoration_new(struct store *s, const struct restoration_terms *t)
{
	struct restoration *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->store = s;
	r->tenant = t->tenant;
	r->stop = t->stop;
	r->place = PLACE_NONE;
	r->directory_fd = -1;
	r->names = BUFFER_INIT(NAMES_MAX);
	pthread_mutex_init(&r->lock, NULL);
	return r;
}

static int begin(struct restoration *r, const struct restoration_terms *t,
		 char detail[static RESTORATION_DETAIL_MAX])
{
	const char *fault = NULL;
	char path[PATH_MAX];
	int e;

	if (!enter(r))
		return say(detail, S3_ERROR_CONDITIONAL_REQUEST_CONFLICT,
			   "Another restoration of this tenant is under way.");
	e = catalogs_bar(&r->store->catalogs, &r->tenant, t->resumes);
	if (e == -EEXIST)
		return say(detail, S3_ERROR_BUCKET_NOT_EMPTY, "The tenant has something already.");
	if (e == -ENODATA)
		return say(detail, S3_ERROR_BUCKET_NOT_EMPTY,
			   "The tenant was there before, and is not being restored.");
	if (e == 0)
		e = path_of_catalog(r, path);
	if (e == 0)
		e = open_place(r);
	if (e == 0)
		e = take_catalog(r, t->catalog_fd, detail);
	if (e == 0)
		e = catalog_check(path, &r->store->durable, t, &fault);
	if (e > 0 && fault)
		return say(detail, (enum s3_error)e, fault);
	if (e == 0)
		e = open_databases(r, path);
	return e == 0 ? check_names(r, detail) : e;
}

int store_begin_restoration(struct store *s, const struct restoration_terms *t,
			    char detail[static RESTORATION_DETAIL_MAX], struct restoration **ret)
{
	_cleanup_(restoration_freep) struct restoration *r = restoration_new(s, t);
	int e;

	detail[0] = '\0';
	if (!r)
		return -ENOMEM;
	e = begin(r, t, detail);
	if (e == 0)
		*ret = steal_ptr(r);
	return e == -ENOSPC || e == -EDQUOT ? S3_ERROR_INSUFFICIENT_STORAGE : e;
}

/* --- blobs ----------------------------------------------------------------------------------- */

struct wanted {
	struct ipc_id id;
	uint64_t length;
	struct checksum_value sum;
};

static int find_wanted(struct restoration *r, struct wanted *w)
{
	struct database *db;
	int e = database_pool_take(&r->readers, &db), k = 0;

	if (e < 0)
		return e;
	struct query q = query_begin(db, CATALOG_FIND_BLOB);

	query_bytes(&q, (struct span){ w->id.bytes, sizeof(w->id.bytes) });
	e = query_step(&q);
	if (e == 1) {
		w->length = query_column_number(&q, 0);
		w->sum.algorithm = CHECKSUM_CRC64NVME;
		k = query_column_copy(&q, 1, w->sum.bytes, checksum_rows[CHECKSUM_CRC64NVME].len);
	}
	query_end(&q);
	database_pool_give(&r->readers, db);
	return e < 0 ? e : e == 0 ? S3_ERROR_NO_SUCH_KEY : k;
}

/* The first makes the directory and flushes its name, also where it is there; and the names in it:
 * an earlier attempt may have died before it did. */
static int open_shard(struct restoration *r, const struct ipc_id *blob, int *ret_fd)
{
	uint8_t shard = blob->bytes[0], bit = (uint8_t)(1u << (shard % 8));
	const struct durable *d = &r->store->durable;
	_cleanup_(fd_closep) int fd = -1;
	bool made;
	int e;

	pthread_mutex_lock(&r->lock);
	made = r->shards_made[shard / 8] & bit;
	pthread_mutex_unlock(&r->lock);
	e = place_open_shard(&r->place, blob, !made, d, &fd);
	if (e == 0 && !made)
		e = durable_flush_blob_directory(d, fd);
	if (e < 0)
		return e;
	pthread_mutex_lock(&r->lock);
	r->shards_made[shard / 8] |= bit;
	pthread_mutex_unlock(&r->lock);
	*ret_fd = steal_fd(fd);
	return 0;
}

/* What has a name was held against its row, and is on the disk. */
static bool is_there(int shard_fd, const struct wanted *w)
{
	char name[IPC_ID_TEXT_SIZE];
	struct stat st;

	return fstatat(shard_fd, ipc_id_text(&w->id, name), &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode) && (uint64_t)st.st_size == w->length;
}

static int copy_blob(struct restoration *r, const struct wanted *w, int from, int to)
{
	_cleanup_(checksum_freep) struct checksum *sum = NULL;
	struct checksum_value found;
	uint64_t length;
	int e;

	if (!is_file(from, &length) || length != w->length)
		return S3_ERROR_BAD_DIGEST;
	e = checksum_new(CHECKSUM_CRC64NVME, &sum);
	if (e == 0)
		e = copy_bytes(r, from, length, to, sum);
	if (e == 0)
		e = checksum_finish(sum, &found);
	if (e == 0 && !checksum_equal(&found, &w->sum))
		return S3_ERROR_BAD_DIGEST;
	return e == -ENODATA ? S3_ERROR_BAD_DIGEST : e;
}

/* In staging/ under a name of its own only where the file system has no others. */
static int stage(struct restoration *r, const struct wanted *w, int from, int shard_fd)
{
	const struct durable *d = &r->store->durable;
	int staging_fd = r->place.staging_fd, e;
	_cleanup_(fd_closep) int fd = -1;
	char name[IPC_ID_TEXT_SIZE];

	ipc_id_text(&w->id, name);
	if (r->store->nameless)
		fd = openat(staging_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	else
		fd = openat(staging_fd, name, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
			    0600);
	if (fd < 0)
		return -errno;
	e = copy_blob(r, w, from, fd);
	if (e == 0)
		e = durable_flush_blob(d, fd);
	if (e == 0)
		e = r->store->nameless ? durable_link_blob(d, fd, shard_fd, name)
				       : durable_rename_blob(d, staging_fd, shard_fd, name);
	return e == 0 ? durable_flush_blob_directory(d, shard_fd) : e;
}

/* False where it takes none any more. */
static bool begin_taking(struct restoration *r)
{
	bool taking;

	pthread_mutex_lock(&r->lock);
	taking = r->state == RESTORATION_TAKING;
	r->n_taking += taking;
	pthread_mutex_unlock(&r->lock);
	return taking;
}

static void end_taking(struct restoration *r)
{
	pthread_mutex_lock(&r->lock);
	r->n_taking--;
	pthread_mutex_unlock(&r->lock);
}

static int take_blob(struct restoration *r, struct wanted w, int fd)
{
	_cleanup_(fd_closep) int shard_fd = -1;
	char name[IPC_ID_TEXT_SIZE];
	int e = find_wanted(r, &w);

	if (e == 0)
		e = open_shard(r, &w.id, &shard_fd);
	if (e || is_there(shard_fd, &w))
		return e;
	e = room_check(&r->store->room, w.length);
	/* Of another length: only whoever had the directory in his hands can have put it there. */
	if (e == 0)
		e = durable_unlink_blob(&r->store->durable, shard_fd, ipc_id_text(&w.id, name));
	if (e == 0)
		e = stage(r, &w, fd, shard_fd);
	if (e == -EEXIST)
		e = is_there(shard_fd, &w) ? 0 : S3_ERROR_CONDITIONAL_REQUEST_CONFLICT;
	return e;
}

int restoration_take_blob(struct restoration *r, const struct ipc_id *blob, int fd)
{
	int e;

	if (!begin_taking(r))
		return S3_ERROR_INVALID_REQUEST;
	e = take_blob(r, (struct wanted){ .id = *blob }, fd);
	end_taking(r);
	return e == -ENOSPC || e == -EDQUOT ? S3_ERROR_INSUFFICIENT_STORAGE : e;
}

/* --- the end --------------------------------------------------------------------------------- */

/* Blobs come by their ids, and so each directory once. */
static int check_presence(struct restoration *r)
{
	_cleanup_(query_end) struct query q = query_begin(r->writer, CATALOG_LIST_BLOBS);
	_cleanup_(fd_closep) int shard_fd = -1;
	struct wanted w;
	int shard = -1, e, k = 0;

	while (k == 0 && (e = query_step(&q)) == 1) {
		k = *r->stop ? -ECANCELED
			     : query_column_copy(&q, 0, w.id.bytes, sizeof(w.id.bytes));
		w.length = query_column_number(&q, 1);
		if (k == 0 && w.id.bytes[0] != shard) {
			shard_fd = fd_close(shard_fd);
			shard = w.id.bytes[0];
			k = open_shard(r, &w.id, &shard_fd);
		}
		if (k == 0 && !is_there(shard_fd, &w))
			k = S3_ERROR_INVALID_REQUEST;
	}
	return k ? k : e;
}

int restoration_finish(struct restoration *r)
{
	int e = 0;

	if (begin_taking(r)) {
		e = check_presence(r);
		end_taking(r);
	}
	if (e)
		return e;
	return restoration_move(r, RESTORATION_WHOLE) ? 0 : S3_ERROR_INVALID_REQUEST;
}

/* The catalog gets its name without its log, which must be in it by then. */
static int finish_databases(struct restoration *r)
{
	int e = 0;

	/* An earlier attempt has done it. */
	if (!r->writer)
		return 0;
	database_pool_clear(&r->readers);
	e = database_checkpoint(r->writer, true);
	if (e == 0)
		r->writer = database_close(r->writer);
	return e;
}

int restoration_adopt(struct restoration *r)
{
	struct store *s = r->store;
	int e;

	if (!restoration_move(r, RESTORATION_ADOPTING))
		return S3_ERROR_INVALID_REQUEST;
	e = finish_databases(r);
	commits_begin_all(&s->commits, &r->tenant);
	if (e == 0)
		e = catalogs_adopt(&s->catalogs, &r->tenant, r->directory_fd);
	commits_end_all(&s->commits, &r->tenant);
	if (e == 0)
		(void)!durable_remove_directory(&s->durable, r->place.directory_fd,
						RESTORING_DIRECTORY);
	(void)restoration_move(r, e == 0 ? RESTORATION_ADOPTED : RESTORATION_WHOLE);
	return e;
}
