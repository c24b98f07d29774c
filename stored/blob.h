/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A new blob on its way into the store: a file that only its writer can see, until it is finished
 * and a change refers to it. Then it is immutable for ever.
 *
 *	blob_begin() -> write to blob_fd() -> blob_finish() -> change_object's data.blob -> submit
 *
 * One owner at a time, on any thread. Who lets go of it in the middle calls blob_drop(); a change
 * that was submitted with it does this by itself where it fails.
 */

#include "stored/store.h"

struct blob;

/*
 * INSUFFICIENT_STORAGE under the floor; NO_SUCH_BUCKET where the tenant has nothing at all yet.
 * `bytes` is the length if it is known, else 0.
 */
must_check int blob_begin(struct store *s, const struct ipc_id *tenant, uint64_t bytes,
			  struct blob **ret);

const struct ipc_id *blob_id(const struct blob *b);

/* Write-only in spirit: append to it from one thread at a time. Stays the blob's. */
int blob_fd(const struct blob *b);

/*
 * Has the disk take the first `len` bytes, as far as it has not yet, while more may be appended. Waits
 * for the disk: for a flush thread. What fails, blob_finish() tells.
 */
void blob_write_back(struct blob *b, uint64_t len);

/*
 * Makes the data and its name durable. Waits for the disk: for a flush thread. After a failure
 * there is nothing to do but to drop it; -ENOSPC and -EDQUOT mean INSUFFICIENT_STORAGE.
 */
must_check int blob_finish(struct blob *b);

/* Gives it up, at once and without waiting for the disk. Takes NULL, returns NULL. */
struct blob *blob_drop(struct blob *b);
DEFINE_CLEANUP(struct blob *, blob_drop)
