/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/bounds.h"

static bool is_list_of_keys(enum s3_operation o)
{
	return o == S3_LIST_OBJECTS || o == S3_LIST_OBJECTS_V2 || o == S3_LIST_MULTIPART_UPLOADS;
}

/* The keys of a DeleteObjects stand in its document: it is not for who is bound. */
static bool reaches_nothing_else(const struct grant *g)
{
	const struct s3_request *r = &g->request;
	struct span prefix = g->principal.prefix;

	if (is_list_of_keys(r->operation))
		return true;
	if (span_is_none(r->key) || !span_starts_with(r->key, prefix))
		return false;
	return span_is_none(r->source_key) || span_starts_with(r->source_key, prefix);
}

int bounds_check(const struct grant *g)
{
	if (!g->principal.prefix.len || reaches_nothing_else(g))
		return 0;
	return g->request.dialect == S3_DIALECT_REST ? S3_ERROR_REST_OUTSIDE_PREFIX
						     : S3_ERROR_ACCESS_DENIED;
}

bool bounds_prefix(const struct grant *g, struct span wanted, struct span *ret)
{
	struct span own = g->principal.prefix;

	if (span_starts_with(wanted, own))
		*ret = wanted;
	else if (span_starts_with(own, wanted))
		*ret = own;
	else
		return false;
	return true;
}
