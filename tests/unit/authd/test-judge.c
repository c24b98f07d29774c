/* SPDX-License-Identifier: Apache-2.0 */

/* What must be signed, and how: what a signature is good for. */

#include <stdio.h>

#include "ipc/grant.h"
#include "judge-scene.h"

/* --- what is allowed ---------------------------------------------------------------------- */

static void test_a_signed_request_is_allowed(void)
{
	assert(hear_signed("GET", "/", SIGNER) == S3_ERROR_NONE);
	assert(hear_signed("GET", "/bucket/a%20b?partNumber=1", SIGNER) == S3_ERROR_NONE);
	assert(hear_signed("DELETE", "/bucket//x/../y", SIGNER) == S3_ERROR_NONE);
	assert(hear_presigned("GET", "/bucket/key?response-content-type=text%2Fplain", SIGNER) ==
	       S3_ERROR_NONE);
}

static void test_the_ruling_says_who_and_what(void)
{
	struct ruling ruling;
	struct s3_head head;
	struct request q;

	begin(&q, "GET", "/bucket/a%20b");
	request_sign(&q, &SIGNER);
	head = request_head(&q);
	assert(judge_hear(room.judge, S3_DIALECT_S3, &head, SPAN("192.0.2.7"), SIGNER_TIME_S,
			  &ruling) == 0);
	assert(ruling.error == S3_ERROR_NONE && ruling.key == room.key);
	assert(ruling.key->tenant == room.acme);
	assert(ruling.parsed.request.operation == S3_GET_OBJECT);
	assert(span_equal(ruling.parsed.request.bucket, SPAN("bucket")));
	assert(span_equal(ruling.parsed.request.key, SPAN("a b")));
	ruling_clear(&ruling);
	request_clear(&q);
}

static void test_any_region_is_accepted_unless_one_is_pinned(void)
{
	struct signer s = SIGNER;
	struct courtroom pinned;
	struct request q;

	s.region = "eu-west-1";
	assert(hear_signed("GET", "/", s) == S3_ERROR_NONE);
	assert(hear_presigned("GET", "/", s) == S3_ERROR_NONE);
	courtroom_open(&pinned, "us-east-1");
	begin(&q, "GET", "/");
	request_sign(&q, &s);
	assert(courtroom_hear(&pinned, &q) == S3_ERROR_AUTHORIZATION_HEADER_MALFORMED);
	assert(strstr(pinned.detail, "the region 'eu-west-1' is wrong; expecting 'us-east-1'"));
	request_clear(&q);
	begin(&q, "GET", "/");
	request_presign(&q, &s);
	assert(courtroom_hear(&pinned, &q) == S3_ERROR_AUTHORIZATION_QUERY_PARAMETERS_ERROR);
	request_clear(&q);
	courtroom_close(&pinned);
}

/* --- T01 ---------------------------------------------------------------------------------- */

static const char *const must_be_signed[] = {
	"x-amz-tagging", "x-amz-acl",	 "x-amz-copy-source",	    "x-amz-object-lock-mode",
	"x-amz-meta-a",	 "X-Amz-Meta-B", "x-amz-nobody-knows-this",
};

static void test_t01_an_unsigned_amz_header_is_refused(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(must_be_signed); i++) {
		struct request q;

		begin(&q, "PUT", "/bucket/key");
		request_field(&q, "Content-Length", "0");
		request_sign(&q, &SIGNER);
		request_field(&q, must_be_signed[i], "x");
		assert(hear_and_clear(&q) == S3_ERROR_ACCESS_DENIED);
		assert(detail_says(
			"There were headers present in the request which were not signed"));
		assert(detail_says(must_be_signed[i]));
		begin(&q, "PUT", "/bucket/key");
		request_field(&q, "Content-Length", "0");
		request_presign(&q, &SIGNER);
		request_field(&q, must_be_signed[i], "x");
		assert(hear_and_clear(&q) == S3_ERROR_ACCESS_DENIED);
	}
}

