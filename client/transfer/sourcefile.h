/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Files as entries of a source: what the kinds that keep objects in files have in common. */

#include "client/transfer/source.h"

/* Opens the directory that was named; a symbolic link there is followed, as whoever names it may. */
must_check int sourcefile_open_root(const char *path, struct complaint *why);

/* What the name in the directory is: size, or reason why it is nothing to be imported. */
void sourcefile_describe(struct source_entry *e, const struct stat *st);

/* Opens the regular file at e->name below the root. */
must_check int sourcefile_read(int root_fd, const struct source_entry *e,
			       struct source_reader *ret);

/*
 * Whether the file in that directory is a list of the older service's tokens. Who imported that as an
 * object, would hand out what guards all objects.
 */
bool sourcefile_has_tokens(int dir_fd, const char *name);
#define SOURCEFILE_TOKENS "tokens.json"
#define SOURCEFILE_TOKENS_REASON                                                                   \
	"holds the older service's tokens: `cofferctl token import` takes it; leave it out here "  \
	"with --exclude " SOURCEFILE_TOKENS
