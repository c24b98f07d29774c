/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The errors a client can be told: S3's code, the HTTP status, and the sentence. Numbers travel
 * between the processes and are never stored.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 *
 * ERROR(SYMBOL, "Code", status, "Message")
 */
#define S3_ERRORS(ERROR)                                                                           \
	ERROR(ACCESS_DENIED, "AccessDenied", 403, "Access Denied")                                 \
	ERROR(ACCESS_CONTROL_LIST_NOT_SUPPORTED, "AccessControlListNotSupported", 400,             \
	      "The bucket does not allow ACLs")                                                    \
	ERROR(AUTHORIZATION_HEADER_MALFORMED, "AuthorizationHeaderMalformed", 400,                 \
	      "The authorization header that you provided is not valid.")                          \
	ERROR(AUTHORIZATION_QUERY_PARAMETERS_ERROR, "AuthorizationQueryParametersError", 400,      \
	      "The query-string authentication parameters that you provided are not valid.")       \
	ERROR(BAD_DIGEST, "BadDigest", 400,                                                        \
	      "The Content-MD5 or checksum value that you specified did not match what the "       \
	      "server received.")                                                                  \
	ERROR(BUCKET_ALREADY_EXISTS, "BucketAlreadyExists", 409,                                   \
	      "The requested bucket name is not available. The bucket namespace is shared by all " \
	      "users of the system. Select a different name and try again.")                       \
	ERROR(BUCKET_ALREADY_OWNED_BY_YOU, "BucketAlreadyOwnedByYou", 409,                         \
	      "The bucket that you tried to create already exists, and you own it.")               \
	ERROR(BUCKET_NOT_EMPTY, "BucketNotEmpty", 409,                                             \
	      "The bucket that you tried to delete is not empty.")                                 \
	ERROR(CONDITIONAL_REQUEST_CONFLICT, "ConditionalRequestConflict", 409,                     \
	      "The conditional request cannot succeed because of a conflicting operation.")        \
	ERROR(ENTITY_TOO_LARGE, "EntityTooLarge", 400,                                             \
	      "Your proposed upload exceeds the maximum allowed object size.")                     \
	ERROR(ENTITY_TOO_SMALL, "EntityTooSmall", 400,                                             \
	      "Your proposed upload is smaller than the minimum allowed object size.")             \
	ERROR(EXPIRED_TOKEN, "ExpiredToken", 400, "The provided token has expired.")               \
	ERROR(ILLEGAL_LOCATION_CONSTRAINT, "IllegalLocationConstraintException", 400,              \
	      "The specified location constraint is incompatible with the region this request "    \
	      "was sent to.")                                                                      \
	ERROR(INCOMPLETE_BODY, "IncompleteBody", 400,                                              \
	      "You did not provide the number of bytes specified by the Content-Length HTTP "      \
	      "header.")                                                                           \
	ERROR(INSUFFICIENT_STORAGE, "InsufficientStorage", 507,                                    \
	      "There is not enough free space on the server to store the object.")                 \
	ERROR(INTERNAL_ERROR, "InternalError", 500,                                                \
	      "An internal error occurred. Try again.")                                            \
	ERROR(INVALID_ACCESS_KEY_ID, "InvalidAccessKeyId", 403,                                    \
	      "The access key ID that you provided does not exist in our records.")                \
	ERROR(INVALID_ARGUMENT, "InvalidArgument", 400, "Invalid Argument")                        \
	ERROR(INVALID_BUCKET_NAME, "InvalidBucketName", 400,                                       \
	      "The specified bucket is not valid.")                                                \
	ERROR(INVALID_CHUNK_SIZE, "InvalidChunkSizeError", 403,                                    \
	      "Only the last chunk is allowed to have a size less than 8192 bytes")                \
	ERROR(INVALID_DIGEST, "InvalidDigest", 400,                                                \
	      "The Content-MD5 or checksum value that you specified is not valid.")                \
	ERROR(INVALID_OBJECT_STATE, "InvalidObjectState", 403,                                     \
	      "The operation is not valid for the current state of the object.")                   \
	ERROR(INVALID_PART, "InvalidPart", 400,                                                    \
	      "One or more of the specified parts could not be found. The part might not have "    \
	      "been uploaded, or the specified ETag might not have matched the uploaded part's "   \
	      "ETag.")                                                                             \
	ERROR(INVALID_PART_NUMBER, "InvalidPartNumber", 416,                                       \
	      "The requested partnumber is not satisfiable")                                       \
	ERROR(INVALID_PART_ORDER, "InvalidPartOrder", 400,                                         \
	      "The list of parts was not in ascending order. The parts list must be specified in " \
	      "order by part number.")                                                             \
	ERROR(INVALID_RANGE, "InvalidRange", 416, "The requested range is not satisfiable")        \
	ERROR(INVALID_REQUEST, "InvalidRequest", 400, "Invalid Request")                           \
	ERROR(INVALID_STORAGE_CLASS, "InvalidStorageClass", 400,                                   \
	      "The storage class that you specified is not valid.")                                \
	ERROR(INVALID_TOKEN, "InvalidToken", 400,                                                  \
	      "The provided token is malformed or otherwise not valid.")                           \
	ERROR(INVALID_URI, "InvalidURI", 400, "The specified URI couldn't be parsed.")             \
	ERROR(KEY_TOO_LONG, "KeyTooLongError", 400, "Your key is too long.")                       \
	ERROR(MALFORMED_POLICY, "MalformedPolicy", 400,                                            \
	      "Policies must be valid JSON and the first byte must be '{'")                        \
	ERROR(MALFORMED_TRAILER, "MalformedTrailerError", 400,                                     \
	      "The request contained trailing data that was not well-formed or did not conform "   \
	      "to our published schema.")                                                          \
	ERROR(MALFORMED_XML, "MalformedXML", 400,                                                  \
	      "The XML that you provided was not well formed or did not validate against our "     \
	      "published schema.")                                                                 \
	ERROR(MAX_MESSAGE_LENGTH_EXCEEDED, "MaxMessageLengthExceeded", 400,                        \
	      "Your request was too large.")                                                       \
	ERROR(METADATA_TOO_LARGE, "MetadataTooLarge", 400,                                         \
	      "Your metadata headers exceed the maximum allowed metadata size.")                   \
	ERROR(METHOD_NOT_ALLOWED, "MethodNotAllowed", 405,                                         \
	      "The specified method is not allowed against this resource.")                        \
	ERROR(MISSING_CONTENT_LENGTH, "MissingContentLength", 411,                                 \
	      "You must provide the Content-Length HTTP header.")                                  \
	ERROR(MISSING_REQUEST_BODY, "MissingRequestBodyError", 400, "Request body is empty.")      \
	ERROR(NO_SUCH_BUCKET, "NoSuchBucket", 404, "The specified bucket does not exist")          \
	ERROR(NO_SUCH_BUCKET_POLICY, "NoSuchBucketPolicy", 404,                                    \
	      "The bucket policy does not exist")                                                  \
	ERROR(NO_SUCH_CORS_CONFIGURATION, "NoSuchCORSConfiguration", 404,                          \
	      "The CORS configuration does not exist")                                             \
	ERROR(NO_SUCH_KEY, "NoSuchKey", 404, "The specified key does not exist.")                  \
	ERROR(NO_SUCH_LIFECYCLE_CONFIGURATION, "NoSuchLifecycleConfiguration", 404,                \
	      "The lifecycle configuration does not exist")                                        \
	ERROR(NO_SUCH_PUBLIC_ACCESS_BLOCK_CONFIGURATION, "NoSuchPublicAccessBlockConfiguration",   \
	      404, "The public access block configuration was not found")                          \
	ERROR(NO_SUCH_TAG_SET, "NoSuchTagSet", 404, "The TagSet does not exist")                   \
	ERROR(NO_SUCH_UPLOAD, "NoSuchUpload", 404,                                                 \
	      "The specified multipart upload does not exist. The upload ID might be invalid, or " \
	      "the multipart upload might have been aborted or completed.")                        \
	ERROR(NO_SUCH_VERSION, "NoSuchVersion", 404,                                               \
	      "The version ID specified in the request does not match an existing version.")       \
	ERROR(NO_SUCH_WEBSITE_CONFIGURATION, "NoSuchWebsiteConfiguration", 404,                    \
	      "The specified bucket does not have a website configuration")                        \
	ERROR(NOT_IMPLEMENTED, "NotImplemented", 501,                                              \
	      "A header or query that you provided implies functionality that is not "             \
	      "implemented.")                                                                      \
	ERROR(NOT_MODIFIED, "NotModified", 304, "Not Modified")                                    \
	ERROR(OBJECT_LOCK_CONFIGURATION_NOT_FOUND, "ObjectLockConfigurationNotFoundError", 404,    \
	      "Object Lock configuration does not exist for this bucket")                          \
	ERROR(OWNERSHIP_CONTROLS_NOT_FOUND, "OwnershipControlsNotFoundError", 404,                 \
	      "The bucket ownership controls were not found")                                      \
	ERROR(PRECONDITION_FAILED, "PreconditionFailed", 412,                                      \
	      "At least one of the preconditions that you specified did not hold.")                \
	/* S3 has no quotas; other servers of its API say it like this. */                         \
	ERROR(QUOTA_EXCEEDED, "QuotaExceeded", 403,                                                \
	      "The request would exceed a quota of the bucket or of its owner.")                   \
	ERROR(REPLICATION_CONFIGURATION_NOT_FOUND, "ReplicationConfigurationNotFoundError", 404,   \
	      "The replication configuration was not found")                                       \
	ERROR(REQUEST_EXPIRED, "AccessDenied", 403, "Request has expired")                         \
	ERROR(REQUEST_HEADER_SECTION_TOO_LARGE, "RequestHeaderSectionTooLarge", 400,               \
	      "Your request header section exceeds the maximum allowed size.")                     \
	ERROR(REQUEST_TIMEOUT, "RequestTimeout", 400,                                              \
	      "Your socket connection to the server was not read from or written to within the "   \
	      "timeout period.")                                                                   \
	ERROR(REQUEST_TIME_TOO_SKEWED, "RequestTimeTooSkewed", 403,                                \
	      "The difference between the request time and the server's time is too large.")       \
	ERROR(SERVER_SIDE_ENCRYPTION_CONFIGURATION_NOT_FOUND,                                      \
	      "ServerSideEncryptionConfigurationNotFoundError", 404,                               \
	      "The server side encryption configuration was not found")                            \
	ERROR(SERVICE_UNAVAILABLE, "ServiceUnavailable", 503, "Reduce your request rate.")         \
	ERROR(SIGNATURE_DOES_NOT_MATCH, "SignatureDoesNotMatch", 403,                              \
	      "The request signature that the server calculated does not match the signature "     \
	      "that you provided. Check your secret access key and signing method.")               \
	ERROR(SLOW_DOWN, "SlowDown", 503, "Please reduce your request rate.")                      \
	ERROR(TOO_MANY_BUCKETS, "TooManyBuckets", 400,                                             \
	      "You have attempted to create more buckets than are allowed for your account.")      \
	ERROR(UNSUPPORTED_SIGNATURE, "InvalidRequest", 400,                                        \
	      "The authorization mechanism you have provided is not supported. Please use "        \
	      "AWS4-HMAC-SHA256.")                                                                 \
	ERROR(CONTENT_SHA256_MISMATCH, "XAmzContentSHA256Mismatch", 400,                           \
	      "The provided 'x-amz-content-sha256' header does not match what was computed.")      \
	/* Only the administration of a tenant says these. */                                      \
	ERROR(ADMIN_BODY_TOO_LARGE, "BodyTooLarge", 413, "The body has more than 65536 bytes.")    \
	ERROR(ADMIN_BUCKET_NOT_AVAILABLE, "BucketNotAvailable", 409,                               \
	      "The bucket belongs to another tenant.")                                             \
	ERROR(ADMIN_LIMIT_EXCEEDED, "LimitExceeded", 409, "There are as many as there can be.")    \
	ERROR(ADMIN_MALFORMED_JSON, "MalformedJSON", 400, "The body is not a JSON object.")        \
	ERROR(ADMIN_NO_SUCH_ACCESS_KEY, "NoSuchAccessKey", 404, "There is no such access key.")    \
	ERROR(ADMIN_NO_SUCH_POLICY, "NoSuchPolicy", 404, "The user has no policy.")                \
	ERROR(ADMIN_NO_SUCH_RESOURCE, "NoSuchResource", 404, "There is no such resource.")         \
	ERROR(ADMIN_NO_SUCH_TOKEN, "NoSuchToken", 404, "There is no such token.")                  \
	ERROR(ADMIN_NO_SUCH_USER, "NoSuchUser", 404, "There is no such user.")                     \
	ERROR(ADMIN_REPLAYED, "RequestReplayed", 403,                                              \
	      "A change with this signature was asked for before. Sign it again, a second later.") \
	ERROR(ADMIN_TOKEN_EXISTS, "TokenAlreadyExists", 409, "There is such a token already.")     \
	ERROR(ADMIN_USER_EXISTS, "UserAlreadyExists", 409, "There is such a user already.")        \
	ERROR(ADMIN_USER_HAS_KEYS, "UserHasKeys", 409, "The user has access keys.")                \
	/* Only the REST dialect says these. */                                                    \
	ERROR(REST_NOT_FOUND, "NotFound", 404, "Not Found")                                        \
	ERROR(REST_NOT_AUTHENTICATED, "NotAuthenticated", 401, "Not authenticated")                \
	ERROR(REST_UNKNOWN_TOKEN, "UnknownToken", 401, "Invalid or missing token")                 \
	ERROR(REST_TOKEN_EXPIRED, "TokenExpired", 401, "Token expired")                            \
	ERROR(REST_MISSING_SCOPES, "MissingScopes", 403, "Missing required scopes")                \
	ERROR(REST_OUTSIDE_PREFIX, "OutsidePrefix", 403, "The key is outside the token's prefix")  \
	ERROR(REST_INVALID_CURSOR, "InvalidCursor", 400, "Invalid cursor")                         \
	ERROR(REST_INVALID_LIMIT, "InvalidLimit", 422, "limit must be a whole number, 0 or more")

enum s3_error {
	S3_ERROR_NONE = 0,
#define ERROR(SYMBOL, ...) S3_ERROR_##SYMBOL,
	S3_ERRORS(ERROR)
#undef ERROR
	S3_ERROR_COUNT,
};

struct s3_error_row {
	const char *code;
	unsigned int status;
	const char *message;
};

/* The first with that code; S3_ERROR_NONE where there is none. */
enum s3_error s3_error_find(const char *code);

/* [S3_ERROR_NONE] is all zero. */
extern const struct s3_error_row s3_errors[S3_ERROR_COUNT];

/* To refuse with another sentence than the error's own: yields the error. */
static inline int s3_refuse(enum s3_error error, const char *sentence, const char **ret_detail)
{
	*ret_detail = sentence;
	return (int)error;
}
