/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Where things lie in the data directory. Names are made of ids only, never of what a client said;
 * everything is reached from kept directory descriptors, but for SQLite, which wants paths.
 *
 *	buckets.db
 *	tenants/<id>/catalog.db
 *	tenants/<id>/blobs/ab/<id>
 *	tenants/<id>/staging/<id>
 */

#include "ipc/wire.h"
#include "stored/durable.h"

/* Exactly 32 lower-case hex digits. */
must_check bool id_parse(const char *text, struct ipc_id *ret);

void id_make(struct ipc_id *ret);

/* The two digits that name the directory in blobs/ where this blob is. */
const char *place_shard(const struct ipc_id *blob, char buf[static 3]);
#define PLACE_SHARDS 256

/* A tenant's directory and what is in it, opened. */
struct place {
	int directory_fd;
	int blobs_fd;
	int staging_fd;
};

#define PLACE_NONE ((struct place){ -1, -1, -1 })

/* With `make`, makes what is missing, every name flushed; without, -ENOENT. */
must_check int place_open(int tenants_fd, const struct ipc_id *tenant, bool make,
			  const struct durable *d, struct place *ret);
void place_close(struct place *p);

/* The directory in blobs/ where this blob is, or is to be; with `make` as above. */
must_check int place_open_shard(const struct place *p, const struct ipc_id *blob, bool make,
				const struct durable *d, int *ret_fd);

/* Its file, to be read from; -ENOENT. */
must_check int place_open_blob(const struct place *p, const struct ipc_id *blob, int *ret_fd);
