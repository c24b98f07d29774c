/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The request header fields and query parameters that mean something to Coffer. Others are part of
 * the signature where the client signed them, and are otherwise ignored.
 */

#include "base/span.h"

/* HEADER(SYMBOL, "lower-case name"), in the order of the names' bytes: they are found by halving */
#define S3_HEADERS(HEADER)                                                                         \
	HEADER(ACCEPT, "accept")                                                                   \
	HEADER(AUTHORIZATION, "authorization")                                                     \
	HEADER(CACHE_CONTROL, "cache-control")                                                     \
	HEADER(CONTENT_DISPOSITION, "content-disposition")                                         \
	HEADER(CONTENT_ENCODING, "content-encoding")                                               \
	HEADER(CONTENT_LANGUAGE, "content-language")                                               \
	HEADER(CONTENT_LENGTH, "content-length")                                                   \
	HEADER(CONTENT_MD5, "content-md5")                                                         \
	HEADER(CONTENT_TYPE, "content-type")                                                       \
	HEADER(DATE, "date")                                                                       \
	HEADER(EXPECT, "expect")                                                                   \
	HEADER(EXPIRES, "expires")                                                                 \
	HEADER(HOST, "host")                                                                       \
	HEADER(IF_MATCH, "if-match")                                                               \
	HEADER(IF_MODIFIED_SINCE, "if-modified-since")                                             \
	HEADER(IF_NONE_MATCH, "if-none-match")                                                     \
	HEADER(IF_RANGE, "if-range")                                                               \
	HEADER(IF_UNMODIFIED_SINCE, "if-unmodified-since")                                         \
	HEADER(RANGE, "range")                                                                     \
	HEADER(TRANSFER_ENCODING, "transfer-encoding")                                             \
	HEADER(AMZ_ACL, "x-amz-acl")                                                               \
	HEADER(AMZ_BUCKET_OBJECT_LOCK_ENABLED, "x-amz-bucket-object-lock-enabled")                 \
	HEADER(AMZ_CHECKSUM_ALGORITHM, "x-amz-checksum-algorithm")                                 \
	HEADER(AMZ_CHECKSUM_CRC32, "x-amz-checksum-crc32")                                         \
	HEADER(AMZ_CHECKSUM_CRC32C, "x-amz-checksum-crc32c")                                       \
	HEADER(AMZ_CHECKSUM_CRC64NVME, "x-amz-checksum-crc64nvme")                                 \
	HEADER(AMZ_CHECKSUM_MODE, "x-amz-checksum-mode")                                           \
	HEADER(AMZ_CHECKSUM_SHA1, "x-amz-checksum-sha1")                                           \
	HEADER(AMZ_CHECKSUM_SHA256, "x-amz-checksum-sha256")                                       \
	HEADER(AMZ_CHECKSUM_TYPE, "x-amz-checksum-type")                                           \
	HEADER(AMZ_CONTENT_SHA256, "x-amz-content-sha256")                                         \
	HEADER(AMZ_COPY_SOURCE, "x-amz-copy-source")                                               \
	HEADER(AMZ_COPY_SOURCE_IF_MATCH, "x-amz-copy-source-if-match")                             \
	HEADER(AMZ_COPY_SOURCE_IF_MODIFIED_SINCE, "x-amz-copy-source-if-modified-since")           \
	HEADER(AMZ_COPY_SOURCE_IF_NONE_MATCH, "x-amz-copy-source-if-none-match")                   \
	HEADER(AMZ_COPY_SOURCE_IF_UNMODIFIED_SINCE, "x-amz-copy-source-if-unmodified-since")       \
	HEADER(AMZ_COPY_SOURCE_RANGE, "x-amz-copy-source-range")                                   \
	HEADER(AMZ_DATE, "x-amz-date")                                                             \
	HEADER(AMZ_DECODED_CONTENT_LENGTH, "x-amz-decoded-content-length")                         \
	HEADER(AMZ_EXPECTED_BUCKET_OWNER, "x-amz-expected-bucket-owner")                           \
	HEADER(AMZ_GRANT_FULL_CONTROL, "x-amz-grant-full-control")                                 \
	HEADER(AMZ_GRANT_READ, "x-amz-grant-read")                                                 \
	HEADER(AMZ_GRANT_READ_ACP, "x-amz-grant-read-acp")                                         \
	HEADER(AMZ_GRANT_WRITE, "x-amz-grant-write")                                               \
	HEADER(AMZ_GRANT_WRITE_ACP, "x-amz-grant-write-acp")                                       \
	HEADER(AMZ_IF_MATCH_LAST_MODIFIED_TIME, "x-amz-if-match-last-modified-time")               \
	HEADER(AMZ_IF_MATCH_SIZE, "x-amz-if-match-size")                                           \
	HEADER(AMZ_MAX_PARTS, "x-amz-max-parts")                                                   \
	HEADER(AMZ_METADATA_DIRECTIVE, "x-amz-metadata-directive")                                 \
	HEADER(AMZ_MP_OBJECT_SIZE, "x-amz-mp-object-size")                                         \
	HEADER(AMZ_OBJECT_ATTRIBUTES, "x-amz-object-attributes")                                   \
	HEADER(AMZ_OBJECT_LOCK_LEGAL_HOLD, "x-amz-object-lock-legal-hold")                         \
	HEADER(AMZ_OBJECT_LOCK_MODE, "x-amz-object-lock-mode")                                     \
	HEADER(AMZ_OBJECT_LOCK_RETAIN_UNTIL_DATE, "x-amz-object-lock-retain-until-date")           \
	HEADER(AMZ_OBJECT_OWNERSHIP, "x-amz-object-ownership")                                     \
	HEADER(AMZ_OPTIONAL_OBJECT_ATTRIBUTES, "x-amz-optional-object-attributes")                 \
	HEADER(AMZ_PART_NUMBER_MARKER, "x-amz-part-number-marker")                                 \
	HEADER(AMZ_SDK_CHECKSUM_ALGORITHM, "x-amz-sdk-checksum-algorithm")                         \
	HEADER(AMZ_SECURITY_TOKEN, "x-amz-security-token")                                         \
	HEADER(AMZ_SERVER_SIDE_ENCRYPTION, "x-amz-server-side-encryption")                         \
	HEADER(AMZ_SSE_CUSTOMER_ALGORITHM, "x-amz-server-side-encryption-customer-algorithm")      \
	HEADER(AMZ_SOURCE_EXPECTED_BUCKET_OWNER, "x-amz-source-expected-bucket-owner")             \
	HEADER(AMZ_STORAGE_CLASS, "x-amz-storage-class")                                           \
	HEADER(AMZ_TAGGING, "x-amz-tagging")                                                       \
	HEADER(AMZ_TAGGING_DIRECTIVE, "x-amz-tagging-directive")                                   \
	HEADER(AMZ_TRAILER, "x-amz-trailer")                                                       \
	HEADER(AMZ_WEBSITE_REDIRECT_LOCATION, "x-amz-website-redirect-location")

