/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A restoration makes a tenant of what a snapshot (stored/snapshot.h) was of: first its catalog, which may
 * come from anywhere and is believed nothing; then the blobs that this names, each held against its row;
 * and when all are there, CHANGE_ADOPT gives the catalog its name. Until then the tenant has nothing
 * that anybody could find, and can get nothing else. What was interrupted is begun again, and the blobs that
 * were there by then are there still.
 */

#include "stored/store.h"

#define RESTORATION_DETAIL_MAX 480	/* of a sentence about what stands in the way */
#define RESTORATION_BUCKETS_MAX 1000000

struct restoration;

struct restoration_terms {
	struct ipc_id tenant;
	struct span owner_id, owner_name;	/* of the tenant, as configurations of buckets show it */
	int catalog_fd;		/* stays the caller's */
	bool resumes;		/* there must be an unfinished one of the tenant; else there must be nothing */
	const _Atomic bool *stop;	/* all that takes long ends with -ECANCELED; outlives the restoration */
};

/*
 * Takes the catalog, brings it up to date and looks at all that is in it. On 0 *ret is the caller's.
 * Else, with a sentence in detail[] that may be empty: BUCKET_NOT_EMPTY where the tenant has something already;
 * CONDITIONAL_REQUEST_CONFLICT where another restoration of it is under way; BUCKET_ALREADY_EXISTS where
 * buckets' names are others', which are told; INVALID_REQUEST where the catalog is none, or not sound;
 * INSUFFICIENT_STORAGE.
 */
must_check int store_begin_restoration(struct store *s, const struct restoration_terms *t,
				       char detail[static RESTORATION_DETAIL_MAX],
				       struct restoration **ret);

/*
 * Takes a blob out of the beginning of that file, which stays the caller's. One that is there already is
 * not read. NO_SUCH_KEY where the catalog has no such blob; BAD_DIGEST where these are other bytes;
 * INSUFFICIENT_STORAGE. Any thread, several at once.
 */
must_check int restoration_take_blob(struct restoration *r, const struct ipc_id *blob, int fd);

/*
 * Whether all blobs are there: INVALID_REQUEST. From then on no more are taken, and CHANGE_ADOPT may be
 * submitted; where that fails, this is to be asked again. Takes as long as there are many.
 */
must_check int restoration_finish(struct restoration *r);

/* What was taken stays. Takes NULL, returns NULL. Any thread. */
struct restoration *restoration_free(struct restoration *r);
DEFINE_CLEANUP(struct restoration *, restoration_free)
