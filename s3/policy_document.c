/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/policy_document.h"

#include <ctype.h>
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "s3/errors.h"
#include "s3/policy_actions.h"

#define ARENA_MAX	(4 * MIB)
#define QUOTE_MAX	64 /* bytes of the policy in a complaint */
#define ARN_PREFIX	"arn:aws:s3:::"
#define IAM_PREFIX	"arn:aws:iam::"
#define CANONICAL_LEN	64
#define REAL_MAX	1e12 /* so that six digits behind the point are right */
#define NUMBER_TEXT_MAX 32

struct parser {
	struct policy_document *document;
	const struct policy_rules *rules;
	size_t statement; /* from 1; 0 outside of all */
	struct policy_complaint *complaint;
};

/* --- complaints --------------------------------------------------------------------------- */

static int printf_like(2, 3) refuse(struct parser *p, const char *format, ...)
{
	char *text = p->complaint->text;
	int n = 0;
	va_list ap;

	if (p->statement)
		n = snprintf(text, POLICY_COMPLAINT_MAX, "Statement %zu: ", p->statement);
	va_start(ap, format);
	vsnprintf(text + n, POLICY_COMPLAINT_MAX - (size_t)n, format, ap);
	va_end(ap);
	return S3_ERROR_MALFORMED_POLICY;
}

struct quote {
	char text[QUOTE_MAX + sizeof("...")];
};

/* What is shown of the policy itself; bytes that a terminal or a log would not show are not. */
static const char *quote(struct quote *q, struct span s)
{
	size_t n = MIN(s.len, (size_t)QUOTE_MAX);

	for (size_t i = 0; i < n; i++) {
		uint8_t c = span_bytes(s)[i];

		q->text[i] = c >= ' ' && c < 0x7f ? (char)c : '?';
	}
	strcpy(q->text + n, s.len > n ? "..." : "");
	return q->text;
}

static int refuse_pattern(struct parser *p, int outcome, const char *what, struct span text)
{
	struct quote q;

	switch ((enum policy_pattern_outcome)outcome) {
	case POLICY_PATTERN_OK:
		return 0;
	case POLICY_PATTERN_OPEN:
		return refuse(p, "The variable in %s '%s' is not closed", what, quote(&q, text));
	case POLICY_PATTERN_UNKNOWN:
		return refuse(p, "The variable in %s '%s' is not known", what, quote(&q, text));
	case POLICY_PATTERN_MANY:
		return refuse(p, "The variable in %s '%s' has many values", what, quote(&q, text));
	case POLICY_PATTERN_CROWDED:
		return refuse(p, "There are more than %d variables in %s '%s'",
			      POLICY_VARIABLES_MAX, what, quote(&q, text));
	case POLICY_PATTERN_UNFIT:
		return refuse(p, "%s '%s' is not of the form that the operator wants", what,
			      quote(&q, text));
	}
	return outcome;
}

/* --- JSON --------------------------------------------------------------------------------- */

static struct span json_span(const json_t *string)
{
	return (struct span){ json_string_value(string), json_string_length(string) };
}

/* A value, or a list of them: both are lists here. */
static size_t list_count(const json_t *list)
{
	return json_is_array(list) ? json_array_size(list) : 1;
}

static json_t *list_item(json_t *list, size_t i)
{
	return json_is_array(list) ? json_array_get(list, i) : list;
}

static int check_list(struct parser *p, const json_t *list, const char *name)
{
	if (!list_count(list))
		return refuse(p, "%s is empty", name);
	if (list_count(list) > POLICY_ITEMS_MAX)
		return refuse(p, "%s has more than %d items", name, POLICY_ITEMS_MAX);
	return 0;
}

/* A list in which everything is a text that is not empty. */
static int check_strings(struct parser *p, json_t *list, const char *name)
{
	int r = check_list(p, list, name);

	for (size_t i = 0; !r && i < list_count(list); i++)
		if (!json_string_length(list_item(list, i)))
			r = refuse(p, "%s must be a text or a list of texts", name);
	return r;
}

static int check_elements(struct parser *p, json_t *object, const char *const *known, size_t n)
{
	const char *name;
	json_t *value;
	struct quote q;

	json_object_foreach(object, name, value)
	{
		size_t i = 0;

		while (i < n && strcmp(known[i], name))
			i++;
		if (i == n)
			return refuse(p, "Unknown field %s", quote(&q, span_from_string(name)));
	}
	return 0;
}

