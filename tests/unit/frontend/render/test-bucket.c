/* SPDX-License-Identifier: Apache-2.0 */

/* What an answer of buckets and their configurations looks like in the S3 dialect, to the byte. */

#include "render-scene.h"
#include "s3/pairs.h"
#include "s3/public_access.h"

static void test_list_buckets(void)
{
	struct answer a = item(ANSWER_KIND_BUCKET);

	begin(S3_LIST_BUCKETS);
	own(&answer);
	a.bucket = SPAN("one");
	a.created = 1700000000123456789;
	a.region = SPAN("here");
	append(&a);
	a.bucket = SPAN("two");
	a.region = SPAN_NONE;
	append(&a);
	answer.next_token = SPAN("more");
	request.params[S3_PARAM_PREFIX] = SPAN("o");
	render_and_check(200, TYPE,
			 XML "<ListAllMyBucketsResult" NS "<Owner>" OWNER "</Owner><Buckets>"
			     "<Bucket><Name>one</Name><CreationDate>" DATE "</CreationDate>"
			     "<BucketRegion>here</BucketRegion></Bucket>"
			     "<Bucket><Name>two</Name><CreationDate>" DATE
			     "</CreationDate></Bucket>"
			     "</Buckets><ContinuationToken>more</ContinuationToken>"
			     "<Prefix>o</Prefix></ListAllMyBucketsResult>");
}

static void test_bucket_location(void)
{
	begin(S3_GET_BUCKET_LOCATION);
	answer.region = SPAN("eu-west-1");
	render_and_check(200, TYPE, XML "<LocationConstraint" NS "eu-west-1</LocationConstraint>");
	begin(S3_GET_BUCKET_LOCATION);
	answer.region = SPAN("us-east-1");
	render_and_check(200, TYPE, XML "<LocationConstraint" NS "</LocationConstraint>");
}

static void test_bucket_configuration(void)
{
	begin(S3_GET_BUCKET_CONFIGURATION);
	request.configuration = S3_CONFIGURATION_VERSIONING;
	render_and_check(200, TYPE, XML "<VersioningConfiguration" NS "</VersioningConfiguration>");
	begin(S3_GET_BUCKET_CONFIGURATION);
	request.configuration = S3_CONFIGURATION_REQUEST_PAYMENT;
	render_and_check(200, TYPE,
			 XML "<RequestPaymentConfiguration" NS "<Payer>BucketOwner</Payer>"
			     "</RequestPaymentConfiguration>");
}

static void test_bucket_policy(void)
{
	begin(S3_GET_BUCKET_POLICY);
	answer.document = SPAN("{\"Statement\":[]}");
	render_and_check(200, "Content-Type: application/json\n", "{\"Statement\":[]}");
	begin(S3_PUT_BUCKET_POLICY);
	render_and_check(204, "", "");
	begin(S3_DELETE_BUCKET_POLICY);
	render_and_check(204, "", "");
	begin(S3_GET_BUCKET_POLICY_STATUS);
	answer.is_public = 1;
	render_and_check(200, TYPE,
			 XML "<PolicyStatus" NS "<IsPublic>true</IsPublic></PolicyStatus>");
	begin(S3_GET_BUCKET_POLICY_STATUS);
	answer.is_public = 0;
	render_and_check(200, TYPE,
			 XML "<PolicyStatus" NS "<IsPublic>false</IsPublic></PolicyStatus>");
}

static void test_public_access_block(void)
{
	begin(S3_GET_PUBLIC_ACCESS_BLOCK);
	answer.blocks = 1u << S3_BLOCK_ACLS | 1u << S3_BLOCK_RESTRICT;
	render_and_check(200, TYPE,
			 XML "<PublicAccessBlockConfiguration" NS
			     "<BlockPublicAcls>true</BlockPublicAcls>"
			     "<IgnorePublicAcls>false</IgnorePublicAcls>"
			     "<BlockPublicPolicy>false</BlockPublicPolicy>"
			     "<RestrictPublicBuckets>true</RestrictPublicBuckets>"
			     "</PublicAccessBlockConfiguration>");
	begin(S3_PUT_PUBLIC_ACCESS_BLOCK);
	render_and_check(200, "", "");
	begin(S3_DELETE_PUBLIC_ACCESS_BLOCK);
	render_and_check(204, "", "");
}

static void test_bucket_life(void)
{
	begin(S3_CREATE_BUCKET);
	render_and_check(200, "Location: /bucket\n", "");
	begin(S3_HEAD_BUCKET);
	answer.region = SPAN("here");
	render_and_check(200, "x-amz-bucket-region: here\nx-amz-access-point-alias: false\n" TYPE,
			 "");
	begin(S3_DELETE_BUCKET);
	render_and_check(204, "", "");
}

int main(void)
{
	test_list_buckets();
	test_bucket_location();
	test_bucket_configuration();
	test_bucket_policy();
	test_public_access_block();
	test_bucket_life();
	reply_clear(&reply);
	buffer_clear(&items);
	return 0;
}
