/* SPDX-License-Identifier: Apache-2.0 */
#include "base/tree.h"

#include <fcntl.h>
#include <sys/mount.h>

#include "tests/unit/client/scratch.h"

static int remove_here(const char *name)
{
	int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	assert(fd >= 0);
	r = tree_remove(fd, name);
	close(fd);
	return r;
}

static bool is_there(const char *name)
{
	return faccessat(AT_FDCWD, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void test_all_of_it_is_removed_and_nothing_beside_it(void)
{
	assert(mkdir("doomed", 0700) == 0 && mkdir("doomed/a", 0700) == 0);
	assert(mkdir("doomed/b", 0700) == 0 && mkdir("doomed/b/c", 0700) == 0);
	scratch_write("doomed/b/c/file", "x", 0400);
	scratch_write("beside", "x", 0600);
	assert(remove_here("doomed") == 0);
	assert(!is_there("doomed") && is_there("beside"));
}

static void test_a_link_is_removed_and_not_followed(void)
{
	assert(mkdir("kept", 0700) == 0 && mkdir("linking", 0700) == 0);
	scratch_write("kept/file", "x", 0600);
	assert(symlink("../kept", "linking/link") == 0 && symlink("kept", "link") == 0);
	assert(remove_here("linking") == 0);
	assert(!is_there("linking") && is_there("kept/file"));
	assert(remove_here("link") < 0);
	assert(is_there("link") && is_there("kept/file"));
}

static void test_a_tree_without_end_is_left(void)
{
	char path[3 * TREE_DEPTH_MAX + 8] = "deep";

	assert(mkdir(path, 0700) == 0);
	for (unsigned int i = 0; i < TREE_DEPTH_MAX; i++) {
		strcat(path, "/d");
		assert(mkdir(path, 0700) == 0);
	}
	assert(remove_here("deep") == -ELOOP);
	assert(is_there(path));
	assert(rmdir(path) == 0 && remove_here("deep") == 0);
}

static void test_what_is_mounted_in_it_is_not_touched(void)
{
	assert(mkdir("holder", 0700) == 0 && mkdir("holder/mounted", 0700) == 0);
	if (mount("tmpfs", "holder/mounted", "tmpfs", 0, NULL) < 0) {
		fprintf(stderr, "not tried: mounting needs root\n");
		return;
	}
	scratch_write("holder/mounted/file", "x", 0600);
	assert(remove_here("holder") == -EXDEV);
	assert(is_there("holder/mounted/file"));
	assert(umount("holder/mounted") == 0 && remove_here("holder") == 0);
}

static void test_what_is_not_there_is_said(void)
{
	assert(remove_here("nothing") == -ENOENT);
}

int main(void)
{
	_cleanup_(scratch_clear) struct scratch s = scratch_make();

	test_all_of_it_is_removed_and_nothing_beside_it();
	test_a_link_is_removed_and_not_followed();
	test_a_tree_without_end_is_left();
	test_what_is_mounted_in_it_is_not_touched();
	test_what_is_not_there_is_said();
	return 0;
}
