/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a process may use of the kernel's countable things. A limit once lowered stays. */

#include "base/defs.h"
#include "policy/process.h"

/* Descriptors: a worker holds a client, a blob and a pipe per request; stored the other ends. */
#define LIMITS_FILES_FRONTEND 65536
#define LIMITS_FILES_AUTHD 4096
#define LIMITS_FILES_STORED 65536

/* Pages that are never swapped out: keys, in sodium_malloc() memory. */
#define LIMITS_LOCKED_BYTES (8 * MIB)

/*
 * No core dumps, and the numbers above or as near as the hard limits allow. Call it before ids are
 * dropped: only root may raise a hard limit.
 */
must_check int limits_apply(enum process p);

/* Nobody of the same uid may trace it or read its /proc. Call it behind any change of ids. */
must_check int limits_hide_memory(void);

/* From here on the calling process starts neither a thread nor a process. */
must_check int limits_no_more_tasks(void);
