/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "frontend/render/document.h"
#include "frontend/render/render.h"
#include "s3/date.h"
#include "s3/pairs.h"
#include "s3/xml.h"

#define DEFAULT_CONTENT_TYPE "binary/octet-stream"

/* A response-* parameter, and the field whose value it replaces in this one answer. */
static const struct override {
	enum s3_param param;
	const char *field;
} overrides[] = {
	{ S3_PARAM_RESPONSE_CACHE_CONTROL, "cache-control" },
	{ S3_PARAM_RESPONSE_CONTENT_DISPOSITION, "content-disposition" },
	{ S3_PARAM_RESPONSE_CONTENT_ENCODING, "content-encoding" },
	{ S3_PARAM_RESPONSE_CONTENT_LANGUAGE, "content-language" },
	{ S3_PARAM_RESPONSE_CONTENT_TYPE, "content-type" },
	{ S3_PARAM_RESPONSE_EXPIRES, "expires" },
};

static bool is_overridden(const struct s3_request *q, struct span field)
{
	for (size_t i = 0; i < ARRAY_SIZE(overrides); i++)
		if (q->params[overrides[i].param].len > 0 &&
		    span_equal(field, span_from_string(overrides[i].field)))
			return true;
	return false;
}

static void render_overrides(const struct s3_request *q, struct reply *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(overrides); i++)
		reply_field(out, overrides[i].field, q->params[overrides[i].param]);
}

static void render_attributes(const struct render *in, struct reply *out)
{
	struct span rest = in->answer->attributes, name, value;
	bool typed = in->request->params[S3_PARAM_RESPONSE_CONTENT_TYPE].len > 0;

	render_overrides(in->request, out);
	while (pairs_next(&rest, &name, &value) > 0) {
		typed |= span_equal(name, SPAN("content-type")) && value.len > 0;
		if (!is_overridden(in->request, name))
			reply_field_named(out, name, value);
	}
	if (!typed)
		reply_field_string(out, "content-type", DEFAULT_CONTENT_TYPE);
}

static bool is_partial(const struct answer *a)
{
	return a->range_start != ANSWER_ABSENT && a->range_length != ANSWER_ABSENT &&
	       a->range_length > 0;
}

static void render_range(const struct answer *a, struct reply *out)
{
	char text[80];

	snprintf(text, sizeof(text), "bytes %llu-%llu/%llu", (unsigned long long)a->range_start,
		 (unsigned long long)(a->range_start + a->range_length - 1),
		 (unsigned long long)a->size);
	reply_field_string(out, "Content-Range", text);
}

/* Of what was put, copied or read: the value, under the name of its algorithm. */
static void render_checksum(const struct answer *a, struct reply *out)
{
	if (a->checksum_algorithm <= CHECKSUM_NONE || a->checksum_algorithm >= CHECKSUM_COUNT)
		return;
	reply_field(out, checksum_rows[a->checksum_algorithm].header, a->checksum);
	reply_field_string(out, "x-amz-checksum-type",
			   document_checksum_type_name(a->checksum_type));
}

/* Only whom it is told may check it; and nobody can check the whole's against a range. */
static bool wants_checksum(const struct render *in)
{
	const struct s3_request *q = in->request;

	return span_equal_nocase(q->headers[S3_HEADER_AMZ_CHECKSUM_MODE], SPAN("enabled")) &&
	       !(is_partial(in->answer) && !span_is_none(q->headers[S3_HEADER_RANGE]));
}

static void render_validators(const struct answer *a, struct reply *out)
{
	char text[DATE_TEXT_MAX];

	if (a->last_modified != ANSWER_ABSENT)
		reply_field_string(out, "Last-Modified",
				   date_format_http((int64_t)(a->last_modified / NS_PER_S), text));
	if (a->etag.len)
		reply_field_quoted(out, "ETag", a->etag);
}

void render_bytes(const struct answer *a, struct reply *out)
{
	reply_reset(out, is_partial(a) ? 206 : 200);
	render_validators(a, out);
	reply_field_string(out, "Accept-Ranges", "bytes");
	if (is_partial(a))
		render_range(a, out);
	out->length = a->range_length != ANSWER_ABSENT ? a->range_length
		      : a->size != ANSWER_ABSENT       ? a->size
						       : 0;
}

void render_get_object(const struct render *in, struct reply *out)
{
	const struct answer *a = in->answer;

	render_bytes(a, out);
	if (wants_checksum(in))
		render_checksum(a, out);
	if (!span_is_none(a->storage_class) && !span_equal(a->storage_class, SPAN("STANDARD")))
		reply_field(out, "x-amz-storage-class", a->storage_class);
	if (a->parts_count != ANSWER_ABSENT &&
	    !span_is_none(in->request->params[S3_PARAM_PART_NUMBER]))
		reply_field_u64(out, "x-amz-mp-parts-count", a->parts_count);
	render_attributes(in, out);
}

void render_head_object(const struct render *in, struct reply *out)
{
	render_get_object(in, out);
}

void render_put_object(const struct render *in, struct reply *out)
{
	reply_reset(out, 200);
	reply_field_quoted(out, "ETag", in->answer->etag);
	render_checksum(in->answer, out);
}

void render_upload_part(const struct render *in, struct reply *out)
{
	reply_reset(out, 200);
	reply_field_quoted(out, "ETag", in->answer->etag);
	/* A part's checksum has no type: what the whole will have, Complete decides. */
	if (in->answer->checksum_algorithm > CHECKSUM_NONE &&
	    in->answer->checksum_algorithm < CHECKSUM_COUNT)
		reply_field(out, checksum_rows[in->answer->checksum_algorithm].header,
			    in->answer->checksum);
}

