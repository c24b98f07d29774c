/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/sigv4.h"

#include <stdio.h>

#include "courtroom.h"
#include "s3/encoding.h"

#undef NDEBUG
#include <assert.h>

/*
 * The examples of the S3 documentation ("Signature Calculations for the Authorization Header",
 * "Using Query Parameters", "Transferring Payload in Multiple Chunks", "... Including Trailing
 * Headers"): what a client sends there is sent here, and accepted; with any bit of the signature
 * changed it is not.
 */

#define HOST "examplebucket.s3.amazonaws.com"
#define CREDENTIAL "Credential=" SIGNER_KEY "/20130524/us-east-1/s3/aws4_request,"

/* Field and value alternate; NULL ends. */
static void expect_header_signature(struct courtroom *c, const char *method, const char *target,
				    const char *const *fields, const char *signed_headers,
				    const char *signature, enum s3_error meaning)
{
	char authorization[1024];

	for (int broken = 0; broken < 2; broken++) {
		struct request q;

		request_begin(&q, method, target);
		for (const char *const *p = fields; *p; p += 2)
			request_field(&q, p[0], p[1]);
		snprintf(authorization, sizeof(authorization),
			 "AWS4-HMAC-SHA256 " CREDENTIAL "SignedHeaders=%s,Signature=%.63s%c",
			 signed_headers, signature, broken ? signature[63] ^ 1 : signature[63]);
		request_field(&q, "Authorization", authorization);
		assert(courtroom_hear(c, &q) ==
		       (broken ? S3_ERROR_SIGNATURE_DOES_NOT_MATCH : meaning));
		request_clear(&q);
	}
}

static void test_published_get_object(struct courtroom *c)
{
	expect_header_signature(
		c, "GET", "/test.txt",
		(const char *const[]){ "Host", HOST, "Range", "bytes=0-9", "x-amz-content-sha256",
				       SIGNER_EMPTY, "x-amz-date", SIGNER_TIME, NULL },
		"host;range;x-amz-content-sha256;x-amz-date",
		"f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41", S3_ERROR_NONE);
}

static void test_published_put_object(struct courtroom *c)
{
	static const char sha[] =
		"44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";

	expect_header_signature(
		c, "PUT", "/test$file.text",
		(const char *const[]){ "Host", HOST, "Date", "Fri, 24 May 2013 00:00:00 GMT",
				       "Content-Length", "21", "x-amz-date", SIGNER_TIME,
				       "x-amz-storage-class", "REDUCED_REDUNDANCY",
				       "x-amz-content-sha256", sha, NULL },
		"date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
		"98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd", S3_ERROR_NONE);
}

static void test_published_get_lifecycle(struct courtroom *c)
{
	expect_header_signature(c, "GET", "/?lifecycle",
				(const char *const[]){ "Host", HOST, "x-amz-date", SIGNER_TIME,
						       "x-amz-content-sha256", SIGNER_EMPTY, NULL },
				"host;x-amz-content-sha256;x-amz-date",
				"fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
				S3_ERROR_NONE);
}

static void test_published_list_objects(struct courtroom *c)
{
	expect_header_signature(c, "GET", "/?max-keys=2&prefix=J",
				(const char *const[]){ "Host", HOST, "x-amz-date", SIGNER_TIME,
						       "x-amz-content-sha256", SIGNER_EMPTY, NULL },
				"host;x-amz-content-sha256;x-amz-date",
				"34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
				S3_ERROR_NONE);
}

static void test_published_presigned_get(struct courtroom *c)
{
	static const char signature[] =
		"aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
	static const char query[] =
		"/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
		"&X-Amz-Credential=" SIGNER_KEY "%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
		"&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
		"&X-Amz-Signature=";

	for (int broken = 0; broken < 2; broken++) {
		struct request q;

		request_begin(&q, "GET", query);
		snprintf(q.target, sizeof(q.target), "%s%.63s%c", query, signature,
			 broken ? signature[63] ^ 1 : signature[63]);
		request_field(&q, "Host", HOST);
		assert(courtroom_hear(c, &q) ==
		       (broken ? S3_ERROR_SIGNATURE_DOES_NOT_MATCH : S3_ERROR_NONE));
		request_clear(&q);
	}
}

