/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/render/document.h"
#include "frontend/render/render.h"
#include "s3/xml.h"

static bool wants_url(const struct render *in)
{
	return span_equal_nocase(in->request->params[S3_PARAM_ENCODING_TYPE], SPAN("url"));
}

/* A parameter of the request, said again in the answer: empty where it was not sent. */
static void echo(const struct render *in, struct reply *out, const char *name, enum s3_param p,
		 bool url)
{
	document_key(&out->body, name, in->request->params[p], url);
}

/* The same, left out where it was not sent or is empty, which S3 takes for not sent. */
static void echo_unless_empty(const struct render *in, struct reply *out, const char *name,
			      enum s3_param p, bool url)
{
	if (in->request->params[p].len)
		echo(in, out, name, p, url);
}

/* The same, left out where it was not sent; one that was sent empty is told so. */
static void echo_optional(const struct render *in, struct reply *out, const char *name,
			  enum s3_param p, bool url)
{
	if (!span_is_none(in->request->params[p]))
		echo(in, out, name, p, url);
}

static void truncated(const struct render *in, struct reply *out)
{
	xml_element_bool(&out->body, "IsTruncated", in->answer->truncated == 1);
}

/* --- items, as many as are wanted at once -------------------------------------------------- */

/*
 * One pass through the items: those of one kind. False where it stops on the way, which it does
 * only if there are more; the next call goes on behind that, and passes that are done are passed
 * over.
 */
static bool
render_pass(const struct render *in, struct reply *out, unsigned int pass, enum answer_kind kind,
	    void (*render)(const struct render *, struct buffer *, const struct answer *))
{
	struct reply_progress *p = &out->progress;
	struct span rest = span_skip(in->items, p->at);
	struct answer item;

	if (p->passes > pass)
		return true;
	for (size_t n = 1; answer_next_item(&rest, &item) > 0; n++) {
		if (item.kind == kind)
			render(in, &out->body, &item);
		if (n != in->items_at_once || !rest.len)
			continue;
		p->at = in->items.len - rest.len;
		p->more = true;
		return false;
	}
	*p = (struct reply_progress){ .passes = pass + 1 };
	return true;
}

static void render_prefix(const struct render *in, struct buffer *b, const struct answer *a)
{
	xml_open(b, "CommonPrefixes");
	document_key(b, "Prefix", a->prefix, wants_url(in));
	xml_close(b, "CommonPrefixes");
}

/* Keys and prefixes arrive in one order, and are shown in two lists. */
static bool render_items(const struct render *in, struct reply *out, enum answer_kind kind,
			 void (*render)(const struct render *, struct buffer *,
					const struct answer *))
{
	return render_pass(in, out, 0, kind, render) &&
	       render_pass(in, out, 1, ANSWER_KIND_PREFIX, render_prefix);
}

static void render_object(struct buffer *b, const struct answer *a, bool url, bool owner)
{
	xml_open(b, "Contents");
	document_key(b, "Key", a->key, url);
	document_time(b, "LastModified", a->last_modified);
	document_etag(b, a->etag);
	document_checksum_algorithm(b, a);
	document_checksum_type(b, a);
	document_optional_u64(b, "Size", a->size);
	if (owner)
		document_owner(b, "Owner", a);
	document_storage_class(b, a);
	xml_close(b, "Contents");
}

static void render_owned(const struct render *in, struct buffer *b, const struct answer *a)
{
	render_object(b, a, wants_url(in), true);
}

static void render_contents(const struct render *in, struct buffer *b, const struct answer *a)
{
	struct span fetch_owner = in->request->params[S3_PARAM_FETCH_OWNER];

	render_object(b, a, wants_url(in), span_equal_nocase(fetch_owner, SPAN("true")));
}

static void begin_list_objects(const struct render *in, struct reply *out)
{
	bool url = wants_url(in);

	reply_reset(out, 200);
	document_begin(out, "ListBucketResult");
	xml_element(&out->body, "Name", in->request->bucket);
	echo(in, out, "Prefix", S3_PARAM_PREFIX, url);
	echo(in, out, "Marker", S3_PARAM_MARKER, url);
	if (!span_is_none(in->answer->next_key))
		document_key(&out->body, "NextMarker", in->answer->next_key, url);
	document_optional_u64(&out->body, "MaxKeys", in->answer->limit);
	echo_unless_empty(in, out, "Delimiter", S3_PARAM_DELIMITER, url);
	echo_unless_empty(in, out, "EncodingType", S3_PARAM_ENCODING_TYPE, false);
	truncated(in, out);
}

void render_list_objects(const struct render *in, struct reply *out)
{
	if (!out->progress.more)
		begin_list_objects(in, out);
	if (render_items(in, out, ANSWER_KIND_OBJECT, render_owned))
		document_end(out, "ListBucketResult");
}

