/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/policy/condition.h"

#include "policy.h"

#define VALUES_MAX 4

/* Compiles `a|b|c` for the operator and asks it of that request. */
static enum policy_truth ask(const char *name, enum policy_key key, struct span tag,
			     const char *values, const struct policy_context *context)
{
	_cleanup_(arena_clear) struct arena a = ARENA_INIT(MIB);
	struct policy_value compiled[VALUES_MAX] = { 0 };
	struct policy_condition c = { .key = key, .tag = tag, .values = compiled };
	struct policy_matcher m = { .context = context, .steps = POLICY_STEPS_MAX };
	struct span rest = span_from_string(values), value;

	assert(policy_operator_parse(span_from_string(name), &c));
	while (!span_is_none(rest)) {
		rest = span_cut(rest, '|', &value);
		assert(c.value_count < VALUES_MAX);
		assert(policy_value_compile(&a, c.kind, value, true, &compiled[c.value_count++]) ==
		       0);
	}
	return policy_condition_holds(&m, &c);
}

struct row {
	const char *name, *values;
	const char *there; /* the value that the request has, NULL for none */
	enum policy_truth expected;
};

/* Every operator: fits, fits not, no value; then what is particular to it. */
static const struct row rows[] = {
	{ "StringEquals", "a|b", "b", POLICY_YES },
	{ "StringEquals", "a|b", "c", POLICY_NO },
	{ "StringEquals", "a|b", "B", POLICY_NO },
	{ "StringEquals", "a|b", NULL, POLICY_NO },
	{ "StringEquals", "*", "c", POLICY_NO },
	{ "StringEquals", "", "", POLICY_YES },
	{ "StringEquals", "", NULL, POLICY_NO },
	{ "StringEquals", "${aws:username}", "alice", POLICY_YES },
	{ "StringEquals", "${aws:userid}", "alice", POLICY_NO },
	{ "StringEquals", "${s3:VersionId}", "alice", POLICY_UNKNOWN },
	{ "StringEquals", "${s3:VersionId}|alice", "alice", POLICY_YES },
	{ "StringNotEquals", "a|b", "b", POLICY_NO },
	{ "StringNotEquals", "a|b", "c", POLICY_YES },
	{ "StringNotEquals", "a|b", NULL, POLICY_YES },
	{ "StringNotEquals", "${aws:userid}", "alice", POLICY_YES },
	{ "StringNotEquals", "${s3:VersionId}", "alice", POLICY_UNKNOWN },
	{ "StringNotEquals", "${s3:VersionId}|alice", "alice", POLICY_NO },
	{ "StringEqualsIgnoreCase", "a|B", "b", POLICY_YES },
	{ "StringEqualsIgnoreCase", "a|B", "c", POLICY_NO },
	{ "StringEqualsIgnoreCase", "a", NULL, POLICY_NO },
	{ "StringNotEqualsIgnoreCase", "a|B", "b", POLICY_NO },
	{ "StringNotEqualsIgnoreCase", "a|B", "c", POLICY_YES },
	{ "StringNotEqualsIgnoreCase", "a", NULL, POLICY_YES },
	{ "StringLike", "home/*|x?", "home/a", POLICY_YES },
	{ "StringLike", "home/*|x?", "xy", POLICY_YES },
	{ "StringLike", "home/*|x?", "Home/a", POLICY_NO },
	{ "StringLike", "*", NULL, POLICY_NO },
	{ "StringLike", "${aws:username}*", "alice2", POLICY_YES },
	{ "StringLike", "${*}", "a", POLICY_NO },
	{ "StringNotLike", "home/*|x?", "home/a", POLICY_NO },
	{ "StringNotLike", "home/*|x?", "y", POLICY_YES },
	{ "StringNotLike", "*", NULL, POLICY_YES },

	{ "NumericEquals", "10|20.50", "20.5", POLICY_YES },
	{ "NumericEquals", "10", "010", POLICY_YES },
	{ "NumericEquals", "10", "11", POLICY_NO },
	{ "NumericEquals", "-1", "-1.0", POLICY_YES },
	{ "NumericEquals", "10", "ten", POLICY_NO },
	{ "NumericEquals", "10", "", POLICY_NO },
	{ "NumericEquals", "10", NULL, POLICY_NO },
	{ "NumericNotEquals", "10", "10", POLICY_NO },
	{ "NumericNotEquals", "10", "11", POLICY_YES },
	{ "NumericNotEquals", "10", "ten", POLICY_YES },
	{ "NumericNotEquals", "10", NULL, POLICY_YES },
	{ "NumericLessThan", "10", "9.999999", POLICY_YES },
	{ "NumericLessThan", "10", "10", POLICY_NO },
	{ "NumericLessThan", "10", NULL, POLICY_NO },
	{ "NumericLessThanEquals", "10", "10", POLICY_YES },
	{ "NumericLessThanEquals", "10", "10.000001", POLICY_NO },
	{ "NumericLessThanEquals", "10", NULL, POLICY_NO },
	{ "NumericGreaterThan", "10", "11", POLICY_YES },
	{ "NumericGreaterThan", "10", "10", POLICY_NO },
	{ "NumericGreaterThan", "-10", "-9", POLICY_YES },
	{ "NumericGreaterThan", "10", NULL, POLICY_NO },
	{ "NumericGreaterThanEquals", "10", "10", POLICY_YES },
	{ "NumericGreaterThanEquals", "10", "9", POLICY_NO },
	{ "NumericGreaterThanEquals", "10", NULL, POLICY_NO },

	{ "DateEquals", "2026-11-26T10:00:00Z", "2026-11-26T10:00:00Z", POLICY_YES },
	{ "DateEquals", "2026-11-26T11:00:00+01:00", "2026-11-26T10:00:00Z", POLICY_YES },
	{ "DateEquals", "0", "1970-01-01", POLICY_YES },
	{ "DateEquals", "2026-11-26", "2026-11-26T00:00:01Z", POLICY_NO },
	{ "DateEquals", "2026-11-26", "yesterday", POLICY_NO },
	{ "DateEquals", "2026-11-26", NULL, POLICY_NO },
	{ "DateNotEquals", "2026-11-26", "2026-11-26", POLICY_NO },
	{ "DateNotEquals", "2026-11-26", "2026-11-27", POLICY_YES },
	{ "DateNotEquals", "2026-11-26", NULL, POLICY_YES },
	{ "DateLessThan", "2026-11-26T10:00:00Z", "2026-11-26T09:59:59Z", POLICY_YES },
	{ "DateLessThan", "2026-11-26T10:00:00Z", "2026-11-26T10:00:00Z", POLICY_NO },
	{ "DateLessThan", "2026-11-26T10:00:00Z", "784111777", POLICY_YES },
	{ "DateLessThan", "2026-11-26", NULL, POLICY_NO },
	{ "DateLessThanEquals", "784111777", "1994-11-06T08:49:37Z", POLICY_YES },
	{ "DateLessThanEquals", "784111777", "1994-11-06T08:49:38Z", POLICY_NO },
	{ "DateLessThanEquals", "784111777", NULL, POLICY_NO },
	{ "DateGreaterThan", "784111777", "1994-11-06T08:49:38Z", POLICY_YES },
	{ "DateGreaterThan", "784111777", "1994-11-06T08:49:37Z", POLICY_NO },
	{ "DateGreaterThan", "784111777", NULL, POLICY_NO },
	{ "DateGreaterThanEquals", "784111777", "1994-11-06T08:49:37Z", POLICY_YES },
	{ "DateGreaterThanEquals", "784111777", "1994-11-06T08:49:36Z", POLICY_NO },
	{ "DateGreaterThanEquals", "784111777", NULL, POLICY_NO },

	{ "Bool", "true", "true", POLICY_YES },
	{ "Bool", "TRUE", "true", POLICY_YES },
	{ "Bool", "false", "true", POLICY_NO },
	{ "Bool", "false", "false", POLICY_YES },
	{ "Bool", "true|false", "false", POLICY_YES },
	{ "Bool", "false", "", POLICY_NO },
	{ "Bool", "false", NULL, POLICY_NO },
	{ "BinaryEquals", "YWJj", "abc", POLICY_YES },
	{ "BinaryEquals", "YWI=", "ab", POLICY_YES },
	{ "BinaryEquals", "YWJj", "YWJj", POLICY_NO },
	{ "BinaryEquals", "YWJj", NULL, POLICY_NO },

	{ "IpAddress", "203.0.113.0/24|2001:db8::/32", "203.0.113.7", POLICY_YES },
	{ "IpAddress", "203.0.113.0/24|2001:db8::/32", "2001:db8::1", POLICY_YES },
	{ "IpAddress", "203.0.113.0/24|2001:db8::/32", "203.0.114.7", POLICY_NO },
	{ "IpAddress", "203.0.113.0/24", "::ffff:203.0.113.7", POLICY_YES },
	{ "IpAddress", "203.0.113.7", "203.0.113.7", POLICY_YES },
	{ "IpAddress", "203.0.113.7", "203.0.113.8", POLICY_NO },
	{ "IpAddress", "::/0", "203.0.113.7", POLICY_NO },
	{ "IpAddress", "0.0.0.0/0", "nowhere", POLICY_NO },
	{ "IpAddress", "0.0.0.0/0", NULL, POLICY_NO },
	{ "NotIpAddress", "203.0.113.0/24|2001:db8::/32", "203.0.113.7", POLICY_NO },
	{ "NotIpAddress", "203.0.113.0/24|2001:db8::/32", "203.0.114.7", POLICY_YES },
	{ "NotIpAddress", "0.0.0.0/0", "nowhere", POLICY_YES },
	{ "NotIpAddress", "203.0.113.0/24", NULL, POLICY_YES },

	{ "ArnEquals", "arn:aws:iam::12:user/*", "arn:aws:iam::12:user/a", POLICY_YES },
	{ "ArnEquals", "arn:aws:iam::12:user/*", "arn:aws:iam::13:user/a", POLICY_NO },
	{ "ArnEquals", "arn:aws:iam::12:user/*", NULL, POLICY_NO },
	{ "ArnLike", "arn:aws:iam::12:user/?", "arn:aws:iam::12:user/a", POLICY_YES },
	{ "ArnLike", "arn:aws:iam::12:user/?", "arn:aws:iam::12:user/ab", POLICY_NO },
	{ "ArnLike", "*", "arn:aws:iam::12:user/ab", POLICY_YES },
	{ "ArnLike", "*", NULL, POLICY_NO },
	/* IAM's own example: a star stays in its part. */
	{ "ArnLike", "arn:aws:svc:*:1111:finance/*", "arn:aws:svc:us:9999:store/abc:1111:finance/d",
	  POLICY_NO },
	{ "StringLike", "arn:aws:svc:*:1111:finance/*",
	  "arn:aws:svc:us:9999:store/abc:1111:finance/d", POLICY_YES },
	{ "ArnLike", "arn:aws:svc:::a*", "arn:aws:svc:::a:b:c", POLICY_YES },
	{ "ArnLike", "arn:aws:iam::12:user/${aws:username}", "arn:aws:iam::12:user/alice",
	  POLICY_YES },
	{ "ArnLike", "arn:aws:svc:::*c", "arn:aws:svc:::a:b:c", POLICY_YES },
	{ "ArnLike", "arn:aws:iam::${aws:PrincipalAccount}:user/a", "arn:aws:iam::12:user/a",
	  POLICY_YES },
	{ "ArnLike", "arn:aws:iam::${aws:PrincipalAccount}:user/a", "arn:aws:iam::13:user/a",
	  POLICY_NO },
	{ "ArnLike", "arn:aws:iam::12:user/*", "alice", POLICY_NO },
	{ "ArnNotEquals", "arn:aws:iam::12:user/*", "arn:aws:iam::12:user/a", POLICY_NO },
	{ "ArnNotEquals", "arn:aws:iam::12:user/*", "arn:aws:iam::13:user/a", POLICY_YES },
	{ "ArnNotEquals", "arn:aws:iam::12:user/*", NULL, POLICY_YES },
	{ "ArnNotLike", "arn:aws:iam::12:user/*", "arn:aws:iam::12:user/a", POLICY_NO },
	{ "ArnNotLike", "arn:aws:iam::12:user/*", "arn:aws:iam::13:user/a", POLICY_YES },
	{ "ArnNotLike", "arn:aws:iam::12:user/*", NULL, POLICY_YES },

	{ "Null", "true", "a", POLICY_NO },
	{ "Null", "true", NULL, POLICY_YES },
	{ "Null", "false", "a", POLICY_YES },
	{ "Null", "false", NULL, POLICY_NO },
	{ "Null", "true|false", NULL, POLICY_YES },

	/* Sets of one, and of none: an empty value is none. */
	{ "ForAllValues:StringEquals", "a|b", "a", POLICY_YES },
	{ "ForAllValues:StringEquals", "a|b", "c", POLICY_NO },
	{ "ForAllValues:StringEquals", "a|b", NULL, POLICY_YES },
	{ "ForAllValues:StringEquals", "a|b", "", POLICY_YES },
	{ "ForAnyValue:StringEquals", "a|b", "a", POLICY_YES },
	{ "ForAnyValue:StringEquals", "a|b", "c", POLICY_NO },
	{ "ForAnyValue:StringEquals", "a|b", NULL, POLICY_NO },
	{ "ForAnyValue:StringEquals", "", "", POLICY_NO },
	{ "ForAnyValue:StringNotEquals", "a|b", NULL, POLICY_NO },
	{ "ForAnyValue:StringEqualsIfExists", "a|b", NULL, POLICY_YES },
	{ "ForAnyValue:StringEqualsIfExists", "a|b", "c", POLICY_NO },
};

