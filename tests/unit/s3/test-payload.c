/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/payload.h"

#include "head.h"

#define HASH		 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define PUT		 "PUT /bkt/k\nContent-Length: 5\n"
#define V4		 "Authorization: AWS4-HMAC-SHA256 Credential=x\n"
#define FRAMED		 "PUT /bkt/k\nx-amz-decoded-content-length: 5\nTransfer-Encoding: chunked\n"
#define SIGNED		 "x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD\n"
#define SIGNED_TRAILER	 "x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER\n"
#define UNSIGNED_TRAILER "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\n"
#define DELETE		 "POST /bkt?delete\nContent-Length: 5\n"
#define MD5		 "Content-MD5: 1B2M2Y8AsgTpgAmY7PhCfg=="

static void test_modes_are_read_from_the_header(void)
{
	static const struct {
		const char *head;
		enum s3_payload payload;
	} cases[] = {
		{ PUT V4 "x-amz-content-sha256: UNSIGNED-PAYLOAD", S3_PAYLOAD_UNSIGNED },
		{ PUT V4 "x-amz-content-sha256: " HASH, S3_PAYLOAD_SIGNED },
		{ FRAMED SIGNED, S3_PAYLOAD_STREAMING_SIGNED },
		{ FRAMED SIGNED_TRAILER, S3_PAYLOAD_STREAMING_SIGNED_TRAILER },
		{ FRAMED UNSIGNED_TRAILER, S3_PAYLOAD_STREAMING_UNSIGNED_TRAILER },
		{ PUT, S3_PAYLOAD_UNSIGNED },
		{ "PUT /bkt/k?X-Amz-Signature=0&X-Amz-Content-Sha256=" HASH "\nContent-Length: 0",
		  S3_PAYLOAD_SIGNED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(test_request_clear) struct test_request t;
		const struct s3_request *r = test_request_init(&t, cases[i].head);

		assert(t.result == 0 && r->payload == cases[i].payload);
		if (r->payload == S3_PAYLOAD_SIGNED)
			assert(r->payload_sha256[0] == 0xe3 && r->payload_sha256[31] == 0x55);
	}
}

static void test_modes_that_are_none_are_refused(void)
{
	static const struct test_case cases[] = {
		{ PUT V4, S3_ERROR_INVALID_REQUEST },
		{ PUT "x-amz-content-sha256: unsigned-payload", S3_ERROR_INVALID_ARGUMENT },
		{ PUT "x-amz-content-sha256:", S3_ERROR_INVALID_ARGUMENT },
		{ PUT "x-amz-content-sha256: abc", S3_ERROR_INVALID_ARGUMENT },
		{ PUT "x-amz-content-sha256: " HASH "00", S3_ERROR_INVALID_ARGUMENT },
		{ PUT "x-amz-content-sha256: STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
		  S3_ERROR_NOT_IMPLEMENTED },
		{ "PUT /bkt/k?X-Amz-Content-Sha256=UNSIGNED-PAYLOAD\nContent-Length: 1\n"
		  "x-amz-content-sha256: " HASH,
		  S3_ERROR_INVALID_ARGUMENT },
	};

	TEST_CASES(cases);
}

static void test_t03_streaming_needs_an_object_body(void)
{
	static const char *const heads[] = {
		"GET /bkt/k",	    "HEAD /bkt",	   "PUT /bkt",
		"DELETE /bkt/k",    "POST /bkt/k?uploads", "POST /bkt/k?uploadId=u",
		"POST /bkt?delete", "GET /bkt?policy",	   "GET /",
	};
	static const char *const modes[] = { SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER };

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(modes); j++) {
			char head[512];

			snprintf(head, sizeof(head),
				 "%s\n%sContent-Length: 5\n" MD5
				 "\nx-amz-decoded-content-length: 5",
				 heads[i], modes[j]);
			assert(test_parse(head) == S3_ERROR_INVALID_REQUEST);
		}
	}
	assert(test_parse("PUT /bkt/k\nx-amz-copy-source: src/k\n" SIGNED) ==
	       S3_ERROR_INVALID_REQUEST);
	assert(test_parse("PUT /bkt/k?uploadId=u&partNumber=1\nContent-Length: 100\n" SIGNED
			  "x-amz-decoded-content-length: 5") == 0);
}

