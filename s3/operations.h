/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Every operation of the S3 API that Coffer knows, one row each. The enum, the matcher, the
 * handlers in stored, the renderers in the frontend and docs/operations.md are expanded from here:
 * a row without a handler or a renderer does not compile.
 *
 * OPERATION(SYMBOL, symbol, "Name", METHOD, LEVEL, selector, value, header, "action", ACCESS, BODY)
 *
 *   LEVEL     what the path names: SERVICE (`/`), BUCKET (`/b`), OBJECT (`/b/k`)
 *   selector  the query parameter that selects the operation, "" for none
 *   value     the value that parameter must have, "" for any; a second required parameter is `&name`
 *   header    1 if the request must carry x-amz-copy-source, 0 if it must not, - is 0
 *   action    what a policy calls it (Service Authorization Reference, "Actions for Amazon S3")
 *   ACCESS    READ or WRITE; a grant to WRITE opens once
 *   BODY      NONE, COMMAND (a document, part of the request) or OBJECT (bytes to be kept)
 *
 * Rows are matched top to bottom, so the more particular stand first.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */
#define S3_OPERATIONS(OPERATION)                                                                   \
	OPERATION(LIST_BUCKETS, list_buckets, "ListBuckets", GET, SERVICE, "", "", 0,              \
		  "s3:ListAllMyBuckets", READ, NONE)                                               \
	OPERATION(GET_BUCKET_LOCATION, get_bucket_location, "GetBucketLocation", GET, BUCKET,      \
		  "location", "", 0, "s3:GetBucketLocation", READ, NONE)                           \
	OPERATION(LIST_MULTIPART_UPLOADS, list_multipart_uploads, "ListMultipartUploads", GET,     \
		  BUCKET, "uploads", "", 0, "s3:ListBucketMultipartUploads", READ, NONE)           \
	OPERATION(GET_BUCKET_ACL, get_bucket_acl, "GetBucketAcl", GET, BUCKET, "acl", "", 0,       \
		  "s3:GetBucketAcl", READ, NONE)                                                   \
	OPERATION(GET_BUCKET_POLICY, get_bucket_policy, "GetBucketPolicy", GET, BUCKET, "policy",  \
		  "", 0, "s3:GetBucketPolicy", READ, NONE)                                         \
	OPERATION(GET_BUCKET_POLICY_STATUS, get_bucket_policy_status, "GetBucketPolicyStatus",     \
		  GET, BUCKET, "policyStatus", "", 0, "s3:GetBucketPolicyStatus", READ, NONE)      \
	OPERATION(PUT_BUCKET_POLICY, put_bucket_policy, "PutBucketPolicy", PUT, BUCKET, "policy",  \
		  "", 0, "s3:PutBucketPolicy", WRITE, COMMAND)                                     \
	OPERATION(DELETE_BUCKET_POLICY, delete_bucket_policy, "DeleteBucketPolicy", DELETE,        \
		  BUCKET, "policy", "", 0, "s3:DeleteBucketPolicy", WRITE, NONE)                   \
	OPERATION(GET_PUBLIC_ACCESS_BLOCK, get_public_access_block, "GetPublicAccessBlock", GET,   \
		  BUCKET, "publicAccessBlock", "", 0, "s3:GetBucketPublicAccessBlock", READ, NONE) \
	OPERATION(PUT_PUBLIC_ACCESS_BLOCK, put_public_access_block, "PutPublicAccessBlock", PUT,   \
		  BUCKET, "publicAccessBlock", "", 0, "s3:PutBucketPublicAccessBlock", WRITE,      \
		  COMMAND)                                                                         \
	OPERATION(DELETE_PUBLIC_ACCESS_BLOCK, delete_public_access_block,                          \
		  "DeletePublicAccessBlock", DELETE, BUCKET, "publicAccessBlock", "", 0,           \
		  "s3:PutBucketPublicAccessBlock", WRITE, NONE)                                    \
	OPERATION(GET_BUCKET_CONFIGURATION, get_bucket_configuration, "GetBucketConfiguration",    \
		  GET, BUCKET, "<configuration>", "", 0, "s3:GetBucketConfiguration", READ, NONE)  \
	OPERATION(LIST_OBJECTS_V2, list_objects_v2, "ListObjectsV2", GET, BUCKET, "list-type",     \
		  "2", 0, "s3:ListBucket", READ, NONE)                                             \
	OPERATION(LIST_OBJECTS, list_objects, "ListObjects", GET, BUCKET, "", "", 0,               \
		  "s3:ListBucket", READ, NONE)                                                     \
	OPERATION(HEAD_BUCKET, head_bucket, "HeadBucket", HEAD, BUCKET, "", "", 0,                 \
		  "s3:ListBucket", READ, NONE)                                                     \
	OPERATION(CREATE_BUCKET, create_bucket, "CreateBucket", PUT, BUCKET, "", "", 0,            \
		  "s3:CreateBucket", WRITE, COMMAND)                                               \
	OPERATION(DELETE_BUCKET, delete_bucket, "DeleteBucket", DELETE, BUCKET, "", "", 0,         \
		  "s3:DeleteBucket", WRITE, NONE)                                                  \
	OPERATION(DELETE_OBJECTS, delete_objects, "DeleteObjects", POST, BUCKET, "delete", "", 0,  \
		  "s3:DeleteObject", WRITE, COMMAND)                                               \
	OPERATION(LIST_PARTS, list_parts, "ListParts", GET, OBJECT, "uploadId", "", 0,             \
		  "s3:ListMultipartUploadParts", READ, NONE)                                       \
	OPERATION(GET_OBJECT_ATTRIBUTES, get_object_attributes, "GetObjectAttributes", GET,        \
		  OBJECT, "attributes", "", 0, "s3:GetObjectAttributes", READ, NONE)               \
	OPERATION(GET_OBJECT_ACL, get_object_acl, "GetObjectAcl", GET, OBJECT, "acl", "", 0,       \
		  "s3:GetObjectAcl", READ, NONE)                                                   \
	OPERATION(GET_OBJECT_TAGGING, get_object_tagging, "GetObjectTagging", GET, OBJECT,         \
		  "tagging", "", 0, "s3:GetObjectTagging", READ, NONE)                             \
	OPERATION(GET_OBJECT, get_object, "GetObject", GET, OBJECT, "", "", 0, "s3:GetObject",     \
		  READ, NONE)                                                                      \
	OPERATION(HEAD_OBJECT, head_object, "HeadObject", HEAD, OBJECT, "", "", 0,                 \
		  "s3:GetObject", READ, NONE)                                                      \
	OPERATION(UPLOAD_PART_COPY, upload_part_copy, "UploadPartCopy", PUT, OBJECT,               \
		  "uploadId", "&partNumber", 1, "s3:PutObject", WRITE, NONE)                       \
	OPERATION(UPLOAD_PART, upload_part, "UploadPart", PUT, OBJECT, "uploadId",                 \
		  "&partNumber", 0, "s3:PutObject", WRITE, OBJECT)                                 \
	OPERATION(COPY_OBJECT, copy_object, "CopyObject", PUT, OBJECT, "", "", 1, "s3:PutObject",  \
		  WRITE, NONE)                                                                     \
	OPERATION(PUT_OBJECT, put_object, "PutObject", PUT, OBJECT, "", "", 0, "s3:PutObject",     \
		  WRITE, OBJECT)                                                                   \
	OPERATION(CREATE_MULTIPART_UPLOAD, create_multipart_upload, "CreateMultipartUpload", POST, \
		  OBJECT, "uploads", "", 0, "s3:PutObject", WRITE, NONE)                           \
	OPERATION(COMPLETE_MULTIPART_UPLOAD, complete_multipart_upload,                            \
		  "CompleteMultipartUpload", POST, OBJECT, "uploadId", "", 0, "s3:PutObject",      \
		  WRITE, COMMAND)                                                                  \
	OPERATION(ABORT_MULTIPART_UPLOAD, abort_multipart_upload, "AbortMultipartUpload", DELETE,  \
		  OBJECT, "uploadId", "", 0, "s3:AbortMultipartUpload", WRITE, NONE)               \
	OPERATION(DELETE_OBJECT, delete_object, "DeleteObject", DELETE, OBJECT, "", "", 0,         \
		  "s3:DeleteObject", WRITE, NONE)