static void check(const char *name, const struct row *row, enum policy_truth expected)
{
	struct policy_context c = POLICY_CONTEXT_INIT;
	enum policy_truth t;

	c.values[POLICY_KEY_REFERER] = span_from_string(row->there);
	c.values[POLICY_KEY_USER_NAME] = SPAN("alice");
	c.values[POLICY_KEY_PRINCIPAL_ACCOUNT] = SPAN("12");
	policy_context_set_unknown(&c, POLICY_KEY_VERSION_ID);
	t = ask(name, POLICY_KEY_REFERER, SPAN_NONE, row->values, &c);
	if (t != expected)
		fprintf(stderr, "%s %s of %s: %d\n", name, row->values,
			row->there ? row->there : "nothing", t);
	assert(t == expected);
}

static void test_every_operator(void)
{
	unsigned int seen[POLICY_OPERATOR_COUNT] = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct policy_condition c;

		assert(policy_operator_parse(span_from_string(rows[i].name), &c));
		seen[c.kind]++;
		check(rows[i].name, &rows[i], rows[i].expected);
	}
	for (unsigned int i = 0; i < POLICY_OPERATOR_COUNT; i++)
		assert(seen[i] >= 3);
}

/* ...IfExists says the same where there is a value, and yes where there is none. */
static void test_if_exists(void)
{
	char name[64];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct policy_condition c;
		size_t len = strlen(rows[i].name);

		assert(policy_operator_parse(span_from_string(rows[i].name), &c));
		if (c.if_exists || c.quantifier != POLICY_SINGLE || c.kind == POLICY_OPERATOR_NULL)
			continue;
		assert(len + sizeof("IfExists") <= sizeof(name));
		snprintf(name, sizeof(name), "%sIfExists", rows[i].name);
		check(name, &rows[i], rows[i].there ? rows[i].expected : POLICY_YES);
	}
}

