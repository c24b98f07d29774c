/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Folders are the prefixes of a bucket's keys that end with a slash, and the empty one. They stand in a
 * table of their own, so that a list with this delimiter goes from one common prefix to the next without
 * meeting the keys between. A change keeps them right in its own transaction. Only the first FOLDERS_DEPTH
 * slashes of a key make folders: a short request must not make a thousand rows.
 */

#include "base/span.h"
#include "stored/engine/database.h"

/* As in CATALOG_FIND_FOLDERS. */
#define FOLDERS_DEPTH 8

/* The deepest folder that a key, or a list's prefix, is in. */
struct span folder_of(struct span key);

/* The key has a row now, or has none any more. */
must_check int folders_add(struct database *db, uint64_t bucket, struct span key);
must_check int folders_remove(struct database *db, uint64_t bucket, struct span key);

/* 1: all that is directly in the folder are folders, which have rows; 0: other keys may be. */
must_check int folder_has_folders_only(struct database *db, uint64_t bucket, struct span folder);