/*
 * Configuration documents of a bucket that Coffer can be asked for, and that cannot be set yet; the
 * answer is the one S3 gives where nothing is set: an error, or (VERSIONING, ACCELERATE, ...) an empty
 * document of that name. Matched by GetBucketConfiguration's row above.
 *
 * CONFIGURATION(SYMBOL, "subresource", "s3:Action", ERROR or NONE, "EmptyDocument" or "")
 */
#define S3_CONFIGURATIONS(CONFIGURATION)                                                           \
	CONFIGURATION(VERSIONING, "versioning", "s3:GetBucketVersioning", NONE,                    \
		      "VersioningConfiguration")                                                   \
	CONFIGURATION(ACCELERATE, "accelerate", "s3:GetAccelerateConfiguration", NONE,             \
		      "AccelerateConfiguration")                                                   \
	CONFIGURATION(LOGGING, "logging", "s3:GetBucketLogging", NONE, "BucketLoggingStatus")      \
	CONFIGURATION(NOTIFICATION, "notification", "s3:GetBucketNotification", NONE,              \
		      "NotificationConfiguration")                                                 \
	CONFIGURATION(REQUEST_PAYMENT, "requestPayment", "s3:GetBucketRequestPayment", NONE,       \
		      "RequestPaymentConfiguration")                                               \
	CONFIGURATION(CORS, "cors", "s3:GetBucketCORS", NO_SUCH_CORS_CONFIGURATION, "")            \
	CONFIGURATION(LIFECYCLE, "lifecycle", "s3:GetLifecycleConfiguration",                      \
		      NO_SUCH_LIFECYCLE_CONFIGURATION, "")                                         \
	CONFIGURATION(TAGGING, "tagging", "s3:GetBucketTagging", NO_SUCH_TAG_SET, "")              \
	CONFIGURATION(ENCRYPTION, "encryption", "s3:GetEncryptionConfiguration",                   \
		      SERVER_SIDE_ENCRYPTION_CONFIGURATION_NOT_FOUND, "")                          \
	CONFIGURATION(OWNERSHIP_CONTROLS, "ownershipControls", "s3:GetBucketOwnershipControls",    \
		      OWNERSHIP_CONTROLS_NOT_FOUND, "")                                            \
	CONFIGURATION(OBJECT_LOCK, "object-lock", "s3:GetBucketObjectLockConfiguration",           \
		      OBJECT_LOCK_CONFIGURATION_NOT_FOUND, "")                                     \
	CONFIGURATION(WEBSITE, "website", "s3:GetBucketWebsite", NO_SUCH_WEBSITE_CONFIGURATION,    \
		      "")                                                                          \
	CONFIGURATION(REPLICATION, "replication", "s3:GetReplicationConfiguration",                \
		      REPLICATION_CONFIGURATION_NOT_FOUND, "")

