/* SPDX-License-Identifier: Apache-2.0 */
#include "engine-fixture.h"

/*
 * T80 (kill -9), T83: a process does one thing to a store and is killed at a named step of it, at
 * each of them in turn. What is found afterwards is what was before or what was to be, never
 * neither and never a mixture; what was acknowledged is there; nothing is left over; and the store
 * works.
 */

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "stored/restoration.h"
#include "stored/snapshot.h"

#define LARGE (100 * 1000)
/* More often than this no step is reached in one operation. */
#define OCCURRENCES_MAX 40

static struct fixture f;
static uint8_t old_bytes[LARGE], new_bytes[LARGE];

static struct span old_large(void)
{
	return (struct span){ old_bytes, sizeof(old_bytes) };
}

static struct span new_large(void)
{
	return (struct span){ new_bytes, sizeof(new_bytes) };
}

/* --- what is done -------------------------------------------------------------------------- */

/* In memory that parent and child share. */
struct shared {
	char upload[UPLOAD_ID_TEXT_MAX];
	char etags[2][ETAG_TEXT_MAX];
	_Atomic bool acknowledged;
};

static struct shared *shared;

static bool has_bucket(const char *name)
{
	struct bucket b;
	int r = store_find_bucket(f.store, &f.tenant, span_from_string(name), &b);

	assert(r == 0 || r == S3_ERROR_NO_SUCH_BUCKET);
	return r == 0;
}

/* Not even a tenant: what is made is its directory and its catalog, too. */
static void prepare_no_tenant(void)
{
	fixture_close(&f);
	fixture_remove(&f);
	fixture_init(&f);
	fixture_open(&f);
}

static void prepare_nothing(void)
{
}

static void prepare_old(void)
{
	assert(put_blob(&f, "key", old_large()) == 0);
}

static void prepare_small(void)
{
	assert(put(&f, "key", SPAN("old")) == 0);
}

static void prepare_copy(void)
{
	assert(put_blob(&f, "key", old_large()) == 0);
	assert(put_blob(&f, "source", new_large()) == 0);
}

static void prepare_upload(void)
{
	assert(put_blob(&f, "key", old_large()) == 0);
	assert(create_upload(&f, "key", CHECKSUM_NONE, CHECKSUM_TYPE_NONE, shared->upload) == 0);
	assert(put_part(&f, "key", shared->upload, 1, new_large(), shared->etags[0]) == 0);
	assert(put_part(&f, "key", shared->upload, 2, SPAN("surplus"), shared->etags[1]) == 0);
}

static void prepare_bucket(void)
{
	assert(create_bucket(&f, "second") == 0);
}

static int do_put(void)
{
	return put_blob(&f, "key", new_large());
}

static int do_put_small(void)
{
	return put(&f, "key", SPAN("new"));
}

static int do_delete(void)
{
	return delete_object(&f, "key");
}

static int do_copy(void)
{
	return copy(&f, "source", "key");
}

static int do_complete(void)
{
	static const uint16_t numbers[] = { 1 };

	return complete(&f, "key", shared->upload, 1, numbers, shared->etags, NULL);
}

static int do_abort(void)
{
	return abort_upload(&f, "key", shared->upload);
}

static int do_put_part(void)
{
	return put_part(&f, "key", shared->upload, 2, old_large(), NULL);
}

static int do_erase(void)
{
	return erase_wholly(&f);
}

static int do_create_bucket(void)
{
	return create_bucket(&f, "second");
}

static int do_delete_bucket(void)
{
	return delete_bucket(&f, "second");
}

static bool is_absent(void)
{
	return is_missing(&f, "key");
}

static bool is_old(void)
{
	return holds(&f, "key", old_large());
}

static bool is_new(void)
{
	return holds(&f, "key", new_large());
}

static bool is_old_small(void)
{
	return holds(&f, "key", SPAN("old"));
}

static bool is_new_small(void)
{
	return holds(&f, "key", SPAN("new"));
}

static bool is_copied(void)
{
	return is_new() && holds(&f, "source", new_large());
}

static bool is_not_copied(void)
{
	return is_old() && holds(&f, "source", new_large());
}

/* The parts of the upload, or -1: there is no upload. */
static int count_parts(uint64_t *ret_size)
{
	struct upload_part parts[10];
	uint32_t count;
	bool truncated;
	int r;

	r = store_list_parts(f.store, &f.tenant, SPAN("bucket"), SPAN("key"),
			     span_from_string(shared->upload), 0, 10, parts, &count, &truncated);
	assert(r == 0 || r == S3_ERROR_NO_SUCH_UPLOAD);
	if (r == 0 && count == 2)
		*ret_size = parts[1].size;
	return r == 0 ? (int)count : -1;
}

static bool is_uploading(void)
{
	uint64_t size;

	return is_old() && count_parts(&size) == 2 && size == 7;
}

