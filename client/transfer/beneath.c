/* SPDX-License-Identifier: Apache-2.0 */
#include "client/transfer/beneath.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

/* A segment as the kernel takes it. */
static int copy_name(struct span segment, char to[static NAME_MAX + 1])
{
	if (!segment.len || memchr(segment.data, '\0', segment.len) ||
	    memchr(segment.data, '/', segment.len) || span_equal(segment, SPAN(".")) ||
	    span_equal(segment, SPAN("..")))
		return -EINVAL;
	if (segment.len > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(to, segment.data, segment.len);
	to[segment.len] = '\0';
	return 0;
}

static int step_into(int at, struct span segment, bool make)
{
	char name[NAME_MAX + 1];
	int fd, r = copy_name(segment, name);

	if (r < 0)
		return r;
	if (make && mkdirat(at, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int beneath_open_parent(int dir_fd, struct span path, bool make, struct span *ret_name)
{
	_cleanup_(fd_closep) int at = openat(dir_fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct span segment, rest = span_cut(path, '/', &segment);

	if (at < 0)
		return -errno;
	while (!span_is_none(rest)) {
		int next = step_into(at, segment, make);

		if (next < 0)
			return next;
		fd_close(at);
		at = next;
		rest = span_cut(rest, '/', &segment);
	}
	*ret_name = segment;
	return steal_fd(at);
}

int beneath_open(int dir_fd, struct span path, int flags)
{
	_cleanup_(fd_closep) int parent = -1;
	char name[NAME_MAX + 1];
	struct span last;
	int fd, r;

	parent = beneath_open_parent(dir_fd, path, false, &last);
	if (parent < 0)
		return parent;
	r = copy_name(last, name);
	if (r < 0)
		return r;
	fd = openat(parent, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}
