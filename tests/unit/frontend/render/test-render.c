/* SPDX-License-Identifier: Apache-2.0 */

/* What each operation's answer looks like, to the byte. */

#undef NDEBUG
#include "frontend/render/render.h"

#include <assert.h>
#include <stdio.h>

#include "reply-text.h"
#include "s3/pairs.h"
#include "s3/public_access.h"

#define XML    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define NS     " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
#define TYPE   "Content-Type: application/xml\n"
#define OWNER  "<ID>abc</ID><DisplayName>me &amp; you</DisplayName>"
#define QUOTED "&quot;d41d8cd98f00b204e9800998ecf8427e&quot;"
#define ETAG   "d41d8cd98f00b204e9800998ecf8427e"
#define DATE   "2023-11-14T22:13:20.123Z"

/* The state of a test, made anew for each. */
static struct s3_request request;
static struct answer answer;
static struct buffer items;
static struct reply reply;

static struct answer fresh_answer(void)
{
	struct answer a;

	answer_init(&a);
	return a;
}

static void begin(enum s3_operation operation)
{
	request = (struct s3_request){ .operation = operation,
				       .bucket = SPAN("bucket"),
				       .key = SPAN("a key") };
	answer = fresh_answer();
	buffer_clear(&items);
	items = BUFFER_INIT(65536);
	reply_clear(&reply);
	reply_init(&reply);
}

static struct answer item(enum answer_kind kind)
{
	struct answer a = fresh_answer();

	a.kind = kind;
	return a;
}

static void append(const struct answer *a)
{
	answer_append_item(a, &items);
}

static void check(unsigned int status, const char *fields, const char *body)
{
	check_reply(&reply, status, fields, body);
}

static void render_and_check(unsigned int status, const char *fields, const char *body)
{
	struct render in = { .request = &request, .answer = &answer, .items = buffer_span(&items) };

	render_operation(&in, &reply);
	check(status, fields, body);
}

static void own(struct answer *a)
{
	a->owner_id = SPAN("abc");
	a->owner_name = SPAN("me & you");
}

static void date_and_tag(struct answer *a)
{
	a->last_modified = 1700000000123456789;
	a->etag = SPAN(ETAG);
}

static void sum(struct answer *a)
{
	a->checksum_algorithm = CHECKSUM_CRC32;
	a->checksum_type = CHECKSUM_TYPE_FULL_OBJECT;
	a->checksum = SPAN("AAAAAA==");
}

/* --- buckets ------------------------------------------------------------------------------ */

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

/* --- lists -------------------------------------------------------------------------------- */

static void append_listing(void)
{
	struct answer a = item(ANSWER_KIND_OBJECT), p = item(ANSWER_KIND_PREFIX);

	a.key = SPAN("a <b>&\x01");
	a.size = 12;
	date_and_tag(&a);
	own(&a);
	append(&a);
	p.prefix = SPAN("dir one/");
	append(&p);
	a.key = SPAN("\xc3\xa4/x");
	a.storage_class = SPAN("GLACIER");
	sum(&a);
	append(&a);
}

static void test_list_objects(void)
{
	begin(S3_LIST_OBJECTS);
	append_listing();
	answer.limit = 3;
	answer.truncated = 1;
	answer.next_key = SPAN("\xc3\xa4/x");
	request.params[S3_PARAM_DELIMITER] = SPAN("/");
	request.params[S3_PARAM_MARKER] = SPAN("m");
	render_and_check(
		200, TYPE,
		XML
		"<ListBucketResult" NS "<Name>bucket</Name><Prefix></Prefix><Marker>m</Marker>"
		"<NextMarker>\xc3\xa4/x</NextMarker><MaxKeys>3</MaxKeys><Delimiter>/</Delimiter>"
		"<IsTruncated>true</IsTruncated>"
		"<Contents><Key>a &lt;b&gt;&amp;&#x1;</Key><LastModified>" DATE
		"</LastModified><ETag>" QUOTED "</ETag><Size>12</Size><Owner>" OWNER
		"</Owner><StorageClass>STANDARD</StorageClass></Contents>"
		"<Contents><Key>\xc3\xa4/x</Key><LastModified>" DATE "</LastModified><ETag>" QUOTED
		"</ETag><ChecksumAlgorithm>CRC32</ChecksumAlgorithm>"
		"<ChecksumType>FULL_OBJECT</ChecksumType><Size>12</Size><Owner>" OWNER
		"</Owner><StorageClass>GLACIER</StorageClass></Contents>"
		"<CommonPrefixes><Prefix>dir one/</Prefix></CommonPrefixes></ListBucketResult>");
}

