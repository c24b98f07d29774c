/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A copy of a database into a new file, page by page. */

#include "stored/engine/database.h"

/*
 * `from` is in a transaction, whose moment the copy will be of. The file at `path`, which must not be
 * there, is not flushed: nobody relies on it after a crash. go_on() is asked before each piece; what
 * it says other than 0 ends the copy, and is returned.
 */
must_check int database_copy(struct database *from, const char *path, int (*go_on)(void *context),
			     void *context);
