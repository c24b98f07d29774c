/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/policy/cost.h"

#include "s3/names.h"

#define ACTION_TEXT_MAX	  64
#define RESOURCE_TEXT_MAX (S3_BUCKET_NAME_MAX + 1 + S3_KEY_MAX)
#define TAG_TEXT_MAX	  (4 * 256) /* characters of up to four bytes */
#define TAGS_MAX	  50
#define NAME_TEXT_MAX	  64 /* of users there are */
#define SHORT_TEXT_MAX	  64 /* times, accounts, and what Coffer itself says */
#define ARN_TEXT_MAX	  (sizeof("arn:aws:iam:::user/") + POLICY_ACCOUNT_MAX + POLICY_USER_MAX)

/* --- texts -------------------------------------------------------------------------------- */

static size_t text_max(enum policy_key key)
{
	if (policy_keys[key].shape != POLICY_SHAPE_ONE)
		return TAG_TEXT_MAX;
	if (key == POLICY_KEY_PRINCIPAL_ARN)
		return ARN_TEXT_MAX;
	if (key == POLICY_KEY_USER_NAME)
		return NAME_TEXT_MAX;
	if (key == POLICY_KEY_USER_ID || key == POLICY_KEY_PRINCIPAL_ACCOUNT ||
	    key == POLICY_KEY_PRINCIPAL_TYPE || key == POLICY_KEY_SOURCE_IP ||
	    key == POLICY_KEY_CURRENT_TIME || key == POLICY_KEY_EPOCH_TIME)
		return SHORT_TEXT_MAX;
	return POLICY_VALUE_TEXT_MAX;
}

/* Names and ids have no slash in them, which is what mostly stands before them. */
static bool may_have(enum policy_key key, uint16_t token)
{
	return token != '/' || text_max(key) > NAME_TEXT_MAX;
}

/* --- patterns ----------------------------------------------------------------------------- */

static bool is_alike(uint16_t a, uint16_t b)
{
	return a == POLICY_TOKEN_ONE || a == b ||
	       (a <= UINT8_MAX && b <= UINT8_MAX &&
		ascii_lower((uint8_t)a) == ascii_lower((uint8_t)b));
}

/* How often what stands at `first` may stand in what a token means. */
static size_t count_token(const struct policy_pattern *p, uint16_t token, uint16_t first)
{
	const struct policy_variable *v;

	if (token < POLICY_TOKEN_VARIABLE)
		return first >= POLICY_TOKEN_ONE || is_alike(token, first);
	v = &p->variables[token - POLICY_TOKEN_VARIABLE];
	return may_have(v->key, first) ? MAX(text_max(v->key), v->otherwise.len) : 1;
}

/*
 * What is behind a star is tried at each place of the text. Of those tries that look at one place
 * at the same time, all but one began where something like the first token stands.
 */
static size_t tries_of_segment(const struct policy_pattern *p, size_t begin, size_t *ret_end)
{
	size_t n = 1, i = begin;

	for (; i < p->count && p->tokens[i] != POLICY_TOKEN_ANY; i++)
		n += count_token(p, p->tokens[i], p->tokens[begin]);
	*ret_end = i;
	return n;
}

static size_t cost_of_pattern(const struct policy_pattern *p, size_t text_len)
{
	size_t tries = 0, i = 0;

	while (i < p->count && p->tokens[i] != POLICY_TOKEN_ANY)
		i++;
	if (i == p->count)
		return (p->variable_count ? text_len : MIN(p->count, text_len)) + 2;
	while (i < p->count) {
		size_t n = tries_of_segment(p, i + 1, &i);

		tries = MAX(tries, n);
	}
	return p->count + 2 + (text_len + 1) * tries;
}

static size_t cost_of_patterns(const struct policy_patterns *all, size_t text_len)
{
	size_t n = 0;

	for (size_t i = 0; i < all->count; i++)
		n += cost_of_pattern(&all->patterns[i], text_len);
	return n;
}

/* --- conditions --------------------------------------------------------------------------- */

static size_t cost_of_value(enum policy_operator o, const struct policy_value *v, size_t text_len)
{
	size_t n = 1;

	if (policy_operators[o].family == POLICY_FAMILY_STRING)
		return cost_of_pattern(&v->pattern, text_len);
	for (size_t i = 0; v->arn && i < POLICY_ARN_PARTS; i++)
		n += cost_of_pattern(&v->arn[i], text_len);
	return n;
}

static size_t cost_of_condition(const struct policy_condition *c)
{
	size_t times = policy_keys[c->key].shape == POLICY_SHAPE_MANY ? TAGS_MAX : 1, n = 0;

	for (size_t i = 0; i < c->value_count; i++)
		n += cost_of_value(c->kind, &c->values[i], text_max(c->key));
	return n * times;
}

size_t policy_cost(const struct policy_document *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->statement_count; i++) {
		const struct policy_statement *s = &d->statements[i];

		n += cost_of_patterns(&s->actions, ACTION_TEXT_MAX);
		n += cost_of_patterns(&s->resources, RESOURCE_TEXT_MAX);
		for (size_t j = 0; j < s->condition_count; j++)
			n += cost_of_condition(&s->conditions[j]);
	}
	return n;
}
