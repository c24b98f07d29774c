/* SPDX-License-Identifier: Apache-2.0 */

/* Requests without credentials, and the rates that strangers and tenants have. */

#include <stdio.h>

#include "base/clock.h"
#include "judge-scene.h"

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

int main(void)
{
	courtroom_open(&room, NULL);
	test_t23_to_nobody_every_refusal_is_the_same();
	test_t23_nobody_may_ask_what_a_bucket_can_open_to_everybody();
	test_t52_nobody_has_an_object_shown_as_something_else();
	test_t41_nobody_comes_at_a_rate_of_his_address();
	test_t41_strangers_use_up_nothing_of_a_tenants_rate();
	test_t41_to_who_has_no_secret_nothing_is_said_of_a_tenants_rate();
	test_a_tenants_rate_is_that_of_all_its_keys_and_of_no_other_tenant();
	courtroom_close(&room);
	return 0;
}
