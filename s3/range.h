/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Byte ranges of one object: the Range header as S3 reads it, and x-amz-copy-source-range.
 * https://www.rfc-editor.org/rfc/rfc9110#name-range-requests
 */

#include "base/span.h"

struct range {
	uint64_t offset;
	uint64_t len;	/* never 0 */
};

enum range_outcome {
	RANGE_OK = 0,
	RANGE_IGNORED,		/* not one range of bytes: answer with the whole object */
	RANGE_UNSATISFIABLE,	/* InvalidRange */
	RANGE_MALFORMED,	/* InvalidArgument; of copy sources only */
};

/*
 * A Range header against an object of `size` bytes. What is malformed, in another unit, or more than one
 * range is IGNORED, as RFC 9110 allows and S3 does. Never MALFORMED.
 */
must_check int range_parse(struct span header, uint64_t size, struct range *ret);

/*
 * x-amz-copy-source-range: only "bytes=first-last", wholly inside the object. With size UINT64_MAX
 * this checks the form alone. Never IGNORED.
 */
must_check int range_parse_copy_source(struct span header, uint64_t size, struct range *ret);
