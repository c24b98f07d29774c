/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/policy/match.h"

#include "policy.h"

#define ALL (POLICY_PATTERN_WILDCARDS | POLICY_PATTERN_VARIABLES)

static int compile(struct arena *a, const char *text, unsigned int flags,
		   struct policy_pattern *ret)
{
	return policy_pattern_compile(a, span_from_string(text), flags, ret);
}

static enum policy_truth match(const char *pattern, unsigned int flags, struct span text,
			       const struct policy_context *c)
{
	_cleanup_(arena_clear) struct arena a = ARENA_INIT(MIB);
	struct policy_matcher m = { .context = c, .steps = POLICY_STEPS_MAX };
	struct policy_pattern p;

	assert(compile(&a, pattern, flags, &p) == 0);
	return policy_match(&m, &p, text, false);
}

struct row {
	const char *pattern, *text;
	enum policy_truth expected;
};

static void check(const struct row *rows, size_t n, unsigned int flags,
		  const struct policy_context *c)
{
	for (size_t i = 0; i < n; i++) {
		enum policy_truth t =
			match(rows[i].pattern, flags, span_from_string(rows[i].text), c);

		if (t != rows[i].expected)
			fprintf(stderr, "%s on %s: %d\n", rows[i].pattern, rows[i].text, t);
		assert(t == rows[i].expected);
	}
}

static void test_wildcards(void)
{
	static const struct row rows[] = {
		{ "", "", POLICY_YES },
		{ "", "a", POLICY_NO },
		{ "a", "", POLICY_NO },
		{ "abc", "abc", POLICY_YES },
		{ "abc", "abd", POLICY_NO },
		{ "abc", "ABC", POLICY_NO },
		{ "*", "", POLICY_YES },
		{ "*", "a/b/c", POLICY_YES },
		{ "**", "abc", POLICY_YES },
		{ "a*", "a", POLICY_YES },
		{ "a*", "b", POLICY_NO },
		{ "*c", "abc", POLICY_YES },
		{ "*c", "abcd", POLICY_NO },
		{ "a*c", "abcbc", POLICY_YES },
		{ "a*b*c", "aXbYbZc", POLICY_YES },
		{ "a*b*c", "aXcYb", POLICY_NO },
		{ "*abc*abd", "abcabcabd", POLICY_YES },
		{ "?", "a", POLICY_YES },
		{ "?", "", POLICY_NO },
		{ "?", "ab", POLICY_NO },
		{ "a?c", "abc", POLICY_YES },
		{ "a?*", "a", POLICY_NO },
		{ "*?", "a", POLICY_YES },
		{ "*??", "a", POLICY_NO },
		/* One character is one, however many bytes it has. */
		{ "?", "\xc3\xa9", POLICY_YES },
		{ "??", "\xc3\xa9", POLICY_NO },
		{ "*??", "\xc3\xa9", POLICY_NO },
		{ "a?c",
		  "a\xf0\x9f\x98\x80"
		  "c",
		  POLICY_YES },
		{ "a*c",
		  "a\xf0\x9f\x98\x80"
		  "c",
		  POLICY_YES },
		{ "bkt/*", "bkt", POLICY_NO },
		{ "bkt/*", "bkt/", POLICY_YES },
		/* What is not asked for is not there. */
		{ "a[bc]", "ab", POLICY_NO },
		{ "a\\*", "a\\b", POLICY_YES },
	};

	check(rows, ARRAY_SIZE(rows), ALL, &POLICY_CONTEXT_INIT);
}

static void test_without_wildcards_they_are_themselves(void)
{
	static const struct row rows[] = {
		{ "*", "*", POLICY_YES },
		{ "*", "a", POLICY_NO },
		{ "a?", "a?", POLICY_YES },
		{ "a?", "ab", POLICY_NO },
	};

	check(rows, ARRAY_SIZE(rows), POLICY_PATTERN_VARIABLES, &POLICY_CONTEXT_INIT);
}

