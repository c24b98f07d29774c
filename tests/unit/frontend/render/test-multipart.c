/* SPDX-License-Identifier: Apache-2.0 */

/* What an answer of uploads in parts looks like in the S3 dialect, to the byte. */

#include "render-scene.h"

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

int main(void)
{
	test_create_multipart_upload();
	test_upload_part();
	test_upload_part_copy();
	test_complete_multipart_upload();
	test_abort_multipart_upload();
	reply_clear(&reply);
	buffer_clear(&items);
	return 0;
}