/* One of an element and its opposite must be there: Action or NotAction. */
static int pick(struct parser *p, const json_t *object, const char *name, const char *opposite,
		json_t **ret, bool *ret_negated)
{
	json_t *plain = json_object_get(object, name), *negated = json_object_get(object, opposite);

	if (plain && negated)
		return refuse(p, "There are both %s and %s", name, opposite);
	if (!plain && !negated)
		return refuse(p, "Missing required field %s", name);
	*ret = plain ? plain : negated;
	*ret_negated = negated;
	return 0;
}

static void *allocate(struct parser *p, size_t n, size_t size)
{
	return arena_array(&p->document->arena, n, size);
}

static int keep(struct parser *p, struct span s, struct span *ret)
{
	return arena_copy(&p->document->arena, s, ret) ? 0 : -ENOMEM;
}

/* --- principals --------------------------------------------------------------------------- */

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

static int add_named(struct parser *p, json_t *list, bool canonical, struct policy_principals *to,
		     struct policy_named *named)
{
	for (size_t i = 0; i < list_count(list); i++) {
		struct span text = json_span(list_item(list, i));
		struct policy_named *n = &named[to->count];
		struct quote q;
		int r;

		if (!canonical && span_equal(text, SPAN("*"))) {
			to->anyone = true;
			continue;
		}
		if (!take_named(canonical, text, n))
			return refuse(p, "Invalid principal in policy: %s", quote(&q, text));
		r = keep(p, n->account, &n->account);
		if (!r)
			r = keep(p, n->user, &n->user);
		if (r)
			return r;
		to->count++;
	}
	return 0;
}

static int parse_principal_map(struct parser *p, json_t *map, struct policy_principals *to)
{
	static const char *const known[] = { "AWS", "CanonicalUser" };
	struct policy_named *named;
	size_t count = 0;
	int r = check_elements(p, map, known, ARRAY_SIZE(known));

	for (size_t i = 0; !r && i < ARRAY_SIZE(known); i++) {
		json_t *list = json_object_get(map, known[i]);

		r = list ? check_strings(p, list, known[i]) : 0;
		count += list ? list_count(list) : 0;
	}
	if (r)
		return r;
	if (!count)
		return refuse(p, "Principal names nobody");
	named = allocate(p, count, sizeof(*named));
	if (!named)
		return -ENOMEM;
	to->named = named;
	for (size_t i = 0; !r && i < ARRAY_SIZE(known); i++) {
		json_t *list = json_object_get(map, known[i]);

		r = list ? add_named(p, list, i == 1, to, named) : 0;
	}
	return r;
}

static int parse_principals(struct parser *p, json_t *statement, struct policy_principals *to)
{
	json_t *value = NULL;
	int r;

	if (p->rules->kind == POLICY_IDENTITY) {
		if (json_object_get(statement, "Principal") ||
		    json_object_get(statement, "NotPrincipal"))
			return refuse(p, "A policy of an identity has no Principal");
		return 0;
	}
	r = pick(p, statement, "Principal", "NotPrincipal", &value, &to->negated);
	if (r)
		return r;
	if (json_is_object(value))
		return parse_principal_map(p, value, to);
	to->anyone = span_equal(json_span(value), SPAN("*"));
	return to->anyone ? 0 : refuse(p, "Principal must be '*' or an object");
}

/* --- actions and resources ---------------------------------------------------------------- */