static void test_in_any_case_is_for_ascii(void)
{
	_cleanup_(arena_clear) struct arena a = ARENA_INIT(MIB);
	struct policy_matcher m = { .steps = POLICY_STEPS_MAX };
	struct policy_pattern p;

	assert(compile(&a, "GetObject*", ALL, &p) == 0);
	assert(policy_match(&m, &p, SPAN("getOBJECTacl"), true) == POLICY_YES);
	assert(policy_match(&m, &p, SPAN("getOBJECTacl"), false) == POLICY_NO);
	assert(policy_match(&m, &p, SPAN("PutObject"), true) == POLICY_NO);
	assert(compile(&a, "\xc3\x89", ALL, &p) == 0);
	assert(policy_match(&m, &p, SPAN("\xc3\xa9"), true) == POLICY_NO);
}

static void fill(struct policy_context *c, struct buffer *tags)
{
	test_pairs(tags, "team=red&empty=");
	*c = POLICY_CONTEXT_INIT;
	c->values[POLICY_KEY_USER_NAME] = SPAN("al*ce");
	c->values[POLICY_KEY_REFERER] = SPAN("${aws:username}");
	c->values[POLICY_KEY_PREFIX] = SPAN("");
	c->existing_tags = buffer_span(tags);
	policy_context_set_unknown(c, POLICY_KEY_REQUEST_OBJECT_TAG);
}

static void test_t25_variables_stand_for_values_and_values_are_no_patterns(void)
{
	static const struct row rows[] = {
		{ "home/${aws:username}/*", "home/al*ce/x", POLICY_YES },
		{ "home/${aws:username}/*", "home/alice/x", POLICY_NO },
		{ "home/${AWS:UserName}/*", "home/al*ce/x", POLICY_YES },
		{ "*${aws:username}", "xxal*ce", POLICY_YES },
		{ "*${aws:username}", "al*al*ce", POLICY_YES },
		{ "${aws:Referer}", "${aws:username}", POLICY_YES },
		{ "${aws:Referer}", "al*ce", POLICY_NO },
		{ "a${s3:prefix}b", "ab", POLICY_YES },
		{ "a${s3:prefix}${s3:prefix}", "a", POLICY_YES },
		{ "${s3:ExistingObjectTag/team}", "red", POLICY_YES },
		{ "${s3:existingobjecttag/team}", "red", POLICY_YES },
		{ "${s3:ExistingObjectTag/Team}", "red", POLICY_NO },
		{ "x${s3:ExistingObjectTag/empty}", "x", POLICY_YES },
		/* Without a value nothing is meant, not even by a star beside it. */
		{ "*${aws:userid}*", "anything", POLICY_NO },
		{ "${aws:userid}", "", POLICY_NO },
		{ "${aws:userid, 'nobody'}", "nobody", POLICY_YES },
		{ "${aws:userid,'it''s }'}x", "it's }x", POLICY_YES },
		{ "${ aws:userid , 'a*' }", "a*", POLICY_YES },
		{ "${ aws:userid , 'a*' }", "ab", POLICY_NO },
		{ "${aws:username, 'nobody'}", "al*ce", POLICY_YES },
		{ "${*}${?}${$}{}", "*?${}", POLICY_YES },
		{ "${*}", "a", POLICY_NO },
		{ "$", "$", POLICY_YES },
		{ "$$a", "$$a", POLICY_YES },
		/* Not known here; but what has no value matches nothing, whatever the other is. */
		{ "${s3:RequestObjectTag/team}", "red", POLICY_UNKNOWN },
		{ "${s3:RequestObjectTag/team, 'blue'}", "red", POLICY_UNKNOWN },
		{ "${s3:RequestObjectTag/team}${aws:userid}", "red", POLICY_NO },
		{ "${aws:userid}${s3:RequestObjectTag/team}", "red", POLICY_NO },
		{ "${s3:RequestObjectTag/team}${aws:username}", "red", POLICY_UNKNOWN },
	};
	_cleanup_(buffer_clear) struct buffer tags = BUFFER_INIT(KIB);
	struct policy_context c;

	fill(&c, &tags);
	check(rows, ARRAY_SIZE(rows), ALL, &c);
	assert(match("${aws:username}", POLICY_PATTERN_WILDCARDS, SPAN("${aws:username}"), &c) ==
	       POLICY_YES);
}

