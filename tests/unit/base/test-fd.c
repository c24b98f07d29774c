/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fd.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#undef NDEBUG
#include <assert.h>

/* A directory "d" with a file "f" in it, and "link", which leads to it. */
struct scene {
	char path[sizeof("/tmp/fd-XXXXXX")];
	int fd;
};

static struct scene scene_open(void)
{
	struct scene s = { .path = "/tmp/fd-XXXXXX" };

	assert(mkdtemp(s.path));
	s.fd = open(s.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert(s.fd >= 0 && mkdirat(s.fd, "d", 0700) == 0 && symlinkat("d", s.fd, "link") == 0);
	fd_close(openat(s.fd, "d/f", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	return s;
}

static void scene_close(struct scene *s)
{
	unlinkat(s->fd, "d/f", 0);
	unlinkat(s->fd, "link", 0);
	unlinkat(s->fd, "d", AT_REMOVEDIR);
	fd_close(s->fd);
	assert(rmdir(s->path) == 0);
}

static int count_entries(DIR *d)
{
	int n = 0;

	while (readdir(d))
		n++;
	return n;
}

static void test_a_directory_is_read_from_its_beginning_each_time(void)
{
	struct scene s = scene_open();

	for (int i = 0; i < 2; i++) {
		_cleanup_(fd_closedirp) DIR *itself = NULL;
		_cleanup_(fd_closedirp) DIR *below = NULL;

		assert(fd_open_directory(s.fd, ".", &itself) == 0 && count_entries(itself) == 4);
		assert(fd_open_directory(s.fd, "d", &below) == 0 && count_entries(below) == 3);
		assert(fcntl(dirfd(below), F_GETFD) & FD_CLOEXEC);
	}
	scene_close(&s);
}

static void test_no_link_is_followed_into_a_directory(void)
{
	struct scene s = scene_open();
	DIR *d = NULL;

	assert(fd_open_directory(s.fd, "link", &d) < 0 && !d);
	assert(fd_open_directory(s.fd, "nothing", &d) == -ENOENT && !d);
	assert(fd_open_directory(s.fd, "d/f", &d) == -ENOTDIR && !d);
	scene_close(&s);
}

int main(void)
{
	test_a_directory_is_read_from_its_beginning_each_time();
	test_no_link_is_followed_into_a_directory();
	return 0;
}
