/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Landlock takes away every path but one directory, TCP, abstract sockets and signals to others,
 * each where the running kernel knows how. It binds the calling thread and what that starts
 * afterwards, so it comes before the first thread. Descriptors already open are not affected.
 */

#include "base/defs.h"

/* Before this one, no file could move between two directories (LANDLOCK_ACCESS_FS_REFER). */
#define LANDLOCK_ABI_REQUIRED 2

enum landlock_access {
	LANDLOCK_NO_PATHS = 0,
	LANDLOCK_FILES,		/* files of the directory: read, write, make, remove */
	LANDLOCK_TREE,		/* the same, and directories below it, and links between them */
};

/* The ABI that the kernel offers; -ENOSYS or -EOPNOTSUPP where it has none. */
must_check int landlock_abi(int *ret);

/*
 * Needs no_new_privs. `directory` is NULL with LANDLOCK_NO_PATHS. `abi` is what landlock_abi()
 * said, at least LANDLOCK_ABI_REQUIRED: who may no longer ask can still nest one more domain.
 */
must_check int landlock_apply(int abi, enum landlock_access access, const char *directory);