static void test_list_objects_v2_encoded(void)
{
	begin(S3_LIST_OBJECTS_V2);
	append_listing();
	answer.limit = 1000;
	answer.count = 3;
	request.params[S3_PARAM_ENCODING_TYPE] = SPAN("url");
	request.params[S3_PARAM_PREFIX] = SPAN("p q");
	request.params[S3_PARAM_DELIMITER] = SPAN("& ");
	request.params[S3_PARAM_START_AFTER] = SPAN("s t");
	request.params[S3_PARAM_CONTINUATION_TOKEN] = SPAN("t+/=");
	answer.next_token = SPAN("n+/=");
	answer.truncated = 1;
	render_and_check(
		200, TYPE,
		XML
		"<ListBucketResult" NS "<Name>bucket</Name><Prefix>p%20q</Prefix>"
		"<StartAfter>s%20t</StartAfter><ContinuationToken>t+/=</ContinuationToken>"
		"<NextContinuationToken>n+/=</NextContinuationToken><KeyCount>3</KeyCount>"
		"<MaxKeys>1000</MaxKeys><Delimiter>%26%20</Delimiter>"
		"<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
		"<Contents><Key>a%20%3Cb%3E%26%01</Key><LastModified>" DATE
		"</LastModified><ETag>" QUOTED
		"</ETag><Size>12</Size><StorageClass>STANDARD</StorageClass></Contents>"
		"<Contents><Key>%C3%A4/x</Key><LastModified>" DATE "</LastModified><ETag>" QUOTED
		"</ETag><ChecksumAlgorithm>CRC32</ChecksumAlgorithm>"
		"<ChecksumType>FULL_OBJECT</ChecksumType><Size>12</Size>"
		"<StorageClass>GLACIER</StorageClass></Contents>"
		"<CommonPrefixes><Prefix>dir%20one/</Prefix></CommonPrefixes></ListBucketResult>");
}

/* S3 takes an empty delimiter for none and does not repeat it; an empty token it repeats. */
static void test_empty_parameters_of_lists(void)
{
	begin(S3_LIST_OBJECTS_V2);
	request.params[S3_PARAM_DELIMITER] = SPAN("");
	request.params[S3_PARAM_ENCODING_TYPE] = SPAN("");
	request.params[S3_PARAM_CONTINUATION_TOKEN] = SPAN("");
	render_and_check(200, TYPE,
			 XML "<ListBucketResult" NS "<Name>bucket</Name><Prefix></Prefix>"
			     "<ContinuationToken></ContinuationToken>"
			     "<IsTruncated>false</IsTruncated></ListBucketResult>");
	begin(S3_LIST_OBJECTS);
	request.params[S3_PARAM_DELIMITER] = SPAN("");
	render_and_check(200, TYPE,
			 XML
			 "<ListBucketResult" NS "<Name>bucket</Name><Prefix></Prefix>"
			 "<Marker></Marker><IsTruncated>false</IsTruncated></ListBucketResult>");
}

static void test_list_objects_v2_tells_owners_when_asked(void)
{
	begin(S3_LIST_OBJECTS_V2);
	append_listing();
	request.params[S3_PARAM_FETCH_OWNER] = SPAN("true");
	render_operation(&(struct render){ &request, &answer, buffer_span(&items) }, &reply);
	assert(memmem(reply.body.data, reply.body.len, "<Owner>", 7));
}

static void test_empty_list_objects_v2(void)
{
	begin(S3_LIST_OBJECTS_V2);
	answer.limit = 0;
	answer.count = 0;
	answer.truncated = 0;
	render_and_check(200, TYPE,
			 XML "<ListBucketResult" NS "<Name>bucket</Name><Prefix></Prefix>"
			     "<KeyCount>0</KeyCount><MaxKeys>0</MaxKeys>"
			     "<IsTruncated>false</IsTruncated></ListBucketResult>");
}

