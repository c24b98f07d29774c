/* SPDX-License-Identifier: Apache-2.0 */
#include "engine-fixture.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

static struct fixture f;

/* A file that the store did not make, in the tenant's directory. */
static void plant(const char *place, const char *name)
{
	char path[256], id[IPC_ID_TEXT_SIZE];
	int fd;

	ipc_id_text(&f.tenant, id);
	snprintf(path, sizeof(path), "%s/tenants/%s/%s", f.directory, id, place);
	assert(mkdir(path, 0700) == 0 || errno == EEXIST);
	snprintf(path, sizeof(path), "%s/tenants/%s/%s/%s", f.directory, id, place, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert(fd >= 0);
	fd_close(fd);
}

static size_t sweep(void)
{
	size_t n;

	assert(sweep_orphans(f.store, &f.tenant, &n) == 0);
	return n;
}

#define ORPHAN "ab000000000000000000000000000000"

static void test_orphans_of_earlier_starts_go(void)
{
	fixture_begin(&f);
	assert(put_blob(&f, "key", SPAN("data")) == 0);
	fixture_close(&f);
	plant("blobs/ab", ORPHAN);
	plant("staging", "cd000000000000000000000000000000");
	usleep(20 * 1000);
	fixture_open(&f);
	assert(sweep() == 2);
	assert(count_files(&f) == 1 && holds(&f, "key", SPAN("data")));
	assert(sweep() == 0);
	fixture_end(&f);
}

static void test_what_was_named_since_the_start_stays(void)
{
	fixture_begin(&f);
	plant("blobs/ab", ORPHAN);
	assert(sweep() == 0 && count_files(&f) == 1);
	fixture_end(&f);
}

static void test_strange_names_are_left_alone(void)
{
	fixture_begin(&f);
	fixture_close(&f);
	plant("blobs/ab", "AB000000000000000000000000000000");
	plant("blobs/ab", "README");
	plant("blobs/ab", ORPHAN "0");
	usleep(20 * 1000);
	fixture_open(&f);
	assert(sweep() == 0 && count_files(&f) == 3);
	fixture_end(&f);
}

/* Uploads under way, parts, dead ones: all have someone who will take care of them. */
static void test_what_is_known_or_young_stays(void)
{
	char id[UPLOAD_ID_TEXT_MAX];
	struct blob *finished, *staged;

	fixture_begin(&f);
	f.store->nameless = false;
	assert(create_upload(&f, "key", CHECKSUM_NONE, CHECKSUM_TYPE_NONE, id) == 0);
	assert(put_part(&f, "key", id, 1, SPAN("part"), NULL) == 0);
	assert(put_blob(&f, "key", SPAN("old")) == 0);
	assert(put_blob(&f, "key", SPAN("new")) == 0);
	finished = make_blob(&f, SPAN("finished"));
	assert(blob_begin(f.store, &f.tenant, 0, &staged) == 0);
	/* As if all of them had been there before the start, as after the clock was set back. */
	f.store->started_ns = UINT64_MAX;
	assert(sweep() == 0);
	assert(count_files(&f) == 5);
	blob_drop(finished);
	blob_drop(staged);
	bury(&f);
	fixture_close(&f);
	assert(count_files(&f) == 2);
	fixture_remove(&f);
}

static void test_the_start_sweeps_by_itself(void)
{
	fixture_begin(&f);
	assert(put_blob(&f, "key", SPAN("data")) == 0);
	assert(delete_object(&f, "key") == 0);
	fixture_close(&f);
	/* One is dead, one an orphan. */
	plant("blobs/ab", ORPHAN);
	assert(count_files(&f) == 2);
	usleep(20 * 1000);
	f.config.sweep_delay_s = 1;
	fixture_open(&f);
	for (int i = 0; i < 600 && count_files(&f); i++)
		usleep(50 * 1000);
	assert(count_files(&f) == 0);
	fixture_end(&f);
}

static void test_many_dead_are_buried(void)
{
	enum { N = 700 };
	struct change_delete_item *items;
	struct change *c;
	char key[32];
	size_t n;

	fixture_init(&f);
	f.config.durability = DURABILITY_RELAXED;
	fixture_open(&f);
	assert(create_bucket(&f, "bucket") == 0);
	c = new_change(&f, CHANGE_DELETE_OBJECTS, NULL);
	items = change_keep_array(c, N, sizeof(*items));
	for (int i = 0; i < N; i++) {
		snprintf(key, sizeof(key), "key-%d", i);
		assert(put_blob(&f, key, span_from_string(key)) == 0);
		assert(change_keep(c, span_from_string(key), &items[i].key) == 0);
	}
	c->delete_objects.items = items;
	c->delete_objects.n = N;
	assert(submit(&f, c) == 0);
	change_free(c);
	assert(sweep_bury_dead(f.store, &f.tenant, &n) == 0 && n == N);
	assert(count_files(&f) == 0);
	/* And forgotten. */
	assert(delete_object(&f, "any") == 0);
	assert(sweep_bury_dead(f.store, &f.tenant, &n) == 0 && n == 0);
	fixture_end(&f);
}

static void test_a_missing_blob_is_an_error_and_not_a_missing_key(void)
{
	char path[256], id[IPC_ID_TEXT_SIZE], blob[IPC_ID_TEXT_SIZE], shard[3];
	struct object *o;
	int fd, r;

	fixture_begin(&f);
	assert(put_blob(&f, "key", SPAN("data")) == 0);
	o = find(&f, "key", STORE_WITH_DATA, &r);
	snprintf(path, sizeof(path), "%s/tenants/%s/blobs/%s/%s", f.directory,
		 ipc_id_text(&f.tenant, id), place_shard(&o->extents[0].blob, shard),
		 ipc_id_text(&o->extents[0].blob, blob));
	assert(unlink(path) == 0);
	assert(store_open_extent(f.store, o, 0, &fd) == -EUCLEAN);
	assert(store_open_extent(f.store, o, 1, &fd) == -EINVAL);
	object_free(o);
	/* It can still be deleted. */
	assert(delete_object(&f, "key") == 0);
	bury(&f);
	fixture_end(&f);
}

int main(void)
{
	RUN(test_orphans_of_earlier_starts_go);
	RUN(test_what_was_named_since_the_start_stays);
	RUN(test_strange_names_are_left_alone);
	RUN(test_what_is_known_or_young_stays);
	RUN(test_the_start_sweeps_by_itself);
	RUN(test_many_dead_are_buried);
	RUN(test_a_missing_blob_is_an_error_and_not_a_missing_key);
	return 0;
}
