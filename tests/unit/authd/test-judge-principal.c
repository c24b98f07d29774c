/* SPDX-License-Identifier: Apache-2.0 */

/* Whose key it is: others', users', and tenants' that are closed. */

#include "judge-scene.h"

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

int main(void)
{
	courtroom_open(&room, NULL);
	test_t10_keys_of_others_do_not_sign_for_us();
	test_t10_a_disabled_key_is_unknown_until_enabled();
	test_an_expired_key_is_told_so_to_who_has_its_secret();
	test_t26_a_user_is_refused_what_his_policy_denies_and_the_rest_is_told();
	test_what_only_stored_knows_goes_with_the_policy();
	test_keys_of_a_suspended_tenant_are_refused_until_it_is_resumed();
	test_keys_of_a_tenant_that_goes_are_unknown();
	test_t10_nobody_has_no_known_secret();
	courtroom_close(&room);
	return 0;
}