/* A second value beside the signed one would change it, or hide behind it. */
static void test_t01_a_second_value_of_a_signed_header_is_refused(void)
{
	struct request q;

	begin(&q, "PUT", "/bucket/key");
	request_field(&q, "Content-Length", "0");
	request_field(&q, "x-amz-meta-a", "1");
	request_sign(&q, &SIGNER);
	request_field(&q, "x-amz-meta-a", "2");
	assert(hear_and_clear(&q) == S3_ERROR_SIGNATURE_DOES_NOT_MATCH);
}

static void test_t01_content_type_need_not_be_signed(void)
{
	struct request q;

	begin(&q, "PUT", "/bucket/key");
	request_field(&q, "Content-Length", "0");
	request_sign(&q, &SIGNER);
	request_field(&q, "Content-Type", "text/plain");
	assert(hear_and_clear(&q) == S3_ERROR_NONE);
}

/* --- T02 ---------------------------------------------------------------------------------- */

static void test_t02_unsigned_streams_have_signed_heads(void)
{
	static const char *const targets[] = { "/bucket/key",
					       "/bucket/key?partNumber=1&uploadId=u" };
	struct signer wrong = SIGNER;

	wrong.payload = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		for (int forged = 0; forged < 2; forged++) {
			enum s3_error expected =
				forged ? S3_ERROR_SIGNATURE_DOES_NOT_MATCH : S3_ERROR_NONE;
			struct request q;

			wrong.secret = forged ? "not the secret at all" : SIGNER_SECRET;
			begin(&q, "PUT", targets[i]);
			request_field(&q, "x-amz-decoded-content-length", "5");
			request_field(&q, "x-amz-trailer", "x-amz-checksum-crc32");
			request_sign(&q, &wrong);
			assert(hear_and_clear(&q) == expected);
			/* With the credentials in the query. */
			begin(&q, "PUT", targets[i]);
			request_field(&q, "x-amz-decoded-content-length", "5");
			request_field(&q, "x-amz-trailer", "x-amz-checksum-crc32");
			request_field(&q, "x-amz-content-sha256", wrong.payload);
			request_presign(&q, &wrong);
			assert(hear_and_clear(&q) == expected);
		}
	}
	/* With a bearer token, which S3 does not know. */
	struct request q;

	begin(&q, "PUT", "/bucket/key");
	request_field(&q, "x-amz-content-sha256", wrong.payload);
	request_field(&q, "x-amz-decoded-content-length", "5");
	request_field(&q, "Authorization", "Bearer abcdef");
	assert(hear_and_clear(&q) == S3_ERROR_INVALID_ARGUMENT);
}

/* --- T07, and what else is no SigV4 ------------------------------------------------------- */

static void test_t07_a_form_is_not_authenticated(void)
{
	struct request q;

	begin(&q, "POST", "/bucket");
	request_field(&q, "Content-Type", "multipart/form-data; boundary=x");
	request_field(&q, "Content-Length", "100");
	assert(hear_and_clear(&q) == S3_ERROR_ACCESS_DENIED);
}

static void test_other_mechanisms_are_named_unsupported(void)
{
	static const struct {
		const char *scheme;
		enum s3_error expected;
	} cases[] = {
		{ "AWS AKIA:c2ln", S3_ERROR_UNSUPPORTED_SIGNATURE },
		{ "AWS4-ECDSA-P256-SHA256 Credential=a/b", S3_ERROR_UNSUPPORTED_SIGNATURE },
		{ "AWS4-HMAC-SHA512 Credential=a/b", S3_ERROR_INVALID_ARGUMENT },
		{ "AWS4-HMAC-SHA256x y", S3_ERROR_INVALID_ARGUMENT },
		{ "aws4-hmac-sha256 Credential=a/b", S3_ERROR_INVALID_ARGUMENT },
		{ "Basic eDp5", S3_ERROR_INVALID_ARGUMENT },
		{ "Bearer abcdef", S3_ERROR_INVALID_ARGUMENT },
	};
	struct request q;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		begin(&q, "GET", "/");
		request_field(&q, "Authorization", cases[i].scheme);
		assert(hear_and_clear(&q) == cases[i].expected);
	}
	begin(&q, "GET", "/bucket/key?AWSAccessKeyId=A&Expires=1&Signature=c2ln");
	assert(hear_and_clear(&q) == S3_ERROR_UNSUPPORTED_SIGNATURE);
}

