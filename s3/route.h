/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which operation a request is: the rows of operations.h against method, path and query. A request
 * for a part of S3 that no row serves is refused, never taken for a plainer one: DELETE of an object's
 * tags must not delete the object.
 */

#include "s3/headers.h"
#include "s3/operations.h"

struct route {
	struct span method;
	enum s3_level level;
	const char *subresource;	/* as route_subresource() found it, NULL where the query has none */
	bool copy_source;		/* x-amz-copy-source was sent */
	const struct span *params;	/* S3_PARAM_COUNT of them, decoded */
};

/*
 * The literal name of that subresource, or NULL. The list is S3's, whether Coffer serves it or not;
 * names are compared exactly.
 */
const char *route_subresource(struct span name);

/*
 * 0, or the enum s3_error: METHOD_NOT_ALLOWED, NOT_IMPLEMENTED, INVALID_ARGUMENT. *ret_configuration
 * is set with GetBucketConfiguration only.
 */
must_check int route_find(const struct route *route, enum s3_operation *ret,
			  enum s3_configuration *ret_configuration, const char **ret_detail);