static void test_list_multipart_uploads(void)
{
	struct answer a = item(ANSWER_KIND_UPLOAD), p = item(ANSWER_KIND_PREFIX);

	begin(S3_LIST_MULTIPART_UPLOADS);
	a.key = SPAN("k");
	a.upload_id = SPAN("u1");
	a.created = 1700000000123456789;
	own(&a);
	a.checksum_algorithm = CHECKSUM_SHA256;
	a.checksum_type = CHECKSUM_TYPE_COMPOSITE;
	append(&a);
	p.prefix = SPAN("p/");
	append(&p);
	answer.limit = 1;
	answer.truncated = 1;
	answer.next_key = SPAN("k");
	answer.next_upload = SPAN("u1");
	request.params[S3_PARAM_PREFIX] = SPAN("k");
	render_and_check(
		200, TYPE,
		XML "<ListMultipartUploadsResult" NS
		    "<Bucket>bucket</Bucket><KeyMarker></KeyMarker>"
		    "<UploadIdMarker></UploadIdMarker><NextKeyMarker>k</NextKeyMarker>"
		    "<NextUploadIdMarker>u1</NextUploadIdMarker><Prefix>k</Prefix>"
		    "<MaxUploads>1</MaxUploads><IsTruncated>true</IsTruncated>"
		    "<Upload><Key>k</Key><UploadId>u1</UploadId><Initiator>" OWNER
		    "</Initiator><Owner>" OWNER "</Owner><StorageClass>STANDARD</StorageClass>"
		    "<Initiated>" DATE "</Initiated><ChecksumAlgorithm>SHA256</ChecksumAlgorithm>"
		    "<ChecksumType>COMPOSITE</ChecksumType></Upload>"
		    "<CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes>"
		    "</ListMultipartUploadsResult>");
}

/* However many items are written at once, the document is the same. */
static void test_a_list_in_pieces_is_the_same_list(void)
{
	static const enum s3_operation operations[] = { S3_LIST_OBJECTS, S3_LIST_OBJECTS_V2,
							S3_LIST_MULTIPART_UPLOADS };

	for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
		struct render in = { .request = &request, .answer = &answer };
		struct buffer whole = BUFFER_INIT(65536);

		begin(operations[i]);
		append_listing();
		append_listing();
		in.items = buffer_span(&items);
		render_operation(&in, &reply);
		assert(!reply.progress.more);
		buffer_append(&whole, buffer_span(&reply.body));
		for (in.items_at_once = 1; in.items_at_once < 8; in.items_at_once++) {
			size_t n = 0;

			reply_reset(&reply, 0);
			do
				render_operation(&in, &reply);
			while (++n < 16 && reply.progress.more);
			/* Six items are looked through for objects, and again for prefixes. */
			assert(n == 1 + 2 * ((6 - 1) / in.items_at_once));
			assert(span_equal(buffer_span(&reply.body), buffer_span(&whole)));
			assert(reply.length == whole.len && reply.status == 200);
		}
		buffer_clear(&whole);
	}
}

static void test_list_parts(void)
{
	struct answer a = item(ANSWER_KIND_PART);

	begin(S3_LIST_PARTS);
	a.part_number = 7;
	a.size = 5242880;
	date_and_tag(&a);
	sum(&a);
	append(&a);
	own(&answer);
	answer.limit = 1000;
	answer.truncated = 0;
	answer.next_part = 7;
	answer.checksum_algorithm = CHECKSUM_CRC32;
	answer.checksum_type = CHECKSUM_TYPE_COMPOSITE;
	request.params[S3_PARAM_UPLOAD_ID] = SPAN("u1");
	render_and_check(
		200, TYPE,
		XML "<ListPartsResult" NS "<Bucket>bucket</Bucket><Key>a key</Key>"
		    "<UploadId>u1</UploadId><Initiator>" OWNER "</Initiator><Owner>" OWNER
		    "</Owner><StorageClass>STANDARD</StorageClass>"
		    "<PartNumberMarker>0</PartNumberMarker>"
		    "<NextPartNumberMarker>7</NextPartNumberMarker><MaxParts>1000</MaxParts>"
		    "<IsTruncated>false</IsTruncated><ChecksumAlgorithm>CRC32</ChecksumAlgorithm>"
		    "<ChecksumType>COMPOSITE</ChecksumType><Part><PartNumber>7</PartNumber>"
		    "<LastModified>" DATE "</LastModified><ETag>" QUOTED
		    "</ETag><Size>5242880</Size><ChecksumCRC32>AAAAAA==</ChecksumCRC32></Part>"
		    "</ListPartsResult>");
}

