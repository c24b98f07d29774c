/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The ends a new blob can come to, for the engine: stored/blob.h has its beginning. */

#include "stored/blob.h"

/* A row refers to it now, durably. Takes NULL, returns NULL. */
struct blob *blob_keep(struct blob *b);

/* Whether a row refers to it is uncertain: it is left as it is. Takes NULL, returns NULL. */
struct blob *blob_leave(struct blob *b);

/* Takes its names away and frees it. Waits for the disk. */
void blob_remove(struct blob *b);

/* Puts `next` behind it in a list; returns what was. */
struct blob *blob_next(struct blob *b, struct blob *next);