static void test_framing_without_its_mode_is_refused(void)
{
	static const struct test_case cases[] = {
		{ PUT "Content-Encoding: aws-chunked", S3_ERROR_INVALID_REQUEST },
		{ PUT "Content-Encoding: gzip,AWS-CHUNKED", S3_ERROR_INVALID_REQUEST },
		{ PUT "Content-Encoding: gzip", 0 },
		{ FRAMED SIGNED "Content-Encoding: aws-chunked", 0 },
	};

	TEST_CASES(cases);
}

static void test_t58_lengths(void)
{
	static const struct test_case cases[] = {
		{ "PUT /bkt/k", S3_ERROR_MISSING_CONTENT_LENGTH },
		{ "PUT /bkt/k\nContent-Length: x", S3_ERROR_INVALID_REQUEST },
		{ "PUT /bkt/k\nContent-Length: -1", S3_ERROR_INVALID_REQUEST },
		{ "PUT /bkt/k\nContent-Length:", S3_ERROR_INVALID_REQUEST },
		{ "PUT /bkt/k\nContent-Length: 5368709120", 0 },
		{ "PUT /bkt/k\nContent-Length: 5368709121", S3_ERROR_ENTITY_TOO_LARGE },
		{ "PUT /bkt/k\nContent-Length: 18446744073709551615", S3_ERROR_ENTITY_TOO_LARGE },
		{ "PUT /bkt/k\nContent-Length: 18446744073709551616", S3_ERROR_INVALID_REQUEST },
		{ "PUT /bkt/k\nTransfer-Encoding: chunked", 0 },
		{ "PUT /bkt/k\nTransfer-Encoding: Chunked", 0 },
		{ "PUT /bkt/k\nTransfer-Encoding: gzip, chunked", S3_ERROR_NOT_IMPLEMENTED },
		{ "PUT /bkt/k\nTransfer-Encoding: chunked\nContent-Length: 5",
		  S3_ERROR_INVALID_REQUEST },
		{ PUT SIGNED, S3_ERROR_MISSING_CONTENT_LENGTH },
		{ PUT SIGNED "x-amz-decoded-content-length: x", S3_ERROR_INVALID_ARGUMENT },
		{ PUT SIGNED "x-amz-decoded-content-length: 18446744073709551615",
		  S3_ERROR_ENTITY_TOO_LARGE },
		{ FRAMED "x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD", 0 },
		{ "PUT /bkt/k\nTransfer-Encoding: chunked\n" SIGNED
		  "x-amz-decoded-content-length: 18446744073709551615",
		  S3_ERROR_ENTITY_TOO_LARGE },
		{ "PUT /bkt/k\nTransfer-Encoding: chunked\n" SIGNED
		  "x-amz-decoded-content-length: 5368709121",
		  S3_ERROR_ENTITY_TOO_LARGE },
		{ "POST /bkt?delete\nContent-Length: 2097152\n" MD5, 0 },
		{ "POST /bkt?delete\nContent-Length: 2097153\n" MD5,
		  S3_ERROR_MAX_MESSAGE_LENGTH_EXCEEDED },
		{ "POST /bkt?delete\nContent-Length: 0\n" MD5, S3_ERROR_MISSING_REQUEST_BODY },
		{ "POST /bkt?delete\n" MD5, S3_ERROR_MISSING_REQUEST_BODY },
		{ "POST /bkt/k?uploadId=u", S3_ERROR_MALFORMED_XML },
		{ "PUT /bkt", 0 },
		{ "PUT /bkt\nContent-Length: 0", 0 },
	};

	TEST_CASES(cases);
}

static uint64_t length_of(const char *head)
{
	_cleanup_(test_request_clear) struct test_request t;
	const struct s3_request *r = test_request_init(&t, head);

	assert(t.result == 0);
	return r->length;
}

static void test_the_length_is_that_of_the_object(void)
{
	assert(length_of(PUT) == 5);
	assert(length_of("PUT /bkt/k\nContent-Length: 999\nx-amz-decoded-content-length: "
			 "5\n" SIGNED) == 5);
	assert(length_of(FRAMED UNSIGNED_TRAILER) == 5);
	/* The decoded length of a body that is not framed is nobody's business. */
	assert(length_of(PUT "x-amz-decoded-content-length: 4") == 5);
	assert(length_of("PUT /bkt/k\nTransfer-Encoding: chunked") == S3_LENGTH_UNKNOWN);
	assert(length_of("GET /bkt/k\nContent-Length: 7") == 0);
}

