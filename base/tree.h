/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A directory with all that is in it. */

#include "base/defs.h"

#define TREE_DEPTH_MAX 32

/*
 * Removes it, following no symbolic link and entering no other file system, whoever made what is in
 * it. -ELOOP: it is deeper than TREE_DEPTH_MAX; -EXDEV: something is mounted in it; -ENOTEMPTY:
 * somebody still fills it. What was removed by then is gone.
 */
must_check int tree_remove(int parent_fd, const char *name);
