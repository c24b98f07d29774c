/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Descriptors: one owner each, closed exactly once, close-on-exec from birth. */

#include <dirent.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/span.h"

/* Closes fd if it is one, and returns -1: fd = fd_close(fd). errno is kept. */
int fd_close(int fd);
static inline void fd_closep(int *fd)
{
	*fd = fd_close(*fd);
}

must_check int fd_set_nonblocking(int fd);

/*
 * Opens the directory `name` in another one to be read, "." for that itself: from its beginning, and
 * never by way of a symbolic link. *ret is the caller's, for closedir().
 */
must_check int fd_open_directory(int at_fd, const char *name, DIR **ret);
static inline void fd_closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

static inline void fd_fclosep(FILE **f)
{
	if (*f)
		fclose(*f);
}

/* Whether it is a memfd that nobody can change any more, in content, length or seals. */
bool fd_is_sealed(int fd);

/* Writes or reads all, going on after EINTR and short transfers. A short file is -ENODATA. */
must_check int fd_write_all(int fd, struct span bytes);
must_check int fd_pread_all(int fd, void *to, size_t len, uint64_t offset);
