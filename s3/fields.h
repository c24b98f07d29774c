/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The header fields of a head, taken one by one into the places of those that mean something; a part
 * of parsing a request, called by the parsers of the dialects only.
 */

#include "s3/request.h"

/*
 * The room for all that a head's parser decodes and joins, in one piece that never moves: requests
 * point into it. 0 or -ENOMEM.
 */
must_check int fields_reserve(const struct s3_head *head, struct buffer *ret);

/*
 * Hands each field to `take`, its value trimmed, and stops at the first that it refuses. 0, what `take`
 * said, or the enum s3_error where the head has too many fields or one holds what would end it.
 */
must_check int fields_walk(struct span fields,
			   int (*take)(void *context, struct span name, struct span value),
			   void *context, const char **ret_detail);

/*
 * Puts a value into its place among S3_HEADER_COUNT. Lists that come in several fields are joined in
 * `joined`, which must have room; of anything else a second field is refused.
 */
must_check int fields_put(struct span *headers, enum s3_header h, struct span value,
			  struct buffer *joined, const char **ret_detail);

/* No field may hold what would end it, wherever it may be shown later (T52). */
bool fields_is_one_line(struct span value);