/* --- objects ------------------------------------------------------------------------------ */

#define VALIDATORS                                                                                 \
	"Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT\nETag: \"" ETAG "\"\nAccept-Ranges: bytes\n"

static struct span attributes(void)
{
	static struct buffer b = BUFFER_INIT(4096);

	buffer_reset(&b);
	pairs_append(&b, SPAN("content-type"), SPAN("text/plain"));
	pairs_append(&b, SPAN("cache-control"), SPAN("no-cache"));
	pairs_append(&b, SPAN("x-amz-meta-colour"), SPAN("blue"));
	pairs_append(&b, SPAN("x-amz-meta-empty"), SPAN(""));
	return buffer_span(&b);
}

static void begin_get(enum s3_operation operation)
{
	begin(operation);
	date_and_tag(&answer);
	sum(&answer);
	answer.size = 100;
}

static void test_get_object(void)
{
	begin_get(S3_GET_OBJECT);
	answer.attributes = attributes();
	render_and_check(200,
			 VALIDATORS "content-type: text/plain\ncache-control: no-cache\n"
				    "x-amz-meta-colour: blue\nx-amz-meta-empty: \n",
			 "");
	assert(reply.length == 100);
}

static void test_head_object_tells_checksum_and_class(void)
{
	begin_get(S3_HEAD_OBJECT);
	request.headers[S3_HEADER_AMZ_CHECKSUM_MODE] = SPAN("ENABLED");
	answer.storage_class = SPAN("GLACIER");
	render_and_check(200,
			 VALIDATORS
			 "x-amz-checksum-crc32: AAAAAA==\n"
			 "x-amz-checksum-type: FULL_OBJECT\nx-amz-storage-class: GLACIER\n"
			 "content-type: binary/octet-stream\n",
			 "");
	assert(reply.length == 100);
}

static void test_parts_are_counted_for_who_asks_for_one(void)
{
	begin_get(S3_GET_OBJECT);
	answer.parts_count = 3;
	render_and_check(200, VALIDATORS "content-type: binary/octet-stream\n", "");

	begin_get(S3_GET_OBJECT);
	request.params[S3_PARAM_PART_NUMBER] = SPAN("2");
	answer.parts_count = 3;
	render_and_check(
		200, VALIDATORS "x-amz-mp-parts-count: 3\ncontent-type: binary/octet-stream\n", "");
}

static void test_standard_class_is_not_told(void)
{
	begin_get(S3_GET_OBJECT);
	answer.storage_class = SPAN("STANDARD");
	render_and_check(200, VALIDATORS "content-type: binary/octet-stream\n", "");
}

static void test_get_range(void)
{
	begin_get(S3_GET_OBJECT);
	request.headers[S3_HEADER_RANGE] = SPAN("bytes=10-19");
	request.headers[S3_HEADER_AMZ_CHECKSUM_MODE] = SPAN("ENABLED");
	answer.range_start = 10;
	answer.range_length = 10;
	render_and_check(206,
			 VALIDATORS "Content-Range: bytes 10-19/100\n"
				    "content-type: binary/octet-stream\n",
			 "");
	assert(reply.length == 10);
}

static void test_response_overrides(void)
{
	begin_get(S3_GET_OBJECT);
	answer.attributes = attributes();
	request.params[S3_PARAM_RESPONSE_CONTENT_TYPE] = SPAN("text/html");
	request.params[S3_PARAM_RESPONSE_CONTENT_DISPOSITION] = SPAN("attachment");
	request.params[S3_PARAM_RESPONSE_EXPIRES] = SPAN("");
	render_and_check(200,
			 VALIDATORS
			 "content-disposition: attachment\ncontent-type: text/html\n"
			 "cache-control: no-cache\nx-amz-meta-colour: blue\nx-amz-meta-empty: \n",
			 "");
}