static void test_two_mechanisms_at_once_are_refused(void)
{
	struct request q;

	begin(&q, "GET", "/bucket/key");
	request_presign(&q, &SIGNER);
	request_sign(&q, &SIGNER);
	assert(hear_and_clear(&q) == S3_ERROR_INVALID_ARGUMENT);
	assert(detail_says("Only one auth mechanism allowed"));
	begin(&q, "GET", "/bucket/key");
	request_sign(&q, &SIGNER);
	request_authorize(&q, &SIGNER);
	assert(hear_and_clear(&q) == S3_ERROR_INVALID_ARGUMENT);
	begin(&q, "GET", "/bucket/key?AWSAccessKeyId=A&Signature=c2ln");
	request_presign(&q, &SIGNER);
	assert(hear_and_clear(&q) == S3_ERROR_INVALID_ARGUMENT);
}

/* --- T09 ---------------------------------------------------------------------------------- */

static void test_t09_host_must_be_signed(void)
{
	struct signer s = SIGNER;
	struct request q;

	s.signed_headers = "x-amz-content-sha256;x-amz-date";
	assert(hear_signed("GET", "/", s) == S3_ERROR_ACCESS_DENIED);
	/* Nor is it enough that none came. */
	request_begin(&q, "GET", "/");
	request_sign(&q, &s);
	assert(hear_and_clear(&q) == S3_ERROR_ACCESS_DENIED);
	s.signed_headers = "host";
	assert(hear_presigned("GET", "/bucket/key", s) == S3_ERROR_NONE);
}

static void test_t09_malformed_signed_headers_are_refused(void)
{
	static const char *const lists[] = {
		"",
		"host;;x-amz-content-sha256;x-amz-date",
		"x-amz-date;x-amz-content-sha256;host",
		"host;host;x-amz-content-sha256;x-amz-date",
		"Host;x-amz-content-sha256;x-amz-date",
		"host;x-amz-content-sha256;x-amz-date;",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		struct signer s = SIGNER;

		s.signed_headers = lists[i];
		assert(hear_signed("GET", "/", s) == S3_ERROR_AUTHORIZATION_HEADER_MALFORMED);
		assert(hear_presigned("GET", "/", s) ==
		       S3_ERROR_AUTHORIZATION_QUERY_PARAMETERS_ERROR);
	}
}

static void test_t09_expect_and_inner_blanks_may_be_signed(void)
{
	struct request q;

	begin(&q, "PUT", "/bucket/key");
	request_field(&q, "Content-Length", "0");
	request_field(&q, "Expect", "100-continue");
	request_sign(&q, &SIGNER);
	assert(hear_and_clear(&q) == S3_ERROR_NONE);
	/* As a client signs it, and as its HTTP library then sends it. */
	for (int i = 0; i < 2; i++) {
		begin(&q, "PUT", "/bucket/key");
		request_field(&q, "Content-Length", "0");
		request_field(&q, "x-amz-meta-a", "one two");
		request_sign(&q, &SIGNER);
		for (size_t at = 0; i && at + 7 < q.fields.len; at++)
			if (memcmp(q.fields.data + at, "one two", 7) == 0)
				memcpy(q.fields.data + at, "one\ttwo", 7);
		assert(hear_and_clear(&q) == S3_ERROR_NONE);
	}
}

static void test_t09_a_repeated_parameter_changes_the_signature_or_is_refused(void)
{
	struct request q;

	begin(&q, "GET", "/bucket?prefix=a");
	request_sign(&q, &SIGNER);
	strcat(q.target, "&prefix=b");
	assert(hear_and_clear(&q) == S3_ERROR_SIGNATURE_DOES_NOT_MATCH);
	assert(hear_signed("GET", "/bucket?prefix=a&prefix=b", SIGNER) ==
	       S3_ERROR_INVALID_ARGUMENT);
	begin(&q, "GET", "/bucket/key");
	request_presign(&q, &SIGNER);
	strcat(q.target, "&X-Amz-Date=20130524T000000Z");
	assert(hear_and_clear(&q) == S3_ERROR_AUTHORIZATION_QUERY_PARAMETERS_ERROR);
}

