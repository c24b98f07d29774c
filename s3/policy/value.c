/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/policy/value.h"

#include "s3/date.h"
#include "s3/encoding.h"

#define NUMBER_DIGITS 6 /* behind the point */
#define NUMBER_ONE    1000000

const struct policy_operator_row policy_operators[POLICY_OPERATOR_COUNT] = {
#define OPERATOR(SYMBOL, name_, FAMILY, TEST, NEGATED)                                             \
	[POLICY_OPERATOR_##SYMBOL] = { .name = (name_),                                            \
				       .family = POLICY_FAMILY_##FAMILY,                           \
				       .test = POLICY_TEST_##TEST,                                 \
				       .negated = (NEGATED) },
	POLICY_OPERATORS(OPERATOR)
#undef OPERATOR
};

/* --- reading ------------------------------------------------------------------------------ */

/* What stands behind the point, in millionths. */
static bool parse_fraction(struct span s, uint64_t *ret)
{
	uint64_t n;

	if (s.len > NUMBER_DIGITS || !span_to_u64(s, &n))
		return false;
	for (size_t i = s.len; i < NUMBER_DIGITS; i++)
		n *= 10;
	*ret = n;
	return true;
}

static bool parse_number(struct span s, int64_t *ret)
{
	bool minus = span_starts_with(s, SPAN("-"));
	struct span whole, fraction = span_cut(minus ? span_skip(s, 1) : s, '.', &whole);
	uint64_t n, behind = 0;
	int64_t value;

	if (!span_to_u64(whole, &n))
		return false;
	if (!span_is_none(fraction) && !parse_fraction(fraction, &behind))
		return false;
	if (__builtin_mul_overflow(n, (uint64_t)NUMBER_ONE, &value) ||
	    __builtin_add_overflow(value, behind, &value))
		return false;
	*ret = minus ? -value : value;
	return true;
}

static bool parse_date(struct span s, int64_t *ret_s)
{
	uint64_t n;

	if (!span_to_u64(s, &n))
		return date_parse_iso8601_loose(s, ret_s);
	if (n > INT64_MAX)
		return false;
	*ret_s = (int64_t)n;
	return true;
}

static bool parse_bool(struct span s, int64_t *ret)
{
	*ret = span_equal_nocase(s, SPAN("true"));
	return *ret || span_equal_nocase(s, SPAN("false"));
}

static int compile_binary(struct arena *a, struct span text, struct span *ret)
{
	uint8_t *bytes;
	size_t len;

	if (!base64_len(text, &len))
		return POLICY_PATTERN_UNFIT;
	bytes = arena_array(a, len, 1);
	if (!bytes)
		return -ENOMEM;
	if (!base64_decode(text, bytes, len))
		return POLICY_PATTERN_UNFIT;
	*ret = (struct span){ bytes, len };
	return POLICY_PATTERN_OK;
}

/* Up to the next colon that is in no variable; SPAN_NONE behind the last. */
static struct span cut_part(struct span s, bool variables, struct span *ret_part)
{
	bool inside = false;

	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = span_bytes(s)[i];

		if (variables && span_starts_with(span_skip(s, i), SPAN("${")))
			inside = true;
		else if (inside && c == '}')
			inside = false;
		if (c == ':' && !inside) {
			*ret_part = span_first(s, i);
			return span_skip(s, i + 1);
		}
	}
	*ret_part = s;
	return SPAN_NONE;
}

static int compile_arn(struct arena *a, struct span text, bool variables,
		       const struct policy_pattern **ret)
{
	unsigned int flags = POLICY_PATTERN_WILDCARDS | (variables ? POLICY_PATTERN_VARIABLES : 0);
	struct policy_pattern *parts;

	*ret = NULL;
	if (span_equal(text, SPAN("*")))
		return POLICY_PATTERN_OK;
	parts = arena_array(a, POLICY_ARN_PARTS, sizeof(*parts));
	if (!parts)
		return -ENOMEM;
	for (unsigned int i = 0; i < POLICY_ARN_PARTS; i++) {
		bool is_last = i == POLICY_ARN_PARTS - 1;
		struct span part = text;
		int r;

		if (span_is_none(text))
			return POLICY_PATTERN_UNFIT;
		text = is_last ? SPAN_NONE : cut_part(text, variables, &part);
		if (i == 0 && !span_equal(part, SPAN("arn")))
			return POLICY_PATTERN_UNFIT;
		r = policy_pattern_compile(a, part, flags, &parts[i]);
		if (r)
			return r;
	}
	*ret = parts;
	return POLICY_PATTERN_OK;
}

