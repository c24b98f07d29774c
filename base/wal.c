/* SPDX-License-Identifier: Apache-2.0 */
#include "base/wal.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/fd.h"

/* Clean by name only, they would be taken for what is on the disk. */
static int forget_pages_of(int directory_fd, const char *name)
{
	_cleanup_(fd_closep) int fd = -1;

	fd = openat(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	return -posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

int wal_forget_pages(int directory_fd, const char *name)
{
	char log[PATH_MAX];
	struct stat st;
	int r;

	if (snprintf(log, sizeof(log), "%s-wal", name) >= (int)sizeof(log))
		return -ENAMETOOLONG;
	if (fstatat(directory_fd, log, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (st.st_size == 0)
		return 0;
	r = forget_pages_of(directory_fd, name);
	if (r == 0)
		r = forget_pages_of(directory_fd, log);
	return r < 0 ? r : 1;
}
