/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The arithmetic of AWS Signature Version 4: keys and signatures, from text that others have put
 * into its canonical form. It cannot fail and allocates nothing.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */

#include "base/span.h"

#define SIGV4_LEN 32		/* of keys, hashes and signatures */
#define SIGV4_TIME_LEN 16	/* 20261122T010203Z */
#define SIGV4_DAY_LEN 8
#define SIGV4_REGION_MAX 64
#define SIGV4_PREFIX "AWS4"	/* stands before a secret wherever a key is derived from it */
#define SIGV4_PREFIX_LEN 4
#define SIGV4_ALGORITHM "AWS4-HMAC-SHA256"

/* When and for what a signature was made. Borrowed text. */
struct sigv4_scope {
	struct span time;	/* SIGV4_TIME_LEN */
	struct span text;	/* day/region/service/aws4_request */
};

/* What a signature is for: one for the one is worth nothing for the other. */
enum sigv4_service {
	SIGV4_S3,	/* requests of the S3 dialect */
	SIGV4_COFFER,	/* the administration of a tenant */
	SIGV4_SERVICES,
};

/* As scopes name them. */
extern const char *const sigv4_services[SIGV4_SERVICES];

/* The signing key of a day, region and service. The secret comes with SIGV4_PREFIX in front of it. */
void sigv4_derive(struct span prefixed_secret, struct span day, struct span region,
		  enum sigv4_service service, uint8_t ret[static SIGV4_LEN]);

/* Of a request, from its canonical form. */
void sigv4_sign(const uint8_t key[static SIGV4_LEN], const struct sigv4_scope *scope,
		struct span canonical, uint8_t ret[static SIGV4_LEN]);

/* Of a chunk that follows what `previous` signed; hash is the SHA-256 of its bytes. */
void sigv4_sign_chunk(const uint8_t key[static SIGV4_LEN], const struct sigv4_scope *scope,
		      const uint8_t previous[static SIGV4_LEN],
		      const uint8_t hash[static SIGV4_LEN], uint8_t ret[static SIGV4_LEN]);

/* Of the trailer fields, as `name:value\n` each, behind the last chunk. */
void sigv4_sign_trailer(const uint8_t key[static SIGV4_LEN], const struct sigv4_scope *scope,
			const uint8_t previous[static SIGV4_LEN], struct span trailer,
			uint8_t ret[static SIGV4_LEN]);

/* The SHA-256 of nothing. */
extern const uint8_t sigv4_empty_hash[SIGV4_LEN];
