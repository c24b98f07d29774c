/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/judge.h"

#include <stdio.h>

#include "base/clock.h"
#include "courtroom.h"
#include "ipc/grant.h"

#undef NDEBUG
#include <assert.h>

static struct courtroom room;

static void begin(struct request *q, const char *method, const char *target)
{
	request_begin(q, method, target);
	request_field(q, "Host", "s3.example.org");
}

static enum s3_error hear_and_clear(struct request *q)
{
	enum s3_error error = courtroom_hear(&room, q);

	request_clear(q);
	return error;
}

static enum s3_error hear_signed(const char *method, const char *target, struct signer s)
{
	struct request q;

	begin(&q, method, target);
	request_sign(&q, &s);
	return hear_and_clear(&q);
}

static enum s3_error hear_presigned(const char *method, const char *target, struct signer s)
{
	struct request q;

	begin(&q, method, target);
	request_presign(&q, &s);
	return hear_and_clear(&q);
}

static bool detail_says(const char *words)
{
	return strstr(room.detail, words) != NULL;
}

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

/* A field with nothing in it claims nothing. */
static enum s3_error hear_nobody(const char *method, const char *target, bool empty_field)
{
	struct request q;

	begin(&q, method, target);
	if (empty_field)
		request_field(&q, "Authorization", "");
	request_field(&q, "Content-Length", "0");
	return hear_and_clear(&q);
}

