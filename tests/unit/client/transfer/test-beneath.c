/* SPDX-License-Identifier: Apache-2.0 */
#include "client/transfer/beneath.h"

#include <fcntl.h>
#include <limits.h>

#include "base/fd.h"
#include "scratch.h"

#undef NDEBUG
#include <assert.h>

static int open_here(void)
{
	int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert(fd >= 0);
	return fd;
}

static void test_what_is_below_is_opened(void)
{
	int here = open_here(), fd;
	char c;

	assert(mkdir("d", 0755) == 0 && mkdir("d/e", 0755) == 0);
	scratch_write("top", "t", 0644);
	scratch_write("d/e/file", "x", 0644);
	fd = beneath_open(here, SPAN("d/e/file"), O_RDONLY);
	assert(fd >= 0 && read(fd, &c, 1) == 1 && c == 'x');
	fd_close(fd);
	fd = beneath_open(here, SPAN("top"), O_RDONLY);
	assert(fd >= 0);
	fd_close(fd);
	assert(beneath_open(here, SPAN("d/none"), O_RDONLY) == -ENOENT);
	assert(beneath_open(here, SPAN("top/x"), O_RDONLY) == -ENOTDIR);
	fd_close(here);
}

static void test_t50_no_path_leads_out(void)
{
	static const struct span paths[] = {
		SPAN(".."),	     SPAN("../x"), SPAN("d/../top"), SPAN("d/.."),
		SPAN("/etc/passwd"), SPAN("d//e"), SPAN("./top"),    SPAN("d/./e"),
		SPAN("d/"),	     SPAN(""),	   SPAN("to\0p"),    SPAN("d/e/"),
	};
	int here = open_here();
	struct span name;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		assert(beneath_open(here, paths[i], O_RDONLY) == -EINVAL);
	assert(beneath_open_parent(here, SPAN("../made/x"), true, &name) == -EINVAL);
	assert(access("../made", F_OK) < 0);
	fd_close(here);
}

static void test_t50_no_link_is_followed_at_the_end_or_on_the_way(void)
{
	int here = open_here();
	struct span name;

	assert(symlink("top", "link") == 0 && symlink("/etc", "away") == 0);
	assert(beneath_open(here, SPAN("link"), O_RDONLY) == -ELOOP);
	assert(beneath_open(here, SPAN("away/passwd"), O_RDONLY) == -ENOTDIR);
	assert(beneath_open_parent(here, SPAN("away/x"), true, &name) == -ENOTDIR);
	assert(beneath_open_parent(here, SPAN("d/../away/x"), false, &name) == -EINVAL);
	fd_close(here);
}

static void test_directories_are_made_where_that_is_asked(void)
{
	int here = open_here(), fd;
	struct span name;

	assert(beneath_open_parent(here, SPAN("new/deep/file"), false, &name) == -ENOENT);
	fd = beneath_open_parent(here, SPAN("new/deep/file"), true, &name);
	assert(fd >= 0 && span_equal(name, SPAN("file")));
	assert(scratch_mode("new/deep") == 0700 && scratch_mode("new") == 0700);
	fd_close(fd);
	fd = beneath_open_parent(here, SPAN("file"), true, &name);
	assert(fd >= 0 && span_equal(name, SPAN("file")));
	fd_close(fd);
	fd_close(here);
}

static void test_a_segment_is_no_longer_than_a_name(void)
{
	char path[NAME_MAX + 4] = "d/";
	int here = open_here();

	memset(path + 2, 'x', NAME_MAX + 1);
	assert(beneath_open(here, span_from_string(path), O_RDONLY) == -ENAMETOOLONG);
	path[NAME_MAX + 2] = '\0';
	assert(beneath_open(here, span_from_string(path), O_RDONLY) == -ENOENT);
	fd_close(here);
}

int main(void)
{
	struct scratch s = scratch_make();

	test_what_is_below_is_opened();
	test_t50_no_path_leads_out();
	test_t50_no_link_is_followed_at_the_end_or_on_the_way();
	test_directories_are_made_where_that_is_asked();
	test_a_segment_is_no_longer_than_a_name();
	scratch_clear(&s);
	return 0;
}
