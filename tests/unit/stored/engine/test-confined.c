/* SPDX-License-Identifier: Apache-2.0 */
#include "engine-fixture.h"

/*
 * The store's whole life in the confinement that coffer-stored lives in: what it needs is allowed.
 * Builds with sanitizers cannot be confined; they count this as skipped.
 */

#include <sys/wait.h>
#include <unistd.h>

#include "policy/confine.h"

#define SKIPPED	 77
#define SOME_UID 61499

static struct fixture f;
static uint8_t large[300 * 1024];

static void upload_in_parts(void)
{
	static const uint16_t numbers[] = { 1 };
	char id[UPLOAD_ID_TEXT_MAX], etags[1][ETAG_TEXT_MAX];
	struct span bytes = { large, sizeof(large) };
	struct upload_part parts[2];
	uint32_t count;
	bool truncated;

	assert(create_upload(&f, "parts", CHECKSUM_NONE, CHECKSUM_TYPE_NONE, id) == 0);
	assert(put_part(&f, "parts", id, 1, bytes, etags[0]) == 0);
	assert(store_list_parts(f.store, &f.tenant, SPAN("bucket"), SPAN("parts"),
				span_from_string(id), 0, 2, parts, &count, &truncated) == 0);
	assert(complete(&f, "parts", id, 1, numbers, etags, NULL) == 0);
	assert(holds(&f, "parts", bytes));
}

static void live(void)
{
	struct span bytes = { large, sizeof(large) };
	struct ipc_id mine = f.tenant;
	size_t n;

	/* A tenant that is new to this process, and more of them than may be open. */
	for (int i = 0; i < 6; i++) {
		char name[16];

		memset(f.tenant.bytes, 0x50 + i, sizeof(f.tenant.bytes));
		snprintf(name, sizeof(name), "tenant-%d", i);
		assert(create_bucket(&f, name) == 0);
	}
	f.tenant = mine;
	assert(create_bucket(&f, "bucket") == 0);
	assert(put(&f, "small", SPAN("small")) == 0);
	assert(put_blob(&f, "large", bytes) == 0);
	assert(put_blob(&f, "large", bytes) == 0);
	f.store->nameless = false;
	assert(put_blob(&f, "named", bytes) == 0);
	blob_drop(make_blob(&f, bytes));
	assert(holds(&f, "large", bytes) && holds(&f, "named", bytes));
	assert(copy(&f, "large", "copy") == 0);
	upload_in_parts();
	assert(delete_object(&f, "large") == 0);
	bury(&f);
	assert(sweep_orphans(f.store, &f.tenant, &n) == 0);
	memset(f.tenant.bytes, 0x50, sizeof(f.tenant.bytes));
	assert(erase_wholly(&f) == 0 && !has_directory(&f));
	f.tenant = mine;
	/* Long enough for the idle checkpoint, and for the sweep of the start. */
	sleep(3);
	assert(put(&f, "small", SPAN("again")) == 0);
	assert(store_check_room(f.store, 0) == 0);
}

static void live_confined(void)
{
	struct confine c = CONFINE_INIT(PROCESS_STORED);

	if (geteuid() == 0)
		c.uid = c.gid = SOME_UID;
	c.directory = f.directory;
	assert(confine_drop(&c) == 0);
	assert(store_open(&f.config, &f.store) == 0);
	assert(confine_enclose(&c) == 0);
	assert(store_start(f.store) == 0);
	assert(confine_filter(&c) == 0);
	live();
	f.store = store_close(f.store);
	confine_clear(&c);
}

static void test_the_store_lives_confined(void)
{
	pid_t pid;
	int status;

	fixture_init(&f);
	f.config.max_open_catalogs = 2;
	f.config.sweep_delay_s = 1;
	f.config.wal_limit = 64 * KIB;
	if (geteuid() == 0)
		assert(chown(f.directory, SOME_UID, SOME_UID) == 0);
	pid = fork();
	assert(pid >= 0);
	if (pid == 0) {
		live_confined();
		_exit(0);
	}
	assert(waitpid(pid, &status, 0) == pid);
	if (WIFSIGNALED(status))
		fprintf(stderr, "killed by signal %d\n", WTERMSIG(status));
	assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	fixture_remove(&f);
}

int main(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	fprintf(stderr, "skipped: a sanitizer makes calls that no filter lets pass\n");
	return SKIPPED;
#endif
	fill(large, sizeof(large), 1);
	RUN(test_the_store_lives_confined);
	return 0;
}