/* PARAM(SYMBOL, "name"), case-sensitive, in the order of the names' bytes */
#define S3_PARAMS(PARAM)                                                                           \
	PARAM(AWS_ACCESS_KEY_ID, "AWSAccessKeyId")                                                 \
	PARAM(SIGNATURE, "Signature")                                                              \
	PARAM(AMZ_ALGORITHM, "X-Amz-Algorithm")                                                    \
	PARAM(AMZ_CONTENT_SHA256, "X-Amz-Content-Sha256")                                          \
	PARAM(AMZ_CREDENTIAL, "X-Amz-Credential")                                                  \
	PARAM(AMZ_DATE, "X-Amz-Date")                                                              \
	PARAM(AMZ_EXPIRES, "X-Amz-Expires")                                                        \
	PARAM(AMZ_SECURITY_TOKEN, "X-Amz-Security-Token")                                          \
	PARAM(AMZ_SIGNATURE, "X-Amz-Signature")                                                    \
	PARAM(AMZ_SIGNED_HEADERS, "X-Amz-SignedHeaders")                                           \
	PARAM(ACL, "acl")                                                                          \
	PARAM(ATTRIBUTES, "attributes")                                                            \
	PARAM(BUCKET_REGION, "bucket-region")                                                      \
	PARAM(CONTINUATION_TOKEN, "continuation-token")                                            \
	PARAM(DELETE, "delete")                                                                    \
	PARAM(DELIMITER, "delimiter")                                                              \
	PARAM(ENCODING_TYPE, "encoding-type")                                                      \
	PARAM(FETCH_OWNER, "fetch-owner")                                                          \
	PARAM(KEY_MARKER, "key-marker")                                                            \
	PARAM(LIST_TYPE, "list-type")                                                              \
	PARAM(LOCATION, "location")                                                                \
	PARAM(MARKER, "marker")                                                                    \
	PARAM(MAX_BUCKETS, "max-buckets")                                                          \
	PARAM(MAX_KEYS, "max-keys")                                                                \
	PARAM(MAX_PARTS, "max-parts")                                                              \
	PARAM(MAX_UPLOADS, "max-uploads")                                                          \
	PARAM(PART_NUMBER_MARKER, "part-number-marker")                                            \
	PARAM(PART_NUMBER, "partNumber")                                                           \
	PARAM(PREFIX, "prefix")                                                                    \
	PARAM(RESPONSE_CACHE_CONTROL, "response-cache-control")                                    \
	PARAM(RESPONSE_CONTENT_DISPOSITION, "response-content-disposition")                        \
	PARAM(RESPONSE_CONTENT_ENCODING, "response-content-encoding")                              \
	PARAM(RESPONSE_CONTENT_LANGUAGE, "response-content-language")                              \
	PARAM(RESPONSE_CONTENT_TYPE, "response-content-type")                                      \
	PARAM(RESPONSE_EXPIRES, "response-expires")                                                \
	PARAM(START_AFTER, "start-after")                                                          \
	PARAM(TAGGING, "tagging")                                                                  \
	PARAM(UPLOAD_ID_MARKER, "upload-id-marker")                                                \
	PARAM(UPLOAD_ID, "uploadId")                                                               \
	PARAM(UPLOADS, "uploads")                                                                  \
	PARAM(VERSION_ID, "versionId")

enum s3_header {
#define HEADER(SYMBOL, name) S3_HEADER_##SYMBOL,
	S3_HEADERS(HEADER)
#undef HEADER
	S3_HEADER_COUNT,
};

enum s3_param {
#define PARAM(SYMBOL, name) S3_PARAM_##SYMBOL,
	S3_PARAMS(PARAM)
#undef PARAM
	S3_PARAM_COUNT,
};

extern const char *const s3_header_names[S3_HEADER_COUNT];
extern const char *const s3_param_names[S3_PARAM_COUNT];

/* The header of that name, in any case, or S3_HEADER_COUNT where it is none of ours. */
enum s3_header s3_header_find(struct span name);

/* The parameter of exactly that name, or S3_PARAM_COUNT. */
enum s3_param s3_param_find(struct span name);
