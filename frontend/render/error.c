/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "frontend/render/document.h"
#include "frontend/render/render.h"
#include "s3/date.h"
#include "s3/xml.h"

static struct span either(struct span a, struct span b)
{
	return span_is_none(a) ? b : a;
}

static void render_bucket_name(const struct render_error *in, struct buffer *b)
{
	document_optional(b, "BucketName", in->request->bucket);
}

/* Of a copy's two stored says which. */
static void render_missing_bucket(const struct render_error *in, struct buffer *b)
{
	struct span missing = in->answer ? in->answer->bucket : SPAN_NONE;

	document_optional(b, "BucketName", either(missing, in->request->bucket));
}

/* What a copy does not find is its source. */
static void render_key(const struct render_error *in, struct buffer *b)
{
	document_optional(b, "Key", either(in->request->source_key, in->request->key));
}

static void render_version(const struct render_error *in, struct buffer *b)
{
	render_key(in, b);
	document_optional(b, "VersionId",
			  either(in->request->source_version,
				 in->request->params[S3_PARAM_VERSION_ID]));
}

static void render_upload_id(const struct render_error *in, struct buffer *b)
{
	document_optional(b, "UploadId", in->request->params[S3_PARAM_UPLOAD_ID]);
}

static void render_range_requested(const struct render_error *in, struct buffer *b)
{
	document_optional(b, "RangeRequested", in->request->headers[S3_HEADER_RANGE]);
	if (in->answer)
		document_optional_u64(b, "ActualObjectSize", in->answer->size);
}

static void render_part_number(const struct render_error *in, struct buffer *b)
{
	document_optional(b, "PartNumberRequested", in->request->params[S3_PARAM_PART_NUMBER]);
	if (in->answer)
		document_optional_u64(b, "ActualPartCount", in->answer->parts_count);
}

/* Which of the conditions it was: told where the client sent only one. */
static void render_condition(const struct render_error *in, struct buffer *b)
{
	static const struct condition_name {
		enum s3_header header;
		const char *name;
	} names[] = {
		{ S3_HEADER_IF_MATCH, "If-Match" },
		{ S3_HEADER_IF_NONE_MATCH, "If-None-Match" },
		{ S3_HEADER_IF_UNMODIFIED_SINCE, "If-Unmodified-Since" },
		{ S3_HEADER_AMZ_COPY_SOURCE_IF_MATCH, "x-amz-copy-source-if-match" },
		{ S3_HEADER_AMZ_COPY_SOURCE_IF_NONE_MATCH, "x-amz-copy-source-if-none-match" },
		{ S3_HEADER_AMZ_COPY_SOURCE_IF_MODIFIED_SINCE,
		  "x-amz-copy-source-if-modified-since" },
		{ S3_HEADER_AMZ_COPY_SOURCE_IF_UNMODIFIED_SINCE,
		  "x-amz-copy-source-if-unmodified-since" },
	};
	const char *name = NULL;
	unsigned int n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (span_is_none(in->request->headers[names[i].header]))
			continue;
		name = names[i].name;
		n++;
	}
	if (n == 1)
		xml_element_string(b, "Condition", name);
}

/* What S3 says of an error beyond its sentence, where the request was understood. */
static const struct extra {
	enum s3_error error;
	void (*render)(const struct render_error *in, struct buffer *b);
} extras[] = {
	{ S3_ERROR_BUCKET_ALREADY_EXISTS, render_bucket_name },
	{ S3_ERROR_BUCKET_ALREADY_OWNED_BY_YOU, render_bucket_name },
	{ S3_ERROR_BUCKET_NOT_EMPTY, render_bucket_name },
	{ S3_ERROR_INVALID_BUCKET_NAME, render_bucket_name },
	{ S3_ERROR_INVALID_PART_NUMBER, render_part_number },
	{ S3_ERROR_INVALID_RANGE, render_range_requested },
	{ S3_ERROR_NO_SUCH_BUCKET, render_missing_bucket },
	{ S3_ERROR_NO_SUCH_BUCKET_POLICY, render_bucket_name },
	{ S3_ERROR_NO_SUCH_CORS_CONFIGURATION, render_bucket_name },
	{ S3_ERROR_NO_SUCH_KEY, render_key },
	{ S3_ERROR_NO_SUCH_LIFECYCLE_CONFIGURATION, render_bucket_name },
	{ S3_ERROR_NO_SUCH_PUBLIC_ACCESS_BLOCK_CONFIGURATION, render_bucket_name },
	{ S3_ERROR_NO_SUCH_TAG_SET, render_bucket_name },
	{ S3_ERROR_NO_SUCH_UPLOAD, render_upload_id },
	{ S3_ERROR_NO_SUCH_VERSION, render_version },
	{ S3_ERROR_NO_SUCH_WEBSITE_CONFIGURATION, render_bucket_name },
	{ S3_ERROR_OBJECT_LOCK_CONFIGURATION_NOT_FOUND, render_bucket_name },
	{ S3_ERROR_OWNERSHIP_CONTROLS_NOT_FOUND, render_bucket_name },
	{ S3_ERROR_PRECONDITION_FAILED, render_condition },
	{ S3_ERROR_SERVER_SIDE_ENCRYPTION_CONFIGURATION_NOT_FOUND, render_bucket_name },
};

