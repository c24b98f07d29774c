/* SPDX-License-Identifier: Apache-2.0 */
#include "engine-fixture.h"

/*
 * T58: a disk that fills. A small tmpfs is the disk, so this needs root; without, it says so and is
 * counted as skipped.
 */

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fd.h"

#define SKIPPED	  77
#define DISK_SIZE (24 * MIB)

static struct fixture f;
static uint8_t bytes[4 * MIB];

static void mount_disk(uint64_t floor_bytes)
{
	char options[64];

	fixture_init(&f);
	snprintf(options, sizeof(options), "size=%llu,mode=0700", (unsigned long long)DISK_SIZE);
	assert(mount("none", f.directory, "tmpfs", 0, options) == 0);
	f.config.floor_bytes = floor_bytes;
	fixture_open(&f);
	assert(create_bucket(&f, "bucket") == 0);
}

static void unmount_disk(void)
{
	fixture_close(&f);
	assert(umount(f.directory) == 0);
	assert(rmdir(f.directory) == 0);
}

static int ballast_fd = -1;

/* Takes all but so many bytes of the disk, and gives them back. */
static void load_ballast(uint64_t leave)
{
	char path[128];
	uint64_t size = 0;

	snprintf(path, sizeof(path), "%s/ballast", f.directory);
	ballast_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert(ballast_fd >= 0);
	while (write(ballast_fd, bytes, 4096) == 4096)
		size += 4096;
	assert(ftruncate(ballast_fd, (off_t)(size > leave ? size - leave : 0)) == 0);
	atomic_store(&f.store->room.looked_ns, 0);
}

static void throw_ballast(void)
{
	assert(ftruncate(ballast_fd, 0) == 0);
	ballast_fd = fd_close(ballast_fd);
	atomic_store(&f.store->room.looked_ns, 0);
}

static uint64_t free_bytes(void)
{
	struct statvfs st;

	assert(statvfs(f.directory, &st) == 0);
	return (uint64_t)st.f_bavail * st.f_frsize;
}

static void test_t58_under_the_floor_uploads_are_refused_and_deletes_work(void)
{
	char id[UPLOAD_ID_TEXT_MAX];
	struct blob *blob;

	mount_disk(8 * MIB);
	assert(put_blob(&f, "large", (struct span){ bytes, sizeof(bytes) }) == 0);
	assert(put(&f, "small", SPAN("old")) == 0);
	assert(store_check_room(f.store, 0) == 0);
	assert(store_check_room(f.store, DISK_SIZE) == S3_ERROR_INSUFFICIENT_STORAGE);
	load_ballast(6 * MIB);
	assert(store_check_room(f.store, 0) == S3_ERROR_INSUFFICIENT_STORAGE);
	assert(blob_begin(f.store, &f.tenant, 0, &blob) == S3_ERROR_INSUFFICIENT_STORAGE);
	assert(put(&f, "small", SPAN("new")) == S3_ERROR_INSUFFICIENT_STORAGE);
	assert(copy(&f, "small", "copy") == S3_ERROR_INSUFFICIENT_STORAGE);
	assert(create_bucket(&f, "second") == S3_ERROR_INSUFFICIENT_STORAGE);
	assert(create_upload(&f, "key", CHECKSUM_NONE, CHECKSUM_TYPE_NONE, id) ==
	       S3_ERROR_INSUFFICIENT_STORAGE);
	assert(holds(&f, "small", SPAN("old")));
	/* Emptying it makes room. */
	assert(delete_object(&f, "large") == 0);
	bury(&f);
	atomic_store(&f.store->room.looked_ns, 0);
	assert(put(&f, "small", SPAN("new")) == 0);
	assert(holds(&f, "small", SPAN("new")));
	throw_ballast();
	unmount_disk();
}

/* Filled quicker than the disk would be asked again, if it were asked in turns only. */
static void test_t58_a_small_disk_keeps_what_emptying_it_takes(void)
{
	struct span piece = { bytes, MIB / 4 };
	char key[16];
	int n = 0;

	mount_disk(0);
	while (store_check_room(f.store, piece.len) == 0) {
		snprintf(key, sizeof(key), "%d", n++);
		assert(put_blob(&f, key, piece) == 0);
	}
	assert(n > 40 && free_bytes() > DISK_SIZE / 4 - MIB);
	while (n-- > 0) {
		snprintf(key, sizeof(key), "%d", n);
		assert(delete_object(&f, key) == 0);
	}
	bury(&f);
	assert(put_blob(&f, "again", piece) == 0);
	unmount_disk();
}

static void test_t58_a_disk_that_is_full_to_the_last_byte(void)
{
	static uint8_t small[16 * 1024];
	struct span large = { bytes, sizeof(bytes) };
	int other_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct blob *blob;

	assert(other_fd >= 0);
	mount_disk(1);
	assert(put_blob(&f, "large", large) == 0);
	assert(put(&f, "small", SPAN("old")) == 0);
	load_ballast(2 * MIB);
	assert(blob_begin(f.store, &f.tenant, 0, &blob) == 0);
	assert(fd_write_all(blob_fd(blob), large) == -ENOSPC);
	blob_drop(blob);
	throw_ballast();
	load_ballast(0);
	/* The floor does not help: it is looked for on another disk. */
	f.store->room.fd = other_fd;
	for (int i = 0; i < 100; i++) {
		int r = put(&f, "small", (struct span){ small, sizeof(small) });

		assert(r == 0 || r == S3_ERROR_INSUFFICIENT_STORAGE);
		if (r != 0)
			break;
		assert(i < 99);
	}
	assert(holds(&f, "large", large));
	assert(!is_missing(&f, "small"));
	throw_ballast();
	/* Service resumes by itself. */
	assert(put(&f, "small", SPAN("new")) == 0);
	assert(holds(&f, "small", SPAN("new")) && holds(&f, "large", large));
	unmount_disk();
	fd_close(other_fd);
}

int main(void)
{
	char probe[] = "/tmp/coffer-engine-XXXXXX";
	bool possible;

	assert(mkdtemp(probe));
	possible = mount("none", probe, "tmpfs", 0, "size=65536") == 0;
	if (possible)
		assert(umount(probe) == 0);
	assert(rmdir(probe) == 0);
	if (!possible) {
		fprintf(stderr, "skipped: a tmpfs cannot be mounted here\n");
		return SKIPPED;
	}
	RUN(test_t58_under_the_floor_uploads_are_refused_and_deletes_work);
	RUN(test_t58_a_small_disk_keeps_what_emptying_it_takes);
	RUN(test_t58_a_disk_that_is_full_to_the_last_byte);
	return 0;
}
