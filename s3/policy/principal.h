/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Who a statement of a bucket policy is about; a part of parsing a policy.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-bucket-user-policy-specifying-principal-intro.html
 */

#include "s3/policy/parser.h"

/* For a policy of an identity, checks that there are none. Results as policy_parse()'s. */
must_check int policy_parse_principals(struct policy_parser *p, json_t *statement, bool allows,
				       struct policy_principals *to);
