/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a request needs to be allowed: often one action, but a copy also reads its source (T20), a version
 * has actions of its own (T22), and what a request sets beside the object is asked for beside it. Every
 * need must be allowed.
 *
 * A need about the source is about another bucket, whose policy is asked. Tags that a copy takes along are
 * not among them: only stored knows whether there are any.
 *
 * "Required permissions for Amazon S3 API operations",
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 */

#include "s3/request.h"

#define POLICY_NEEDS_MAX 8

struct policy_need {
	struct span action;	/* `s3:GetObject`: static */
	struct span bucket;	/* borrowed from the request, as the key is */
	struct span key;
};

/*
 * Fills ret and yields how many there are. The first is the operation's own, of the configuration asked for
 * where it is one. For DeleteObjects there are none: each key has a need, which is policy_need_of_delete().
 */
size_t policy_needs_of_request(const struct s3_request *r, struct policy_need ret[static POLICY_NEEDS_MAX]);

struct policy_need policy_need_of_delete(struct span bucket, struct span key, bool of_version);
