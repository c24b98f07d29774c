/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/policy/document.h"

#include "s3/errors.h"
#include "s3/jsontext.h"
#include "s3/policy/cost.h"
#include "s3/policy/statement.h"

#define ARENA_MAX (4 * MIB)

/* As many actions as a bucket policy has room for, written out, take a quarter of it. */
#define LOOKUP_STEPS_MAX (1024 * 1024)

static int parse_statements(struct policy_parser *p, json_t *list)
{
	struct policy_document *d = p->document;
	struct policy_statement *statements;

	if (!list)
		return policy_refuse(p, "Missing required field Statement");
	if (!policy_list_count(list))
		return policy_refuse(p, "Statement is empty");
	if (policy_list_count(list) > POLICY_STATEMENTS_MAX)
		return policy_refuse(p, "There are more than %d statements", POLICY_STATEMENTS_MAX);
	statements = policy_allocate(p, policy_list_count(list), sizeof(*statements));
	if (!statements)
		return -ENOMEM;
	d->statements = statements;
	d->statement_count = policy_list_count(list);
	for (size_t i = 0; i < d->statement_count; i++) {
		int r;

		p->statement = i + 1;
		r = policy_parse_statement(p, policy_list_item(list, i), statements,
					   &statements[i]);
		if (r)
			return r;
	}
	p->statement = 0;
	return 0;
}

/* Without one it is the older, which has no variables. */
static int parse_version(struct policy_parser *p, const json_t *root)
{
	const json_t *version = json_object_get(root, "Version");
	struct span text = policy_json_span(version);
	struct policy_quoted q;

	p->document->variables = span_equal(text, SPAN("2012-10-17"));
	if (version && !p->document->variables && !span_equal(text, SPAN("2008-10-17")))
		return policy_refuse(p, "The policy must contain a valid version string: %s",
				     policy_quote(&q, text));
	return 0;
}

static int parse_id(struct policy_parser *p, const json_t *root)
{
	const json_t *id = json_object_get(root, "Id");

	if (id && p->rules->kind == POLICY_IDENTITY)
		return policy_refuse(p, "A policy of an identity has no Id");
	return !id || json_is_string(id) ? 0 : policy_refuse(p, "Id must be a text");
}

/* What was put before there was this limit is given up where it would cost more. */
static int check_cost(struct policy_parser *p)
{
	size_t cost = policy_cost(p->document);

	if (!p->rules->is_put || cost <= POLICY_STEPS_MAX)
		return 0;
	return policy_refuse(p,
			     "To ask this policy may take %zu steps and %d is the most: there is "
			     "too much text behind wildcards",
			     cost, POLICY_STEPS_MAX);
}

static int parse_root(struct policy_parser *p, json_t *root)
{
	static const char *const known[] = { "Version", "Id", "Statement" };
	int r = policy_check_elements(p, root, known, ARRAY_SIZE(known));

	if (!r)
		r = parse_version(p, root);
	if (!r)
		r = parse_id(p, root);
	if (!r)
		r = parse_statements(p, json_object_get(root, "Statement"));
	return r ? r : check_cost(p);
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* One walk over JSON that may be malformed: `inside` says whether a byte stands in a string. */
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

/* Of what policy_compact() leaves, so that this bounds what is kept and travels. */
static size_t count_characters(struct span text)
{
	struct scan s = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = span_bytes(text)[i];

		scan_byte(&s, c);
		/* Bytes that go on with a character are not counted. */
		n += (s.inside || !is_space(c)) && (c & 0xc0) != 0x80;
	}
	return n;
}

static int check_size(struct policy_parser *p, struct span text)
{
	bool is_bucket = p->rules->kind == POLICY_BUCKET;

	if (is_bucket && text.len > POLICY_BUCKET_SIZE)
		return policy_refuse(p, "A bucket policy has at most %zu bytes",
				     (size_t)POLICY_BUCKET_SIZE);
	if (text.len > POLICY_TEXT_MAX)
		return policy_refuse(p, "A policy has at most %zu bytes", (size_t)POLICY_TEXT_MAX);
	if (!is_bucket && count_characters(text) > p->rules->size_max)
		return policy_refuse(p, "The policy has more than %zu characters",
				     p->rules->size_max);
	if (depth_of(text) > POLICY_DEPTH_MAX)
		return policy_refuse(p, "Nothing in a policy is nested so deep");
	return 0;
}

static int load(struct policy_parser *p, struct span text, json_t **ret)
{
	json_error_t error;
	int r;

	if (!text.len || span_bytes(text)[0] != '{')
		return policy_refuse(p, "%s", s3_errors[S3_ERROR_MALFORMED_POLICY].message);
	r = jsontext_read(text, ret, &error);
	if (r <= 0)
		return r;
	if (json_error_code(&error) == json_error_duplicate_key)
		return policy_refuse(p, "A field stands there twice, at line %d, column %d",
				     error.line, error.column);
	return policy_refuse(p, "This policy contains invalid Json, at line %d, column %d",
			     error.line, error.column);
}

int policy_parse(struct span text, const struct policy_rules *rules, struct policy_document **ret,
		 struct policy_complaint *ret_complaint)
{
	_cleanup_(policy_freep) struct policy_document *d = calloc(1, sizeof(*d));
	struct policy_parser p = {
		.document = d,
		.rules = rules,
		.actions.steps = LOOKUP_STEPS_MAX,
		.complaint = ret_complaint,
	};
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
