/* SPDX-License-Identifier: Apache-2.0 */
#include "client/backup/vault.h"

#include <fcntl.h>

#include "base/fd.h"
#include "scratch.h"

#define ID    "00112233445566778899aabbccddeeff"
#define OTHER "ff112233445566778899aabbccddeeff"
#define LIST  "list-0011223344556677.txt"

static struct complaint why;

static int open_it(bool to_write, struct vault *ret)
{
	why = (struct complaint){ 0 };
	return vault_open("v", to_write, ret, &why);
}

static void put_blob(struct vault *v, const char *id, const char *text)
{
	int fd;

	assert(vault_create_blob(v, id, &fd) == 0);
	assert(fd_write_all(fd, span_from_string(text)) == 0);
	fd_close(fd);
	assert(vault_keep_blob(v, id) == 0);
}

static void test_what_is_kept_is_found(void)
{
	struct manifest_file named = { .name = LIST, .length = 4 };
	struct vault v, second;
	uint64_t length;
	int fd;

	assert(open_it(true, &v) == 0);
	assert(scratch_mode("v") == 0700);
	assert(vault_find_blob(&v, ID, &fd, &length) == -ENOENT);
	put_blob(&v, ID, "blob");
	put_blob(&v, OTHER, "other");
	assert(vault_find_blob(&v, ID, &fd, &length) == 0 && length == 4);
	fd_close(fd);
	assert(vault_create(&v, LIST, &fd) == 0);
	assert(fd_write_all(fd, SPAN("list")) == 0);
	assert(vault_find(&v, &named, &second.root_fd) == -ENOENT);
	assert(vault_keep(&v, fd, LIST) == 0);
	fd_close(fd);
	assert(vault_find(&v, &named, &fd) == 0);
	fd_close(fd);
	named.length = 5;
	assert(vault_find(&v, &named, &fd) == -EBADMSG);
	/* One run at a time writes; nobody reads meanwhile. */
	assert(open_it(true, &second) == -EBUSY);
	assert(open_it(false, &second) == -EBUSY);
	assert(vault_flush(&v) == 0);
	vault_close(&v);
	assert(open_it(false, &v) == 0);
	assert(vault_find_blob(&v, OTHER, &fd, &length) == 0 && length == 5);
	fd_close(fd);
	vault_close(&v);
}

static bool is_id(void *context, const char *id)
{
	return strcmp(id, ID) == 0;
}

static void test_what_is_not_named_is_taken_away(void)
{
	struct manifest m = { 0 };
	struct vault v;
	uint64_t length;
	int fd;

	scratch_write("v/" LIST ".new", "", 0600);
	scratch_write("v/blobs/00/" ID ".new", "", 0600);
	assert(open_it(true, &v) == 0);
	assert(vault_prune(&v, &m, is_id, NULL) == 0);
	assert(access("v/" LIST, F_OK) < 0 && access("v/" LIST ".new", F_OK) < 0);
	assert(access("v/blobs/00/" ID ".new", F_OK) < 0);
	assert(vault_find_blob(&v, OTHER, &fd, &length) == -ENOENT);
	assert(vault_find_blob(&v, ID, &fd, &length) == 0);
	fd_close(fd);
	vault_close(&v);
}

static void expect_refused(int error, const char *named)
{
	struct vault v;

	assert(open_it(true, &v) == error && strstr(why.error, named));
	assert(open_it(false, &v) == error && strstr(why.error, named));
}

static void test_t72_what_no_backup_has_in_it_is_refused(void)
{
	static const struct {
		const char *path, *named;
	} files[] = {
		{ "v/notes", "notes" },
		{ "v/" ID, ID },
		{ "v/list-00.txt", "list-00.txt" },
		{ "v/blobs/notes", "notes" },
		{ "v/blobs/01", "01" },
		{ "v/blobs/00/notes", "notes" },
		{ "v/blobs/00/" ID ".old", ID },
	};
	static const struct {
		const char *path, *named;
	} links[] = {
		{ "v/manifest.json", "manifest.json" },
		{ "v/" LIST, LIST },
		{ "v/blobs/01", "01" },
		{ "v/blobs/00/" OTHER, OTHER },
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		scratch_write(files[i].path, "", 0600);
		expect_refused(-ENOTUNIQ, files[i].named);
		unlink(files[i].path);
	}
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		assert(symlink("/etc/passwd", links[i].path) == 0);
		expect_refused(-ENOTUNIQ, links[i].named);
		unlink(links[i].path);
	}
	assert(mkfifo("v/manifest.json", 0600) == 0);
	expect_refused(-ENOTUNIQ, "manifest.json");
	unlink("v/manifest.json");
}

static void test_t75_what_others_can_read_is_refused(void)
{
	struct vault v;

	for (mode_t bit = 01; bit <= 040; bit <<= 1) {
		assert(chmod("v", 0700 | bit) == 0);
		expect_refused(-EPERM, "not yours alone");
	}
	assert(chmod("v", 0700) == 0);
	assert(rename("v", "w") == 0 && symlink("w", "v") == 0);
	assert(open_it(true, &v) < 0 && open_it(false, &v) < 0);
	unlink("v");
	assert(open_it(false, &v) == -ENOENT);
	assert(rename("w", "v") == 0);
	assert(open_it(false, &v) == 0);
	vault_close(&v);
}

int main(void)
{
	struct scratch scratch = scratch_make();

	test_what_is_kept_is_found();
	test_what_is_not_named_is_taken_away();
	test_t72_what_no_backup_has_in_it_is_refused();
	test_t75_what_others_can_read_is_refused();
	scratch_clear(&scratch);
	return 0;
}
