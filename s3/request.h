/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A request as S3 understands it, parsed from a head: which operation on which bucket and key, with
 * which parameters. Parsing is pure, so every process that parses the same head gets the same
 * request. It says nothing about who asks: that is authd's part.
 */

#include "base/buffer.h"
#include "s3/checksum.h"
#include "s3/errors.h"
#include "s3/headers.h"
#include "s3/operations.h"

/* Limits of S3, in bytes unless said otherwise. */
#define S3_KEY_MAX 1024
#define S3_BUCKET_NAME_MAX 63
#define S3_METADATA_MAX (2 * 1024)	/* names and values of x-amz-meta-* together */
#define S3_PUT_MAX (5 * GIB)
#define S3_PART_MIN (5 * MIB)		/* every part but the last */
#define S3_PART_COUNT_MAX 10000
#define S3_OBJECT_MAX (5 * 1024 * GIB)
#define S3_COMMAND_MAX (2 * MIB)
#define S3_LIST_MAX 1000
#define S3_TARGET_MAX (16 * 1024)	/* the raw request target */
#define S3_HEAD_MAX (32 * 1024)		/* all header fields as pairs */
#define S3_FIELDS_MAX 256		/* header fields, in number */

#define S3_LENGTH_UNKNOWN UINT64_MAX

/* The head as it arrived: nothing decoded, nothing dropped. Borrowed. */
struct s3_head {
	struct span method;
	struct span target;	/* raw, origin-form: "/b/k%20?x=y" */
	struct span fields;	/* pairs, in order of arrival; names in the case they came in */
};

/* What x-amz-content-sha256 says about the body. */
enum s3_payload {
	S3_PAYLOAD_UNSIGNED,			/* UNSIGNED-PAYLOAD */
	S3_PAYLOAD_SIGNED,			/* its SHA-256 */
	S3_PAYLOAD_STREAMING_SIGNED,		/* STREAMING-AWS4-HMAC-SHA256-PAYLOAD */
	S3_PAYLOAD_STREAMING_SIGNED_TRAILER,	/* STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER */
	S3_PAYLOAD_STREAMING_UNSIGNED_TRAILER,	/* STREAMING-UNSIGNED-PAYLOAD-TRAILER */
};

static inline bool s3_payload_is_framed(enum s3_payload p)
{
	return p >= S3_PAYLOAD_STREAMING_SIGNED;
}

static inline bool s3_payload_is_chained(enum s3_payload p)
{
	return p == S3_PAYLOAD_STREAMING_SIGNED || p == S3_PAYLOAD_STREAMING_SIGNED_TRAILER;
}

static inline bool s3_payload_has_trailer(enum s3_payload p)
{
	return p >= S3_PAYLOAD_STREAMING_SIGNED_TRAILER;
}

/* How the client speaks HTTP. Both ways end in the same operations on the same objects. */
enum s3_dialect {
	S3_DIALECT_S3,
	S3_DIALECT_REST,	/* docs/rest.md: bearer tokens, JSON */
};
#define S3_DIALECT_COUNT 2

struct s3_request {
	enum s3_dialect dialect;
	enum s3_operation operation;
	enum s3_configuration configuration;	/* for GetBucketConfiguration */
	struct span bucket;			/* decoded; SPAN_NONE at service level */
	struct span key;			/* decoded once; SPAN_NONE above object level */
	struct span params[S3_PARAM_COUNT];	/* decoded; present without value: empty */
	struct span headers[S3_HEADER_COUNT];	/* trimmed */
	struct span attributes;			/* pairs an object keeps: content headers, x-amz-meta-* */
	struct span source_bucket;		/* of x-amz-copy-source, decoded */
	struct span source_key;
	struct span source_version;
	enum s3_payload payload;
	uint8_t payload_sha256[32];		/* for S3_PAYLOAD_SIGNED */
	uint64_t length;			/* of the object's bytes, or S3_LENGTH_UNKNOWN */
	enum checksum_algorithm trailer;	/* announced by x-amz-trailer */
	struct checksum_value checksum;		/* sent as a header; algorithm NONE where not */
	enum checksum_algorithm checksum_algorithm; /* asked for, sent, or announced; NONE where none */
};

/* Holds what had to be decoded; lives as long as the request. */
struct s3_parsed {
	struct s3_request request;
	struct buffer decoded;	/* sized at the start and never moved: the request points into it */
	bool virtual_host;	/* the bucket came from Host */
};

/*
 * Parses a head. `domains` are the base domains of virtual-host addressing, NULL-terminated, or
 * NULL. 0: *ret is filled and must be cleared; > 0: the enum s3_error the client is told, and where
 * it helps *ret_detail is a literal sentence in place of the error's own; < 0: -ENOMEM.
 * Values are checked as far as this needs no object: numbers, ranges of max-keys, encodings, lengths, checksums,
 * storage class; headers that ask for what Coffer does not have are NotImplemented. In a presigned request
 * parameters `x-amz-*` count as headers: that is where many clients sign them.
 */
must_check int s3_request_parse(const struct s3_head *head, const char *const *domains,
				struct s3_parsed *ret, const char **ret_detail);
/* Afterwards the request is not to be looked at: its 2 KiB of spans are left as they are. */
void s3_parsed_clear(struct s3_parsed *p);

/* The first value of a header field in the raw head (any case), or SPAN_NONE. */
struct span s3_head_find(const struct s3_head *head, const char *name);

/*
 * Numbers that parsing has checked: `absent` where the client sent none. Sizes of pages (max-keys,
 * max-parts, max-uploads, x-amz-max-parts) are cut down to S3_LIST_MAX, as S3 does.
 */
uint64_t s3_request_number(const struct s3_request *r, enum s3_param p, uint64_t absent);
uint64_t s3_request_header_number(const struct s3_request *r, enum s3_header h, uint64_t absent);

/* Content-MD5, decoded; false where it was not sent. */
bool s3_request_content_md5(const struct s3_request *r, uint8_t ret[static 16]);

/* What x-amz-object-attributes asks for, as bits; false where it is missing or names others. */
enum s3_attribute {
	S3_ATTRIBUTE_ETAG = 1 << 0,
	S3_ATTRIBUTE_CHECKSUM = 1 << 1,
	S3_ATTRIBUTE_OBJECT_PARTS = 1 << 2,
	S3_ATTRIBUTE_STORAGE_CLASS = 1 << 3,
	S3_ATTRIBUTE_OBJECT_SIZE = 1 << 4,
};

must_check bool s3_request_wanted_attributes(const struct s3_request *r, unsigned int *ret);
