/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Descriptors: one owner each, closed exactly once, close-on-exec from birth. */

#include <sys/types.h>

#include "base/span.h"

/* Closes fd if it is one, and returns -1: fd = fd_close(fd). errno is kept. */
int fd_close(int fd);
static inline void fd_closep(int *fd)
{
	*fd = fd_close(*fd);
}

must_check int fd_set_nonblocking(int fd);

/* Writes or reads all, going on after EINTR and short transfers. A short file is -ENODATA. */
must_check int fd_write_all(int fd, struct span bytes);
must_check int fd_pread_all(int fd, void *to, size_t len, uint64_t offset);