/* --- T12 ---------------------------------------------------------------------------------- */

static void test_t12_a_request_is_worth_nothing_behind_its_window(void)
{
	struct request q;

	begin(&q, "PUT", "/bucket/key");
	request_field(&q, "Content-Length", "0");
	request_sign(&q, &SIGNER);
	assert(courtroom_hear_at(&room, &q, 10) == S3_ERROR_NONE);
	assert(courtroom_hear_at(&room, &q, CLAIM_SKEW_S + 1) == S3_ERROR_REQUEST_TIME_TOO_SKEWED);
	assert(courtroom_hear_at(&room, &q, 365 * 86400) == S3_ERROR_REQUEST_TIME_TOO_SKEWED);
	request_clear(&q);
}

/* Everything that is signed, changed by one who stands between. */
static void test_what_is_signed_cannot_be_altered(void)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{ "/bucket/key", "/bucket/kez" },
		{ "prefix=a", "prefix=b" },
	};
	struct request q;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *at;

		begin(&q, "GET", "/bucket/key?prefix=a");
		request_sign(&q, &SIGNER);
		at = strstr(q.target, cases[i].from);
		memcpy(at, cases[i].to, strlen(cases[i].to));
		assert(hear_and_clear(&q) == S3_ERROR_SIGNATURE_DOES_NOT_MATCH);
	}
	begin(&q, "GET", "/bucket/key");
	request_sign(&q, &SIGNER);
	q.method = "DELETE";
	assert(hear_and_clear(&q) == S3_ERROR_SIGNATURE_DOES_NOT_MATCH);
}

/* A plus that the client signed as a plus must not become a space on the way. */
static void test_one_signature_has_one_meaning(void)
{
	struct request q;
	char *at;

	begin(&q, "GET", "/bucket?prefix=a%2Bb");
	request_sign(&q, &SIGNER);
	at = strstr(q.target, "%2B");
	memmove(at, at + 2, strlen(at + 2) + 1);
	*at = '+';
	assert(hear_and_clear(&q) == S3_ERROR_SIGNATURE_DOES_NOT_MATCH);
}

/* What stored would be told of a request in somebody's name, or nothing where it was not allowed.
 */
static bool meaning_of(const struct s3_head *head, struct buffer *ret)
{
	struct ruling ruling;
	bool allowed;

	buffer_reset(ret);
	assert(judge_hear(room.judge, S3_DIALECT_S3, head, SPAN("192.0.2.7"), SIGNER_TIME_S,
			  &ruling) == 0);
	/* Who takes the signature away is nobody, and could have said so at once. */
	allowed = !ruling.error && !ruling.is_anonymous;
	if (allowed)
		grant_encode(&(struct grant){ .request = ruling.parsed.request }, ret);
	assert(buffer_error(ret) == 0);
	ruling_clear(&ruling);
	return allowed;
}

/* Every bit of a head that is signed, flipped: what is still allowed, still means the same. */
static void expect_no_other_meaning(struct request *q)
{
	struct buffer before = BUFFER_INIT(IPC_GRANT_MAX), after = BUFFER_INIT(IPC_GRANT_MAX);
	struct s3_head head = request_head(q);
	char method[8];
	struct span parts[] = { { method, head.method.len }, head.target, head.fields };
	size_t denied = 0;

	memcpy(method, head.method.data, head.method.len);
	head.method = parts[0];
	assert(meaning_of(&head, &before));
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		uint8_t *bytes = (uint8_t *)parts[i].data;

		for (size_t bit = 0; bit < 8 * parts[i].len; bit++) {
			bytes[bit / 8] ^= (uint8_t)(1 << (bit % 8));
			if (meaning_of(&head, &after))
				assert(span_equal(buffer_span(&before), buffer_span(&after)));
			else
				denied++;
			bytes[bit / 8] ^= (uint8_t)(1 << (bit % 8));
		}
	}
	assert(denied > 4 * (head.target.len + head.fields.len));
	assert(meaning_of(&head, &after));
	buffer_clear(&before);
	buffer_clear(&after);
	request_clear(q);
}

