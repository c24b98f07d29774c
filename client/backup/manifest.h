/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a backup says of itself, in its directory:
 *
 *	manifest.json		this, written last: what it names is the backup, whatever else lies there
 *	catalog-<hex>.db	the tenant's catalog as it was at one moment
 *	list-<hex>.txt		its buckets and blobs, a line each: client/backup/roll.h
 *	identities-<hex>.sealed	users, keys and tokens, where they travel along
 *	blobs/ab/<id>		bodies, never changed
 *
 * Names with <hex> are new with each run, so that an interrupted one leaves the backup before as it was.
 * Everything is vouched for by a BLAKE2b of 256 bits, as `b2sum -l 256` tells it: the files by the
 * manifest, the blobs by the list, the manifest by itself.
 */

#include "base/defs.h"
#include "client/complaint.h"

#define MANIFEST_NAME "manifest.json"
#define MANIFEST_VERSION 1
#define MANIFEST_MAX (64 * KIB)
#define MANIFEST_FILE_NAME_MAX 64
#define MANIFEST_DIGEST_LEN 32
#define MANIFEST_DIGEST_MAX (2 * MANIFEST_DIGEST_LEN + 1)	/* as text */

/* One of the files that it names; without a name there is none. */
struct manifest_file {
	char name[MANIFEST_FILE_NAME_MAX];
	uint64_t length;
	char blake2b[MANIFEST_DIGEST_MAX];
};

/* FILE(SYMBOL, member, "what names begin with", "what they end with", needed) */
#define MANIFEST_FILES(FILE)                                                                       \
	FILE(CATALOG, catalog, "catalog-", ".db", true)                                            \
	FILE(LIST, list, "list-", ".txt", true)                                                    \
	FILE(IDENTITIES, identities, "identities-", ".sealed", false)

enum manifest_files {
#define FILE(SYMBOL, ...) MANIFEST_##SYMBOL,
	MANIFEST_FILES(FILE)
#undef FILE
	MANIFEST_FILE_COUNT,
};

struct manifest_counts {
	uint64_t buckets, objects, bytes, uploads, upload_bytes, blobs, blob_bytes;
};

struct manifest {
	char tenant[64];		/* its name */
	char canonical_id[65];
	char display_name[257], email[255];	/* empty: none */
	char taken[32];			/* when, as in RFC 3339 */
	struct manifest_counts counts;
	struct manifest_file files[MANIFEST_FILE_COUNT];
};

/* A name of that kind that no other run has used. */
void manifest_name_file(enum manifest_files which, char ret[static MANIFEST_FILE_NAME_MAX]);

/* Whether a file's name is one of that kind. */
bool manifest_is_name_of(enum manifest_files which, const char *name);

/* On disk under its name, in one step, when this returns. -errno. */
must_check int manifest_write(int dir_fd, const struct manifest *m);

/* -ENOENT where there is none; -EBADMSG where it is damaged, or of another version; *why in any case. */
must_check int manifest_read(int dir_fd, struct manifest *ret, struct complaint *why);
