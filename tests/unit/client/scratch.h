/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A directory of the test's own, which it changes into and which is removed at its end. */

#include <assert.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/defs.h"

struct scratch {
	char path[32];
};

static inline struct scratch scratch_make(void)
{
	struct scratch s = { "/tmp/cf-XXXXXX" };

	assert(mkdtemp(s.path));
	assert(chmod(s.path, 0711) == 0);
	assert(chdir(s.path) == 0);
	return s;
}

static inline int scratch_remove_entry(const char *path, const struct stat *st, int kind,
				       struct FTW *at)
{
	return remove(path);
}

static inline void scratch_clear(struct scratch *s)
{
	(void)!chdir("/");
	nftw(s->path, scratch_remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void scratch_write(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(name, "w");

	assert(f);
	assert(fputs(text, f) >= 0);
	assert(fchmod(fileno(f), mode) == 0);
	assert(fclose(f) == 0);
}

static inline mode_t scratch_mode(const char *name)
{
	struct stat st;

	assert(lstat(name, &st) == 0);
	return st.st_mode & 07777;
}
