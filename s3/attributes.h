/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What an object keeps of the request that made it: content headers and x-amz-meta-*, as pairs with
 * lower-case names. A part of parsing a request, called by request.c only.
 */

#include "s3/request.h"

#define ATTRIBUTES_META_PREFIX "x-amz-meta-"

/* The x-amz-meta-* of a request in order of arrival, with the prefix, as they came; borrowed. */
struct attributes_meta {
	struct {
		struct span name, value;
	} fields[S3_FIELDS_MAX];
	size_t count;
	size_t bytes;	/* names without prefix, and values */
};

/* Of a request without any. The fields, which are 8 KiB, are left as they are. */
static inline void attributes_meta_init(struct attributes_meta *meta)
{
	meta->count = meta->bytes = 0;
}

/* 0, or the enum s3_error: METADATA_TOO_LARGE, INVALID_ARGUMENT. */
must_check int attributes_add_meta(struct attributes_meta *meta, struct span name,
				   struct span value, const char **ret_detail);

/*
 * Appends the pairs to b: the content headers that the request has, then its metadata, where repeated
 * names are joined with commas. 0, or INVALID_ARGUMENT where a value could not come back as a header.
 */
must_check int attributes_build(const struct s3_request *r, const struct attributes_meta *meta,
				struct buffer *b, const char **ret_detail);
