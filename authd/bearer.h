/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a client of the REST dialect shows: `Authorization: Bearer TOKEN` (RFC 6750), the scheme in
 * any case. Nothing in the query and no other field counts.
 */

#include "s3/request.h"

/*
 * 0, and the token's text, borrowed from the head; or the enum s3_error REST_NOT_AUTHENTICATED:
 * there is no such field, or two, it is of another scheme, or the token is empty.
 */
must_check int bearer_read(const struct s3_head *head, struct span *ret);
