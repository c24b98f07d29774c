/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/policy/statement.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>

#include "s3/policy/actions.h"
#include "s3/policy/principal.h"

#define ARN_PREFIX	"arn:aws:s3:::"
#define REAL_MAX	1e12 /* so that six digits behind the point are right */
#define NUMBER_TEXT_MAX 32

/* --- actions and resources ---------------------------------------------------------------- */

static int parse_action(struct policy_parser *p, struct span text, struct policy_pattern *ret)
{
	struct span vendor, name = span_cut(text, ':', &vendor);
	struct policy_quoted q;
	int r;

	if (span_equal(text, SPAN("*")))
		name = text;
	else if (span_is_none(name))
		return policy_refuse(p,
				     "Action '%s' does not begin with a vendor, as in s3:GetObject",
				     policy_quote(&q, text));
	else if (!span_equal_nocase(vendor, SPAN("s3")))
		return policy_refuse(p, "Vendor %s is not valid: there is only s3",
				     policy_quote(&q, vendor));
	r = policy_pattern_compile(&p->document->arena, name, POLICY_PATTERN_WILDCARDS, ret);
	if (r)
		return policy_refuse_pattern(p, r, "Action", text);
	if (policy_action_exists(&p->actions, ret))
		return 0;
	if (p->actions.exhausted)
		return policy_refuse(p, "There are too many wildcards in actions");
	return policy_refuse(p, "Policy has invalid action: %s", policy_quote(&q, text));
}

/* True if the pattern can mean the bucket or something in it: up to a star it must say so. */
static bool can_mean(const struct policy_pattern *pattern, struct span bucket)
{
	size_t i = 0;

	for (; i < pattern->count && i <= bucket.len; i++) {
		uint16_t token = pattern->tokens[i];

		if (token == POLICY_TOKEN_ANY || token >= POLICY_TOKEN_VARIABLE)
			return true;
		if (token != POLICY_TOKEN_ONE &&
		    token != (i < bucket.len ? span_bytes(bucket)[i] : '/'))
			return false;
	}
	return i >= bucket.len;
}

static int parse_resource(struct policy_parser *p, struct span text, struct policy_pattern *ret)
{
	unsigned int flags = POLICY_PATTERN_WILDCARDS;
	struct span name = text;
	struct policy_quoted q;
	int r;

	if (p->document->variables)
		flags |= POLICY_PATTERN_VARIABLES;
	if (!span_equal(text, SPAN("*"))) {
		if (!span_starts_with(text, SPAN(ARN_PREFIX)) || text.len == strlen(ARN_PREFIX))
			return policy_refuse(p, "Resource %s must be '*' or begin with " ARN_PREFIX,
					     policy_quote(&q, text));
		name = span_skip(text, strlen(ARN_PREFIX));
	}
	r = policy_pattern_compile(&p->document->arena, name, flags, ret);
	if (r)
		return policy_refuse_pattern(p, r, "Resource", text);
	if (p->rules->kind == POLICY_BUCKET && !can_mean(ret, p->rules->bucket))
		return policy_refuse(p, "Policy has invalid resource: %s is not in the bucket",
				     policy_quote(&q, text));
	return 0;
}

static int
parse_patterns(struct policy_parser *p, json_t *statement, const char *name, const char *opposite,
	       int (*parse_one)(struct policy_parser *, struct span, struct policy_pattern *),
	       struct policy_patterns *to)
{
	struct policy_pattern *patterns;
	json_t *list = NULL;
	int r = policy_pick(p, statement, name, opposite, &list, &to->negated);

	if (!r)
		r = policy_check_strings(p, list, to->negated ? opposite : name);
	if (r)
		return r;
	to->count = policy_list_count(list);
	patterns = policy_allocate(p, to->count, sizeof(*patterns));
	if (!patterns)
		return -ENOMEM;
	to->patterns = patterns;
	for (size_t i = 0; !r && i < to->count; i++)
		r = parse_one(p, policy_json_span(policy_list_item(list, i)), &patterns[i]);
	return r;
}

/* --- conditions --------------------------------------------------------------------------- */

/* Quotation marks are optional for numbers and Booleans. */
static bool value_text(const json_t *value, char buf[static NUMBER_TEXT_MAX], struct span *ret)
{
	if (json_is_string(value)) {
		*ret = policy_json_span(value);
		return true;
	}
	if (json_is_boolean(value))
		snprintf(buf, NUMBER_TEXT_MAX, "%s", json_is_true(value) ? "true" : "false");
	else if (json_is_integer(value))
		snprintf(buf, NUMBER_TEXT_MAX, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value) && fabs(json_real_value(value)) < REAL_MAX)
		snprintf(buf, NUMBER_TEXT_MAX, "%.6f", json_real_value(value));
	else
		return false;
	*ret = span_from_string(buf);
	return true;
}

static int parse_value(struct policy_parser *p, const struct policy_condition *c, const char *key,
		       const json_t *value, struct policy_value *ret)
{
	char buf[NUMBER_TEXT_MAX];
	struct span text;
	int r;

	if (!value_text(value, buf, &text))
		return policy_refuse(p,
				     "A value of the condition on %s is no text, number or Boolean",
				     policy_keys[c->key].name);
	r = policy_value_compile(&p->document->arena, c->kind, text, p->document->variables, ret);
	return policy_refuse_pattern(p, r, key, text);
}