static bool is_completed(void)
{
	uint64_t size;

	return is_new() && count_parts(&size) == -1;
}

static bool is_aborted(void)
{
	uint64_t size;

	return is_old() && count_parts(&size) == -1;
}

static bool has_larger_part(void)
{
	uint64_t size;

	return is_old() && count_parts(&size) == 2 && size == LARGE;
}

static bool has_second(void)
{
	return has_bucket("second");
}

static bool has_no_second(void)
{
	return !has_bucket("second");
}

/* As authd does at the next start, whatever is left: where the catalog is gone, the rest goes. */
static bool is_erased(void)
{
	if (has_bucket("bucket"))
		return false;
	assert(erase_wholly(&f) == 0);
	return !has_directory(&f);
}

/* --- restoring ------------------------------------------------------------------------------ */

/* Files of the copy, and of its one blob, which the child has, too. */
static struct snapshot_file copied[SNAPSHOT_FILES];
static int copied_blob_fd = -1;
static struct ipc_id copied_blob;

static void copy_tenant(void)
{
	static const _Atomic bool never;
	struct snapshot *s;
	char line[512] = "", id[IPC_ID_TEXT_SIZE];
	const char *at;
	uint64_t length;

	assert(store_take_snapshot(f.store, &f.tenant, &never, copied, &s) == 0);
	assert(copied[SNAPSHOT_LIST].length < sizeof(line));
	assert(fd_pread_all(copied[SNAPSHOT_LIST].fd, line, copied[SNAPSHOT_LIST].length, 0) == 0);
	at = strstr(line, "blob ");
	assert(at);
	memcpy(id, at + 5, IPC_ID_TEXT_SIZE - 1);
	id[IPC_ID_TEXT_SIZE - 1] = '\0';
	assert(id_parse(id, &copied_blob) &&
	       snapshot_open_blob(s, &copied_blob, &copied_blob_fd, &length) == 0);
	snapshot_free(s);
}

/* The files of the one before, if there was one, go with it. */
static void prepare_restoration(void)
{
	copied_blob_fd = fd_close(copied_blob_fd);
	for (size_t i = 0; i < SNAPSHOT_FILES; i++)
		if (copied[i].fd)
			fd_close(copied[i].fd);
	prepare_old();
	copy_tenant();
	prepare_no_tenant();
}

static bool is_begun(void)
{
	char path[256], id[IPC_ID_TEXT_SIZE];

	snprintf(path, sizeof(path), "%s/tenants/%s/restoring", f.directory,
		 ipc_id_text(&f.tenant, id));
	return access(path, F_OK) == 0;
}

static int do_restore(void)
{
	static const _Atomic bool never;
	const struct restoration_terms terms = {
		.tenant = f.tenant,
		.owner_id = SPAN("id"),
		.owner_name = SPAN("name"),
		.catalog_fd = copied[SNAPSHOT_CATALOG].fd,
		.resumes = is_begun(),
		.stop = &never,
	};
	char detail[RESTORATION_DETAIL_MAX];
	struct restoration *restoration = NULL;
	struct change *c;
	int r = store_begin_restoration(f.store, &terms, detail, &restoration);

	if (r == 0)
		r = restoration_take_blob(restoration, &copied_blob, copied_blob_fd);
	if (r == 0)
		r = restoration_finish(restoration);
	if (r == 0) {
		assert(change_new(CHANGE_ADOPT, &f.tenant, SPAN_NONE, SPAN_NONE, &c) == 0);
		c->adopt.restoration = restoration;
		r = submit(&f, c);
		change_free(c);
	}
	restoration_free(restoration);
	return r;
}

static bool is_not_restored(void)
{
	return !has_bucket("bucket");
}

static bool is_restored(void)
{
	return has_bucket("bucket") && is_old();
}

/* files: blobs that belong to the state */
static const struct operation {
	const char *name;
	void (*prepare)(void);
	int (*act)(void);
	bool (*before)(void), (*after)(void);
	size_t files_before, files_after;
	bool keeps; /* before may have those of after already, to be gone on with */
} operations[] = {
	{ "put", prepare_nothing, do_put, is_absent, is_new, 0, 1 },
	{ "put small", prepare_nothing, do_put_small, is_absent, is_new_small, 0, 0 },
	{ "overwrite", prepare_old, do_put, is_old, is_new, 1, 1 },
	{ "overwrite small", prepare_small, do_put_small, is_old_small, is_new_small, 0, 0 },
	{ "overwrite small with large", prepare_small, do_put, is_old_small, is_new, 0, 1 },
	{ "overwrite large with small", prepare_old, do_put_small, is_old, is_new_small, 1, 0 },
	{ "delete", prepare_old, do_delete, is_old, is_absent, 1, 0 },
	{ "copy", prepare_copy, do_copy, is_not_copied, is_copied, 2, 1 },
	{ "put part", prepare_upload, do_put_part, is_uploading, has_larger_part, 3, 3 },
	{ "complete", prepare_upload, do_complete, is_uploading, is_completed, 3, 1 },
	{ "abort", prepare_upload, do_abort, is_uploading, is_aborted, 3, 1 },
	{ "create bucket", prepare_nothing, do_create_bucket, has_no_second, has_second, 0, 0 },
	{ "first bucket", prepare_no_tenant, do_create_bucket, has_no_second, has_second, 0, 0 },
	{ "delete bucket", prepare_bucket, do_delete_bucket, has_second, has_no_second, 0, 0 },
	{ "restore tenant", prepare_restoration, do_restore, is_not_restored, is_restored, 0, 1,
	  true },
	{ "erase tenant", prepare_upload, do_erase, is_uploading, is_erased, 3, 0 },
};

