/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Files below a directory, reached without following a symbolic link anywhere on the way. What lies
 * there may be in the hands of somebody who exchanges names while we look, and we may be root. Paths
 * are relative: segments between single slashes, none of them "." or "..".
 */

#include <sys/types.h>

#include "base/span.h"

/* Opens the file (O_NOFOLLOW, O_CLOEXEC, O_NOCTTY and O_NONBLOCK are added). -EINVAL for no such path. */
must_check int beneath_open(int dir_fd, struct span path, int flags);

/*
 * Opens the directory that the path's last segment is in; *ret_name is that segment, within `path`.
 * With `make`, directories that are missing are made, mode 0700.
 */
must_check int beneath_open_parent(int dir_fd, struct span path, bool make, struct span *ret_name);
