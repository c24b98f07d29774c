/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/policy/principal.h"

#include <ctype.h>

#define IAM_PREFIX    "arn:aws:iam::"
#define CANONICAL_LEN 64

static bool is_account(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!isalnum(span_bytes(s)[i]) && span_bytes(s)[i] != '-')
			return false;
	return s.len && s.len <= POLICY_ACCOUNT_MAX;
}

static bool is_canonical(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!isxdigit(span_bytes(s)[i]))
			return false;
	return s.len == CANONICAL_LEN;
}

/* An account's id, or arn:aws:iam::ACCOUNT:root or :user/NAME. Wildcards would name strangers. */
static bool take_aws(struct span s, struct policy_named *ret)
{
	struct span rest, user = SPAN("user/");

	*ret = (struct policy_named){ .kind = POLICY_NAMED_ACCOUNT, .account = s };
	if (is_account(s))
		return true;
	if (!span_starts_with(s, SPAN(IAM_PREFIX)))
		return false;
	rest = span_cut(span_skip(s, strlen(IAM_PREFIX)), ':', &ret->account);
	if (span_equal(rest, SPAN("root")))
		return is_account(ret->account);
	if (rest.len <= user.len || !span_starts_with(rest, user))
		return false;
	ret->kind = POLICY_NAMED_USER;
	ret->user = span_skip(rest, user.len);
	return is_account(ret->account) && ret->user.len <= POLICY_USER_MAX &&
	       !memchr(ret->user.data, '*', ret->user.len) &&
	       !memchr(ret->user.data, '?', ret->user.len);
}

static bool take_named(bool canonical, struct span s, struct policy_named *ret)
{
	if (!canonical)
		return take_aws(s, ret);
	*ret = (struct policy_named){ .kind = POLICY_NAMED_CANONICAL, .account = s };
	return is_canonical(s);
}

static int add_named(struct policy_parser *p, json_t *list, bool canonical,
		     struct policy_principals *to, struct policy_named *named)
{
	for (size_t i = 0; i < policy_list_count(list); i++) {
		struct span text = policy_json_span(policy_list_item(list, i));
		struct policy_named *n = &named[to->count];
		struct policy_quoted q;
		int r;

		if (!canonical && span_equal(text, SPAN("*"))) {
			to->anyone = true;
			continue;
		}
		if (!take_named(canonical, text, n))
			return policy_refuse(p, "Invalid principal in policy: %s",
					     policy_quote(&q, text));
		r = policy_keep(p, n->account, &n->account);
		if (!r)
			r = policy_keep(p, n->user, &n->user);
		if (r)
			return r;
		to->count++;
	}
	return 0;
}

static int parse_principal_map(struct policy_parser *p, json_t *map, struct policy_principals *to)
{
	static const char *const known[] = { "AWS", "CanonicalUser" };
	struct policy_named *named;
	size_t count = 0;
	int r = policy_check_elements(p, map, known, ARRAY_SIZE(known));

	for (size_t i = 0; !r && i < ARRAY_SIZE(known); i++) {
		json_t *list = json_object_get(map, known[i]);

		r = list ? policy_check_strings(p, list, known[i]) : 0;
		count += list ? policy_list_count(list) : 0;
	}
	if (r)
		return r;
	if (!count)
		return policy_refuse(p, "Principal names nobody");
	named = policy_allocate(p, count, sizeof(*named));
	if (!named)
		return -ENOMEM;
	to->named = named;
	for (size_t i = 0; !r && i < ARRAY_SIZE(known); i++) {
		json_t *list = json_object_get(map, known[i]);

		r = list ? add_named(p, list, i == 1, to, named) : 0;
	}
	return r;
}

int policy_parse_principals(struct policy_parser *p, json_t *statement, bool allows,
			    struct policy_principals *to)
{
	json_t *value = NULL;
	int r;

	if (p->rules->kind == POLICY_IDENTITY) {
		if (json_object_get(statement, "Principal") ||
		    json_object_get(statement, "NotPrincipal"))
			return policy_refuse(p, "A policy of an identity has no Principal");
		return 0;
	}
	r = policy_pick(p, statement, "Principal", "NotPrincipal", &value, &to->negated);
	if (r)
		return r;
	if (to->negated && allows && p->rules->is_put)
		return policy_refuse(p,
				     "NotPrincipal goes with Deny only: with Allow it would let in "
				     "everybody else");
	if (json_is_object(value))
		return parse_principal_map(p, value, to);
	to->anyone = span_equal(policy_json_span(value), SPAN("*"));
	return to->anyone ? 0 : policy_refuse(p, "Principal must be '*' or an object");
}
