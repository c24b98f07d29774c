/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

/*
 * S3 Block Public Access, of one bucket: what cannot be made public, whatever its policy says.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PublicAccessBlockConfiguration.html
 *
 * BLOCK(SYMBOL, "Element")
 */
#define S3_PUBLIC_ACCESS_BLOCKS(BLOCK)                                                             \
	BLOCK(ACLS, "BlockPublicAcls")		/* Coffer has no ACLs, so this and the next */     \
	BLOCK(ACLS_IGNORED, "IgnorePublicAcls")	/* are kept and mean nothing */                    \
	BLOCK(POLICY, "BlockPublicPolicy")	/* no policy is set that is public */              \
	BLOCK(RESTRICT, "RestrictPublicBuckets")	/* of one that is, only the own account has use */

enum s3_public_access_block {
#define BLOCK(SYMBOL, element) S3_BLOCK_##SYMBOL,
	S3_PUBLIC_ACCESS_BLOCKS(BLOCK)
#undef BLOCK
	S3_BLOCK_COUNT,
};

/* Several of them are a set of 1 << enum s3_public_access_block. */
static inline bool s3_blocks(unsigned int set, enum s3_public_access_block b)
{
	return set >> b & 1;
}