void render_delete_object(const struct render *in, struct reply *out)
{
	reply_reset(out, 204);
}

static void render_deleted(struct buffer *b, const struct answer *a)
{
	xml_open(b, "Deleted");
	xml_element(b, "Key", a->key);
	document_optional(b, "VersionId", a->version_id);
	xml_close(b, "Deleted");
}

static void render_undeleted(struct buffer *b, const struct answer *a)
{
	const struct s3_error_row *row =
		&s3_errors[a->error < S3_ERROR_COUNT ? a->error : S3_ERROR_INTERNAL_ERROR];

	xml_open(b, "Error");
	xml_element(b, "Key", a->key);
	document_optional(b, "VersionId", a->version_id);
	xml_element_string(b, "Code", row->code);
	xml_element(b, "Message",
		    span_is_none(a->detail) ? span_from_string(row->message) : a->detail);
	xml_close(b, "Error");
}

void render_delete_objects(const struct render *in, struct reply *out)
{
	struct span rest = in->items;
	struct answer item;

	reply_reset(out, 200);
	document_begin(out, "DeleteResult");
	while (answer_next_item(&rest, &item) > 0) {
		if (item.kind == ANSWER_KIND_ERROR)
			render_undeleted(&out->body, &item);
		else if (item.kind == ANSWER_KIND_DELETED && in->answer->quiet != 1)
			render_deleted(&out->body, &item);
	}
	document_end(out, "DeleteResult");
}

static void render_copy(const struct render *in, struct reply *out, const char *root)
{
	const struct answer *a = in->answer;

	reply_reset(out, 200);
	document_begin(out, root);
	document_time(&out->body, "LastModified", a->last_modified);
	document_etag(&out->body, a->etag);
	document_checksum(&out->body, a);
	document_checksum_type(&out->body, a);
	document_end(out, root);
}

void render_copy_object(const struct render *in, struct reply *out)
{
	render_copy(in, out, "CopyObjectResult");
}

void render_upload_part_copy(const struct render *in, struct reply *out)
{
	render_copy(in, out, "CopyPartResult");
}

/* --- GetObjectAttributes ----------------------------------------------------------------- */

/* x-amz-object-attributes is a list of the names of the elements that are wanted. */
static bool wants_attribute(const struct render *in, const char *name)
{
	struct span rest = in->request->headers[S3_HEADER_AMZ_OBJECT_ATTRIBUTES], one;

	while (!span_is_none(rest)) {
		rest = span_cut(rest, ',', &one);
		if (span_equal(span_trim(one), span_from_string(name)))
			return true;
	}
	return false;
}

void render_get_object_acl(const struct render *in, struct reply *out)
{
	reply_reset(out, 200);
	document_acl(out, in->answer);
}

void render_get_object_tagging(const struct render *in, struct reply *out)
{
	reply_reset(out, 200);
	document_begin(out, "Tagging");
	xml_element(&out->body, "TagSet", SPAN(""));
	document_end(out, "Tagging");
}

static void render_attribute_part(struct buffer *b, const struct answer *a)
{
	xml_open(b, "Part");
	document_optional_u64(b, "PartNumber", a->part_number);
	document_optional_u64(b, "Size", a->size);
	document_checksum(b, a);
	xml_close(b, "Part");
}

static void render_object_parts(const struct render *in, struct reply *out)
{
	struct span rest = in->items;
	struct span marker = in->request->headers[S3_HEADER_AMZ_PART_NUMBER_MARKER];
	struct buffer *b = &out->body;
	struct answer item;

	xml_open(b, "ObjectParts");
	xml_element_u64(b, "PartsCount", in->answer->parts_count);
	xml_element(b, "PartNumberMarker", span_is_none(marker) ? SPAN("0") : marker);
	document_optional_u64(b, "NextPartNumberMarker", in->answer->next_part);
	document_optional_u64(b, "MaxParts", in->answer->limit);
	xml_element_bool(b, "IsTruncated", in->answer->truncated == 1);
	while (answer_next_item(&rest, &item) > 0)
		if (item.kind == ANSWER_KIND_PART)
			render_attribute_part(b, &item);
	xml_close(b, "ObjectParts");
}

/* Here a composite checksum goes without the number of parts, which stands beside it. */
static void render_attribute_checksum(const struct render *in, struct reply *out)
{
	struct answer a = *in->answer;

	span_cut(a.checksum, '-', &a.checksum);
	xml_open(&out->body, "Checksum");
	document_checksum(&out->body, &a);
	document_checksum_type(&out->body, &a);
	xml_close(&out->body, "Checksum");
}

void render_get_object_attributes(const struct render *in, struct reply *out)
{
	const struct answer *a = in->answer;
	char text[DATE_TEXT_MAX];

	reply_reset(out, 200);
	if (a->last_modified != ANSWER_ABSENT)
		reply_field_string(out, "Last-Modified",
				   date_format_http((int64_t)(a->last_modified / NS_PER_S), text));
	document_begin(out, "GetObjectAttributesResponse");
	/* The one document in which the entity tag stands without its quotes. */
	if (wants_attribute(in, "ETag"))
		xml_element(&out->body, "ETag", a->etag);
	if (wants_attribute(in, "Checksum") && !span_is_none(a->checksum))
		render_attribute_checksum(in, out);
	if (wants_attribute(in, "ObjectParts") && a->parts_count != ANSWER_ABSENT)
		render_object_parts(in, out);
	if (wants_attribute(in, "StorageClass"))
		document_storage_class(&out->body, a);
	if (wants_attribute(in, "ObjectSize"))
		document_optional_u64(&out->body, "ObjectSize", a->size);
	document_end(out, "GetObjectAttributesResponse");
}
