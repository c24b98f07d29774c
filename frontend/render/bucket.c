/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/render/document.h"
#include "frontend/render/render.h"
#include "s3/public_access.h"
#include "s3/xml.h"

/* The region whose LocationConstraint is empty, since it was the only one once. */
#define REGION_WITHOUT_NAME "us-east-1"

static void render_bucket_item(struct buffer *b, const struct answer *a)
{
	xml_open(b, "Bucket");
	xml_element(b, "Name", a->bucket);
	document_time(b, "CreationDate", a->created);
	document_optional(b, "BucketRegion", a->region);
	xml_close(b, "Bucket");
}

void render_list_buckets(const struct render *in, struct reply *out)
{
	struct span rest = in->items;
	struct answer item;

	reply_reset(out, 200);
	document_begin(out, "ListAllMyBucketsResult");
	document_owner(&out->body, "Owner", in->answer);
	xml_open(&out->body, "Buckets");
	while (answer_next_item(&rest, &item) > 0)
		render_bucket_item(&out->body, &item);
	xml_close(&out->body, "Buckets");
	document_optional(&out->body, "ContinuationToken", in->answer->next_token);
	document_optional(&out->body, "Prefix", in->request->params[S3_PARAM_PREFIX]);
	document_end(out, "ListAllMyBucketsResult");
}

void render_get_bucket_acl(const struct render *in, struct reply *out)
{
	reply_reset(out, 200);
	document_acl(out, in->answer);
}

void render_get_bucket_location(const struct render *in, struct reply *out)
{
	struct span region = in->answer->region;

	reply_reset(out, 200);
	document_begin(out, "LocationConstraint");
	if (!span_equal(region, SPAN(REGION_WITHOUT_NAME)))
		xml_text(&out->body, region);
	document_end(out, "LocationConstraint");
}

void render_get_bucket_configuration(const struct render *in, struct reply *out)
{
	const char *root = s3_configurations[in->request->configuration].empty_document;

	reply_reset(out, 200);
	document_begin(out, root);
	/* The one document that is never empty: somebody always pays. */
	if (in->request->configuration == S3_CONFIGURATION_REQUEST_PAYMENT)
		xml_element(&out->body, "Payer", SPAN("BucketOwner"));
	document_end(out, root);
}

void render_get_bucket_policy(const struct render *in, struct reply *out)
{
	reply_reset(out, 200);
	buffer_append(&out->body, in->answer->document);
	reply_document(out, "application/json");
}

void render_get_bucket_policy_status(const struct render *in, struct reply *out)
{
	reply_reset(out, 200);
	document_begin(out, "PolicyStatus");
	xml_element_bool(&out->body, "IsPublic", in->answer->is_public == 1);
	document_end(out, "PolicyStatus");
}

void render_put_bucket_policy(const struct render *in, struct reply *out)
{
	reply_reset(out, 204);
}

void render_delete_bucket_policy(const struct render *in, struct reply *out)
{
	reply_reset(out, 204);
}

void render_get_public_access_block(const struct render *in, struct reply *out)
{
	unsigned int blocks = (unsigned int)in->answer->blocks;

	reply_reset(out, 200);
	document_begin(out, "PublicAccessBlockConfiguration");
#define BLOCK(SYMBOL, element)                                                                     \
	xml_element_bool(&out->body, element, s3_blocks(blocks, S3_BLOCK_##SYMBOL));
	S3_PUBLIC_ACCESS_BLOCKS(BLOCK)
#undef BLOCK
	document_end(out, "PublicAccessBlockConfiguration");
}

void render_put_public_access_block(const struct render *in, struct reply *out)
{
	reply_reset(out, 200);
}

void render_delete_public_access_block(const struct render *in, struct reply *out)
{
	reply_reset(out, 204);
}

void render_head_bucket(const struct render *in, struct reply *out)
{
	reply_reset(out, 200);
	reply_field(out, "x-amz-bucket-region", in->answer->region);
	reply_field_string(out, "x-amz-access-point-alias", "false");
	reply_field_string(out, "Content-Type", "application/xml");
}

void render_create_bucket(const struct render *in, struct reply *out)
{
	char location[1 + S3_BUCKET_NAME_MAX] = "/";
	size_t len = MIN(in->request->bucket.len, (size_t)S3_BUCKET_NAME_MAX);

	memcpy(location + 1, in->request->bucket.data, len);
	reply_reset(out, 200);
	reply_field(out, "Location", (struct span){ location, 1 + len });
}

void render_delete_bucket(const struct render *in, struct reply *out)
{
	reply_reset(out, 204);
}
