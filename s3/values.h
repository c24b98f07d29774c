/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Whether the values of headers and parameters make sense for the operation, and ask for nothing that
 * Coffer does not have; a part of parsing a request. Beside request.c, stored calls it for what an
 * operator asks, which was never a head.
 */

#include "s3/request.h"

/* 0, or the enum s3_error. The payload's headers are payload.h's. */
must_check int values_check(const struct s3_request *r, const char **ret_detail);

/* Whether the answer is to have other header fields than the object: `response-content-type` and its like. */
bool values_have_overrides(const struct s3_request *r);

/*
 * 0, or the enum s3_error for a header by whose mere name something is asked for that is not there:
 * encryption, locks, grants. `name` is in any case.
 */
must_check int values_check_name(struct span name);

/* True if the bytes may come back as a header: no control bytes but tabs. */
bool value_is_printable(struct span value);