static const char *const step_names[DURABLE_STEP_COUNT] = {
#define STEP(SYMBOL, meaning) [DURABLE_##SYMBOL] = #SYMBOL,
	DURABLE_STEPS(STEP)
#undef STEP
};

/* --- the one that is killed ---------------------------------------------------------------- */

static enum durable_step fatal_step;
static _Atomic int countdown;

static void maybe_die(void *context, enum durable_step step)
{
	if (step == fatal_step && --countdown == 0)
		kill(getpid(), SIGKILL);
}

/* From the opening of the store to its closing, and what is swept in between. */
static void live(const struct operation *op, enum durable_step step, int occurrence)
{
	fatal_step = step;
	countdown = occurrence;
	f.config.hook = (struct durable_hook){ maybe_die, NULL };
	fixture_open(&f);
	assert(op->act() == 0);
	shared->acknowledged = true;
	bury(&f);
	fixture_close(&f);
}

/* False: it was not killed, for the step is not reached so often. */
static bool die_at(const struct operation *op, enum durable_step step, int occurrence)
{
	pid_t pid;
	int status;

	shared->acknowledged = false;
	pid = fork();
	assert(pid >= 0);
	if (pid == 0) {
		live(op, step, occurrence);
		_exit(0);
	}
	assert(waitpid(pid, &status, 0) == pid);
	if (WIFSIGNALED(status))
		assert(WTERMSIG(status) == SIGKILL);
	else
		assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	return WIFSIGNALED(status);
}

/* --- what is found ------------------------------------------------------------------------- */

static void sweep(void)
{
	size_t n;
	int r;

	bury(&f);
	r = sweep_orphans(f.store, &f.tenant, &n);
	assert(r == 0 || r == -ENOENT);
}

static void check_what_is_left(const struct operation *op)
{
	bool after;
	size_t n;

	fixture_open(&f);
	after = op->after();
	/* One or the other, and nothing that a reader sees is swept. */
	assert(op->before() != after);
	assert(after || !shared->acknowledged);
	sweep();
	assert(op->after() == after && op->before() != after);
	n = count_files(&f);
	assert(n == (after ? op->files_after : op->files_before) ||
	       (op->keeps && n == op->files_after));
	/* And it works: what did not happen can be done now. */
	if (!after)
		assert(op->act() == 0);
	assert(op->after());
	sweep();
	assert(op->after());
	assert(count_files(&f) == op->files_after);
	fixture_close(&f);
}

static bool crash_once(const struct operation *op, enum durable_step step, int occurrence)
{
	bool died;

	fixture_begin(&f);
	op->prepare();
	fixture_close(&f);
	died = die_at(op, step, occurrence);
	f.config.hook = (struct durable_hook){ 0 };
	check_what_is_left(op);
	fixture_remove(&f);
	return died;
}

static int crash_at_every_occurrence(const struct operation *op, enum durable_step step)
{
	int n = 0;

	while (crash_once(op, step, n + 1)) {
		n++;
		assert(n < OCCURRENCES_MAX);
	}
	return n;
}

int main(void)
{
	int deaths[DURABLE_STEP_COUNT] = { 0 };

	/* kill -9 takes nothing from the page cache, so a disk would only make this slow. */
	if (access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 0);
	fill(old_bytes, sizeof(old_bytes), 1);
	fill(new_bytes, sizeof(new_bytes), 2);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	assert(shared != MAP_FAILED);
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
		int sum = 0;

		for (int step = 0; step < DURABLE_STEP_COUNT; step++) {
			int n = crash_at_every_occurrence(&operations[i], (enum durable_step)step);

			deaths[step] += n;
			sum += n;
		}
		fprintf(stderr, "test_t80_killed_during_%s: %d deaths\n", operations[i].name, sum);
	}
	/* A step that nothing here reaches is not tested. */
	for (int step = 0; step < DURABLE_STEP_COUNT; step++) {
		if (!deaths[step])
			fprintf(stderr, "never killed at %s\n", step_names[step]);
		assert(deaths[step]);
	}
	munmap(shared, sizeof(*shared));
	return 0;
}