static void test_t52_values_that_would_break_the_head_are_left_out(void)
{
	static struct buffer b = BUFFER_INIT(4096);

	begin_get(S3_GET_OBJECT);
	pairs_append(&b, SPAN("content-type"), SPAN("text/plain"));
	pairs_append(&b, SPAN("x-amz-meta-a"), SPAN("b\r\nSet-Cookie: c"));
	pairs_append(&b, SPAN("x-amz-meta-b\r\nX"), SPAN("c"));
	pairs_append(&b, SPAN("x-amz-meta-c"), SPAN("nul\0"));
	pairs_append(&b, SPAN("x-amz-meta-d"), SPAN("fine"));
	answer.attributes = buffer_span(&b);
	request.params[S3_PARAM_RESPONSE_CACHE_CONTROL] = SPAN("x\r\nX-Evil: y");
	request.params[S3_PARAM_RESPONSE_CONTENT_LANGUAGE] = SPAN("x\ny");
	render_and_check(200, VALIDATORS "content-type: text/plain\nx-amz-meta-d: fine\n", "");
	buffer_clear(&b);
}

static void test_put_object(void)
{
	begin(S3_PUT_OBJECT);
	answer.etag = SPAN(ETAG);
	sum(&answer);
	render_and_check(200,
			 "ETag: \"" ETAG "\"\nx-amz-checksum-crc32: AAAAAA==\n"
			 "x-amz-checksum-type: FULL_OBJECT\n",
			 "");
}

static void test_delete_object(void)
{
	begin(S3_DELETE_OBJECT);
	render_and_check(204, "", "");
}

static void append_deletions(void)
{
	struct answer a = item(ANSWER_KIND_DELETED), e = item(ANSWER_KIND_ERROR);

	a.key = SPAN("gone");
	append(&a);
	e.key = SPAN("there");
	e.version_id = SPAN("v");
	e.error = S3_ERROR_ACCESS_DENIED;
	append(&e);
	e.version_id = SPAN_NONE;
	e.error = S3_ERROR_INTERNAL_ERROR;
	e.detail = SPAN("it broke");
	append(&e);
}

#define UNDELETED                                                                                  \
	"<Error><Key>there</Key><VersionId>v</VersionId><Code>AccessDenied</Code>"                 \
	"<Message>Access Denied</Message></Error>"                                                 \
	"<Error><Key>there</Key><Code>InternalError</Code><Message>it broke</Message></Error>"

static void test_delete_objects(void)
{
	begin(S3_DELETE_OBJECTS);
	append_deletions();
	render_and_check(200, TYPE,
			 XML "<DeleteResult" NS "<Deleted><Key>gone</Key></Deleted>" UNDELETED
			     "</DeleteResult>");
	begin(S3_DELETE_OBJECTS);
	append_deletions();
	answer.quiet = 1;
	render_and_check(200, TYPE, XML "<DeleteResult" NS UNDELETED "</DeleteResult>");
}

static void test_copy_object(void)
{
	begin(S3_COPY_OBJECT);
	date_and_tag(&answer);
	sum(&answer);
	render_and_check(200, TYPE,
			 XML "<CopyObjectResult" NS "<LastModified>" DATE
			     "</LastModified><ETag>" QUOTED
			     "</ETag><ChecksumCRC32>AAAAAA==</ChecksumCRC32>"
			     "<ChecksumType>FULL_OBJECT</ChecksumType></CopyObjectResult>");
}

static void test_object_attributes(void)
{
	struct answer a = item(ANSWER_KIND_PART);

	begin(S3_GET_OBJECT_ATTRIBUTES);
	date_and_tag(&answer);
	sum(&answer);
	answer.checksum_type = CHECKSUM_TYPE_COMPOSITE;
	answer.checksum = SPAN("AAAAAA==-2");
	answer.size = 9;
	answer.parts_count = 2;
	answer.limit = 1;
	answer.truncated = 1;
	answer.next_part = 1;
	a.part_number = 1;
	a.size = 5;
	sum(&a);
	append(&a);
	request.headers[S3_HEADER_AMZ_OBJECT_ATTRIBUTES] =
		SPAN("ETag, Checksum,ObjectParts ,StorageClass,ObjectSize");
	render_and_check(
		200, "Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT\n" TYPE,
		XML "<GetObjectAttributesResponse" NS "<ETag>" ETAG "</ETag>"
		    "<Checksum><ChecksumCRC32>AAAAAA==</ChecksumCRC32>"
		    "<ChecksumType>COMPOSITE</ChecksumType></Checksum>"
		    "<ObjectParts><PartsCount>2</PartsCount><PartNumberMarker>0</PartNumberMarker>"
		    "<NextPartNumberMarker>1</NextPartNumberMarker><MaxParts>1</MaxParts>"
		    "<IsTruncated>true</IsTruncated><Part><PartNumber>1</PartNumber><Size>5</Size>"
		    "<ChecksumCRC32>AAAAAA==</ChecksumCRC32></Part></ObjectParts>"
		    "<StorageClass>STANDARD</StorageClass><ObjectSize>9</ObjectSize>"
		    "</GetObjectAttributesResponse>");
	begin(S3_GET_OBJECT_ATTRIBUTES);
	answer.etag = SPAN(ETAG);
	answer.size = 9;
	request.headers[S3_HEADER_AMZ_OBJECT_ATTRIBUTES] = SPAN("ObjectSize");
	render_and_check(200, TYPE,
			 XML "<GetObjectAttributesResponse" NS "<ObjectSize>9</ObjectSize>"
			     "</GetObjectAttributesResponse>");
}

