/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/values.h"

#include "s3/range.h"

#define PART_NUMBER_DETAIL "Part number must be an integer between 1 and 10000, inclusive"
#define NUMBER_DETAIL	   "Provided value is not an integer or not within integer range"

static bool has(const struct s3_request *r, enum s3_header h)
{
	return !span_is_none(r->headers[h]);
}

static bool is(const struct s3_request *r, enum s3_header h, const char *value)
{
	return span_equal(r->headers[h], span_from_string(value));
}

static bool is_one_of(struct span value, const char *const names[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (span_equal(value, span_from_string(names[i])))
			return true;
	return false;
}

bool value_is_printable(struct span value)
{
	const uint8_t *p = value.data;
	uint8_t wrong = 0;

	/* To the end even behind a wrong one: so the compiler takes sixteen of them at a time. */
	for (size_t i = 0; i < value.len; i++)
		wrong |= ((p[i] < ' ') & (p[i] != '\t')) | (p[i] == 0x7f);
	return !wrong;
}

int values_check_name(struct span name)
{
	static const struct {
		struct span prefix; /* behind "x-amz-" */
		enum s3_error error;
	} refused[] = {
		{ SPAN("copy-source-server-side-encryption-"), S3_ERROR_NOT_IMPLEMENTED },
		{ SPAN("grant-"), S3_ERROR_ACCESS_CONTROL_LIST_NOT_SUPPORTED },
		{ SPAN("if-match-"), S3_ERROR_NOT_IMPLEMENTED },
		{ SPAN("object-lock-"), S3_ERROR_NOT_IMPLEMENTED },
		{ SPAN("rename-source"), S3_ERROR_NOT_IMPLEMENTED },
		{ SPAN("security-token"), S3_ERROR_INVALID_TOKEN },
		{ SPAN("server-side-encryption"), S3_ERROR_NOT_IMPLEMENTED },
		{ SPAN("website-redirect-location"), S3_ERROR_NOT_IMPLEMENTED },
		{ SPAN("write-offset-bytes"), S3_ERROR_NOT_IMPLEMENTED },
	};
	struct span own;

	if (!span_starts_with_nocase(name, SPAN("x-amz-")))
		return 0;
	own = span_skip(name, sizeof("x-amz-") - 1);
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		if (span_starts_with_nocase(own, refused[i].prefix))
			return (int)refused[i].error;
	/* What it asks to be checked would go unchecked. */
	if (span_starts_with_nocase(own, SPAN("checksum-")) && s3_header_find(name) == S3_HEADER_COUNT)
		return S3_ERROR_INVALID_REQUEST;
	return 0;
}

/* As in a bucket whose ACLs are disabled, which is how S3 makes them since 2023. */
static int check_acl(const struct s3_request *r, const char **ret_detail)
{
	static const char *const accepted[] = { "private", "bucket-owner-full-control" };
	static const char *const known[] = {
		"authenticated-read", "aws-exec-read", "bucket-owner-read",
		"log-delivery-write", "public-read",   "public-read-write",
	};
	struct span acl = r->headers[S3_HEADER_AMZ_ACL];

	if (span_is_none(acl) || is_one_of(acl, accepted, ARRAY_SIZE(accepted)))
		return 0;
	return is_one_of(acl, known, ARRAY_SIZE(known)) ? S3_ERROR_ACCESS_CONTROL_LIST_NOT_SUPPORTED
							: S3_ERROR_INVALID_ARGUMENT;
}

static int check_number(struct span text, uint64_t min, uint64_t max, const char *sentence,
			const char **ret_detail)
{
	uint64_t n;

	if (span_is_none(text))
		return 0;
	if (!span_to_u64(text, &n) || n < min || n > max)
		return s3_refuse(S3_ERROR_INVALID_ARGUMENT, sentence, ret_detail);
	return 0;
}

static int check_numbers(const struct s3_request *r, const char **ret_detail)
{
	static const struct {
		enum s3_param param;
		uint64_t min, max;
		const char *sentence;
	} params[] = {
		{ S3_PARAM_MAX_BUCKETS, 1, 10000, NUMBER_DETAIL },
		{ S3_PARAM_MAX_KEYS, 0, INT32_MAX, NUMBER_DETAIL },
		{ S3_PARAM_MAX_PARTS, 0, INT32_MAX, NUMBER_DETAIL },
		{ S3_PARAM_MAX_UPLOADS, 0, INT32_MAX, NUMBER_DETAIL },
		{ S3_PARAM_PART_NUMBER, 1, S3_PART_COUNT_MAX, PART_NUMBER_DETAIL },
		{ S3_PARAM_PART_NUMBER_MARKER, 0, INT32_MAX, NUMBER_DETAIL },
	};
	static const struct {
		enum s3_header header;
		uint64_t max;
	} headers[] = {
		{ S3_HEADER_AMZ_MAX_PARTS, INT32_MAX },
		{ S3_HEADER_AMZ_MP_OBJECT_SIZE, S3_OBJECT_MAX },
		{ S3_HEADER_AMZ_PART_NUMBER_MARKER, INT32_MAX },
	};
	int e = 0;

	for (size_t i = 0; !e && i < ARRAY_SIZE(params); i++) {
		struct span text = r->params[params[i].param];

		/* A list that is asked for with an empty limit has the usual one. */
		if (text.len || params[i].param == S3_PARAM_PART_NUMBER)
			e = check_number(text, params[i].min, params[i].max, params[i].sentence,
					 ret_detail);
	}
	for (size_t i = 0; !e && i < ARRAY_SIZE(headers); i++)
		e = check_number(r->headers[headers[i].header], 0, headers[i].max, NUMBER_DETAIL,
				 ret_detail);
	return e;
}

static int check_listing(const struct s3_request *r, const char **ret_detail)
{
	static const char *const booleans[] = { "true", "false" };
	struct span encoding = r->params[S3_PARAM_ENCODING_TYPE];
	struct span owner = r->params[S3_PARAM_FETCH_OWNER];

	if (encoding.len && !span_equal(encoding, SPAN("url")))
		return s3_refuse(S3_ERROR_INVALID_ARGUMENT,
				 "Invalid Encoding Method specified in Request", ret_detail);
	if (owner.len && !is_one_of(owner, booleans, ARRAY_SIZE(booleans)))
		return s3_refuse(S3_ERROR_INVALID_ARGUMENT, "fetch-owner must be true or false.",
				 ret_detail);
	return 0;
}

static int check_version(const struct s3_request *r, const char **ret_detail)
{
	struct span version = r->params[S3_PARAM_VERSION_ID];

	if (span_is_none(version) || s3_operations[r->operation].level != S3_LEVEL_OBJECT)
		return 0;
	if (!version.len)
		return s3_refuse(S3_ERROR_INVALID_ARGUMENT, "Version id cannot be the empty string",
				 ret_detail);
	if (s3_operations[r->operation].access == S3_ACCESS_WRITE &&
	    r->operation != S3_DELETE_OBJECT)
		return s3_refuse(S3_ERROR_INVALID_ARGUMENT,
				 "This operation does not accept a version-id.", ret_detail);
	return 0;
}

/* A part of an upload must not be taken for a whole object because its uploadId got lost. */
static int check_part_number(const struct s3_request *r, const char **ret_detail)
{
	bool is_part = r->operation == S3_UPLOAD_PART || r->operation == S3_UPLOAD_PART_COPY;

	if (span_is_none(r->params[S3_PARAM_PART_NUMBER]) || is_part)
		return 0;
	if (s3_operations[r->operation].access == S3_ACCESS_WRITE)
		return s3_refuse(S3_ERROR_INVALID_ARGUMENT,
				 "This operation does not accept partNumber without uploadId",
				 ret_detail);
	if (has(r, S3_HEADER_RANGE))
		return s3_refuse(S3_ERROR_INVALID_REQUEST,
				 "Cannot specify both Range header and partNumber query parameter",
				 ret_detail);
	return 0;
}

/* A condition that is not understood must fail, or a write happens that should not have. */
static int check_conditions(const struct s3_request *r, const char **ret_detail)
{
	bool conditional = r->operation == S3_PUT_OBJECT || r->operation == S3_COPY_OBJECT ||
			   r->operation == S3_COMPLETE_MULTIPART_UPLOAD;

	if (s3_operations[r->operation].access == S3_ACCESS_READ)
		return 0;
	if (has(r, S3_HEADER_IF_MODIFIED_SINCE) || has(r, S3_HEADER_IF_UNMODIFIED_SINCE))
		return S3_ERROR_NOT_IMPLEMENTED;
	if (has(r, S3_HEADER_IF_MATCH) && !conditional && r->operation != S3_DELETE_OBJECT)
		return S3_ERROR_NOT_IMPLEMENTED;
	if (has(r, S3_HEADER_IF_NONE_MATCH) && (!conditional || has(r, S3_HEADER_IF_MATCH)))
		return S3_ERROR_NOT_IMPLEMENTED;
	return 0;
}

static int check_storage_class(const struct s3_request *r, const char **ret_detail)
{
	static const char *const classes[] = {
		"STANDARD",	   "REDUCED_REDUNDANCY",
		"STANDARD_IA",	   "ONEZONE_IA",
		"GLACIER",	   "INTELLIGENT_TIERING",
		"DEEP_ARCHIVE",	   "OUTPOSTS",
		"GLACIER_IR",	   "SNOW",
		"EXPRESS_ONEZONE", "FSX_OPENZFS",
	};

	if (!has(r, S3_HEADER_AMZ_STORAGE_CLASS) ||
	    is_one_of(r->headers[S3_HEADER_AMZ_STORAGE_CLASS], classes, ARRAY_SIZE(classes)))
		return 0;
	return S3_ERROR_INVALID_STORAGE_CLASS;
}

static int check_directive(const struct s3_request *r, enum s3_header h, const char *sentence,
			   const char **ret_detail)
{
	if (!has(r, h) || is(r, h, "COPY") || is(r, h, "REPLACE"))
		return 0;
	return s3_refuse(S3_ERROR_INVALID_ARGUMENT, sentence, ret_detail);
}

static bool changes_nothing(const struct s3_request *r)
{
	return span_equal(r->bucket, r->source_bucket) && span_equal(r->key, r->source_key) &&
	       span_is_none(r->source_version) &&
	       !is(r, S3_HEADER_AMZ_METADATA_DIRECTIVE, "REPLACE") &&
	       !has(r, S3_HEADER_AMZ_STORAGE_CLASS) && !has(r, S3_HEADER_AMZ_CHECKSUM_ALGORITHM);
}

static int check_copy(const struct s3_request *r, const char **ret_detail)
{
	struct range range;
	int e;

	if (r->operation == S3_UPLOAD_PART_COPY && has(r, S3_HEADER_AMZ_COPY_SOURCE_RANGE) &&
	    range_parse_copy_source(r->headers[S3_HEADER_AMZ_COPY_SOURCE_RANGE], UINT64_MAX,
				    &range))
		return s3_refuse(
			S3_ERROR_INVALID_ARGUMENT,
			"The x-amz-copy-source-range value must be of the form bytes=first-last "
			"where first and last are the zero-based offsets of the first and last "
			"bytes to copy",
			ret_detail);
	if (r->operation != S3_COPY_OBJECT)
		return 0;
	e = check_directive(r, S3_HEADER_AMZ_METADATA_DIRECTIVE, "Unknown metadata directive.",
			    ret_detail);
	if (!e)
		e = check_directive(r, S3_HEADER_AMZ_TAGGING_DIRECTIVE,
				    "Unknown tagging directive.", ret_detail);
	if (!e && changes_nothing(r))
		e = s3_refuse(
			S3_ERROR_INVALID_REQUEST,
			"This copy request is illegal because it is trying to copy an object to "
			"itself without changing the object's metadata, storage class, website "
			"redirect location or encryption attributes.",
			ret_detail);
	return e;
}

/* Tags are not there yet; an empty set of them asks for nothing. */
static int check_tagging(const struct s3_request *r, const char **ret_detail)
{
	return r->headers[S3_HEADER_AMZ_TAGGING].len ? S3_ERROR_NOT_IMPLEMENTED : 0;
}

static int check_bucket_settings(const struct s3_request *r, const char **ret_detail)
{
	static const char *const ownerships[] = { "BucketOwnerPreferred", "ObjectWriter" };
	struct span lock = r->headers[S3_HEADER_AMZ_BUCKET_OBJECT_LOCK_ENABLED];
	struct span ownership = r->headers[S3_HEADER_AMZ_OBJECT_OWNERSHIP];

	if (r->operation != S3_CREATE_BUCKET)
		return 0;
	if (!span_is_none(lock) && !span_equal_nocase(lock, SPAN("false")))
		return span_equal_nocase(lock, SPAN("true")) ? S3_ERROR_NOT_IMPLEMENTED
							     : S3_ERROR_INVALID_ARGUMENT;
	if (span_is_none(ownership) || span_equal(ownership, SPAN("BucketOwnerEnforced")))
		return 0;
	return is_one_of(ownership, ownerships, ARRAY_SIZE(ownerships)) ? S3_ERROR_NOT_IMPLEMENTED
									: S3_ERROR_INVALID_ARGUMENT;
}

static int check_wanted_attributes(const struct s3_request *r, const char **ret_detail)
{
	unsigned int wanted;

	if (r->operation != S3_GET_OBJECT_ATTRIBUTES)
		return 0;
	if (!s3_request_wanted_attributes(r, &wanted))
		return s3_refuse(S3_ERROR_INVALID_ARGUMENT, "Invalid attribute name specified.",
				 ret_detail);
	return 0;
}

static const enum s3_param overrides[] = {
	S3_PARAM_RESPONSE_CACHE_CONTROL,    S3_PARAM_RESPONSE_CONTENT_DISPOSITION,
	S3_PARAM_RESPONSE_CONTENT_ENCODING, S3_PARAM_RESPONSE_CONTENT_LANGUAGE,
	S3_PARAM_RESPONSE_CONTENT_TYPE,	    S3_PARAM_RESPONSE_EXPIRES,
};

bool values_have_overrides(const struct s3_request *r)
{
	for (size_t i = 0; i < ARRAY_SIZE(overrides); i++)
		if (!span_is_none(r->params[overrides[i]]))
			return true;
	return false;
}

/* They come back as headers: a line break in one would let its author write others (T52). */
static int check_overrides(const struct s3_request *r, const char **ret_detail)
{
	for (size_t i = 0; i < ARRAY_SIZE(overrides); i++)
		if (!value_is_printable(r->params[overrides[i]]))
			return s3_refuse(S3_ERROR_INVALID_ARGUMENT,
					 "A response- parameter holds control characters.",
					 ret_detail);
	return 0;
}

int values_check(const struct s3_request *r, const char **ret_detail)
{
	static int (*const checks[])(const struct s3_request *, const char **) = {
		check_acl,	 check_numbers,		check_listing,
		check_version,	 check_part_number,	check_conditions,
		check_copy,	 check_storage_class,	check_tagging,
		check_overrides, check_bucket_settings, check_wanted_attributes,
	};
	int e = 0;

	for (size_t i = 0; !e && i < ARRAY_SIZE(checks); i++)
		e = checks[i](r, ret_detail);
	return e;
}
