/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A directory of a test's own, with the path of the auth.db that may be made in it. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/defs.h"

#undef NDEBUG
#include <assert.h>

static char directory[64], path[128];

static void make_directory(void)
{
	snprintf(directory, sizeof(directory), "/tmp/authd-database-XXXXXX");
	assert(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/auth.db", directory);
}

/* With auth.db, if it is there; of anything else it must be empty by now. */
static void remove_directory(void)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char name[160];

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
		unlink(name);
	}
	assert(rmdir(directory) == 0);
}