#define ACL                                                                                        \
	XML "<AccessControlPolicy" NS "<Owner>" OWNER "</Owner><AccessControlList><Grant>"         \
	    "<Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "                    \
	    "xsi:type=\"CanonicalUser\">" OWNER "</Grantee><Permission>FULL_CONTROL</Permission>"  \
	    "</Grant></AccessControlList></AccessControlPolicy>"

static void test_acls_name_the_owner(void)
{
	begin(S3_GET_BUCKET_ACL);
	own(&answer);
	render_and_check(200, TYPE, ACL);
	begin(S3_GET_OBJECT_ACL);
	own(&answer);
	render_and_check(200, TYPE, ACL);
}

static void test_object_without_tags(void)
{
	begin(S3_GET_OBJECT_TAGGING);
	render_and_check(200, TYPE, XML "<Tagging" NS "<TagSet></TagSet></Tagging>");
}

/* What only repeats the client's key stays readable, whatever the key holds. */
static void test_key_that_xml_cannot_hold(void)
{
	begin(S3_CREATE_MULTIPART_UPLOAD);
	request.key = SPAN("a\x01");
	answer.upload_id = SPAN("u1");
	render_and_check(200, TYPE,
			 XML "<InitiateMultipartUploadResult" NS "<Bucket>bucket</Bucket>"
			     "<Key>a\xef\xbf\xbd</Key><UploadId>u1</UploadId>"
			     "</InitiateMultipartUploadResult>");
	begin(S3_LIST_PARTS);
	request.key = SPAN("a\x01");
	render_operation(&(struct render){ &request, &answer, SPAN_NONE }, &reply);
	assert(memmem(reply.body.data, reply.body.len, "<Key>a\xef\xbf\xbd</Key>", 15));
}

/* --- multipart ---------------------------------------------------------------------------- */

static void test_create_multipart_upload(void)
{
	begin(S3_CREATE_MULTIPART_UPLOAD);
	answer.upload_id = SPAN("u1");
	answer.checksum_algorithm = CHECKSUM_CRC64NVME;
	answer.checksum_type = CHECKSUM_TYPE_FULL_OBJECT;
	render_and_check(
		200, "x-amz-checksum-algorithm: CRC64NVME\nx-amz-checksum-type: FULL_OBJECT\n" TYPE,
		XML "<InitiateMultipartUploadResult" NS "<Bucket>bucket</Bucket>"
		    "<Key>a key</Key><UploadId>u1</UploadId>"
		    "</InitiateMultipartUploadResult>");
}

static void test_upload_part(void)
{
	begin(S3_UPLOAD_PART);
	answer.etag = SPAN(ETAG);
	sum(&answer);
	render_and_check(200, "ETag: \"" ETAG "\"\nx-amz-checksum-crc32: AAAAAA==\n", "");
}

static void test_upload_part_copy(void)
{
	begin(S3_UPLOAD_PART_COPY);
	date_and_tag(&answer);
	render_and_check(200, TYPE,
			 XML "<CopyPartResult" NS "<LastModified>" DATE
			     "</LastModified><ETag>" QUOTED "</ETag></CopyPartResult>");
}

