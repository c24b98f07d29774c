/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/render/document.h"
#include "frontend/render/render.h"
#include "s3/uri.h"
#include "s3/xml.h"

void render_create_multipart_upload(const struct render *in, struct reply *out)
{
	const struct answer *a = in->answer;

	reply_reset(out, 200);
	if (a->checksum_algorithm > CHECKSUM_NONE && a->checksum_algorithm < CHECKSUM_COUNT)
		reply_field_string(out, "x-amz-checksum-algorithm",
				   checksum_rows[a->checksum_algorithm].name);
	reply_field_string(out, "x-amz-checksum-type",
			   document_checksum_type_name(a->checksum_type));
	document_begin(out, "InitiateMultipartUploadResult");
	xml_element(&out->body, "Bucket", in->request->bucket);
	xml_element(&out->body, "Key", in->request->key);
	xml_element(&out->body, "UploadId", a->upload_id);
	document_end(out, "InitiateMultipartUploadResult");
}

/* Where the new object can be got: as the client addressed it, by virtual host or by path. */
static void render_location(const struct render *in, struct reply *out)
{
	struct span host = in->request->headers[S3_HEADER_HOST], bucket = in->request->bucket;
	bool virtual_host = span_starts_with_nocase(host, bucket) && host.len > bucket.len &&
			    span_bytes(host)[bucket.len] == '.';
	struct buffer *b = &out->body;

	xml_open(b, "Location");
	buffer_append_string(b, "http://");
	xml_text(b, host);
	buffer_append_byte(b, '/');
	if (!virtual_host) {
		uri_encode(b, bucket, false);
		buffer_append_byte(b, '/');
	}
	uri_encode(b, in->request->key, true);
	xml_close(b, "Location");
}

void render_complete_multipart_upload(const struct render *in, struct reply *out)
{
	reply_reset(out, 200);
	document_begin(out, "CompleteMultipartUploadResult");
	render_location(in, out);
	xml_element(&out->body, "Bucket", in->request->bucket);
	xml_element(&out->body, "Key", in->request->key);
	document_etag(&out->body, in->answer->etag);
	document_checksum(&out->body, in->answer);
	document_checksum_type(&out->body, in->answer);
	document_end(out, "CompleteMultipartUploadResult");
}

void render_abort_multipart_upload(const struct render *in, struct reply *out)
{
	reply_reset(out, 204);
}
