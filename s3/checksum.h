/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The additional checksums of S3 (x-amz-checksum-*): computed as bytes pass, compared, combined over
 * the parts of a multipart upload. Values are kept as raw big-endian bytes; base64 is for headers.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 *
 * CHECKSUM(SYMBOL, "NAME", "header name", bytes, full-object for multipart possible, composite possible)
 */
#define S3_CHECKSUMS(CHECKSUM)                                                                     \
	CHECKSUM(CRC32, "CRC32", "x-amz-checksum-crc32", 4, true, true)                            \
	CHECKSUM(CRC32C, "CRC32C", "x-amz-checksum-crc32c", 4, true, true)                         \
	CHECKSUM(CRC64NVME, "CRC64NVME", "x-amz-checksum-crc64nvme", 8, true, false)               \
	CHECKSUM(SHA1, "SHA1", "x-amz-checksum-sha1", 20, false, true)                             \
	CHECKSUM(SHA256, "SHA256", "x-amz-checksum-sha256", 32, false, true)

#include "base/span.h"

enum checksum_algorithm {
	CHECKSUM_NONE = 0,
#define CHECKSUM(SYMBOL, ...) CHECKSUM_##SYMBOL,
	S3_CHECKSUMS(CHECKSUM)
#undef CHECKSUM
	CHECKSUM_COUNT,
};

enum checksum_type {
	CHECKSUM_TYPE_NONE = 0,
	CHECKSUM_TYPE_FULL_OBJECT,
	CHECKSUM_TYPE_COMPOSITE,	/* checksum of the parts' checksums; shown with "-N" */
};

#define CHECKSUM_MAX_LEN 32
#define CHECKSUM_TEXT_MAX 64	/* base64, "-10000" and a NUL fit */

struct checksum_row {
	const char *name;	/* as in x-amz-checksum-algorithm */
	const char *header;	/* lower case */
	size_t len;
	bool full_object;
	bool composite;
};

extern const struct checksum_row checksum_rows[CHECKSUM_COUNT];

struct checksum_value {
	enum checksum_algorithm algorithm;
	uint8_t bytes[CHECKSUM_MAX_LEN];
};

/* By x-amz-checksum-algorithm's value (any case), or by header name; CHECKSUM_NONE if unknown. */
enum checksum_algorithm checksum_by_name(struct span name);
enum checksum_algorithm checksum_by_header(struct span header);

/* Padded base64 of exactly the algorithm's length; false otherwise. A "-N" suffix is not taken. */
must_check bool checksum_parse(enum checksum_algorithm a, struct span base64,
			       struct checksum_value *ret);

/* Base64 into buf; parts > 0 appends "-parts". Returns buf. */
const char *checksum_format(const struct checksum_value *v, unsigned int parts,
			    char buf[static CHECKSUM_TEXT_MAX]);

bool checksum_equal(const struct checksum_value *a, const struct checksum_value *b);

/* A checksum in the making. The CRCs use the CPU's instructions where it has them. */
struct checksum;

must_check int checksum_new(enum checksum_algorithm a, struct checksum **ret);
struct checksum *checksum_free(struct checksum *c);
DEFINE_CLEANUP(struct checksum *, checksum_free)
must_check int checksum_update(struct checksum *c, struct span bytes);
must_check int checksum_finish(struct checksum *c, struct checksum_value *ret);

/*
 * The checksum of a concatenation from the checksums of both halves, for the CRCs (full-object
 * multipart checksums): *a becomes that of a then b, where b covers b_len bytes.
 */
void checksum_combine(struct checksum_value *a, const struct checksum_value *b, uint64_t b_len);