static void test_t05_trailers_are_announced_or_refused(void)
{
	static const struct test_case cases[] = {
		{ FRAMED UNSIGNED_TRAILER "x-amz-trailer: x-amz-checksum-crc32", 0 },
		{ FRAMED SIGNED_TRAILER "x-amz-trailer: X-Amz-Checksum-Sha256", 0 },
		{ FRAMED SIGNED "x-amz-trailer: x-amz-checksum-crc32", S3_ERROR_INVALID_REQUEST },
		{ PUT "x-amz-trailer: x-amz-checksum-crc32", S3_ERROR_INVALID_REQUEST },
		{ FRAMED UNSIGNED_TRAILER "x-amz-trailer: x-amz-meta-a", S3_ERROR_INVALID_REQUEST },
		{ FRAMED UNSIGNED_TRAILER "x-amz-trailer:", S3_ERROR_INVALID_REQUEST },
		{ FRAMED UNSIGNED_TRAILER "x-amz-trailer: x-amz-checksum-crc32,x-amz-checksum-sha1",
		  S3_ERROR_INVALID_REQUEST },
		{ FRAMED UNSIGNED_TRAILER "x-amz-trailer: x-amz-checksum-crc32\n"
					  "x-amz-checksum-crc32: AAAAAA==",
		  S3_ERROR_INVALID_REQUEST },
	};

	TEST_CASES(cases);
}

static void test_checksums_are_one_and_well_formed(void)
{
	static const struct test_case cases[] = {
		{ PUT "x-amz-checksum-crc32: AAAAAA==", 0 },
		{ PUT "x-amz-checksum-crc64nvme: AAAAAAAAAAA=", 0 },
		{ PUT "x-amz-checksum-crc32: AAAAAAAAAAA=", S3_ERROR_INVALID_REQUEST },
		{ PUT "x-amz-checksum-crc32: AAAAAA", S3_ERROR_INVALID_REQUEST },
		{ PUT "x-amz-checksum-crc32:", S3_ERROR_INVALID_REQUEST },
		{ PUT "x-amz-checksum-crc32: AAAAAA==-2", S3_ERROR_INVALID_REQUEST },
		{ PUT "x-amz-checksum-crc32: AAAAAA==\nx-amz-checksum-crc32c: AAAAAA==",
		  S3_ERROR_INVALID_REQUEST },
		{ PUT "x-amz-sdk-checksum-algorithm: CRC32\nx-amz-checksum-crc32: AAAAAA==", 0 },
		{ PUT "x-amz-sdk-checksum-algorithm: crc32\nx-amz-checksum-crc32: AAAAAA==", 0 },
		{ PUT "x-amz-sdk-checksum-algorithm: CRC32C\nx-amz-checksum-crc32: AAAAAA==",
		  S3_ERROR_INVALID_REQUEST },
		{ PUT "x-amz-sdk-checksum-algorithm: CRC32", S3_ERROR_INVALID_REQUEST },
		{ PUT "x-amz-sdk-checksum-algorithm: MD5", S3_ERROR_INVALID_REQUEST },
		{ FRAMED UNSIGNED_TRAILER "x-amz-trailer: x-amz-checksum-sha1\n"
					  "x-amz-sdk-checksum-algorithm: SHA1",
		  0 },
		{ FRAMED UNSIGNED_TRAILER "x-amz-trailer: x-amz-checksum-sha1\n"
					  "x-amz-sdk-checksum-algorithm: SHA256",
		  S3_ERROR_INVALID_REQUEST },
	};

	TEST_CASES(cases);
}

static void test_a_checksum_arrives_as_bytes(void)
{
	_cleanup_(test_request_clear) struct test_request t, u;
	const struct s3_request *r = test_request_init(&t, PUT "x-amz-checksum-crc32: AQIDBA==");

	assert(t.result == 0 && r->checksum.algorithm == CHECKSUM_CRC32);
	assert(!memcmp(r->checksum.bytes, "\1\2\3\4", 4));
	assert(r->checksum_algorithm == CHECKSUM_CRC32 && r->trailer == CHECKSUM_NONE);
	r = test_request_init(&u, FRAMED UNSIGNED_TRAILER "x-amz-trailer: x-amz-checksum-sha256");
	assert(u.result == 0 && r->checksum.algorithm == CHECKSUM_NONE);
	assert(r->trailer == CHECKSUM_SHA256 && r->checksum_algorithm == CHECKSUM_SHA256);
}