static void begin_list_objects_v2(const struct render *in, struct reply *out)
{
	bool url = wants_url(in);

	reply_reset(out, 200);
	document_begin(out, "ListBucketResult");
	xml_element(&out->body, "Name", in->request->bucket);
	echo(in, out, "Prefix", S3_PARAM_PREFIX, url);
	echo_optional(in, out, "StartAfter", S3_PARAM_START_AFTER, url);
	echo_optional(in, out, "ContinuationToken", S3_PARAM_CONTINUATION_TOKEN, false);
	document_optional(&out->body, "NextContinuationToken", in->answer->next_token);
	document_optional_u64(&out->body, "KeyCount", in->answer->count);
	document_optional_u64(&out->body, "MaxKeys", in->answer->limit);
	echo_unless_empty(in, out, "Delimiter", S3_PARAM_DELIMITER, url);
	echo_unless_empty(in, out, "EncodingType", S3_PARAM_ENCODING_TYPE, false);
	truncated(in, out);
}

void render_list_objects_v2(const struct render *in, struct reply *out)
{
	if (!out->progress.more)
		begin_list_objects_v2(in, out);
	if (render_items(in, out, ANSWER_KIND_OBJECT, render_contents))
		document_end(out, "ListBucketResult");
}

static void render_upload(const struct render *in, struct buffer *b, const struct answer *a)
{
	xml_open(b, "Upload");
	document_key(b, "Key", a->key, wants_url(in));
	xml_element(b, "UploadId", a->upload_id);
	document_owner(b, "Initiator", a);
	document_owner(b, "Owner", a);
	document_storage_class(b, a);
	document_time(b, "Initiated", a->created);
	document_checksum_algorithm(b, a);
	document_checksum_type(b, a);
	xml_close(b, "Upload");
}

static void begin_list_multipart_uploads(const struct render *in, struct reply *out)
{
	bool url = wants_url(in);

	reply_reset(out, 200);
	document_begin(out, "ListMultipartUploadsResult");
	xml_element(&out->body, "Bucket", in->request->bucket);
	echo(in, out, "KeyMarker", S3_PARAM_KEY_MARKER, url);
	echo(in, out, "UploadIdMarker", S3_PARAM_UPLOAD_ID_MARKER, false);
	if (!span_is_none(in->answer->next_key))
		document_key(&out->body, "NextKeyMarker", in->answer->next_key, url);
	document_optional(&out->body, "NextUploadIdMarker", in->answer->next_upload);
	echo_optional(in, out, "Prefix", S3_PARAM_PREFIX, url);
	echo_unless_empty(in, out, "Delimiter", S3_PARAM_DELIMITER, url);
	document_optional_u64(&out->body, "MaxUploads", in->answer->limit);
	echo_unless_empty(in, out, "EncodingType", S3_PARAM_ENCODING_TYPE, false);
	truncated(in, out);
}

void render_list_multipart_uploads(const struct render *in, struct reply *out)
{
	if (!out->progress.more)
		begin_list_multipart_uploads(in, out);
	if (render_items(in, out, ANSWER_KIND_UPLOAD, render_upload))
		document_end(out, "ListMultipartUploadsResult");
}

static void render_part_item(struct buffer *b, const struct answer *a)
{
	xml_open(b, "Part");
	document_optional_u64(b, "PartNumber", a->part_number);
	document_time(b, "LastModified", a->last_modified);
	document_etag(b, a->etag);
	document_optional_u64(b, "Size", a->size);
	document_checksum(b, a);
	xml_close(b, "Part");
}

void render_list_parts(const struct render *in, struct reply *out)
{
	struct span rest = in->items, marker = in->request->params[S3_PARAM_PART_NUMBER_MARKER];
	struct answer item;

	reply_reset(out, 200);
	document_begin(out, "ListPartsResult");
	xml_element(&out->body, "Bucket", in->request->bucket);
	xml_element(&out->body, "Key", in->request->key);
	echo(in, out, "UploadId", S3_PARAM_UPLOAD_ID, false);
	document_owner(&out->body, "Initiator", in->answer);
	document_owner(&out->body, "Owner", in->answer);
	document_storage_class(&out->body, in->answer);
	xml_element(&out->body, "PartNumberMarker", marker.len ? marker : SPAN("0"));
	document_optional_u64(&out->body, "NextPartNumberMarker", in->answer->next_part);
	document_optional_u64(&out->body, "MaxParts", in->answer->limit);
	truncated(in, out);
	document_checksum_algorithm(&out->body, in->answer);
	document_checksum_type(&out->body, in->answer);
	while (answer_next_item(&rest, &item) > 0)
		if (item.kind == ANSWER_KIND_PART)
			render_part_item(&out->body, &item);
	document_end(out, "ListPartsResult");
}