static int parse_action(struct parser *p, struct span text, struct policy_pattern *ret)
{
	struct span vendor, name = span_cut(text, ':', &vendor);
	struct quote q;
	int r;

	if (span_equal(text, SPAN("*")))
		name = text;
	else if (span_is_none(name))
		return refuse(p, "Action '%s' does not begin with a vendor, as in s3:GetObject",
			      quote(&q, text));
	else if (!span_equal_nocase(vendor, SPAN("s3")))
		return refuse(p, "Vendor %s is not valid: there is only s3", quote(&q, vendor));
	r = policy_pattern_compile(&p->document->arena, name, POLICY_PATTERN_WILDCARDS, ret);
	if (r)
		return refuse_pattern(p, r, "Action", text);
	return policy_action_exists(ret)
		       ? 0
		       : refuse(p, "Policy has invalid action: %s", quote(&q, text));
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

static int parse_resource(struct parser *p, struct span text, struct policy_pattern *ret)
{
	unsigned int flags = POLICY_PATTERN_WILDCARDS;
	struct span name = text;
	struct quote q;
	int r;

	if (p->document->variables)
		flags |= POLICY_PATTERN_VARIABLES;
	if (!span_equal(text, SPAN("*"))) {
		if (!span_starts_with(text, SPAN(ARN_PREFIX)) || text.len == strlen(ARN_PREFIX))
			return refuse(p, "Resource %s must be '*' or begin with " ARN_PREFIX,
				      quote(&q, text));
		name = span_skip(text, strlen(ARN_PREFIX));
	}
	r = policy_pattern_compile(&p->document->arena, name, flags, ret);
	if (r)
		return refuse_pattern(p, r, "Resource", text);
	if (p->rules->kind == POLICY_BUCKET && !can_mean(ret, p->rules->bucket))
		return refuse(p, "Policy has invalid resource: %s is not in the bucket",
			      quote(&q, text));
	return 0;
}

static int parse_patterns(struct parser *p, json_t *statement, const char *name,
			  const char *opposite,
			  int (*parse_one)(struct parser *, struct span, struct policy_pattern *),
			  struct policy_patterns *to)
{
	struct policy_pattern *patterns;
	json_t *list = NULL;
	int r = pick(p, statement, name, opposite, &list, &to->negated);

	if (!r)
		r = check_strings(p, list, to->negated ? opposite : name);
	if (r)
		return r;
	to->count = list_count(list);
	patterns = allocate(p, to->count, sizeof(*patterns));
	if (!patterns)
		return -ENOMEM;
	to->patterns = patterns;
	for (size_t i = 0; !r && i < to->count; i++)
		r = parse_one(p, json_span(list_item(list, i)), &patterns[i]);
	return r;
}

/* --- conditions --------------------------------------------------------------------------- */

/* Quotation marks are optional for numbers and Booleans. */
static bool value_text(const json_t *value, char buf[static NUMBER_TEXT_MAX], struct span *ret)
{
	if (json_is_string(value)) {
		*ret = json_span(value);
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

static int parse_value(struct parser *p, const struct policy_condition *c, const char *key,
		       const json_t *value, struct policy_value *ret)
{
	char buf[NUMBER_TEXT_MAX];
	struct span text;
	int r;

	if (!value_text(value, buf, &text))
		return refuse(p, "A value of the condition on %s is no text, number or Boolean",
			      policy_keys[c->key].name);
	r = policy_value_compile(&p->document->arena, c->kind, text, p->document->variables, ret);
	return refuse_pattern(p, r, key, text);
}

static int find_key(struct parser *p, const char *name, struct policy_condition *c)
{
	struct span tag;
	struct quote q;

	c->key = policy_key_find(span_from_string(name), &tag);
	if (c->key == POLICY_KEY_COUNT)
		return refuse(p, "Policy has an invalid condition key: %s",
			      quote(&q, span_from_string(name)));
	if (policy_keys[c->key].shape == POLICY_SHAPE_MANY && c->quantifier == POLICY_SINGLE &&
	    policy_operators[c->kind].family != POLICY_FAMILY_PRESENCE)
		return refuse(p, "%s has many values and needs ForAllValues or ForAnyValue",
			      policy_keys[c->key].name);
	return keep(p, tag, &c->tag);
}

static int parse_condition(struct parser *p, const char *key, json_t *list,
			   struct policy_condition *c)
{
	int r = find_key(p, key, c);

	if (!r)
		r = check_list(p, list, policy_keys[c->key].name);
	if (r)
		return r;
	c->value_count = list_count(list);
	c->values = allocate(p, c->value_count, sizeof(*c->values));
	if (!c->values)
		return -ENOMEM;
	for (size_t i = 0; !r && i < c->value_count; i++)
		r = parse_value(p, c, policy_keys[c->key].name, list_item(list, i), &c->values[i]);
	return r;
}

static int parse_operator(struct parser *p, const char *name, json_t *keys,
			  struct policy_statement *s, struct policy_condition *conditions)
{
	struct policy_condition like = { 0 };
	struct quote q;
	const char *key;
	json_t *list;

	if (!policy_operator_parse(span_from_string(name), &like))
		return refuse(p, "Invalid condition operator: %s",
			      quote(&q, span_from_string(name)));
	if (!json_is_object(keys))
		return refuse(p, "%s must be an object", quote(&q, span_from_string(name)));
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

static int parse_conditions(struct parser *p, json_t *statement, struct policy_statement *s)
{
	json_t *block = json_object_get(statement, "Condition"), *keys;
	struct policy_condition *conditions;
	size_t n = count_conditions(block);
	const char *name;

	if (!block)
		return 0;
	if (!json_is_object(block))
		return refuse(p, "Condition must be an object");
	if (n > POLICY_CONDITIONS_MAX)
		return refuse(p, "There are more than %d conditions", POLICY_CONDITIONS_MAX);
	conditions = allocate(p, n, sizeof(*conditions));
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

static bool sid_is_valid(const struct parser *p, struct span sid)
{
	if (p->rules->kind == POLICY_BUCKET)
		return true;
	for (size_t i = 0; i < sid.len; i++)
		if (!isalnum(span_bytes(sid)[i]))
			return false;
	return true;
}

static int parse_sid(struct parser *p, const json_t *statement, const struct policy_statement *all,
		     struct policy_statement *s)
{
	const json_t *sid = json_object_get(statement, "Sid");

	if (!sid)
		return 0;
	if (!json_is_string(sid))
		return refuse(p, "Sid must be a text");
	if (!sid_is_valid(p, json_span(sid)))
		return refuse(p, "Statement IDs (SID) must be alpha-numeric");
	for (const struct policy_statement *other = all; json_string_length(sid) && other < s;
	     other++)
		if (!span_is_none(other->sid) && span_equal(other->sid, json_span(sid)))
			return refuse(p, "Statement IDs (SID) must be unique");
	return keep(p, json_span(sid), &s->sid);
}

static int parse_effect(struct parser *p, const json_t *statement, struct policy_statement *s)
{
	const json_t *effect = json_object_get(statement, "Effect");
	struct span text = json_span(effect);
	struct quote q;

	if (!effect)
		return refuse(p, "Missing required field Effect");
	s->allows = span_equal(text, SPAN("Allow"));
	if (!s->allows && !span_equal(text, SPAN("Deny")))
		return refuse(p, "Invalid effect: %s", quote(&q, text));
	return 0;
}

static int parse_statement(struct parser *p, json_t *statement, const struct policy_statement *all,
			   struct policy_statement *s)
{
	static const char *const known[] = { "Sid",	     "Effect",	    "Principal",
					     "NotPrincipal", "Action",	    "NotAction",
					     "Resource",     "NotResource", "Condition" };
	int r;

	if (!json_is_object(statement))
		return refuse(p, "It must be an object");
	r = check_elements(p, statement, known, ARRAY_SIZE(known));
	if (!r)
		r = parse_sid(p, statement, all, s);
	if (!r)
		r = parse_effect(p, statement, s);
	if (!r)
		r = parse_principals(p, statement, &s->principals);
	if (!r)
		r = parse_patterns(p, statement, "Action", "NotAction", parse_action, &s->actions);
	if (!r)
		r = parse_patterns(p, statement, "Resource", "NotResource", parse_resource,
				   &s->resources);
	if (!r)
		r = parse_conditions(p, statement, s);
	return r;
}

static int parse_statements(struct parser *p, json_t *list)
{
	struct policy_document *d = p->document;
	struct policy_statement *statements;

	if (!list)
		return refuse(p, "Missing required field Statement");
	if (!list_count(list))
		return refuse(p, "Statement is empty");
	if (list_count(list) > POLICY_STATEMENTS_MAX)
		return refuse(p, "There are more than %d statements", POLICY_STATEMENTS_MAX);
	statements = allocate(p, list_count(list), sizeof(*statements));
	if (!statements)
		return -ENOMEM;
	d->statements = statements;
	d->statement_count = list_count(list);
	for (size_t i = 0; i < d->statement_count; i++) {
		int r;

		p->statement = i + 1;
		r = parse_statement(p, list_item(list, i), statements, &statements[i]);
		if (r)
			return r;
	}
	p->statement = 0;
	return 0;
}

/* --- documents ---------------------------------------------------------------------------- */

/* Without one it is the older, which has no variables. */
static int parse_version(struct parser *p, const json_t *root)
{
	const json_t *version = json_object_get(root, "Version");
	struct span text = json_span(version);
	struct quote q;

	p->document->variables = span_equal(text, SPAN("2012-10-17"));
	if (version && !p->document->variables && !span_equal(text, SPAN("2008-10-17")))
		return refuse(p, "The policy must contain a valid version string: %s",
			      quote(&q, text));
	return 0;
}

static int parse_id(struct parser *p, const json_t *root)
{
	const json_t *id = json_object_get(root, "Id");

	if (id && p->rules->kind == POLICY_IDENTITY)
		return refuse(p, "A policy of an identity has no Id");
	return !id || json_is_string(id) ? 0 : refuse(p, "Id must be a text");
}

static int parse_root(struct parser *p, json_t *root)
{
	static const char *const known[] = { "Version", "Id", "Statement" };
	int r = check_elements(p, root, known, ARRAY_SIZE(known));

	if (!r)
		r = parse_version(p, root);
	if (!r)
		r = parse_id(p, root);
	return r ? r : parse_statements(p, json_object_get(root, "Statement"));
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* One walk over JSON that need not be well-formed: `inside` says whether a byte stands in a string.
 */
struct scan {
	bool inside;
	bool escaped;
};

static void scan_byte(struct scan *s, uint8_t c)
{
	if (s->escaped)
		s->escaped = false;
	else if (s->inside && c == '\\')
		s->escaped = true;
	else if (c == '"')
		s->inside = !s->inside;
}

/* How deep brackets stand in each other. jansson recurses as deep as it is told to. */
static size_t depth_of(struct span text)
{
	size_t depth = 0, deepest = 0;
	struct scan s = { 0 };

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = span_bytes(text)[i];

		scan_byte(&s, c);
		if (s.inside)
			continue;
		if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && depth)
			depth--;
		deepest = MAX(deepest, depth);
	}
	return deepest;
}

static size_t count_characters(struct span text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = span_bytes(text)[i];

		/* Bytes that go on with a character are not counted. */
		n += !is_space(c) && (c & 0xc0) != 0x80;
	}
	return n;
}

static int check_size(struct parser *p, struct span text)
{
	bool is_bucket = p->rules->kind == POLICY_BUCKET;

	if (is_bucket && text.len > POLICY_BUCKET_SIZE)
		return refuse(p, "A bucket policy has at most %zu bytes",
			      (size_t)POLICY_BUCKET_SIZE);
	if (text.len > POLICY_TEXT_MAX)
		return refuse(p, "A policy has at most %zu bytes", (size_t)POLICY_TEXT_MAX);
	if (!is_bucket && count_characters(text) > p->rules->size_max)
		return refuse(p, "The policy has more than %zu characters", p->rules->size_max);
	if (depth_of(text) > POLICY_DEPTH_MAX)
		return refuse(p, "Nothing in a policy is nested so deep");
	return 0;
}

static int load(struct parser *p, struct span text, json_t **ret)
{
	json_error_t error;

	if (!text.len || span_bytes(text)[0] != '{')
		return refuse(p, "%s", s3_errors[S3_ERROR_MALFORMED_POLICY].message);
	*ret = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, &error);
	if (*ret)
		return 0;
	if (json_error_code(&error) == json_error_out_of_memory)
		return -ENOMEM;
	if (json_error_code(&error) == json_error_duplicate_key)
		return refuse(p, "A field stands there twice, at line %d, column %d", error.line,
			      error.column);
	return refuse(p, "This policy contains invalid Json, at line %d, column %d", error.line,
		      error.column);
}

int policy_parse(struct span text, const struct policy_rules *rules, struct policy_document **ret,
		 struct policy_complaint *ret_complaint)
{
	_cleanup_(policy_freep) struct policy_document *d = calloc(1, sizeof(*d));
	struct parser p = { .document = d, .rules = rules, .complaint = ret_complaint };
	json_t *root = NULL;
	int r;

	if (!d)
		return -ENOMEM;
	d->arena = ARENA_INIT(ARENA_MAX);
	d->kind = rules->kind;
	r = check_size(&p, text);
	if (!r)
		r = load(&p, text, &root);
	if (!r)
		r = parse_root(&p, root);
	json_decref(root);
	if (!r)
		*ret = steal_ptr(d);
	return r;
}

struct policy_document *policy_free(struct policy_document *d)
{
	if (d)
		arena_clear(&d->arena);
	free(d);
	return NULL;
}

void policy_compact(struct buffer *b, struct span text)
{
	struct scan s = { 0 };

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = span_bytes(text)[i];

		scan_byte(&s, c);
		if (s.inside || !is_space(c))
			buffer_append_byte(b, c);
	}
}