static int find_key(struct policy_parser *p, const char *name, struct policy_condition *c)
{
	struct span tag;
	struct policy_quoted q;

	c->key = policy_key_find(span_from_string(name), &tag);
	if (c->key == POLICY_KEY_COUNT)
		return policy_refuse(p, "Policy has an invalid condition key: %s",
				     policy_quote(&q, span_from_string(name)));
	if (policy_keys[c->key].shape == POLICY_SHAPE_MANY && c->quantifier == POLICY_SINGLE &&
	    policy_operators[c->kind].family != POLICY_FAMILY_PRESENCE)
		return policy_refuse(p, "%s has many values and needs ForAllValues or ForAnyValue",
				     policy_keys[c->key].name);
	return policy_keep(p, tag, &c->tag);
}

static int parse_condition(struct policy_parser *p, const char *key, json_t *list,
			   struct policy_condition *c)
{
	int r = find_key(p, key, c);

	if (!r)
		r = policy_check_list(p, list, policy_keys[c->key].name);
	if (r)
		return r;
	c->value_count = policy_list_count(list);
	c->values = policy_allocate(p, c->value_count, sizeof(*c->values));
	if (!c->values)
		return -ENOMEM;
	for (size_t i = 0; !r && i < c->value_count; i++)
		r = parse_value(p, c, policy_keys[c->key].name, policy_list_item(list, i),
				&c->values[i]);
	return r;
}

static int parse_operator(struct policy_parser *p, const char *name, json_t *keys,
			  struct policy_statement *s, struct policy_condition *conditions)
{
	struct policy_condition like = { 0 };
	struct policy_quoted q;
	const char *key;
	json_t *list;

	if (!policy_operator_parse(span_from_string(name), &like))
		return policy_refuse(p, "Invalid condition operator: %s",
				     policy_quote(&q, span_from_string(name)));
	if (!json_is_object(keys))
		return policy_refuse(p, "%s must be an object",
				     policy_quote(&q, span_from_string(name)));
	json_object_foreach(keys, key, list)
	{
		struct policy_condition *c = &conditions[s->condition_count];
		int r;

		*c = like;
		r = parse_condition(p, key, list, c);
		if (r)
			return r;
		s->condition_count++;
	}
	return 0;
}

static size_t count_conditions(json_t *block)
{
	size_t n = 0;
	const char *name;
	json_t *keys;

	json_object_foreach(block, name, keys) n += json_object_size(keys);
	return n;
}

static int parse_conditions(struct policy_parser *p, json_t *statement, struct policy_statement *s)
{
	json_t *block = json_object_get(statement, "Condition"), *keys;
	struct policy_condition *conditions;
	size_t n = count_conditions(block);
	const char *name;

	if (!block)
		return 0;
	if (!json_is_object(block))
		return policy_refuse(p, "Condition must be an object");
	if (n > POLICY_CONDITIONS_MAX)
		return policy_refuse(p, "There are more than %d conditions", POLICY_CONDITIONS_MAX);
	conditions = policy_allocate(p, n, sizeof(*conditions));
	if (!conditions)
		return -ENOMEM;
	s->conditions = conditions;
	json_object_foreach(block, name, keys)
	{
		int r = parse_operator(p, name, keys, s, conditions);

		if (r)
			return r;
	}
	return 0;
}

/* --- statements --------------------------------------------------------------------------- */

static bool sid_is_valid(const struct policy_parser *p, struct span sid)
{
	if (p->rules->kind == POLICY_BUCKET)
		return true;
	for (size_t i = 0; i < sid.len; i++)
		if (!isalnum(span_bytes(sid)[i]))
			return false;
	return true;
}

static int parse_sid(struct policy_parser *p, const json_t *statement,
		     const struct policy_statement *all, struct policy_statement *s)
{
	const json_t *sid = json_object_get(statement, "Sid");

	if (!sid)
		return 0;
	if (!json_is_string(sid))
		return policy_refuse(p, "Sid must be a text");
	if (!sid_is_valid(p, policy_json_span(sid)))
		return policy_refuse(p, "Statement IDs (SID) must be alpha-numeric");
	for (const struct policy_statement *other = all; json_string_length(sid) && other < s;
	     other++)
		if (!span_is_none(other->sid) && span_equal(other->sid, policy_json_span(sid)))
			return policy_refuse(p, "Statement IDs (SID) must be unique");
	return policy_keep(p, policy_json_span(sid), &s->sid);
}

static int parse_effect(struct policy_parser *p, const json_t *statement,
			struct policy_statement *s)
{
	const json_t *effect = json_object_get(statement, "Effect");
	struct span text = policy_json_span(effect);
	struct policy_quoted q;

	if (!effect)
		return policy_refuse(p, "Missing required field Effect");
	s->allows = span_equal(text, SPAN("Allow"));
	if (!s->allows && !span_equal(text, SPAN("Deny")))
		return policy_refuse(p, "Invalid effect: %s", policy_quote(&q, text));
	return 0;
}

int policy_parse_statement(struct policy_parser *p, json_t *statement,
			   const struct policy_statement *all, struct policy_statement *s)
{
	static const char *const known[] = { "Sid",	     "Effect",	    "Principal",
					     "NotPrincipal", "Action",	    "NotAction",
					     "Resource",     "NotResource", "Condition" };
	int r;

	if (!json_is_object(statement))
		return policy_refuse(p, "It must be an object");
	r = policy_check_elements(p, statement, known, ARRAY_SIZE(known));
	if (!r)
		r = parse_sid(p, statement, all, s);
	if (!r)
		r = parse_effect(p, statement, s);
	if (!r)
		r = policy_parse_principals(p, statement, s->allows, &s->principals);
	if (!r)
		r = parse_patterns(p, statement, "Action", "NotAction", parse_action, &s->actions);
	if (!r)
		r = parse_patterns(p, statement, "Resource", "NotResource", parse_resource,
				   &s->resources);
	if (!r)
		r = parse_conditions(p, statement, s);
	return r;
}
