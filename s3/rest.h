/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The requests of the REST dialect (docs/rest.md): objects under `/objects/`, and the list of them. They
 * are operations of S3 in other words, and end in the same request. Pure, as s3/request.h is; the
 * bucket is not the client's to name, and left to who knows the token.
 */

#include "s3/request.h"

#define REST_OBJECTS "/objects"

/* Keys of a page where the client does not say. */
#define REST_LIMIT_DEFAULT 100

/*
 * Which operation method and path are; who asks need not be known yet. 0, or the enum s3_error:
 * REST_NOT_FOUND, METHOD_NOT_ALLOWED, INVALID_URI where the target is none.
 */
must_check int rest_route(const struct s3_head *head, enum s3_operation *ret);

/* The methods that a target takes, as `Allow` lists them, or NULL where rest_route() finds nothing. */
const char *rest_allowed(struct span target);

/*
 * Parses a head that is known to ask for that operation, as s3_request_parse() does: key, or prefix,
 * limit (params[S3_PARAM_MAX_KEYS], always there) and cursor (params[S3_PARAM_START_AFTER]). Of
 * headers all but x-amz-* and Authorization mean what they mean to S3.
 */
must_check int rest_parse(const struct s3_head *head, enum s3_operation operation,
			  struct s3_parsed *ret, const char **ret_detail);
