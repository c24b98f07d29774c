/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The directory of a backup, as client/backup/manifest.h has it. It is its owner's alone, mode 0700, and holds
 * nothing else: a symbolic link, or a file that no backup makes, refuses the whole. What is under way stands
 * under a name of its own that ends in FILE_TEMPORARY_SUFFIX, until it is whole.
 */

#include "client/backup/manifest.h"

#define VAULT_BLOBS "blobs"
#define VAULT_ID_MAX 33		/* the text of a blob's id */

struct vault {
	const char *path;
	int root_fd, blobs_fd;
	int shard_fd;		/* the directory of a blob that was asked for last, */
	char shard[3];		/* and its name */
	bool written;		/* it may be */
};

#define VAULT_NONE ((struct vault){ .root_fd = -1, .blobs_fd = -1, .shard_fd = -1 })

/*
 * Opens it; to be written it is made where it is missing, and one run at a time has it. What cannot be a backup
 * is refused. -errno with *why; the path must outlive the vault.
 */
must_check int vault_open(const char *path, bool to_write, struct vault *ret, struct complaint *why);
void vault_close(struct vault *v);

/* A file that is to have this name, empty, for now under another. */
must_check int vault_create(struct vault *v, const char *name, int *ret_fd);

/* It is whole: flushed, and under its name, which is flushed with the manifest. */
must_check int vault_keep(struct vault *v, int fd, const char *name);

/* A file that the manifest names: of that length, or -EBADMSG. */
must_check int vault_find(const struct vault *v, const struct manifest_file *f, int *ret_fd);

/* The same of blobs, whose ids have been checked; a kept one is on disk only after vault_flush(). */
must_check int vault_create_blob(struct vault *v, const char *id, int *ret_fd);
must_check int vault_keep_blob(struct vault *v, const char *id);

/* -ENOENT; -ELOOP for what is no regular file. */
must_check int vault_find_blob(struct vault *v, const char *id, int *ret_fd, uint64_t *ret_length);

must_check int vault_flush(struct vault *v);

/* Takes away what `m` does not name, and blobs that is_named() does not know. */
must_check int vault_prune(struct vault *v, const struct manifest *m,
			   bool (*is_named)(void *context, const char *id), void *context);
