/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Small files that are written whole or not at all, and never through a symbolic link. */

#include <sys/types.h>

#include "base/buffer.h"

#define FILE_TEMPORARY_SUFFIX ".new"

/*
 * Makes `name` in dir_fd hold exactly `bytes`, mode 0600, on disk before it returns. A reader sees
 * the old contents or the new ones. What a crash left under the temporary name is replaced.
 */
must_check int file_replace(int dir_fd, const char *name, struct span bytes);

/* Appends the file to *ret up to its limit. -ENOENT, -ELOOP for a link, -EINVAL for no regular
 * file. */
must_check int file_read(int dir_fd, const char *name, struct buffer *ret);
