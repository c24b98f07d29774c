/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Holds what was computed over a body against everything that the client said about it: the signed
 * SHA-256, Content-MD5, and the checksum in a header or trailer.
 */

#include "s3/request.h"
#include "stored/hasher.h"

/* What must be computed to answer below. `otherwise` is computed where the request names no algorithm. */
struct hasher_wants integrity_wants(const struct s3_request *r, enum checksum_algorithm otherwise);

/*
 * `trailer` is the text of the announced checksum, and is looked at only if one was announced. 0, or the
 * enum s3_error with a literal sentence: CONTENT_SHA256_MISMATCH, BAD_DIGEST, MALFORMED_TRAILER,
 * INVALID_REQUEST.
 */
must_check int integrity_check(const struct s3_request *r, const struct hashes *h,
			       struct span trailer, const char **ret_detail);
