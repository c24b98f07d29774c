/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Whether a bucket policy is public, for GetBucketPolicyStatus and Block Public Access. A policy is public
 * unless everything it allows is allowed only to fixed principals, or under fixed values of certain keys;
 * of addresses, to no more than /8 of IPv4 and /32 of IPv6. What it denies does not make it less public.
 * "The meaning of public", https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 */

#include "s3/policy/evaluate.h"
#include "s3/public_access.h"

bool policy_is_public(const struct policy_document *d);

/*
 * What a bucket's policy is worth behind its public access block: of one that is public, strangers to the
 * bucket's account have no use where RestrictPublicBuckets is on. What it denies, it denies.
 */
enum policy_answer policy_restrict(enum policy_answer a, bool is_public, unsigned int blocks, bool same_account);