/* The signer that other tests rely on must agree with what is published, too. */
static void test_published_examples_are_signed_alike(void)
{
	struct request q;

	request_begin(&q, "GET", "/test.txt");
	request_field(&q, "Host", HOST);
	request_field(&q, "Range", "bytes=0-9");
	request_sign(&q, &(struct signer){ .access_key = SIGNER_KEY,
					   .secret = SIGNER_SECRET,
					   .time = SIGNER_TIME,
					   .region = "us-east-1",
					   .service = "s3",
					   .payload = SIGNER_EMPTY });
	assert(strcmp(q.seed, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41") ==
	       0);
	request_clear(&q);
}

/* --- streams ------------------------------------------------------------------------------ */

static void unhex(const char *text, uint8_t ret[static SIGV4_LEN])
{
	assert(hex_decode(span_from_string(text), ret, SIGV4_LEN));
}

static void example_key(uint8_t ret[static SIGV4_LEN])
{
	sigv4_derive(SPAN(SIGV4_PREFIX SIGNER_SECRET), SPAN("20130524"), SPAN("us-east-1"), SIGV4_S3,
		     ret);
}

static const struct sigv4_scope example_scope = {
	{ SIGNER_TIME, SIGV4_TIME_LEN },
	{ "20130524/us-east-1/s3/aws4_request", sizeof("20130524/us-east-1/s3/aws4_request") - 1 },
};

static void expect_chunk(const char *previous, char filler, size_t len, const char *expected)
{
	uint8_t key[SIGV4_LEN], before[SIGV4_LEN], hash[SIGV4_LEN], made[SIGV4_LEN],
		told[SIGV4_LEN];
	char *data = malloc(len + 1), own[65];
	struct signer s = SIGNER;

	memset(data, filler, len);
	example_key(key);
	unhex(previous, before);
	unhex(len == 65536 ? "bf718b6f653bebc184e1479f1935b8da974d701b893afcf49e701f3e2f9f9c5a" :
	      len == 1024  ? "2edc986847e209b4016e141a6dc8716d3207350f416969382d431539bf292e4a" :
			     SIGNER_EMPTY,
	      hash);
	unhex(expected, told);
	sigv4_sign_chunk(key, &example_scope, before, hash, made);
	assert(memcmp(made, told, sizeof(made)) == 0);
	signer_chunk(&s, previous, data, len, own);
	assert(strcmp(own, expected) == 0);
	free(data);
}

static const char stream_seed[] =
	"4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
static const char stream_first[] =
	"ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648";
static const char stream_second[] =
	"0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497";
static const char stream_last[] =
	"b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9";

static void test_published_stream(struct courtroom *c)
{
	expect_header_signature(
		c, "PUT", "/examplebucket/chunkObject.txt",
		(const char *const[]){ "Host", "s3.amazonaws.com", "x-amz-date", SIGNER_TIME,
				       "x-amz-storage-class", "REDUCED_REDUNDANCY",
				       "x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
				       "Content-Encoding", "aws-chunked",
				       "x-amz-decoded-content-length", "66560", "Content-Length",
				       "66824", NULL },
		"content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;"
		"x-amz-decoded-content-length;x-amz-storage-class",
		stream_seed, S3_ERROR_NONE);
	expect_chunk(stream_seed, 'a', 65536, stream_first);
	expect_chunk(stream_first, 'a', 1024, stream_second);
	expect_chunk(stream_second, 'a', 0, stream_last);
}

static void test_published_stream_with_trailer(struct courtroom *c)
{
	static const char seed[] =
		"106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
	static const char first[] =
		"b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2";
	static const char second[] =
		"1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7";
	static const char last[] =
		"2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992";
	static const char trailer[] =
		"d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435";
	uint8_t key[SIGV4_LEN], before[SIGV4_LEN], made[SIGV4_LEN], told[SIGV4_LEN];
	struct signer s = SIGNER;
	char own[65];

	expect_header_signature(
		c, "PUT", "/examplebucket/chunkObject.txt",
		(const char *const[]){ "Host", "s3.amazonaws.com", "x-amz-date", SIGNER_TIME,
				       "x-amz-storage-class", "REDUCED_REDUNDANCY",
				       "x-amz-content-sha256",
				       "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
				       "Content-Encoding", "aws-chunked",
				       "x-amz-decoded-content-length", "66560", "x-amz-trailer",
				       "x-amz-checksum-crc32c", "Content-Length", "66824", NULL },
		"content-encoding;host;x-amz-content-sha256;x-amz-date;"
		"x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer",
		seed, S3_ERROR_NONE);
	expect_chunk(seed, 'a', 65536, first);
	expect_chunk(first, 'a', 1024, second);
	expect_chunk(second, 'a', 0, last);
	example_key(key);
	unhex(last, before);
	unhex(trailer, told);
	sigv4_sign_trailer(key, &example_scope, before, SPAN("x-amz-checksum-crc32c:sOO8/Q==\n"),
			   made);
	assert(memcmp(made, told, sizeof(made)) == 0);
	signer_trailer(&s, last, "x-amz-checksum-crc32c:sOO8/Q==\n", own);
	assert(strcmp(own, trailer) == 0);
}

int main(void)
{
	struct courtroom c;

	courtroom_open(&c, NULL);
	test_published_get_object(&c);
	test_published_put_object(&c);
	test_published_get_lifecycle(&c);
	test_published_list_objects(&c);
	test_published_presigned_get(&c);
	test_published_examples_are_signed_alike();
	test_published_stream(&c);
	test_published_stream_with_trailer(&c);
	courtroom_close(&c);
	return 0;
}