static void test_what_is_not_known_here_decides_nothing(void)
{
	static const char *const operators[] = {
		"StringEquals",		  "StringNotEquals",
		"StringEqualsIfExists",	  "ForAllValues:StringLike",
		"ForAnyValue:StringLike", "StringNotLikeIfExists",
	};
	struct policy_context c = POLICY_CONTEXT_INIT;

	c.values[POLICY_KEY_REFERER] = SPAN("a");
	policy_context_set_unknown(&c, POLICY_KEY_REFERER);
	policy_context_set_unknown(&c, POLICY_KEY_EXISTING_OBJECT_TAG);
	for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
		assert(ask(operators[i], POLICY_KEY_REFERER, SPAN_NONE, "a", &c) == POLICY_UNKNOWN);
		assert(ask(operators[i], POLICY_KEY_EXISTING_OBJECT_TAG, SPAN("t"), "a", &c) ==
		       POLICY_UNKNOWN);
	}
	assert(ask("Null", POLICY_KEY_REFERER, SPAN_NONE, "true", &c) == POLICY_UNKNOWN);
	assert(ask("Null", POLICY_KEY_REFERER, SPAN_NONE, "false", &c) == POLICY_UNKNOWN);
}

/* The keys of the tags that a request would set: the one key that really has many values. */
static void test_t25_sets(void)
{
	static const struct {
		const char *name, *values, *tags;
		enum policy_truth expected;
	} sets[] = {
		{ "ForAllValues:StringEquals", "a|b", "a=1&b=2", POLICY_YES },
		{ "ForAllValues:StringEquals", "a|b", "a=1", POLICY_YES },
		{ "ForAllValues:StringEquals", "a|b", "a=1&c=2", POLICY_NO },
		{ "ForAllValues:StringEquals", "a|b", "c=1&a=2", POLICY_NO },
		{ "ForAllValues:StringEquals", "a|b", "", POLICY_YES },
		{ "ForAllValues:StringLike", "x*", "xa=1&xb=2", POLICY_YES },
		{ "ForAllValues:StringLike", "x*", "xa=1&yb=2", POLICY_NO },
		{ "ForAnyValue:StringEquals", "a|b", "c=1&b=2", POLICY_YES },
		{ "ForAnyValue:StringEquals", "a|b", "b=1&c=2", POLICY_YES },
		{ "ForAnyValue:StringEquals", "a|b", "c=1&d=2", POLICY_NO },
		{ "ForAnyValue:StringEquals", "a|b", "", POLICY_NO },
		/* Negated: all of them are none of these; one of them is none of these. */
		{ "ForAllValues:StringNotEquals", "a|b", "c=1&d=2", POLICY_YES },
		{ "ForAllValues:StringNotEquals", "a|b", "c=1&a=2", POLICY_NO },
		{ "ForAllValues:StringNotEquals", "a|b", "", POLICY_YES },
		{ "ForAnyValue:StringNotEquals", "a|b", "a=1&c=2", POLICY_YES },
		{ "ForAnyValue:StringNotEquals", "a|b", "a=1&b=2", POLICY_NO },
		{ "ForAnyValue:StringNotEquals", "a|b", "", POLICY_NO },
		{ "ForAllValues:StringEqualsIfExists", "a", "", POLICY_YES },
		{ "ForAnyValue:StringEqualsIfExists", "a", "", POLICY_YES },
		{ "ForAnyValue:StringEqualsIfExists", "a", "b=1", POLICY_NO },
		{ "ForAllValues:StringEquals", "${s3:VersionId}", "a=1", POLICY_UNKNOWN },
		{ "ForAllValues:StringEquals", "${s3:VersionId}|a", "a=1", POLICY_YES },
		{ "Null", "true", "", POLICY_YES },
		{ "Null", "true", "a=1", POLICY_NO },
		{ "Null", "false", "", POLICY_NO },
		{ "Null", "false", "a=1", POLICY_YES },
	};

	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		_cleanup_(buffer_clear) struct buffer tags = BUFFER_INIT(KIB);
		struct policy_context c = POLICY_CONTEXT_INIT;
		enum policy_truth t;

		test_pairs(&tags, sets[i].tags);
		c.request_tags = buffer_span(&tags);
		policy_context_set_unknown(&c, POLICY_KEY_VERSION_ID);
		t = ask(sets[i].name, POLICY_KEY_REQUEST_OBJECT_TAG_KEYS, SPAN_NONE, sets[i].values,
			&c);
		if (t != sets[i].expected)
			fprintf(stderr, "%s %s of %s: %d\n", sets[i].name, sets[i].values,
				sets[i].tags, t);
		assert(t == sets[i].expected);
	}
}