static void test_complete_multipart_upload(void)
{
	begin(S3_COMPLETE_MULTIPART_UPLOAD);
	request.headers[S3_HEADER_HOST] = SPAN("localhost:9000");
	answer.etag = SPAN(ETAG "-2");
	sum(&answer);
	render_and_check(200, TYPE,
			 XML "<CompleteMultipartUploadResult" NS
			     "<Location>http://localhost:9000/bucket/a%20key</Location>"
			     "<Bucket>bucket</Bucket><Key>a key</Key><ETag>&quot;" ETAG
			     "-2&quot;</ETag>"
			     "<ChecksumCRC32>AAAAAA==</ChecksumCRC32>"
			     "<ChecksumType>FULL_OBJECT</ChecksumType>"
			     "</CompleteMultipartUploadResult>");
	begin(S3_COMPLETE_MULTIPART_UPLOAD);
	request.headers[S3_HEADER_HOST] = SPAN("Bucket.example.com");
	answer.etag = SPAN(ETAG "-2");
	render_and_check(200, TYPE,
			 XML "<CompleteMultipartUploadResult" NS
			     "<Location>http://Bucket.example.com/a%20key</Location>"
			     "<Bucket>bucket</Bucket><Key>a key</Key><ETag>&quot;" ETAG
			     "-2&quot;</ETag>"
			     "</CompleteMultipartUploadResult>");
}

static void test_abort_multipart_upload(void)
{
	begin(S3_ABORT_MULTIPART_UPLOAD);
	render_and_check(204, "", "");
}

/* --- errors ------------------------------------------------------------------------------- */

#define IDS  "x-amz-request-id: R\nx-amz-id-2: H\nServer: Coffer\nX-Content-Type-Options: nosniff\n"
#define TAIL "<RequestId>R</RequestId><HostId>H</HostId></Error>"

static void refuse(enum s3_error error, bool understood, const char *fields, const char *body)
{
	struct render_error in = { .error = error,
				   .target = SPAN("/raw/%3Cpath%3E?x=y"),
				   .request = understood ? &request : NULL,
				   .answer = &answer,
				   .ids = { "R", "H" } };

	render_error(&in, &reply);
	check(s3_errors[error].status, fields, body);
}

static void test_error_before_the_request_is_understood(void)
{
	begin(S3_GET_OBJECT);
	refuse(S3_ERROR_ACCESS_DENIED, false, IDS TYPE,
	       XML "<Error><Code>AccessDenied</Code><Message>Access Denied</Message>"
		   "<Resource>/raw/%3Cpath%3E</Resource>" TAIL);
}

static void test_error_names_what_it_is_about(void)
{
	begin(S3_GET_OBJECT);
	refuse(S3_ERROR_NO_SUCH_KEY, true, IDS TYPE,
	       XML
	       "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>"
	       "<Key>a key</Key><Resource>/bucket/a key</Resource>" TAIL);
	request.key = SPAN_NONE;
	refuse(S3_ERROR_NO_SUCH_BUCKET, true, IDS TYPE,
	       XML "<Error><Code>NoSuchBucket</Code>"
		   "<Message>The specified bucket does not exist</Message>"
		   "<BucketName>bucket</BucketName><Resource>/bucket</Resource>" TAIL);
}

static void test_what_a_copy_does_not_find_is_its_source(void)
{
	begin(S3_COPY_OBJECT);
	request.source_bucket = SPAN("source");
	request.source_key = SPAN("its key");
	refuse(S3_ERROR_NO_SUCH_KEY, true, IDS TYPE,
	       XML
	       "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>"
	       "<Key>its key</Key><Resource>/bucket/a key</Resource>" TAIL);
	refuse(S3_ERROR_NO_SUCH_BUCKET, true, IDS TYPE,
	       XML "<Error><Code>NoSuchBucket</Code>"
		   "<Message>The specified bucket does not exist</Message>"
		   "<BucketName>bucket</BucketName><Resource>/bucket/a key</Resource>" TAIL);
	answer.bucket = SPAN("source");
	refuse(S3_ERROR_NO_SUCH_BUCKET, true, IDS TYPE,
	       XML "<Error><Code>NoSuchBucket</Code>"
		   "<Message>The specified bucket does not exist</Message>"
		   "<BucketName>source</BucketName><Resource>/bucket/a key</Resource>" TAIL);
}

