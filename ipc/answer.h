/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An answer is what stored says of a request that went through, of an object, or of one item of a
 * list: a record of which only the fields that are set travel. Which fields an operation sets, and
 * what the frontend makes of them, is written beside each.
 *
 * TEXT(SYMBOL, name, limit)	bytes; absent is SPAN_NONE
 * NUMBER(SYMBOL, name)		u64; absent is ANSWER_ABSENT
 */

#include "ipc/schema.h"
#include "ipc/wire.h"

#define ANSWER_ABSENT UINT64_MAX

/* Kinds of items in a list. */
enum answer_kind {
	ANSWER_KIND_OBJECT,	/* key, size, etag, last_modified, storage_class, owner, checksum_algorithm */
	ANSWER_KIND_PREFIX,	/* prefix */
	ANSWER_KIND_BUCKET,	/* bucket, created, region */
	ANSWER_KIND_UPLOAD,	/* key, upload_id, created, storage_class, owner, checksum algorithm and type */
	ANSWER_KIND_PART,	/* part_number, size, etag, last_modified, checksum */
	ANSWER_KIND_DELETED,	/* key, version_id */
	ANSWER_KIND_ERROR,	/* key, version_id, error */
	ANSWER_KIND_DAMAGE,	/* key, upload_id, part_number, detail: a word */
};

#define ANSWER_FIELDS(TEXT, NUMBER)                                                                \
	NUMBER(KIND, kind)                                                                         \
	TEXT(BUCKET, bucket, 63)	/* also with NO_SUCH_BUCKET: the one, where it is not the request's */ \
	TEXT(KEY, key, 1024)                                                                       \
	TEXT(PREFIX, prefix, 1024)                                                                 \
	TEXT(VERSION_ID, version_id, 1024)                                                         \
	TEXT(ETAG, etag, 64)		/* without quotes: hex md5, or md5-of-md5s-N */            \
	NUMBER(SIZE, size)		/* of the whole object or part */                          \
	NUMBER(LAST_MODIFIED, last_modified)	/* nanoseconds since 1970 */                       \
	NUMBER(CREATED, created)	/* likewise */                                             \
	TEXT(ATTRIBUTES, attributes, 32 * 1024)	/* pairs: content headers, x-amz-meta-* */         \
	TEXT(STORAGE_CLASS, storage_class, 32)	/* absent: STANDARD */                             \
	NUMBER(CHECKSUM_ALGORITHM, checksum_algorithm)	/* enum checksum_algorithm */              \
	NUMBER(CHECKSUM_TYPE, checksum_type)	/* enum checksum_type */                           \
	TEXT(CHECKSUM, checksum, 64)	/* base64, with "-N" where composite */                    \
	NUMBER(RANGE_START, range_start)	/* GetObject of a range: first byte */             \
	NUMBER(RANGE_LENGTH, range_length)	/* and how many; absent: whole, 200 */             \
	NUMBER(PART_NUMBER, part_number)                                                           \
	NUMBER(PARTS_COUNT, parts_count)	/* x-amz-mp-parts-count, PartsCount */             \
	TEXT(UPLOAD_ID, upload_id, 128)                                                            \
	TEXT(REGION, region, 64)                                                                   \
	TEXT(OWNER_ID, owner_id, 64)                                                               \
	TEXT(OWNER_NAME, owner_name, 256)                                                          \
	NUMBER(TRUNCATED, truncated)	/* lists, in their DONE: 0 or 1 */                         \
	TEXT(NEXT_KEY, next_key, 1024)	/* NextMarker, NextKeyMarker */                            \
	TEXT(NEXT_UPLOAD, next_upload, 128)	/* NextUploadIdMarker */                           \
	TEXT(NEXT_TOKEN, next_token, 2048)	/* NextContinuationToken */                        \
	NUMBER(NEXT_PART, next_part)	/* NextPartNumberMarker */                                 \
	NUMBER(COUNT, count)		/* KeyCount: keys and prefixes of the page */              \
	NUMBER(LIMIT, limit)		/* MaxKeys, MaxParts, MaxUploads as in force */            \
	NUMBER(ERROR, error)		/* enum s3_error of an item */                             \
	TEXT(DETAIL, detail, 512)	/* its sentence, where it has one of its own */            \
	TEXT(DOCUMENT, document, 20 * 1024)	/* GetBucketPolicy: JSON */                        \
	NUMBER(IS_PUBLIC, is_public)	/* GetBucketPolicyStatus: 0 or 1 */                        \
	NUMBER(BLOCKS, blocks)		/* GetPublicAccessBlock: bits, s3/public_access.h */       \
	NUMBER(QUIET, quiet)		/* DeleteObjects: only errors are told */                  \
	NUMBER(OBJECTS, objects)	/* USAGE, RECOUNT and QUOTA, these and those that follow */ \
	NUMBER(BYTES, bytes)		/* of their bodies */                                      \
	NUMBER(UPLOADS, uploads)	/* under way */                                            \
	NUMBER(UPLOAD_BYTES, upload_bytes)	/* of their parts */                               \
	NUMBER(QUOTA_BYTES, quota_bytes)	/* absent: none */                                 \
	NUMBER(QUOTA_OBJECTS, quota_objects)	/* likewise */                                     \
	NUMBER(WRONG_OBJECTS, wrong_objects)	/* RECOUNT: what the figures were, were they wrong */ \
	NUMBER(WRONG_BYTES, wrong_bytes)                                                           \
	NUMBER(WRONG_UPLOADS, wrong_uploads)                                                       \
	NUMBER(WRONG_UPLOAD_BYTES, wrong_upload_bytes)                                             \
	TEXT(POSITION, position, IPC_POSITION_MAX)	/* SCRUB: of the next step; absent: it is through */

enum answer_field {
#define TEXT(SYMBOL, name, limit) ANSWER_##SYMBOL,
#define NUMBER(SYMBOL, name) ANSWER_##SYMBOL,
	ANSWER_FIELDS(TEXT, NUMBER)
#undef TEXT
#undef NUMBER
	ANSWER_FIELD_COUNT,
};

struct answer {
#define TEXT(SYMBOL, name, limit) struct span name;
#define NUMBER(SYMBOL, name) uint64_t name;
	ANSWER_FIELDS(TEXT, NUMBER)
#undef TEXT
#undef NUMBER
};

/* Every field absent. */
void answer_init(struct answer *a);

void answer_encode(const struct answer *a, struct buffer *b);

/* False where the bytes are no answer; spans are borrowed. */
must_check bool answer_decode(struct span bytes, struct answer *ret);

/* Items in an ITEMS message: each behind its length. */
void answer_append_item(const struct answer *a, struct buffer *items);

/* 1: there was one; 0: the end; -EBADMSG. */
must_check int answer_next_item(struct span *rest, struct answer *ret);
