/* SPDX-License-Identifier: Apache-2.0 */
#include "client/file.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

#define READ_STEP 4096

static int write_new(int dir_fd, const char *name, struct span bytes)
{
	_cleanup_(fd_closep) int fd = -1;
	int r;

	if (unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, bytes);
	if (r < 0)
		return r;
	return fsync(fd) < 0 ? -errno : 0;
}

int file_replace(int dir_fd, const char *name, struct span bytes)
{
	char temporary[NAME_MAX + 1];
	int r;

	r = snprintf(temporary, sizeof(temporary), "%s" FILE_TEMPORARY_SUFFIX, name);
	if (r >= (int)sizeof(temporary))
		return -ENAMETOOLONG;
	r = write_new(dir_fd, temporary, bytes);
	if (r >= 0 && renameat(dir_fd, temporary, dir_fd, name) < 0)
		r = -errno;
	if (r < 0) {
		unlinkat(dir_fd, temporary, 0);
		return r;
	}
	return fsync(dir_fd) < 0 ? -errno : 0;
}

int file_read(int dir_fd, const char *name, struct buffer *ret)
{
	_cleanup_(fd_closep) int fd = -1;
	struct stat st;
	ssize_t n;

	/* Non-blocking, so that a FIFO under this name cannot hold us up. */
	fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	do {
		uint8_t *to = buffer_reserve(ret, READ_STEP);

		if (!to)
			return buffer_error(ret);
		n = read(fd, to, READ_STEP);
		if (n < 0)
			return -errno;
		buffer_commit(ret, (size_t)n);
	} while (n > 0);
	return 0;
}
