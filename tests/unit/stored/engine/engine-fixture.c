/* SPDX-License-Identifier: Apache-2.0 */
#include "engine-fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

/* --- life ---------------------------------------------------------------------------------- */

void fixture_init(struct fixture *f)
{
	const char *where = getenv("TMPDIR");

	*f = (struct fixture){ 0 };
	snprintf(f->directory, sizeof(f->directory), "%s/coffer-engine-XXXXXX",
		 where ? where : "/tmp");
	assert(mkdtemp(f->directory));
	f->config = (struct store_config){
		.data_dir = f->directory,
		.committers = 2,
		.floor_bytes = 1,
		/* Tests that want the sweep call it. */
		.sweep_delay_s = 3600,
	};
	memset(f->tenant.bytes, 0x11, sizeof(f->tenant.bytes));
}

struct ipc_id other_tenant(void)
{
	struct ipc_id id;

	memset(id.bytes, 0x22, sizeof(id.bytes));
	return id;
}

void fixture_open(struct fixture *f)
{
	assert(store_open(&f->config, &f->store) == 0);
	assert(store_start(f->store) == 0);
}

void fixture_close(struct fixture *f)
{
	f->store = store_close(f->store);
}

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	return remove(path);
}

void fixture_remove(struct fixture *f)
{
	assert(nftw(f->directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0);
}

void fixture_begin(struct fixture *f)
{
	fixture_init(f);
	fixture_open(f);
	assert(create_bucket(f, "bucket") == 0);
}

void fixture_end(struct fixture *f)
{
	fixture_close(f);
	fixture_remove(f);
}

void fixture_sql(struct fixture *f, const struct ipc_id *tenant, const char *sql)
{
	char path[128], id[IPC_ID_TEXT_SIZE];
	sqlite3 *db;

	assert(!f->store);
	snprintf(path, sizeof(path), "%s/tenants/%s/catalog.db", f->directory,
		 ipc_id_text(tenant, id));
	assert(sqlite3_open(path, &db) == SQLITE_OK);
	assert(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_close(db);
}

static char *read_text(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	assert(file && getdelim(&text, &size, '\0', file) > 0);
	fclose(file);
	return text;
}

void fixture_prepare_from(struct fixture *f, const char *dump)
{
	_cleanup_(freep) char *sql = read_text(dump);

	fixture_begin(f);
	assert(delete_bucket(f, "bucket") == 0);
	fixture_close(f);
	fixture_sql(f, &f->tenant,
		    "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema;"
		    "PRAGMA writable_schema = OFF; VACUUM; PRAGMA user_version = 0");
	fixture_sql(f, &f->tenant, sql);
}

void fixture_begin_from(struct fixture *f, const char *dump)
{
	fixture_prepare_from(f, dump);
	fixture_open(f);
}

/* --- changes ------------------------------------------------------------------------------- */

struct waiter {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool done;
};

static void wake_waiter(struct change *c)
{
	struct waiter *w = c->context;

	pthread_mutex_lock(&w->lock);
	w->done = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

int submit(struct fixture *f, struct change *c)
{
	struct waiter w = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };

	c->context = &w;
	c->done = wake_waiter;
	assert(store_submit(f->store, c) == 0);
	pthread_mutex_lock(&w.lock);
	while (!w.done)
		pthread_cond_wait(&w.wake, &w.lock);
	pthread_mutex_unlock(&w.lock);
	return c->result;
}

struct change *new_change(struct fixture *f, enum change_kind kind, const char *key)
{
	struct change *c;

	assert(change_new(kind, &f->tenant, SPAN("bucket"), span_from_string(key), &c) == 0);
	return c;
}

static int submit_and_free(struct fixture *f, struct change *c)
{
	int r = submit(f, c);

	change_free(c);
	return r;
}

void fill(uint8_t *to, size_t len, unsigned int number)
{
	uint8_t seed[randombytes_SEEDBYTES] = { 0 };

	memcpy(seed, &number, sizeof(number));
	randombytes_buf_deterministic(to, len, seed);
}

void describe_data(struct change_data *d, struct span bytes)
{
	struct checksum_value v;
	struct checksum *c;
	unsigned int len;

	assert(EVP_Digest(bytes.data, bytes.len, d->md5, &len, EVP_md5(), NULL) && len == 16);
	assert(checksum_new(CHECKSUM_CRC64NVME, &c) == 0);
	assert(checksum_update(c, bytes) == 0);
	assert(checksum_finish(c, &v) == 0);
	checksum_free(c);
	memcpy(d->crc64nvme, v.bytes, sizeof(d->crc64nvme));
	d->size = bytes.len;
}

struct blob *make_blob(struct fixture *f, struct span bytes)
{
	struct blob *b;

	assert(blob_begin(f->store, &f->tenant, bytes.len, &b) == 0);
	assert(fd_write_all(blob_fd(b), bytes) == 0);
	assert(blob_finish(b) == 0);
	return b;
}

static int bucket_change(struct fixture *f, enum change_kind kind, const char *name)
{
	struct change *c;

	assert(change_new(kind, &f->tenant, span_from_string(name), SPAN_NONE, &c) == 0);
	return submit_and_free(f, c);
}

int create_bucket(struct fixture *f, const char *name)
{
	return bucket_change(f, CHANGE_CREATE_BUCKET, name);
}

int delete_bucket(struct fixture *f, const char *name)
{
	return bucket_change(f, CHANGE_DELETE_BUCKET, name);
}

int find_bucket(struct fixture *f, const char *name)
{
	struct bucket b;

	return store_find_bucket(f->store, &f->tenant, span_from_string(name), &b);
}

int as_other(struct fixture *f, int (*act)(struct fixture *f, const char *name), const char *name)
{
	struct ipc_id mine = f->tenant;
	int r;

	f->tenant = other_tenant();
	r = act(f, name);
	f->tenant = mine;
	return r;
}

int put_if(struct fixture *f, const char *key, struct span bytes, const char *if_match,
	   const char *if_none_match)
{
	struct change *c = new_change(f, CHANGE_PUT_OBJECT, key);
	struct condition condition = { .if_match = span_from_string(if_match),
				       .if_none_match = span_from_string(if_none_match) };

	describe_data(&c->put_object.data, bytes);
	assert(change_keep(c, bytes, &c->put_object.data.body) == 0);
	assert(change_keep_condition(c, &condition, &c->put_object.condition) == 0);
	return submit_and_free(f, c);
}

int erase(struct fixture *f, enum erase_mode mode)
{
	struct change *c;

	assert(change_new(CHANGE_ERASE_TENANT, &f->tenant, SPAN_NONE, SPAN_NONE, &c) == 0);
	c->erase_tenant.mode = mode;
	return submit_and_free(f, c);
}

int erase_wholly(struct fixture *f)
{
	static const _Atomic bool stop;
	int r = erase(f, ERASE_ALL);

	return r == 0 ? store_remove_tenant(f->store, &f->tenant, &stop) : r;
}

bool has_directory(const struct fixture *f)
{
	char id[IPC_ID_TEXT_SIZE], path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/tenants/%s", f->directory, ipc_id_text(&f->tenant, id));
	return access(path, F_OK) == 0;
}

int put(struct fixture *f, const char *key, struct span bytes)
{
	return put_if(f, key, bytes, NULL, NULL);
}

struct crowd {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	size_t left;
};

static void count_off(struct change *c)
{
	struct crowd *crowd = c->context;

	assert(c->result == 0);
	pthread_mutex_lock(&crowd->lock);
	if (--crowd->left == 0)
		pthread_cond_signal(&crowd->wake);
	pthread_mutex_unlock(&crowd->lock);
	change_free(c);
}

static void put_some(struct fixture *f, size_t n, const struct span *keys)
{
	struct crowd crowd = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, n };

	for (size_t i = 0; i < n; i++) {
		struct change *c;

		assert(change_new(CHANGE_PUT_OBJECT, &f->tenant, SPAN("bucket"), keys[i], &c) == 0);
		assert(change_keep(c, keys[i], &c->put_object.data.body) == 0);
		c->put_object.data.size = keys[i].len;
		c->context = &crowd;
		c->done = count_off;
		assert(store_submit(f->store, c) == 0);
	}
	pthread_mutex_lock(&crowd.lock);
	while (crowd.left)
		pthread_cond_wait(&crowd.wake, &crowd.lock);
	pthread_mutex_unlock(&crowd.lock);
}

void put_all(struct fixture *f, size_t n, const struct span *keys)
{
	enum { AT_ONCE = COMMITTER_WAITING_MAX / 2 };

	/* No more than may wait of one tenant. */
	for (size_t done = 0; done < n; done += MIN(n - done, AT_ONCE))
		put_some(f, MIN(n - done, AT_ONCE), keys + done);
}

int put_blob(struct fixture *f, const char *key, struct span bytes)
{
	struct change *c = new_change(f, CHANGE_PUT_OBJECT, key);

	describe_data(&c->put_object.data, bytes);
	c->put_object.data.blob = make_blob(f, bytes);
	return submit_and_free(f, c);
}

int delete_object(struct fixture *f, const char *key)
{
	return submit_and_free(f, new_change(f, CHANGE_DELETE_OBJECT, key));
}

int delete_key(struct fixture *f, struct span key)
{
	struct change *c = new_change(f, CHANGE_DELETE_OBJECT, "");

	c->key = key;
	return submit_and_free(f, c);
}

int copy(struct fixture *f, const char *from, const char *to)
{
	struct change *c = new_change(f, CHANGE_COPY_OBJECT, to);

	c->copy_object.source = (struct change_source){
		.bucket = SPAN("bucket"),
		.key = span_from_string(from),
	};
	return submit_and_free(f, c);
}

int create_upload(struct fixture *f, const char *key, enum checksum_algorithm a,
		  enum checksum_type type, char *ret_id)
{
	struct change *c = new_change(f, CHANGE_CREATE_UPLOAD, key);
	int r;

	c->create_upload.checksum_algorithm = a;
	c->create_upload.checksum_type = type;
	r = submit(f, c);
	memcpy(ret_id, c->create_upload.upload_id, UPLOAD_ID_TEXT_MAX);
	change_free(c);
	return r;
}

int put_part(struct fixture *f, const char *key, const char *id, uint16_t number, struct span bytes,
	     char *ret_etag)
{
	struct change *c = new_change(f, CHANGE_PUT_PART, key);
	int r;

	c->put_part.upload_id = span_from_string(id);
	c->put_part.number = number;
	describe_data(&c->put_part.data, bytes);
	if (bytes.len)
		c->put_part.data.blob = make_blob(f, bytes);
	r = submit(f, c);
	if (ret_etag)
		memcpy(ret_etag, c->put_part.made.etag, ETAG_TEXT_MAX);
	change_free(c);
	return r;
}

int complete(struct fixture *f, const char *key, const char *id, size_t n, const uint16_t *numbers,
	     char (*etags)[ETAG_TEXT_MAX], struct change_made *ret)
{
	struct change *c = new_change(f, CHANGE_COMPLETE_UPLOAD, key);
	struct change_part_claim *claims = change_keep_array(c, n, sizeof(*claims));
	int r;

	for (size_t i = 0; i < n; i++)
		claims[i] = (struct change_part_claim){ .number = numbers[i],
							.etag = span_from_string(etags[i]) };
	c->complete_upload.upload_id = span_from_string(id);
	c->complete_upload.parts = claims;
	c->complete_upload.n_parts = n;
	c->complete_upload.size = S3_LENGTH_UNKNOWN;
	r = submit(f, c);
	if (ret)
		*ret = c->complete_upload.made;
	change_free(c);
	return r;
}

int abort_upload(struct fixture *f, const char *key, const char *id)
{
	struct change *c = new_change(f, CHANGE_ABORT_UPLOAD, key);

	c->abort_upload.upload_id = span_from_string(id);
	return submit_and_free(f, c);
}

/* --- reading ------------------------------------------------------------------------------- */

struct object *find(struct fixture *f, const char *key, unsigned int with, int *ret_error)
{
	struct object *o = NULL;

	*ret_error = store_find_object(f->store, &f->tenant, SPAN("bucket"), span_from_string(key),
				       SPAN_NONE, with, &o);
	assert(!o == (*ret_error != 0));
	return o;
}

struct span read_object(struct fixture *f, const struct object *o, uint8_t **ret)
{
	uint8_t *bytes = malloc(o->size + 1);
	size_t at = 0;

	assert(bytes);
	if (!span_is_none(o->body)) {
		assert(o->n_extents == 0);
		memcpy(bytes, o->body.data, o->body.len);
		at = o->body.len;
	}
	for (size_t i = 0; i < o->n_extents; i++) {
		const struct extent *e = &o->extents[i];
		int fd;

		assert(store_open_extent(f->store, o, i, &fd) == 0);
		assert(at + e->len <= o->size);
		assert(fd_pread_all(fd, bytes + at, e->len, e->offset) == 0);
		assert(write(fd, "x", 1) < 0);
		fd_close(fd);
		at += e->len;
	}
	assert(at == o->size);
	*ret = bytes;
	return (struct span){ bytes, at };
}

bool holds(struct fixture *f, const char *key, struct span bytes)
{
	_cleanup_(freep) uint8_t *memory = NULL;
	struct object *o;
	bool same;
	int r;

	o = find(f, key, STORE_WITH_DATA, &r);
	if (r != 0)
		return false;
	same = span_equal(read_object(f, o, &memory), bytes);
	object_free(o);
	return same;
}

bool is_missing(struct fixture *f, const char *key)
{
	struct object *o;
	int r;

	o = find(f, key, 0, &r);
	object_free(o);
	return r == S3_ERROR_NO_SUCH_KEY;
}

static size_t n_files;

static int count_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	n_files += flag == FTW_F;
	return 0;
}

size_t count_files(struct fixture *f)
{
	char id[IPC_ID_TEXT_SIZE], path[PATH_MAX];

	n_files = 0;
	ipc_id_text(&f->tenant, id);
	snprintf(path, sizeof(path), "%s/tenants/%s/blobs", f->directory, id);
	assert(nftw(path, count_entry, 16, FTW_PHYS) == 0 || errno == ENOENT);
	snprintf(path, sizeof(path), "%s/tenants/%s/staging", f->directory, id);
	assert(nftw(path, count_entry, 16, FTW_PHYS) == 0 || errno == ENOENT);
	return n_files;
}

void bury(struct fixture *f)
{
	size_t n = 0;
	int r;

	/* What is buried is forgotten by a change of its own; an empty deletion after it waits for
	 * that. */
	do {
		r = sweep_bury_dead(f->store, &f->tenant, &n);
		assert(r == 0 || r == -ENOENT);
		(void)delete_object(f, "no such key");
	} while (n);
}
