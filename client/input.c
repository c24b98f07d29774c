/* SPDX-License-Identifier: Apache-2.0 */
#include "client/input.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

const char *input_name(const char *path)
{
	return strcmp(path, "-") == 0 ? "standard input" : path;
}

static int read_all(int fd, struct buffer *ret)
{
	for (;;) {
		uint8_t *to = buffer_reserve(ret, INPUT_PIECE);
		ssize_t n;

		if (!to)
			return buffer_error(ret) == -EMSGSIZE ? -EFBIG : buffer_error(ret);
		n = read(fd, to, INPUT_PIECE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		buffer_commit(ret, (size_t)n);
	}
}

int input_read(const char *path, struct buffer *ret, struct complaint *why)
{
	_cleanup_(fd_closep) int fd = -1;
	size_t limit = ret->limit - INPUT_PIECE;
	int r;

	fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	r = fd < 0 ? -errno : read_all(fd, ret);
	if (r == -EFBIG || (r == 0 && ret->len > limit))
		return complain(why, -EFBIG, "%s is longer than %zu bytes", input_name(path),
				limit);
	return r < 0 ? complain_errno(why, r, "cannot read %s", input_name(path)) : 0;
}
