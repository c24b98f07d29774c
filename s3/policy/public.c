/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/policy/public.h"

#define WIDEST_V4 (IP_BITS - IP_V4_BITS + 8)
#define WIDEST_V6 32

/* The private networks of RFC 1918, which S3 excepts, are no wider than that either. */
static bool is_narrow(const struct ip_network *n)
{
	return n->bits >= (ip_is_v4(&n->first) ? WIDEST_V4 : WIDEST_V6);
}

/* Operators that hold only where the request has a value, and one of those in the policy. */
static bool wants_a_value(const struct policy_condition *c)
{
	const struct policy_operator_row *o = &policy_operators[c->kind];

	if (o->negated || c->if_exists || c->quantifier == POLICY_FOR_ALL)
		return false;
	return o->test == POLICY_TEST_EQUAL || o->test == POLICY_TEST_EQUAL_ANY_CASE ||
	       o->test == POLICY_TEST_LIKE;
}

/* What is compared with is fixed, so that nothing has to be known of a request. */
static bool means_anonymous(const struct policy_condition *c, const struct policy_value *v)
{
	static const struct policy_context nothing;
	struct policy_matcher m = { .context = &nothing, .steps = POLICY_STEPS_MAX };

	return policy_value_fits(&m, c->kind, v, SPAN(POLICY_ANONYMOUS_NAME)) != POLICY_NO;
}

static bool is_narrow_value(const struct policy_condition *c, const struct policy_value *v)
{
	switch (policy_operators[c->kind].family) {
	case POLICY_FAMILY_IP:
		return c->key == POLICY_KEY_SOURCE_IP && is_narrow(&v->network);
	case POLICY_FAMILY_STRING:
	case POLICY_FAMILY_ARN:
		return policy_keys[c->key].fixes && policy_value_is_fixed(c->kind, v) &&
		       !means_anonymous(c, v);
	case POLICY_FAMILY_NUMERIC:
	case POLICY_FAMILY_DATE:
	case POLICY_FAMILY_BOOL:
	case POLICY_FAMILY_BINARY:
	case POLICY_FAMILY_PRESENCE:
		break;
	}
	return false;
}

static bool is_narrow_condition(const struct policy_condition *c)
{
	if (!wants_a_value(c))
		return false;
	for (size_t i = 0; i < c->value_count; i++)
		if (!is_narrow_value(c, &c->values[i]))
			return false;
	return true;
}

static bool is_public_statement(const struct policy_statement *s)
{
	if (!s->allows)
		return false;
	if (!s->principals.anyone && !s->principals.negated)
		return false;
	for (size_t i = 0; i < s->condition_count; i++)
		if (is_narrow_condition(&s->conditions[i]))
			return false;
	return true;
}

bool policy_is_public(const struct policy_document *d)
{
	for (size_t i = 0; i < d->statement_count; i++)
		if (is_public_statement(&d->statements[i]))
			return true;
	return false;
}

enum policy_answer policy_restrict(enum policy_answer a, bool is_public, unsigned int blocks,
				   bool same_account)
{
	bool is_cut = is_public && !same_account && s3_blocks(blocks, S3_BLOCK_RESTRICT);

	return is_cut && a == POLICY_SAYS_ALLOW ? POLICY_SAYS_NOTHING : a;
}
