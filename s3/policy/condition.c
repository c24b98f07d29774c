/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/policy/condition.h"

#include "s3/pairs.h"

static enum policy_quantifier take_quantifier(struct span *text)
{
	static const struct {
		const char *prefix;
		enum policy_quantifier quantifier;
	} prefixes[] = {
		{ "ForAllValues:", POLICY_FOR_ALL },
		{ "ForAnyValue:", POLICY_FOR_ANY },
	};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		struct span prefix = span_from_string(prefixes[i].prefix);

		if (span_starts_with(*text, prefix)) {
			*text = span_skip(*text, prefix.len);
			return prefixes[i].quantifier;
		}
	}
	return POLICY_SINGLE;
}

static bool take_if_exists(struct span *text)
{
	struct span suffix = SPAN("IfExists");

	if (text->len < suffix.len || !span_equal(span_skip(*text, text->len - suffix.len), suffix))
		return false;
	text->len -= suffix.len;
	return true;
}

bool policy_operator_parse(struct span text, struct policy_condition *ret)
{
	enum policy_quantifier quantifier = take_quantifier(&text);
	bool if_exists = take_if_exists(&text);

	for (unsigned int i = 0; i < POLICY_OPERATOR_COUNT; i++) {
		if (!span_equal(text, span_from_string(policy_operators[i].name)))
			continue;
		/* What asks whether there is a value is asked of the key as a whole. */
		if (policy_operators[i].family == POLICY_FAMILY_PRESENCE &&
		    (if_exists || quantifier != POLICY_SINGLE))
			return false;
		ret->kind = (enum policy_operator)i;
		ret->quantifier = quantifier;
		ret->if_exists = if_exists;
		return true;
	}
	return false;
}

/* --- holding ------------------------------------------------------------------------------ */

static enum policy_truth fits_one(struct policy_matcher *m, const struct policy_condition *c,
				  struct span text)
{
	enum policy_truth any = POLICY_NO;

	for (size_t i = 0; i < c->value_count && any != POLICY_YES; i++)
		any = policy_or(any, policy_value_fits(m, c->kind, &c->values[i], text));
	return policy_operators[c->kind].negated ? policy_not(any) : any;
}

/* What holds of a request that has no value for the key. */
static enum policy_truth without_value(const struct policy_condition *c)
{
	switch (c->quantifier) {
	case POLICY_SINGLE:
		return policy_truth_of(c->if_exists || policy_operators[c->kind].negated);
	case POLICY_FOR_ALL:
		return POLICY_YES;
	case POLICY_FOR_ANY:
		return policy_truth_of(c->if_exists);
	}
	return POLICY_NO;
}

static enum policy_truth holds_of_many(struct policy_matcher *m, const struct policy_condition *c)
{
	enum policy_truth all = POLICY_YES, any = POLICY_NO;
	struct span pairs, name, value;

	if (policy_context_get_many(m->context, c->key, &pairs) == POLICY_UNKNOWN)
		return POLICY_UNKNOWN;
	if (!pairs.len)
		return without_value(c);
	while (pairs_next(&pairs, &name, &value) > 0) {
		enum policy_truth t = fits_one(m, c, name);

		all = policy_and(all, t);
		any = policy_or(any, t);
	}
	return c->quantifier == POLICY_FOR_ALL ? all : any;
}

static enum policy_truth holds_of_one(struct policy_matcher *m, const struct policy_condition *c)
{
	struct span text;
	enum policy_truth there = policy_context_get(m->context, c->key, c->tag, &text);

	if (there == POLICY_UNKNOWN)
		return POLICY_UNKNOWN;
	/* To a set, an empty value is none. */
	if (there == POLICY_NO || (c->quantifier != POLICY_SINGLE && !text.len))
		return without_value(c);
	return fits_one(m, c, text);
}

static enum policy_truth is_there(struct policy_matcher *m, const struct policy_condition *c)
{
	struct span value = SPAN_NONE;
	enum policy_truth t;

	if (policy_keys[c->key].shape != POLICY_SHAPE_MANY)
		return policy_context_get(m->context, c->key, c->tag, &value);
	t = policy_context_get_many(m->context, c->key, &value);
	return t == POLICY_YES ? policy_truth_of(value.len) : t;
}

/* Null: "true" says that there is none. Several values can ask for both, which always holds. */
static enum policy_truth null_holds(struct policy_matcher *m, const struct policy_condition *c)
{
	enum policy_truth there = is_there(m, c), any = POLICY_NO;

	for (size_t i = 0; i < c->value_count; i++)
		any = policy_or(any, c->values[i].number ? policy_not(there) : there);
	return any;
}

enum policy_truth policy_condition_holds(struct policy_matcher *m, const struct policy_condition *c)
{
	if (policy_operators[c->kind].family == POLICY_FAMILY_PRESENCE)
		return null_holds(m, c);
	if (policy_keys[c->key].shape == POLICY_SHAPE_MANY)
		return holds_of_many(m, c);
	return holds_of_one(m, c);
}