enum s3_operation {
#define OPERATION(SYMBOL, ...) S3_##SYMBOL,
	S3_OPERATIONS(OPERATION)
#undef OPERATION
	S3_OPERATION_COUNT,
};

enum s3_configuration {
#define CONFIGURATION(SYMBOL, ...) S3_CONFIGURATION_##SYMBOL,
	S3_CONFIGURATIONS(CONFIGURATION)
#undef CONFIGURATION
	S3_CONFIGURATION_COUNT,
};

enum s3_method {
	S3_METHOD_GET,
	S3_METHOD_HEAD,
	S3_METHOD_PUT,
	S3_METHOD_POST,
	S3_METHOD_DELETE,
	S3_METHOD_COUNT,
};

enum s3_level {
	S3_LEVEL_SERVICE,
	S3_LEVEL_BUCKET,
	S3_LEVEL_OBJECT,
};

enum s3_access {
	S3_ACCESS_READ,
	S3_ACCESS_WRITE,
};

enum s3_body {
	S3_BODY_NONE,
	S3_BODY_COMMAND,
	S3_BODY_OBJECT,
};

struct s3_operation_row {
	const char *name;
	const char *selector;
	const char *value;
	const char *action;
	enum s3_method method;
	enum s3_level level;
	enum s3_access access;
	enum s3_body body;
	unsigned int copy_source;
};

struct s3_configuration_row {
	const char *subresource;
	const char *action;
	const char *empty_document;	/* "" where the error is the answer */
	int error;			/* enum s3_error, S3_ERROR_NONE where the document is */
};

extern const struct s3_operation_row s3_operations[S3_OPERATION_COUNT];
extern const struct s3_configuration_row s3_configurations[S3_CONFIGURATION_COUNT];