static void test_variables_that_are_none_are_refused(void)
{
	static const struct {
		const char *text;
		int expected;
	} rows[] = {
		{ "${", POLICY_PATTERN_OPEN },
		{ "a${aws:username", POLICY_PATTERN_OPEN },
		{ "${aws:username, 'x'", POLICY_PATTERN_OPEN },
		{ "${aws:username, 'x}", POLICY_PATTERN_OPEN },
		{ "${aws:username, 'x''}", POLICY_PATTERN_OPEN },
		{ "${aws:username, x}", POLICY_PATTERN_OPEN },
		{ "${aws:username, 'x' y}", POLICY_PATTERN_OPEN },
		{ "${aws:username,", POLICY_PATTERN_OPEN },
		{ "${}", POLICY_PATTERN_UNKNOWN },
		{ "${aws:nobody}", POLICY_PATTERN_UNKNOWN },
		{ "${**}", POLICY_PATTERN_UNKNOWN },
		{ "${s3:ExistingObjectTag/}", POLICY_PATTERN_UNKNOWN },
		{ "${s3:RequestObjectTagKeys}", POLICY_PATTERN_MANY },
		{ "${s3:prefix}${s3:prefix}${s3:prefix}${s3:prefix}${s3:prefix}${s3:prefix}"
		  "${s3:prefix}${s3:prefix}${s3:prefix}",
		  POLICY_PATTERN_CROWDED },
	};
	_cleanup_(arena_clear) struct arena a = ARENA_INIT(MIB);
	struct policy_pattern p;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert(compile(&a, rows[i].text, ALL, &p) == rows[i].expected);
	a.limit = a.total;
	assert(compile(&a, "abc", ALL, &p) == -ENOMEM);
}

static void test_what_is_fixed(void)
{
	static const struct {
		const char *text;
		bool fixed;
	} rows[] = {
		{ "", true },
		{ "abc", true },
		{ "${*}", true },
		{ "a*", false },
		{ "a?", false },
		{ "${aws:username}", false },
		{ "${aws:username, 'x'}", false },
	};
	_cleanup_(arena_clear) struct arena a = ARENA_INIT(MIB);
	struct policy_pattern p;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert(compile(&a, rows[i].text, ALL, &p) == 0);
		assert(policy_pattern_is_fixed(&p) == rows[i].fixed);
	}
}

/* Many stars and a text that nearly fits: what tries every way has not ended yet. */
static void test_many_stars_cost_no_more_than_the_allowance(void)
{
	_cleanup_(arena_clear) struct arena a = ARENA_INIT(MIB);
	struct policy_matcher m = { .steps = 1024 * KIB };
	struct policy_pattern p;
	char pattern[501], text[1001];

	for (size_t i = 0; i < 500; i++)
		pattern[i] = i % 2 ? 'a' : '*';
	memcpy(pattern + 499, "b", 2);
	assert(compile(&a, "a***b**", ALL, &p) == 0 && p.count == 4);
	memset(text, 'a', 1000);
	text[1000] = '\0';
	assert(compile(&a, pattern, ALL, &p) == 0);
	assert(policy_match(&m, &p, span_from_string(text), false) == POLICY_NO);
	assert(1024 * KIB - m.steps < 501 * 1001 && !m.exhausted);
	m.steps = 1000;
	assert(policy_match(&m, &p, span_from_string(text), false) == POLICY_UNKNOWN);
	assert(m.exhausted && !m.steps);
}

int main(void)
{
	test_wildcards();
	test_without_wildcards_they_are_themselves();
	test_in_any_case_is_for_ascii();
	test_t25_variables_stand_for_values_and_values_are_no_patterns();
	test_variables_that_are_none_are_refused();
	test_what_is_fixed();
	test_many_stars_cost_no_more_than_the_allowance();
	return 0;
}
