/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/policy/cost.h"

#include "s3/policy/evaluate.h"

#include "policy.h"

#define TEXT_LEN   1088 /* of the longest resource */
#define TRIES	   4000
#define TOKENS_MAX 12

/* The same sequence in every run. */
static unsigned int draw(unsigned int n)
{
	static uint64_t state = 2026;

	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned int)(state >> 33) % n;
}

static size_t cost_of(const struct policy_pattern *p)
{
	struct policy_statement s = { .resources = { .patterns = p, .count = 1 } };
	struct policy_document d = { .statements = &s, .statement_count = 1 };

	return policy_cost(&d);
}

static size_t steps_of(const struct policy_pattern *p, const struct policy_context *c,
		       const char *text)
{
	struct policy_matcher m = { .context = c, .steps = 16 * MIB };

	policy_match(&m, p, span_from_string(text), false);
	assert(!m.exhausted);
	return 16 * MIB - m.steps;
}

/* Texts that nearly fit everywhere: runs of one letter, with another now and then. */
static void draw_text(char *text)
{
	unsigned int run = 1 + draw(40);

	for (size_t i = 0; i < TEXT_LEN; i++)
		text[i] = (i + 1) % run ? 'a' : "ab"[draw(2)];
	text[TEXT_LEN] = '\0';
}

static void test_t40_no_text_costs_more_than_it_may(void)
{
	static const char *const parts[] = { "a", "a", "a", "b", "?", "*", "*", "${aws:username}" };
	struct policy_context c = POLICY_CONTEXT_INIT;
	size_t dearest = 0;

	c.values[POLICY_KEY_USER_NAME] =
		SPAN("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab");
	for (unsigned int i = 0; i < TRIES; i++) {
		_cleanup_(arena_clear) struct arena a = ARENA_INIT(MIB);
		char pattern[TOKENS_MAX * 16 + 1] = "", text[TEXT_LEN + 1];
		struct policy_pattern p;
		size_t steps;

		for (unsigned int n = draw(TOKENS_MAX); n; n--)
			strcat(pattern, parts[draw(ARRAY_SIZE(parts))]);
		assert(policy_pattern_compile(&a, span_from_string(pattern),
					      POLICY_PATTERN_WILDCARDS | POLICY_PATTERN_VARIABLES,
					      &p) == 0);
		draw_text(text);
		steps = steps_of(&p, &c, text);
		if (steps > cost_of(&p))
			fprintf(stderr, "%s\n%s\n-> %zu, not %zu\n", pattern, text, steps,
				cost_of(&p));
		assert(steps <= cost_of(&p));
		dearest = MAX(dearest, steps);
	}
	/* Or nothing here was put to the test. */
	assert(dearest > 10 * TEXT_LEN);
}

/* Text that begins with what it has nowhere else is sought in one go. */
static void test_what_is_usual_is_cheap(void)
{
	static const char *const rows[] = {
		"'s3:prefix':['home/${aws:username}/*','*/public/*']",
		"'aws:UserAgent':['*Mozilla*','*Chrome*','*Safari*','*curl*']",
		"'aws:Referer':['https://example.com/*','https://*.example.com/*']",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(policy_freep) struct policy_document *d = NULL;
		char json[512];

		snprintf(json, sizeof(json),
			 "{'Version':'2012-10-17','Statement':{'Effect':'Allow','Action':'s3:Get*',"
			 "'Resource':['arn:aws:s3:::bkt/*.jpg','arn:aws:s3:::bkt/*/x/*'],"
			 "'Condition':{'StringLike':{%s}}}}",
			 rows[i]);
		d = test_policy(POLICY_IDENTITY, json);
		assert(policy_cost(d) < POLICY_STEPS_MAX / 2);
	}
}

static int put(enum policy_kind kind, const char *json, bool is_put)
{
	_cleanup_(policy_freep) struct policy_document *d = NULL;
	struct policy_rules rules = test_rules(kind);
	struct policy_complaint complaint = { "" };
	int r;

	rules.is_put = is_put;
	r = policy_parse(span_from_string(json), &rules, &d, &complaint);
	if (r)
		assert(strstr(complaint.text, "steps"));
	return r;
}

/* With the text for each `$`. */
static void expand(const char *part, const char *text, struct buffer *to)
{
	to->len = 0;
	for (; *part; part++)
		if (*part == '$')
			buffer_append_string(to, text);
		else
			buffer_append_byte(to, (uint8_t)*part);
	buffer_append_byte(to, '\0');
	assert(!buffer_error(to));
}

/* Each of the parts that are counted can alone be too dear. */
static void test_t40_what_is_too_dear_is_not_put_and_what_was_put_is_read(void)
{
	static const char *const parts[] = {
		"\"Action\":\"s3:*\",\"Resource\":\"arn:aws:s3:::*$\"",
		"\"Action\":\"s3:*\",\"NotResource\":[\"arn:aws:s3:::b/x\",\"arn:aws:s3:::*$\"]",
		"\"Action\":\"s3:*\",\"Resource\":\"*\",\"Condition\":{\"StringNotLike\":{\"aws:"
		"Referer\":\"*$\"}}",
		"\"Action\":\"s3:*\",\"Resource\":\"*\",\"Condition\":{\"ArnLike\":{\"aws:"
		"PrincipalArn\":"
		"[\"arn:aws:iam::1:*$\",\"arn:aws:iam::*:*$\",\"arn:*:iam::1:*$\"]}}",
		"\"Action\":\"s3:*\",\"Resource\":\"*\",\"Condition\":{\"ForAnyValue:StringLike\":"
		"{\"s3:RequestObjectTagKeys\":\"*$\"}}",
	};
	char text[301];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		_cleanup_(buffer_clear) struct buffer part = BUFFER_INIT(4 * KIB);
		char json[4096];

		expand(parts[i], text, &part);
		snprintf(json, sizeof(json), "{\"Statement\":{\"Effect\":\"Allow\",%s}}",
			 (const char *)part.data);
		assert(put(POLICY_IDENTITY, json, true) == S3_ERROR_MALFORMED_POLICY);
		assert(put(POLICY_IDENTITY, json, false) == 0);
	}
}

int main(void)
{
	test_t40_no_text_costs_more_than_it_may();
	test_what_is_usual_is_cheap();
	test_t40_what_is_too_dear_is_not_put_and_what_was_put_is_read();
	return 0;
}