static void test_operators_that_are_none(void)
{
	static const char *const names[] = {
		"",
		"stringEquals",
		"StringEqual",
		"StringEquals ",
		"IfExists",
		"NullIfExists",
		"ForAllValues:Null",
		"ForAllValues:",
		"ForAll:StringEquals",
		"StringEqualsIfExistsIfExists",
		"forallvalues:StringEquals",
		"ForAllValues:ForAnyValue:StringEquals",
	};
	struct policy_condition c;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert(!policy_operator_parse(span_from_string(names[i]), &c));
}

static void test_values_that_the_operator_cannot_mean(void)
{
	static const struct {
		enum policy_operator o;
		const char *value;
	} cases[] = {
		{ POLICY_OPERATOR_NUMERIC_EQUALS, "" },
		{ POLICY_OPERATOR_NUMERIC_EQUALS, "-" },
		{ POLICY_OPERATOR_NUMERIC_EQUALS, "1." },
		{ POLICY_OPERATOR_NUMERIC_EQUALS, ".5" },
		{ POLICY_OPERATOR_NUMERIC_EQUALS, "1.0000001" },
		{ POLICY_OPERATOR_NUMERIC_EQUALS, "+1" },
		{ POLICY_OPERATOR_NUMERIC_EQUALS, "1e3" },
		{ POLICY_OPERATOR_NUMERIC_EQUALS, "99999999999999999999" },
		{ POLICY_OPERATOR_NUMERIC_EQUALS, "9223372036855" },
		{ POLICY_OPERATOR_NUMERIC_EQUALS, "${aws:EpochTime}" },
		{ POLICY_OPERATOR_DATE_EQUALS, "yesterday" },
		{ POLICY_OPERATOR_DATE_EQUALS, "2026-13-01" },
		{ POLICY_OPERATOR_DATE_EQUALS, "18446744073709551615" },
		{ POLICY_OPERATOR_BOOL, "1" },
		{ POLICY_OPERATOR_BOOL, "" },
		{ POLICY_OPERATOR_NULL, "null" },
		{ POLICY_OPERATOR_BINARY_EQUALS, "YWJ" },
		{ POLICY_OPERATOR_BINARY_EQUALS, "" },
		{ POLICY_OPERATOR_BINARY_EQUALS, "====" },
		{ POLICY_OPERATOR_IP_ADDRESS, "203.0.113.0/33" },
		{ POLICY_OPERATOR_IP_ADDRESS, "203.0.113.*" },
		{ POLICY_OPERATOR_IP_ADDRESS, "${aws:SourceIp}" },
		{ POLICY_OPERATOR_ARN_LIKE, "user/a" },
		{ POLICY_OPERATOR_ARN_LIKE, "arn:aws:iam::12" },
		{ POLICY_OPERATOR_ARN_LIKE, "nra:aws:iam::12:user/a" },
		{ POLICY_OPERATOR_ARN_LIKE, "arn:aws:iam:${aws:username}:12" },
	};
	_cleanup_(arena_clear) struct arena a = ARENA_INIT(MIB);
	struct policy_value v;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert(policy_value_compile(&a, cases[i].o, span_from_string(cases[i].value), true,
					    &v) == POLICY_PATTERN_UNFIT);
	assert(policy_value_compile(&a, POLICY_OPERATOR_STRING_EQUALS, SPAN("${x}"), true, &v) ==
	       POLICY_PATTERN_UNKNOWN);
	assert(policy_value_compile(&a, POLICY_OPERATOR_STRING_EQUALS, SPAN("${x}"), false, &v) ==
	       0);
}

int main(void)
{
	test_every_operator();
	test_if_exists();
	test_what_is_not_known_here_decides_nothing();
	test_t25_sets();
	test_operators_that_are_none();
	test_values_that_the_operator_cannot_mean();
	return 0;
}
