/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What must be done about a SQLite database's write-ahead log before SQLite sees it. */

#include "base/defs.h"

/*
 * To be called before whoever writes the database `name` in this directory opens it. 1: an earlier process left
 * a log behind, perhaps because a flush failed, and what is in memory may not be what is on the
 * disk: it is dropped from there, and the log must be checkpointed whole before anything is built
 * on it. 0: it ended in order.
 */
must_check int wal_forget_pages(int directory_fd, const char *name);