static void render_extra(const struct render_error *in, struct buffer *b)
{
	if (!in->request)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(extras); i++)
		if (extras[i].error == in->error)
			extras[i].render(in, b);
}

/* Bucket and key as understood; the path as it came where nothing was. */
static void render_resource(const struct render_error *in, struct buffer *b)
{
	struct span path;

	xml_open(b, "Resource");
	if (!in->request) {
		span_cut(in->target, '?', &path);
		xml_text(b, path);
	} else {
		xml_text(b, SPAN("/"));
		xml_text(b, in->request->bucket);
		if (!span_is_none(in->request->key))
			xml_text(b, SPAN("/"));
		xml_text(b, in->request->key);
	}
	xml_close(b, "Resource");
}

static void render_error_document(const struct render_error *in, const struct s3_error_row *row,
				  struct reply *out)
{
	struct buffer *b = &out->body;

	buffer_append_string(b, XML_DECLARATION);
	xml_open(b, "Error");
	xml_element_string(b, "Code", row->code);
	xml_element(b, "Message", either(in->detail, span_from_string(row->message)));
	render_extra(in, b);
	render_resource(in, b);
	xml_element_string(b, "RequestId", in->ids.request_id);
	xml_element_string(b, "HostId", in->ids.host_id);
	xml_close(b, "Error");
	reply_document(out, "application/xml");
}

/* Not Modified tells what the client's copy still is; it has no body to speak of. */
static void render_not_modified(const struct render_error *in, struct reply *out)
{
	char text[DATE_TEXT_MAX];

	if (!in->answer)
		return;
	if (in->answer->last_modified != ANSWER_ABSENT)
		reply_field_string(
			out, "Last-Modified",
			date_format_http((int64_t)(in->answer->last_modified / NS_PER_S), text));
	if (in->answer->etag.len)
		reply_field_quoted(out, "ETag", in->answer->etag);
	if (in->answer->size != ANSWER_ABSENT)
		out->length = in->answer->size;
}

static void render_unsatisfied_range(const struct render_error *in, struct reply *out)
{
	char text[40];

	if (!in->answer || in->answer->size == ANSWER_ABSENT)
		return;
	snprintf(text, sizeof(text), "bytes */%llu", (unsigned long long)in->answer->size);
	reply_field_string(out, "Content-Range", text);
}

void render_error_fields(const struct render_error *in, struct reply *out)
{
	if (out->status == 503 || out->status == 429)
		reply_field_u64(out, "Retry-After",
				in->retry_after_s ? in->retry_after_s : RENDER_RETRY_AFTER_S);
	if (in->error == S3_ERROR_METHOD_NOT_ALLOWED && in->allowed)
		reply_field_string(out, "Allow", in->allowed);
	if (in->error == S3_ERROR_INVALID_RANGE)
		render_unsatisfied_range(in, out);
	if (in->error == S3_ERROR_NOT_MODIFIED)
		render_not_modified(in, out);
}

void render_error(const struct render_error *in, struct reply *out)
{
	const struct s3_error_row *row = &s3_errors[in->error];

	reply_reset(out, row->status);
	render_ids(&in->ids, out);
	render_error_fields(in, out);
	if (in->error != S3_ERROR_NOT_MODIFIED)
		render_error_document(in, row, out);
}
