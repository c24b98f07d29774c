/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The request target: which bucket and key a path (and Host) name, and the parameters of the query.
 * Everything is cut while still encoded and decoded once, so that an encoded slash, question mark
 * or ampersand never moves a border.
 */

#include "base/buffer.h"
#include "s3/operations.h"

/* The raw target, cut at its first `?`. */
struct target {
	struct span path;	/* begins with a slash */
	struct span query;	/* SPAN_NONE without `?` */
};

/* 0, or INVALID_URI where it is not origin-form, too long, or holds bytes that no URI can. */
must_check int target_split(struct span raw, struct target *ret);

/*
 * Takes the next `name=value` off *rest, still encoded. False at the end. A parameter without `=` has
 * SPAN_NONE for its value; empty ones (`&&`) are passed over.
 */
bool query_next(struct span *rest, struct span *ret_name, struct span *ret_value);

struct place {
	enum s3_level level;
	struct span bucket;	/* SPAN_NONE at service level */
	struct span key;	/* SPAN_NONE above object level */
	bool virtual_host;
};

/*
 * Bucket and key of a raw path, and of the Host if it is one of `domains` (NULL-terminated, or NULL)
 * with a bucket in front. Decoded bytes go to `decoded`, which must already have room for path and host:
 * *ret borrows from it. 0, or INVALID_URI, INVALID_BUCKET_NAME, KEY_TOO_LONG.
 */
must_check int target_locate(struct span path, struct span host, const char *const *domains,
			     struct buffer *decoded, struct place *ret);

/*
 * x-amz-copy-source: `bucket/key` or `/bucket/key`, encoded, with or without `?versionId=`. As above;
 * 0, or INVALID_ARGUMENT where it is neither, NOT_IMPLEMENTED for ARNs, and as above.
 */
must_check int target_locate_source(struct span value, struct buffer *decoded, struct place *ret,
				    struct span *ret_version);
