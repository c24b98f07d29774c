/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How a tenant goes. Its catalog loses its name first, so that nothing of the tenant can be found any more
 * whatever happens next; then its buckets' names are free; then the rest of its directory is removed.
 * Whatever is left at a crash, the same again finishes. Nothing of that tenant is opened or made again
 * in this process: a grant of before, or an upload that it began, finds no bucket.
 */

#include "stored/change.h"

/*
 * ERASE_TENANT, on the thread of the tenant's committer: 0, or why the catalog is still there. What
 * bucket_index_settled() does with the names comes after it.
 */
must_check int erase_catalog(struct store *s, struct change *c);