static int fit_or_not(bool fits)
{
	return fits ? POLICY_PATTERN_OK : POLICY_PATTERN_UNFIT;
}

int policy_value_compile(struct arena *a, enum policy_operator o, struct span text, bool variables,
			 struct policy_value *ret)
{
	unsigned int flags = variables ? POLICY_PATTERN_VARIABLES : 0;

	switch (policy_operators[o].family) {
	case POLICY_FAMILY_STRING:
		if (policy_operators[o].test == POLICY_TEST_LIKE)
			flags |= POLICY_PATTERN_WILDCARDS;
		return policy_pattern_compile(a, text, flags, &ret->pattern);
	case POLICY_FAMILY_NUMERIC:
		return fit_or_not(parse_number(text, &ret->number));
	case POLICY_FAMILY_DATE:
		return fit_or_not(parse_date(text, &ret->number));
	case POLICY_FAMILY_BOOL:
	case POLICY_FAMILY_PRESENCE:
		return fit_or_not(parse_bool(text, &ret->number));
	case POLICY_FAMILY_BINARY:
		return compile_binary(a, text, &ret->bytes);
	case POLICY_FAMILY_IP:
		return fit_or_not(ip_network_parse(text, &ret->network));
	case POLICY_FAMILY_ARN:
		return compile_arn(a, text, variables, &ret->arn);
	}
	return POLICY_PATTERN_UNFIT;
}

static bool arn_is_fixed(const struct policy_pattern *arn)
{
	for (unsigned int i = 0; arn && i < POLICY_ARN_PARTS; i++)
		if (!policy_pattern_is_fixed(&arn[i]))
			return false;
	return arn;
}

bool policy_value_is_fixed(enum policy_operator o, const struct policy_value *v)
{
	enum policy_family family = policy_operators[o].family;

	if (family == POLICY_FAMILY_STRING)
		return policy_pattern_is_fixed(&v->pattern);
	return family != POLICY_FAMILY_ARN || arn_is_fixed(v->arn);
}

/* --- comparing ---------------------------------------------------------------------------- */

static bool is_in_order(enum policy_test test, int64_t a, int64_t b)
{
	switch (test) {
	case POLICY_TEST_EQUAL:
	case POLICY_TEST_EQUAL_ANY_CASE:
	case POLICY_TEST_LIKE:
		return a == b;
	case POLICY_TEST_LESS:
		return a < b;
	case POLICY_TEST_LESS_EQUAL:
		return a <= b;
	case POLICY_TEST_GREATER:
		return a > b;
	case POLICY_TEST_GREATER_EQUAL:
		return a >= b;
	}
	return false;
}

static enum policy_truth match_arn(struct policy_matcher *m, const struct policy_pattern *arn,
				   struct span text)
{
	enum policy_truth all = POLICY_YES;

	for (unsigned int i = 0; arn && i < POLICY_ARN_PARTS && all != POLICY_NO; i++) {
		struct span part = text;

		if (span_is_none(text))
			return POLICY_NO;
		text = i == POLICY_ARN_PARTS - 1 ? SPAN_NONE : span_cut(text, ':', &part);
		all = policy_and(all, policy_match(m, &arn[i], part, false));
	}
	return all;
}

enum policy_truth policy_value_fits(struct policy_matcher *m, enum policy_operator o,
				    const struct policy_value *v, struct span text)
{
	const struct policy_operator_row *row = &policy_operators[o];
	struct ip address;
	int64_t number;

	switch (row->family) {
	case POLICY_FAMILY_STRING:
		return policy_match(m, &v->pattern, text, row->test == POLICY_TEST_EQUAL_ANY_CASE);
	case POLICY_FAMILY_NUMERIC:
		return policy_truth_of(parse_number(text, &number) &&
				       is_in_order(row->test, number, v->number));
	case POLICY_FAMILY_DATE:
		return policy_truth_of(parse_date(text, &number) &&
				       is_in_order(row->test, number, v->number));
	case POLICY_FAMILY_BOOL:
		return policy_truth_of(parse_bool(text, &number) && number == v->number);
	case POLICY_FAMILY_BINARY:
		return policy_truth_of(span_equal(text, v->bytes));
	case POLICY_FAMILY_IP:
		return policy_truth_of(ip_parse(text, &address) &&
				       ip_network_has(&v->network, &address));
	case POLICY_FAMILY_ARN:
		return match_arn(m, v->arn, text);
	case POLICY_FAMILY_PRESENCE:
		break;
	}
	return POLICY_NO;
}
