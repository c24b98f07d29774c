/* SPDX-License-Identifier: Apache-2.0 */

/* What an answer of lists looks like in the S3 dialect, to the byte. */

#include "render-scene.h"

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

int main(void)
{
	test_list_objects();
	test_list_objects_v2_encoded();
	test_empty_parameters_of_lists();
	test_list_objects_v2_tells_owners_when_asked();
	test_empty_list_objects_v2();
	test_list_multipart_uploads();
	test_a_list_in_pieces_is_the_same_list();
	test_list_parts();
	reply_clear(&reply);
	buffer_clear(&items);
	return 0;
}
