/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the bytes of a file or an object come to, in one pass: SHA-256, to compare what went in with
 * what came out; MD5 and CRC-64/NVME, to compare with what stored says of an object.
 */

#include "s3/checksum.h"
#include "s3/etag.h"

#define DIGEST_MD5_LEN 16

struct digest_value {
	uint64_t length;
	struct checksum_value sha256;
	struct checksum_value crc64;
	char etag[ETAG_TEXT_MAX]; /* of an object that was put whole */
};

struct digest;

must_check int digest_new(struct digest **ret);
struct digest *digest_free(struct digest *d);
DEFINE_CLEANUP(struct digest *, digest_free)

must_check int digest_update(struct digest *d, struct span bytes);
must_check int digest_finish(struct digest *d, struct digest_value *ret);

/* Whether an entity tag is the MD5 of a whole: not of what came in parts. */
bool digest_is_md5(const char *etag);

/* Of bytes that are all there. */
must_check int digest_of(struct span bytes, struct digest_value *ret);