static void test_error_of_a_range_tells_the_size(void)
{
	begin(S3_GET_OBJECT);
	request.headers[S3_HEADER_RANGE] = SPAN("bytes=200-");
	answer.size = 100;
	refuse(S3_ERROR_INVALID_RANGE, true, IDS "Content-Range: bytes */100\n" TYPE,
	       XML
	       "<Error><Code>InvalidRange</Code>"
	       "<Message>The requested range is not satisfiable</Message>"
	       "<RangeRequested>bytes=200-</RangeRequested>"
	       "<ActualObjectSize>100</ActualObjectSize><Resource>/bucket/a key</Resource>" TAIL);
}

static void test_error_of_a_condition_names_it(void)
{
	begin(S3_GET_OBJECT);
	request.headers[S3_HEADER_IF_MATCH] = SPAN("\"x\"");
	refuse(S3_ERROR_PRECONDITION_FAILED, true, IDS TYPE,
	       XML
	       "<Error><Code>PreconditionFailed</Code><Message>At least one of the preconditions "
	       "that you specified did not hold.</Message><Condition>If-Match</Condition>"
	       "<Resource>/bucket/a key</Resource>" TAIL);
}

static void test_not_modified_has_no_document(void)
{
	begin(S3_GET_OBJECT);
	date_and_tag(&answer);
	answer.size = 100;
	refuse(S3_ERROR_NOT_MODIFIED, true,
	       IDS "Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT\nETag: \"" ETAG "\"\n", "");
	assert(reply.length == 100);
}

static void test_unavailable_says_when_to_come_again(void)
{
	begin(S3_GET_OBJECT);
	refuse(S3_ERROR_SERVICE_UNAVAILABLE, false, IDS "Retry-After: 1\n" TYPE,
	       XML
	       "<Error><Code>ServiceUnavailable</Code><Message>Reduce your request rate.</Message>"
	       "<Resource>/raw/%3Cpath%3E</Resource>" TAIL);
}

/* No row without a renderer compiles; none crashes on an answer that says nothing, either. */
static void test_every_operation_renders_an_empty_answer(void)
{
	for (enum s3_operation o = 0; o < S3_OPERATION_COUNT; o++) {
		begin(o);
		render_operation(&(struct render){ &request, &answer, SPAN_NONE }, &reply);
		assert(reply_error(&reply) == 0 && reply.status >= 200 && reply.status < 300);
	}
}

static void test_every_error_renders(void)
{
	for (enum s3_error e = 1; e < S3_ERROR_COUNT; e++) {
		struct render_error in = {
			.error = e, .request = &request, .answer = &answer, .ids = { "R", "H" }
		};

		begin(S3_PUT_OBJECT);
		render_error(&in, &reply);
		assert(reply_error(&reply) == 0 && reply.status == s3_errors[e].status);
	}
}

int main(void)
{
	test_list_buckets();
	test_bucket_location();
	test_bucket_configuration();
	test_bucket_policy();
	test_public_access_block();
	test_bucket_life();
	test_list_objects();
	test_list_objects_v2_encoded();
	test_empty_parameters_of_lists();
	test_list_objects_v2_tells_owners_when_asked();
	test_empty_list_objects_v2();
	test_list_multipart_uploads();
	test_a_list_in_pieces_is_the_same_list();
	test_list_parts();
	test_get_object();
	test_head_object_tells_checksum_and_class();
	test_parts_are_counted_for_who_asks_for_one();
	test_standard_class_is_not_told();
	test_get_range();
	test_response_overrides();
	test_t52_values_that_would_break_the_head_are_left_out();
	test_put_object();
	test_delete_object();
	test_delete_objects();
	test_copy_object();
	test_object_attributes();
	test_acls_name_the_owner();
	test_object_without_tags();
	test_key_that_xml_cannot_hold();
	test_create_multipart_upload();
	test_upload_part();
	test_upload_part_copy();
	test_complete_multipart_upload();
	test_abort_multipart_upload();
	test_error_before_the_request_is_understood();
	test_error_names_what_it_is_about();
	test_what_a_copy_does_not_find_is_its_source();
	test_error_of_a_range_tells_the_size();
	test_error_of_a_condition_names_it();
	test_not_modified_has_no_document();
	test_unavailable_says_when_to_come_again();
	test_every_operation_renders_an_empty_answer();
	test_every_error_renders();
	reply_clear(&reply);
	buffer_clear(&items);
	return 0;
}
