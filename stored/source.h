/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Reads a range of an object that is in the store, to hash it, and copies it into a new blob where one
 * is wanted. Waits for the disk: for a copier thread.
 */

#include "stored/blob.h"
#include "stored/hasher.h"

/* `to` may be NULL: then the bytes are only hashed. The object must have its data. */
must_check int source_read(struct store *s, const struct object *o, uint64_t offset, uint64_t len,
			   struct hasher *h, struct blob *to);