static void test_t23_to_nobody_every_refusal_is_the_same(void)
{
	static const struct {
		const char *method, *target;
	} cases[] = {
		{ "GET", "/" },
		{ "GET", "/Not_A_Bucket" },
		{ "GET", "/bucket?max-keys=nonsense" },
		{ "GET", "/bucket?policy" },
		{ "GET", "/bucket?versions" },
		{ "GET", "/bucket?uploads" },
		{ "GET", "/bucket/key?acl" },
		{ "PUT", "/bucket" },
		{ "DELETE", "/bucket" },
		{ "PUT", "/bucket?policy" },
		{ "POST", "/bucket?delete" },
		{ "POST", "/bucket/key?uploads" },
		{ "PUT", "/bucket/key?uploadId=u&partNumber=1" },
		{ "NONSENSE", "/bucket/key" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (int empty = 0; empty < 2; empty++) {
			assert(hear_nobody(cases[i].method, cases[i].target, empty) ==
			       S3_ERROR_ACCESS_DENIED);
			assert(!*room.detail);
		}
}

/* Whether it does, stored knows. */
static void test_t23_nobody_may_ask_what_a_bucket_can_open_to_everybody(void)
{
	struct ruling ruling;
	struct s3_head head;
	struct request q;

	assert(hear_nobody("GET", "/bucket", false) == S3_ERROR_NONE);
	assert(hear_nobody("HEAD", "/bucket/key", true) == S3_ERROR_NONE);
	assert(hear_nobody("PUT", "/bucket/key", false) == S3_ERROR_NONE);
	begin(&q, "GET", "/bucket/key");
	request_field(&q, "Referer", "https://example.org/");
	head = request_head(&q);
	assert(judge_hear(room.judge, S3_DIALECT_S3, &head, SPAN("192.0.2.7"), SIGNER_TIME_S,
			  &ruling) == 0);
	assert(!ruling.error && ruling.is_anonymous && !ruling.key && !ruling_tenant(&ruling));
	assert(ruling.identity.n == 0 && !ruling.identity.policy.len);
	assert(span_equal(ruling.identity.source, SPAN("192.0.2.7")));
	assert(span_equal(ruling.identity.referer, SPAN("https://example.org/")));
	ruling_clear(&ruling);
	request_clear(&q);
}

/* As S3 has it: only who signs says how an object is shown. */
static void test_t52_nobody_has_an_object_shown_as_something_else(void)
{
	static const char *const parameters[] = {
		"content-type=text%2Fhtml", "content-disposition=inline",
		"content-encoding=x",	    "content-language=x",
		"cache-control=x",	    "expires=x"
	};
	char target[128];

	for (size_t i = 0; i < ARRAY_SIZE(parameters); i++) {
		snprintf(target, sizeof(target), "/bucket/key?response-%s", parameters[i]);
		assert(hear_nobody("GET", target, false) == S3_ERROR_INVALID_REQUEST);
		assert(hear_signed("GET", target, SIGNER) == S3_ERROR_NONE);
	}
}

static void test_t41_nobody_comes_at_a_rate_of_his_address(void)
{
	struct courtroom other;
	unsigned int may = 0;
	struct request q;

	courtroom_open(&other, NULL);
	for (unsigned int i = 0; i < 2 * LIMITS_STRANGER_BURST; i++) {
		enum s3_error e;

		begin(&q, "GET", "/bucket/key");
		e = courtroom_hear(&other, &q);
		request_clear(&q);
		assert(e == S3_ERROR_NONE || e == S3_ERROR_SLOW_DOWN);
		may += e == S3_ERROR_NONE;
	}
	assert(may >= LIMITS_STRANGER_BURST && may < 2 * LIMITS_STRANGER_BURST);
	/* Who has credentials is not asked to wait for that. */
	begin(&q, "GET", "/bucket/key");
	request_sign(&q, &SIGNER);
	assert(courtroom_hear(&other, &q) == S3_ERROR_NONE);
	request_clear(&q);
	courtroom_close(&other);
}

#define OF_A_TENANT 5

static enum s3_error hear_in(struct courtroom *c, const struct signer *who, bool is_signed)
{
	struct request q;
	enum s3_error e;

	begin(&q, "GET", "/bucket/key");
	if (is_signed)
		request_sign(&q, who);
	e = courtroom_hear(c, &q);
	request_clear(&q);
	return e;
}

static void limit_acme(struct courtroom *c)
{
	c->acme->ceilings.of[CEILING_RATE] = 1;
	c->acme->ceilings.of[CEILING_BURST] = OF_A_TENANT;
}

static void test_t41_strangers_use_up_nothing_of_a_tenants_rate(void)
{
	struct signer forger = SIGNER, nobody = SIGNER;
	struct courtroom other;

	forger.secret = "a secret that is guessed";
	nobody.access_key = "NOSUCHKEY";
	courtroom_open(&other, NULL);
	limit_acme(&other);
	for (unsigned int i = 0; i < 10 * OF_A_TENANT; i++) {
		assert(hear_in(&other, &forger, true) == S3_ERROR_SIGNATURE_DOES_NOT_MATCH);
		assert(hear_in(&other, &nobody, true) == S3_ERROR_INVALID_ACCESS_KEY_ID);
		assert(hear_in(&other, NULL, false) == S3_ERROR_NONE);
	}
	assert(other.acme->requests.whole_ns == 0 && other.acme->n_limited == 0);
	for (unsigned int i = 0; i < OF_A_TENANT; i++)
		assert(hear_in(&other, &SIGNER, true) == S3_ERROR_NONE);
	courtroom_close(&other);
}

static void test_t41_to_who_has_no_secret_nothing_is_said_of_a_tenants_rate(void)
{
	struct signer forger = SIGNER;
	struct courtroom other;

	forger.secret = "a secret that is guessed";
	courtroom_open(&other, NULL);
	limit_acme(&other);
	other.acme->requests.whole_ns = clock_boottime_ns() + 3600 * NS_PER_S;
	assert(hear_in(&other, &SIGNER, true) == S3_ERROR_SLOW_DOWN);
	assert(strcmp(other.detail, "The tenant's limit of requests per second is reached.") == 0);
	assert(other.acme->n_limited == 1);
	assert(hear_in(&other, &forger, true) == S3_ERROR_SIGNATURE_DOES_NOT_MATCH);
	courtroom_close(&other);
}

static void test_a_tenants_rate_is_that_of_all_its_keys_and_of_no_other_tenant(void)
{
	struct signer of_b = SIGNER, second = SIGNER;
	struct access_key *twin;
	struct courtroom other;

	of_b.access_key = COURTROOM_OTHER_KEY;
	of_b.secret = COURTROOM_OTHER_SECRET;
	second.access_key = "SECONDKEYOFACME";
	courtroom_open(&other, NULL);
	assert(access_key_new(other.keyring, other.acme, span_from_string(second.access_key),
			      span_from_string(second.secret), &twin) == 0);
	assert(keyring_add_key(other.keyring, twin) == KEYRING_OK);
	limit_acme(&other);
	other.acme->requests.whole_ns = clock_boottime_ns() + 3600 * NS_PER_S;
	assert(hear_in(&other, &SIGNER, true) == S3_ERROR_SLOW_DOWN);
	assert(hear_in(&other, &second, true) == S3_ERROR_SLOW_DOWN);
	for (unsigned int i = 0; i < 10 * OF_A_TENANT; i++)
		assert(hear_in(&other, &of_b, true) == S3_ERROR_NONE);
	courtroom_close(&other);
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

/* --- T10 ---------------------------------------------------------------------------------- */

static void test_t10_skewed_dates_are_refused(void)
{
	static const struct {
		int64_t later_s;
		enum s3_error expected;
	} cases[] = {
		{ -CLAIM_SKEW_S - 1, S3_ERROR_REQUEST_TIME_TOO_SKEWED },
		{ -CLAIM_SKEW_S, S3_ERROR_NONE },
		{ 0, S3_ERROR_NONE },
		{ CLAIM_SKEW_S, S3_ERROR_NONE },
		{ CLAIM_SKEW_S + 1, S3_ERROR_REQUEST_TIME_TOO_SKEWED },
	};
	struct request q;

	begin(&q, "GET", "/");
	request_sign(&q, &SIGNER);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert(courtroom_hear_at(&room, &q, cases[i].later_s) == cases[i].expected);
	request_clear(&q);
}

static void test_t10_presigned_requests_expire(void)
{
	struct signer s = SIGNER;
	struct request q;

	s.expires = "60";
	begin(&q, "GET", "/bucket/key");
	request_presign(&q, &s);
	assert(courtroom_hear_at(&room, &q, 60) == S3_ERROR_NONE);
	assert(courtroom_hear_at(&room, &q, 61) == S3_ERROR_REQUEST_EXPIRED);
	assert(courtroom_hear_at(&room, &q, -CLAIM_SKEW_S) == S3_ERROR_NONE);
	assert(courtroom_hear_at(&room, &q, -CLAIM_SKEW_S - 1) == S3_ERROR_ACCESS_DENIED);
	request_clear(&q);
}

static void test_t10_expiry_is_one_second_to_seven_days(void)
{
	static const struct {
		const char *expires;
		bool good;
	} cases[] = {
		{ "1", true },
		{ "604800", true },
		{ "604801", false },
		{ "0", false },
		{ "-1", false },
		{ "x", false },
		{ "18446744073709551616", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct signer s = SIGNER;

		s.expires = cases[i].expires;
		assert(hear_presigned("GET", "/bucket/key", s) ==
		       (cases[i].good ? S3_ERROR_NONE
				      : S3_ERROR_AUTHORIZATION_QUERY_PARAMETERS_ERROR));
	}
}

static void test_t10_a_wrong_scope_is_malformed(void)
{
	struct signer service = SIGNER, day = SIGNER, region = SIGNER;

	service.service = "sts";
	day.day = "20130525";
	region.region = "a/b";
	assert(hear_signed("GET", "/", service) == S3_ERROR_AUTHORIZATION_HEADER_MALFORMED);
	assert(hear_signed("GET", "/", day) == S3_ERROR_AUTHORIZATION_HEADER_MALFORMED);
	assert(hear_signed("GET", "/", region) == S3_ERROR_AUTHORIZATION_HEADER_MALFORMED);
	region.region = "";
	assert(hear_signed("GET", "/", region) == S3_ERROR_AUTHORIZATION_HEADER_MALFORMED);
	assert(hear_presigned("GET", "/", service) ==
	       S3_ERROR_AUTHORIZATION_QUERY_PARAMETERS_ERROR);
	assert(hear_presigned("GET", "/", day) == S3_ERROR_AUTHORIZATION_QUERY_PARAMETERS_ERROR);
}

static void test_t10_malformed_authorizations_are_named_so(void)
{
#define SCOPE	  SIGNER_KEY "/20130524/us-east-1/s3/aws4_request"
#define SIGNATURE SIGNER_EMPTY
	static const char *const headers[] = {
		"AWS4-HMAC-SHA256",
		"AWS4-HMAC-SHA256 ",
		"AWS4-HMAC-SHA256 Credential=" SCOPE,
		"AWS4-HMAC-SHA256 Credential=" SCOPE ",SignedHeaders=host",
		"AWS4-HMAC-SHA256 SignedHeaders=host,Signature=" SIGNATURE,
		"AWS4-HMAC-SHA256 Credential=" SCOPE ",SignedHeaders=host,Signature=" SIGNATURE
		",X=y",
		"AWS4-HMAC-SHA256 Credential=" SCOPE ",Credential=" SCOPE
		",SignedHeaders=host,Signature=" SIGNATURE,
		"AWS4-HMAC-SHA256 Credential=" SCOPE ",SignedHeaders=host,Signature=abc",
		"AWS4-HMAC-SHA256 Credential=" SCOPE ",SignedHeaders=host,Signature=" SIGNATURE
		"00",
		"AWS4-HMAC-SHA256 Credential=" SCOPE "/x,SignedHeaders=host,Signature=" SIGNATURE,
		"AWS4-HMAC-SHA256 "
		"Credential=/20130524/us-east-1/s3/aws4_request,SignedHeaders=host,"
		"Signature=" SIGNATURE,
		"AWS4-HMAC-SHA256 Credential=" SIGNER_KEY
		",SignedHeaders=host,Signature=" SIGNATURE,
		"AWS4-HMAC-SHA256 Credential=" SIGNER_KEY "/2013052/us-east-1/s3/aws4_request,"
		"SignedHeaders=host,Signature=" SIGNATURE,
	};

	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		struct request q;

		begin(&q, "GET", "/");
		request_field(&q, "x-amz-content-sha256", "UNSIGNED-PAYLOAD");
		request_field(&q, "x-amz-date", SIGNER_TIME);
		request_field(&q, "Authorization", headers[i]);
		assert(hear_and_clear(&q) == S3_ERROR_AUTHORIZATION_HEADER_MALFORMED);
	}
}

static void test_t10_every_presigned_parameter_is_needed(void)
{
	static const char *const names[] = { "X-Amz-Algorithm",	    "X-Amz-Credential",
					     "X-Amz-Date",	    "X-Amz-Expires",
					     "X-Amz-SignedHeaders", "X-Amz-Signature" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct request q;
		char *at;

		begin(&q, "GET", "/bucket/key");
		request_presign(&q, &SIGNER);
		at = strstr(q.target, names[i]);
		*at = 'Y';
		assert(hear_and_clear(&q) == S3_ERROR_AUTHORIZATION_QUERY_PARAMETERS_ERROR);
	}
}

static void test_t10_dates_are_needed_and_understood(void)
{
	struct signer s = SIGNER;
	struct request q;

	begin(&q, "GET", "/");
	request_field(&q, "x-amz-content-sha256", "UNSIGNED-PAYLOAD");
	request_authorize(&q, &s);
	assert(hear_and_clear(&q) == S3_ERROR_ACCESS_DENIED);
	assert(detail_says("Date"));
	begin(&q, "GET", "/");
	request_field(&q, "x-amz-content-sha256", "UNSIGNED-PAYLOAD");
	request_field(&q, "Date", "Fri, 24 May 2013 00:00:00 GMT");
	request_authorize(&q, &s);
	assert(hear_and_clear(&q) == S3_ERROR_NONE);
	begin(&q, "GET", "/");
	request_field(&q, "x-amz-content-sha256", "UNSIGNED-PAYLOAD");
	request_field(&q, "x-amz-date", "yesterday");
	request_authorize(&q, &s);
	assert(hear_and_clear(&q) == S3_ERROR_ACCESS_DENIED);
}

static void test_t10_keys_of_others_do_not_sign_for_us(void)
{
	struct signer unknown = SIGNER, crossed = SIGNER, other = SIGNER;

	unknown.access_key = "NOBODYKNOWSTHISKEY00";
	assert(hear_signed("GET", "/", unknown) == S3_ERROR_INVALID_ACCESS_KEY_ID);
	assert(hear_presigned("GET", "/", unknown) == S3_ERROR_INVALID_ACCESS_KEY_ID);
	crossed.access_key = COURTROOM_OTHER_KEY;
	assert(hear_signed("GET", "/", crossed) == S3_ERROR_SIGNATURE_DOES_NOT_MATCH);
	other.access_key = COURTROOM_OTHER_KEY;
	other.secret = COURTROOM_OTHER_SECRET;
	assert(hear_signed("GET", "/", other) == S3_ERROR_NONE);
}

static void test_t10_a_disabled_key_is_unknown_until_enabled(void)
{
	assert(hear_signed("GET", "/", SIGNER) == S3_ERROR_NONE);
	keyring_enable_key(room.keyring, room.key, false);
	assert(hear_signed("GET", "/", SIGNER) == S3_ERROR_INVALID_ACCESS_KEY_ID);
	assert(hear_presigned("GET", "/bucket/key", SIGNER) == S3_ERROR_INVALID_ACCESS_KEY_ID);
	keyring_enable_key(room.keyring, room.key, true);
	assert(hear_signed("GET", "/", SIGNER) == S3_ERROR_NONE);
}

static void test_an_expired_key_is_told_so_to_who_has_its_secret(void)
{
	struct signer forger = SIGNER;

	forger.secret = "not the secret at all";
	room.key->expires_s = SIGNER_TIME_S;
	assert(hear_signed("GET", "/", SIGNER) == S3_ERROR_ACCESS_DENIED);
	assert(strcmp(room.detail, "The access key has expired.") == 0);
	assert(hear_presigned("GET", "/bucket/key", SIGNER) == S3_ERROR_ACCESS_DENIED);
	assert(hear_signed("GET", "/", forger) == S3_ERROR_SIGNATURE_DOES_NOT_MATCH);
	room.key->expires_s = SIGNER_TIME_S + 1;
	assert(hear_signed("GET", "/", SIGNER) == S3_ERROR_NONE);
	room.key->expires_s = 0;
}

static struct user *make_user(const char *policy)
{
	struct policy_complaint complaint;
	struct policy_document *d;
	struct user *u;
	char *text;

	assert(user_new(room.acme, SPAN("alice"), &u) == 0);
	if (policy) {
		assert(user_policy_read(span_from_string(policy), true, &text, &d, &complaint) == 0);
		user_set_policy(u, text, d);
	}
	room.key->user = u;
	return u;
}

/* What is ruled of a user's request; what it borrows is gone. */
static enum s3_error rule_of_user(const char *method, const char *target, const char *policy,
				  struct identity *ret)
{
	struct user *u = make_user(policy);
	struct ruling ruling;
	struct s3_head head;
	enum s3_error error;
	struct request q;

	begin(&q, method, target);
	request_field(&q, "User-Agent", "test/1");
	if (strcmp(method, "POST") == 0) {
		request_field(&q, "Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg==");
		request_field(&q, "Content-Length", "64");
	}
	request_sign(&q, &SIGNER);
	head = request_head(&q);
	assert(judge_hear(room.judge, S3_DIALECT_S3, &head, SPAN("192.0.2.7"), SIGNER_TIME_S,
			  &ruling) == 0);
	error = ruling.error;
	*ret = ruling.identity;
	if (!error) {
		assert(span_equal(ret->source, SPAN("192.0.2.7")) && ret->now_s == SIGNER_TIME_S);
		assert(span_equal(ret->user_agent, SPAN("test/1")));
	}
	ruling_clear(&ruling);
	request_clear(&q);
	room.key->user = NULL;
	user_free(u);
	return error;
}

#define STATEMENT(effect, more)                                                                    \
	"{\"Statement\":{\"Effect\":\"" effect                                                     \
	"\",\"Action\":\"s3:GetObject\",\"Resource\":\"*\"" more "}}"

static void test_t26_a_user_is_refused_what_his_policy_denies_and_the_rest_is_told(void)
{
	struct identity i;

	assert(rule_of_user("GET", "/bucket/key", NULL, &i) == S3_ERROR_NONE);
	assert(i.n == 1 && i.answers[0] == POLICY_SAYS_NOTHING && !i.policy.len);
	assert(rule_of_user("POST", "/bucket?delete", NULL, &i) == S3_ERROR_NONE);
	assert(i.n == 0 && !i.policy.len);
	assert(rule_of_user("GET", "/bucket/key", STATEMENT("Deny", ""), &i) ==
	       S3_ERROR_ACCESS_DENIED);
	assert(rule_of_user("GET", "/bucket/key", STATEMENT("Allow", ""), &i) == S3_ERROR_NONE);
	assert(i.n == 1 && i.answers[0] == POLICY_SAYS_ALLOW && !i.policy.len);
	assert(i.listing == POLICY_SAYS_NOTHING);
	/* A bucket may yet allow it: that is stored's to know. */
	assert(rule_of_user("GET", "/bucket", STATEMENT("Allow", ""), &i) == S3_ERROR_NONE);
	assert(i.n == 1 && i.answers[0] == POLICY_SAYS_NOTHING && !i.policy.len);
}

static void test_what_only_stored_knows_goes_with_the_policy(void)
{
	static const char tagged[] = STATEMENT("Allow", ",\"Condition\":{\"StringEquals\":{"
							"\"s3:ExistingObjectTag/a\":\"b\"}}");
	struct identity i;

	assert(rule_of_user("GET", "/bucket/key", tagged, &i) == S3_ERROR_NONE);
	assert(i.answers[0] == POLICY_SAYS_UNDECIDED && i.policy.len);
	/* And whose the bucket is, which need not be the own tenant's. */
	assert(rule_of_user("GET", "/bucket/key",
			    STATEMENT("Allow", ",\"Condition\":{\"StringEquals\":{"
					       "\"s3:ResourceAccount\":\"x\"}}"),
			    &i) == S3_ERROR_NONE);
	assert(i.answers[0] == POLICY_SAYS_UNDECIDED && i.policy.len);
	/* Also where that alone is undecided, whether he is told that a key is missing. */
	assert(rule_of_user(
		       "GET", "/bucket/key",
		       "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\","
		       "\"Resource\":\"*\"},{\"Effect\":\"Allow\",\"Action\":\"s3:ListBucket\","
		       "\"Resource\":\"*\",\"Condition\":{\"StringEquals\":{"
		       "\"s3:ResourceAccount\":\"x\"}}}]}",
		       &i) == S3_ERROR_NONE);
	assert(i.answers[0] == POLICY_SAYS_ALLOW && i.listing == POLICY_SAYS_UNDECIDED);
	assert(i.policy.len);
	/* The keys are in its document. */
	assert(rule_of_user("POST", "/bucket?delete", STATEMENT("Allow", ""), &i) == S3_ERROR_NONE);
	assert(i.n == 0 && i.policy.len);
}

static void test_keys_of_a_suspended_tenant_are_refused_until_it_is_resumed(void)
{
	struct signer forger = SIGNER;

	forger.secret = "not the secret at all";
	room.acme->suspended = true;
	assert(hear_signed("GET", "/", SIGNER) == S3_ERROR_ACCESS_DENIED);
	assert(strcmp(room.detail, "The tenant is suspended.") == 0);
	assert(hear_presigned("GET", "/bucket/key", SIGNER) == S3_ERROR_ACCESS_DENIED);
	/* Who does not have the secret is told nothing of it. */
	assert(hear_signed("GET", "/", forger) == S3_ERROR_SIGNATURE_DOES_NOT_MATCH);
	room.acme->suspended = false;
	assert(hear_signed("GET", "/", SIGNER) == S3_ERROR_NONE);
}

static void test_keys_of_a_tenant_that_goes_are_unknown(void)
{
	room.acme->deletion = TENANT_GOES_EMPTY;
	assert(hear_signed("GET", "/", SIGNER) == S3_ERROR_INVALID_ACCESS_KEY_ID);
	assert(hear_presigned("GET", "/bucket/key", SIGNER) == S3_ERROR_INVALID_ACCESS_KEY_ID);
	room.acme->deletion = TENANT_STAYS;
	assert(hear_signed("GET", "/", SIGNER) == S3_ERROR_NONE);
}

/* Nobody's key must not be anything that can be guessed. */
static void test_t10_nobody_has_no_known_secret(void)
{
	static const char *const secrets[] = { "", "nobody",
					       "0000000000000000000000000000000000000000" };
	struct signer s = SIGNER;

	s.access_key = "nobody";
	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++) {
		s.secret = secrets[i];
		assert(hear_signed("GET", "/", s) == S3_ERROR_INVALID_ACCESS_KEY_ID);
	}
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
	test_t23_to_nobody_every_refusal_is_the_same();
	test_t23_nobody_may_ask_what_a_bucket_can_open_to_everybody();
	test_t52_nobody_has_an_object_shown_as_something_else();
	test_t41_nobody_comes_at_a_rate_of_his_address();
	test_t41_strangers_use_up_nothing_of_a_tenants_rate();
	test_t41_to_who_has_no_secret_nothing_is_said_of_a_tenants_rate();
	test_a_tenants_rate_is_that_of_all_its_keys_and_of_no_other_tenant();
	test_other_mechanisms_are_named_unsupported();
	test_two_mechanisms_at_once_are_refused();
	test_t09_host_must_be_signed();
	test_t09_malformed_signed_headers_are_refused();
	test_t09_expect_and_inner_blanks_may_be_signed();
	test_t09_a_repeated_parameter_changes_the_signature_or_is_refused();
	test_t10_skewed_dates_are_refused();
	test_t10_presigned_requests_expire();
	test_t10_expiry_is_one_second_to_seven_days();
	test_t10_a_wrong_scope_is_malformed();
	test_t10_malformed_authorizations_are_named_so();
	test_t10_every_presigned_parameter_is_needed();
	test_t10_dates_are_needed_and_understood();
	test_t10_keys_of_others_do_not_sign_for_us();
	test_t10_a_disabled_key_is_unknown_until_enabled();
	test_an_expired_key_is_told_so_to_who_has_its_secret();
	test_t26_a_user_is_refused_what_his_policy_denies_and_the_rest_is_told();
	test_what_only_stored_knows_goes_with_the_policy();
	test_keys_of_a_suspended_tenant_are_refused_until_it_is_resumed();
	test_keys_of_a_tenant_that_goes_are_unknown();
	test_t10_nobody_has_no_known_secret();
	test_t12_a_request_is_worth_nothing_behind_its_window();
	test_what_is_signed_cannot_be_altered();
	test_one_signature_has_one_meaning();
	test_no_flipped_bit_gives_a_request_another_meaning();
	test_meaning_is_told_only_to_who_signed();
	test_the_payload_hash_is_needed_with_a_header_signature();
	courtroom_close(&room);
	return 0;
}