static void test_no_flipped_bit_gives_a_request_another_meaning(void)
{
	struct request q;

	/* As the signer wants targets: in their canonical encoding. */
	begin(&q, "PUT", "/bucket/a%20key%2Bof/bytes?partNumber=7&uploadId=some%20id%2F");
	request_field(&q, "Content-Length", "100");
	request_field(&q, "Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg==");
	request_field(&q, "x-amz-expected-bucket-owner", "111122223333");
	request_field(&q, "x-amz-checksum-crc32", "AAAAAA==");
	request_sign(&q, &SIGNER);
	expect_no_other_meaning(&q);
	begin(&q, "PUT", "/bucket/key");
	request_field(&q, "Content-Length", "0");
	request_field(&q, "Content-Type", "text/plain; charset=utf-8");
	request_field(&q, "x-amz-meta-one", "first, second");
	request_field(&q, "x-amz-meta-one", "third");
	request_field(&q, "x-amz-copy-source", "/source/key%3Fwith?versionId=null");
	request_field(&q, "x-amz-metadata-directive", "REPLACE");
	request_sign(&q, &SIGNER);
	expect_no_other_meaning(&q);
	begin(&q, "GET", "/bucket/key?response-content-type=text%2Fplain");
	request_presign(&q, &SIGNER);
	expect_no_other_meaning(&q);
}

/* --- the order of answers ----------------------------------------------------------------- */

static void test_meaning_is_told_only_to_who_signed(void)
{
	struct signer forged = SIGNER;

	forged.secret = "not the secret at all";
	assert(hear_signed("GET", "/Not_A_Bucket", SIGNER) == S3_ERROR_INVALID_BUCKET_NAME);
	assert(hear_signed("GET", "/Not_A_Bucket", forged) == S3_ERROR_SIGNATURE_DOES_NOT_MATCH);
	assert(hear_signed("GET", "/bucket?max-keys=x", SIGNER) == S3_ERROR_INVALID_ARGUMENT);
	assert(hear_signed("GET", "/bucket?max-keys=x", forged) ==
	       S3_ERROR_SIGNATURE_DOES_NOT_MATCH);
	assert(hear_signed("GET", "/bucket?versions", SIGNER) == S3_ERROR_NOT_IMPLEMENTED);
	assert(hear_signed("GET", "/%zz", forged) == S3_ERROR_INVALID_URI);
}

static void test_the_payload_hash_is_needed_with_a_header_signature(void)
{
	struct request q;

	begin(&q, "GET", "/");
	request_field(&q, "x-amz-date", SIGNER_TIME);
	request_authorize(&q, &SIGNER);
	assert(hear_and_clear(&q) == S3_ERROR_INVALID_REQUEST);
	assert(detail_says("x-amz-content-sha256"));
}

int main(void)
{
	courtroom_open(&room, NULL);
	test_a_signed_request_is_allowed();
	test_the_ruling_says_who_and_what();
	test_any_region_is_accepted_unless_one_is_pinned();
	test_t01_an_unsigned_amz_header_is_refused();
	test_t01_a_second_value_of_a_signed_header_is_refused();
	test_t01_content_type_need_not_be_signed();
	test_t02_unsigned_streams_have_signed_heads();
	test_t07_a_form_is_not_authenticated();
	test_other_mechanisms_are_named_unsupported();
	test_two_mechanisms_at_once_are_refused();
	test_t09_host_must_be_signed();
	test_t09_malformed_signed_headers_are_refused();
	test_t09_expect_and_inner_blanks_may_be_signed();
	test_t09_a_repeated_parameter_changes_the_signature_or_is_refused();
	test_t12_a_request_is_worth_nothing_behind_its_window();
	test_what_is_signed_cannot_be_altered();
	test_one_signature_has_one_meaning();
	test_no_flipped_bit_gives_a_request_another_meaning();
	test_meaning_is_told_only_to_who_signed();
	test_the_payload_hash_is_needed_with_a_header_signature();
	courtroom_close(&room);
	return 0;
}
