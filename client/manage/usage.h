/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What is used of a bucket, or by a tenant, and what may be: asked for, and told. */

#include "client/manage/management.h"

/* As messages name it: NULL is all of the tenant's. */
static inline struct span usage_bucket(const char *bucket)
{
	return bucket ? span_from_string(bucket) : SPAN("");
}

/*
 * Of the bucket, or with NULL of all of them; counted again where that is wanted. -errno with *why:
 * -ENOENT where the tenant has no such bucket.
 */
must_check int usage_ask(struct management *m, struct manager *manager, const char *bucket, bool recount,
			 struct manager_figures *ret);

/* `name`, `objects`, `bytes`, `uploads`, `upload_bytes`, `quota`. NULL for lack of memory. */
json_t *usage_describe(const char *name, const struct manager_figures *f);

/* The same as people read it; the name is the member `kind`. */
json_t *usage_show(const char *kind, const json_t *described);
