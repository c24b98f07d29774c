/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Signs a request with AWS Signature Version 4, for the service `coffer`: what a signature for S3 allows
 * is nothing here, and the other way round. Over Host, the time, the SHA-256 of the body, and a nonce: one
 * signature is good for one change, and two of the same in one second have two signatures.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */

#include "base/span.h"
#include "client/pair.h"

#define SIGNATURE_SERVICE    "coffer"
#define SIGNATURE_NONCE	     "x-coffer-nonce"
#define SIGNATURE_REGION_MAX 64
#define SIGNATURE_NONCE_MAX  32
#define SIGNATURE_HASH_SIZE  65 /* in hexadecimal digits */
#define SIGNATURE_DATE_SIZE  17 /* 20261122T010203Z */

struct signature_of {
	const char *method;
	const char *authority;	/* Host, as it will be sent */
	const char *path;	/* percent-encoded, as it will be sent */
	const char *query;	/* as SigV4 wants it, its parameters in order; "": none */
	struct span body;
	const char *region;	/* at most SIGNATURE_REGION_MAX */
	int64_t now_s;
	const char *nonce;	/* at most SIGNATURE_NONCE_MAX, as it stands in its field */
};

/* The values of the fields by which a request is signed, beside Host and SIGNATURE_NONCE. */
struct signature {
	char date[SIGNATURE_DATE_SIZE];	/* x-amz-date */
	char hash[SIGNATURE_HASH_SIZE];	/* x-amz-content-sha256 */
	char authorization[512];
};

must_check int signature_make(const struct signature_of *of, const struct pair *by,
			      struct signature *ret);
