/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A snapshot is all of one tenant as it was at one moment: a copy of its catalog, made while changes go
 * on, and the blobs that this one names. While the snapshot is there, none of them goes, whatever
 * clients delete; but not for longer than SNAPSHOT_LIFE_NS, since deleted data takes room.
 */

#include "stored/store.h"

#define SNAPSHOT_LIFE_NS (24 * 3600 * NS_PER_S)

struct snapshot;

/* Files that have no name any more, of whoever takes the snapshot: read-only descriptors. */
struct snapshot_file {
	int fd;
	uint64_t length;
};

/*
 * The list says what is in the catalog, in lines of ASCII, buckets by their names and then blobs by their ids:
 *
 *	bucket <name> <objects> <bytes> <uploads> <bytes of their parts>
 *	blob <id> <bytes> <CRC-64/NVME>
 *
 * numbers in decimal, ids and checksums in lower-case hexadecimal digits.
 */
enum snapshot_files {
	SNAPSHOT_CATALOG,
	SNAPSHOT_LIST,
	SNAPSHOT_FILES,
};

/*
 * Of a tenant that has nothing yet it has no buckets. Takes as long as there is much; -ECANCELED once
 * *stop is true. INSUFFICIENT_STORAGE where the copy would not leave the floor free;
 * SERVICE_UNAVAILABLE where the tenant is being restored. On 0 the snapshot and files[] are the caller's.
 */
must_check int store_take_snapshot(struct store *s, const struct ipc_id *tenant,
				   const _Atomic bool *stop,
				   struct snapshot_file files[static SNAPSHOT_FILES],
				   struct snapshot **ret);

/* A fresh read-only descriptor of a blob that a row names, all of it. NO_SUCH_KEY. Any thread. */
must_check int snapshot_open_blob(struct snapshot *s, const struct ipc_id *blob, int *ret_fd,
				  uint64_t *ret_length);

/* Takes NULL, returns NULL. Any thread. */
struct snapshot *snapshot_free(struct snapshot *s);
DEFINE_CLEANUP(struct snapshot *, snapshot_free)
