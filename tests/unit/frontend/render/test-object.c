/* SPDX-License-Identifier: Apache-2.0 */

/* What an answer of objects looks like in the S3 dialect, to the byte. */

#include "render-scene.h"
#include "s3/pairs.h"

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

int main(void)
{
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
	reply_clear(&reply);
	buffer_clear(&items);
	return 0;
}