/* It is not of the body there, and may say of how many parts it is made. */
static void test_complete_takes_the_checksum_of_the_object(void)
{
#define COMPLETE "POST /bkt/k?uploadId=u\nContent-Length: 5\n"
	static const struct test_case cases[] = {
		{ COMPLETE "x-amz-checksum-crc32: AQIDBA==", 0 },
		{ COMPLETE "x-amz-checksum-crc32: AQIDBA==-12", 0 },
		{ COMPLETE "x-amz-checksum-crc32: AQIDBA==-x", S3_ERROR_INVALID_REQUEST },
		{ COMPLETE "x-amz-checksum-crc32: AQIDBA==-", S3_ERROR_INVALID_REQUEST },
		{ COMPLETE "x-amz-checksum-type: COMPOSITE", 0 },
		{ COMPLETE "x-amz-mp-object-size: 123", 0 },
		{ COMPLETE "x-amz-mp-object-size: x", S3_ERROR_INVALID_ARGUMENT },
	};

	TEST_CASES(cases);
}

static void test_an_upload_may_ask_for_what_its_algorithm_can(void)
{
#define CREATE "POST /bkt/k?uploads\n"
	static const struct test_case cases[] = {
		{ CREATE "x-amz-checksum-algorithm: SHA256", 0 },
		{ CREATE "x-amz-checksum-algorithm: MD5", S3_ERROR_INVALID_REQUEST },
		{ CREATE "x-amz-checksum-algorithm:", S3_ERROR_INVALID_REQUEST },
		{ CREATE "x-amz-checksum-type: COMPOSITE", S3_ERROR_INVALID_REQUEST },
		{ CREATE "x-amz-checksum-algorithm: SHA256\nx-amz-checksum-type: COMPOSITE", 0 },
		{ CREATE "x-amz-checksum-algorithm: SHA256\nx-amz-checksum-type: FULL_OBJECT",
		  S3_ERROR_INVALID_REQUEST },
		{ CREATE "x-amz-checksum-algorithm: CRC64NVME\nx-amz-checksum-type: COMPOSITE",
		  S3_ERROR_INVALID_REQUEST },
		{ CREATE "x-amz-checksum-algorithm: CRC64NVME\nx-amz-checksum-type: FULL_OBJECT",
		  0 },
		{ CREATE "x-amz-checksum-algorithm: CRC32\nx-amz-checksum-type: WHOLE",
		  S3_ERROR_INVALID_REQUEST },
	};

	TEST_CASES(cases);
}

static void test_t11_digests_are_well_formed(void)
{
	static const struct test_case cases[] = {
		{ PUT MD5, 0 },
		{ PUT "Content-MD5: 1B2M2Y8AsgTpgAmY7PhCfh==", S3_ERROR_INVALID_DIGEST },
		{ PUT "Content-MD5: 1B2M2Y8AsgTpgAmY7PhCfg", S3_ERROR_INVALID_DIGEST },
		{ PUT "Content-MD5: AAAAAA==", S3_ERROR_INVALID_DIGEST },
		{ PUT "Content-MD5:", S3_ERROR_INVALID_DIGEST },
		{ PUT "Content-MD5: d41d8cd98f00b204e9800998ecf8427e", S3_ERROR_INVALID_DIGEST },
	};
	_cleanup_(test_request_clear) struct test_request t;
	uint8_t md5[16];

	TEST_CASES(cases);
	assert(s3_request_content_md5(test_request_init(&t, PUT MD5), md5));
	assert(md5[0] == 0xd4 && md5[15] == 0x7e);
	assert(!s3_request_content_md5(&(struct s3_request){ 0 }, md5));
}

static void test_lists_of_what_to_delete_are_protected(void)
{
	static const struct test_case cases[] = {
		{ DELETE, S3_ERROR_INVALID_REQUEST },
		{ DELETE MD5, 0 },
		{ DELETE "x-amz-checksum-crc32: AAAAAA==", 0 },
		{ DELETE "x-amz-checksum-sha256: 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", 0 },
		{ DELETE MD5 "\nx-amz-sdk-checksum-algorithm: CRC32", S3_ERROR_INVALID_REQUEST },
	};

	TEST_CASES(cases);
}

int main(void)
{
	test_modes_are_read_from_the_header();
	test_modes_that_are_none_are_refused();
	test_t03_streaming_needs_an_object_body();
	test_framing_without_its_mode_is_refused();
	test_t58_lengths();
	test_the_length_is_that_of_the_object();
	test_t05_trailers_are_announced_or_refused();
	test_checksums_are_one_and_well_formed();
	test_a_checksum_arrives_as_bytes();
	test_complete_takes_the_checksum_of_the_object();
	test_an_upload_may_ask_for_what_its_algorithm_can();
	test_t11_digests_are_well_formed();
	test_lists_of_what_to_delete_are_protected();
	return 0;
}
