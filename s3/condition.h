/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Conditional requests, decided: pure functions of what the client sent and of the object as it is.
 * Dates that are no dates are as if they had not been sent.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
 */

#include "base/span.h"

struct s3_request;

/* The values of the headers, SPAN_NONE where not sent. */
struct condition {
	struct span if_match;
	struct span if_none_match;
	struct span if_modified_since;
	struct span if_unmodified_since;
};

enum condition_outcome {
	CONDITION_OK = 0,
	CONDITION_NOT_MODIFIED,
	CONDITION_FAILED,
	CONDITION_MISSING,	/* If-Match, but there is no object: NoSuchKey where one would be replaced */
};

/* The plain headers, and those of x-amz-copy-source-if-*; borrowed from the request. */
struct condition condition_of_request(const struct s3_request *r);
struct condition condition_of_source(const struct s3_request *r);

/* For GET and HEAD. etag is without quotes, modified_s is in seconds since 1970. */
must_check int condition_read(const struct condition *c, struct span etag, int64_t modified_s);

/* For the source of a copy: as for reading, but never NOT_MODIFIED: what fails is FAILED. */
must_check int condition_source(const struct condition *c, struct span etag, int64_t modified_s);

/* For replacing or deleting; etag is SPAN_NONE where there is no object. Dates have no say here. */
must_check int condition_write(const struct condition *c, struct span etag);
