/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A catalog that somebody has brought. Nothing in the file is believed: it has the tables that this release would
 * have made, and nothing beside them that could act; its pages are whole; and its rows say what rows of ours
 * could say, of themselves and of one another. Whether the blobs are there is not looked at.
 */

#include "stored/durable.h"
#include "stored/restoration.h"

/*
 * Looks, brings it to this release's version, lets go of what was dead, counts what is used anew, and shows all
 * buckets as the owner's. The file is flushed and has no log then. 0, or with *ret_fault a literal: INVALID_REQUEST.
 */
must_check int catalog_check(const char *path, const struct durable *d,
			     const struct restoration_terms *t, const char **ret_fault);
