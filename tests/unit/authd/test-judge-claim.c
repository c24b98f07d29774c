/* SPDX-License-Identifier: Apache-2.0 */

/* T10: what a request claims of itself, in its header or its query. */

#include <stdio.h>

#include "judge-scene.h"

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

int main(void)
{
	courtroom_open(&room, NULL);
	test_t10_skewed_dates_are_refused();
	test_t10_presigned_requests_expire();
	test_t10_expiry_is_one_second_to_seven_days();
	test_t10_a_wrong_scope_is_malformed();
	test_t10_malformed_authorizations_are_named_so();
	test_t10_every_presigned_parameter_is_needed();
	test_t10_dates_are_needed_and_understood();
	courtroom_close(&room);
	return 0;
}
