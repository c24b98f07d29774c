/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/policy/match.h"

#define TOKEN_END UINT16_MAX

/* --- compiling ---------------------------------------------------------------------------- */

struct compiler {
	struct arena *arena;
	struct span rest;
	uint16_t *tokens;
	size_t count;
	struct policy_variable variables[POLICY_VARIABLES_MAX];
	size_t variable_count;
	bool wildcards;
};

static void add_token(struct compiler *c, uint16_t token)
{
	/* Several stars are one, and would only cost. */
	if (token == POLICY_TOKEN_ANY && c->count && c->tokens[c->count - 1] == POLICY_TOKEN_ANY)
		return;
	c->tokens[c->count++] = token;
}

static void skip_spaces(struct span *s)
{
	while (s->len && span_bytes(*s)[0] == ' ')
		*s = span_skip(*s, 1);
}

/* `'text'` and then `}`; two quotes in it are one. What is behind the brace is left in *s. */
static int take_default(struct compiler *c, struct span *s, struct span *ret)
{
	uint8_t *text = arena_array(c->arena, s->len, 1);
	size_t len = 0;

	if (!text)
		return -ENOMEM;
	skip_spaces(s);
	if (!s->len || span_bytes(*s)[0] != '\'')
		return POLICY_PATTERN_OPEN;
	*s = span_skip(*s, 1);
	while (s->len && (span_bytes(*s)[0] != '\'' || span_starts_with(*s, SPAN("''")))) {
		size_t n = span_bytes(*s)[0] == '\'' ? 2 : 1;

		text[len++] = span_bytes(*s)[0];
		*s = span_skip(*s, n);
	}
	if (!s->len)
		return POLICY_PATTERN_OPEN;
	*s = span_skip(*s, 1);
	skip_spaces(s);
	if (!s->len || span_bytes(*s)[0] != '}')
		return POLICY_PATTERN_OPEN;
	*s = span_skip(*s, 1);
	*ret = (struct span){ text, len };
	return POLICY_PATTERN_OK;
}

/* The name up to `,` or `}`, which is left in *s. */
static struct span take_name(struct span *s)
{
	struct span name = *s;

	while (s->len && span_bytes(*s)[0] != ',' && span_bytes(*s)[0] != '}')
		*s = span_skip(*s, 1);
	return span_trim(span_first(name, name.len - s->len));
}

static int find_key(struct compiler *c, struct span name, struct policy_variable *v)
{
	struct span tag;

	v->key = policy_key_find(name, &tag);
	if (v->key == POLICY_KEY_COUNT)
		return POLICY_PATTERN_UNKNOWN;
	if (policy_keys[v->key].shape == POLICY_SHAPE_MANY)
		return POLICY_PATTERN_MANY;
	return arena_copy(c->arena, tag, &v->tag) ? POLICY_PATTERN_OK : -ENOMEM;
}

static int add_variable(struct compiler *c)
{
	struct policy_variable v = { .otherwise = SPAN_NONE };
	struct span s = span_skip(c->rest, 2), name = take_name(&s);
	bool has_default = s.len && span_bytes(s)[0] == ',';
	int r;

	if (!s.len)
		return POLICY_PATTERN_OPEN;
	r = find_key(c, name, &v);
	if (r)
		return r;
	s = span_skip(s, 1);
	r = has_default ? take_default(c, &s, &v.otherwise) : POLICY_PATTERN_OK;
	if (r)
		return r;
	if (c->variable_count == POLICY_VARIABLES_MAX)
		return POLICY_PATTERN_CROWDED;
	add_token(c, (uint16_t)(POLICY_TOKEN_VARIABLE + c->variable_count));
	c->variables[c->variable_count++] = v;
	c->rest = s;
	return POLICY_PATTERN_OK;
}

/* `${*}`, `${?}` and `${$}` are these characters and nothing else. */
static bool take_escape(struct compiler *c)
{
	const uint8_t *p = span_bytes(c->rest);

	if (c->rest.len < 4 || p[3] != '}' || (p[2] != '*' && p[2] != '?' && p[2] != '$'))
		return false;
	add_token(c, p[2]);
	c->rest = span_skip(c->rest, 4);
	return true;
}

static void add_character(struct compiler *c)
{
	uint8_t byte = span_bytes(c->rest)[0];

	if (c->wildcards && byte == '*')
		add_token(c, POLICY_TOKEN_ANY);
	else if (c->wildcards && byte == '?')
		add_token(c, POLICY_TOKEN_ONE);
	else
		add_token(c, byte);
	c->rest = span_skip(c->rest, 1);
}

static int keep_variables(struct compiler *c, struct policy_pattern *ret)
{
	struct policy_variable *kept = NULL;

	if (c->variable_count) {
		kept = arena_array(c->arena, c->variable_count, sizeof(*kept));
		if (!kept)
			return -ENOMEM;
		memcpy(kept, c->variables, c->variable_count * sizeof(*kept));
	}
	*ret = (struct policy_pattern){ c->tokens, c->count, kept, c->variable_count };
	return POLICY_PATTERN_OK;
}

int policy_pattern_compile(struct arena *a, struct span text, unsigned int flags,
			   struct policy_pattern *ret)
{
	struct compiler c = {
		.arena = a,
		.rest = text,
		.tokens = arena_array(a, text.len, sizeof(uint16_t)),
		.wildcards = flags & POLICY_PATTERN_WILDCARDS,
	};
	int r;

	if (!c.tokens)
		return -ENOMEM;
	while (c.rest.len) {
		bool opens =
			flags & POLICY_PATTERN_VARIABLES && span_starts_with(c.rest, SPAN("${"));

		if (!opens) {
			add_character(&c);
		} else if (!take_escape(&c)) {
			r = add_variable(&c);
			if (r)
				return r;
		}
	}
	return keep_variables(&c, ret);
}

bool policy_pattern_is_fixed(const struct policy_pattern *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->tokens[i] > UINT8_MAX)
			return false;
	return true;
}

/* --- matching ----------------------------------------------------------------------------- */

/* A place in a pattern; in a variable it is one in its value. */
struct cursor {
	size_t token;
	size_t offset;
};

struct view {
	const struct policy_pattern *pattern;
	struct span values[POLICY_VARIABLES_MAX];
};

static enum policy_truth look_up(struct policy_matcher *m, const struct policy_pattern *p,
				 struct view *ret)
{
	enum policy_truth known = POLICY_YES;

	ret->pattern = p;
	for (size_t i = 0; i < p->variable_count; i++) {
		const struct policy_variable *v = &p->variables[i];
		enum policy_truth t =
			policy_context_get(m->context, v->key, v->tag, &ret->values[i]);

		if (t == POLICY_NO && !span_is_none(v->otherwise)) {
			ret->values[i] = v->otherwise;
			t = POLICY_YES;
		}
		known = policy_and(known, t);
	}
	return known;
}

/* The token at the cursor, which is moved over variables that have no more to say. */
static uint16_t token_at(const struct view *v, struct cursor *c)
{
	for (; c->token < v->pattern->count; *c = (struct cursor){ c->token + 1, 0 }) {
		uint16_t token = v->pattern->tokens[c->token];
		const struct span *value;

		if (token < POLICY_TOKEN_VARIABLE)
			return token;
		value = &v->values[token - POLICY_TOKEN_VARIABLE];
		if (c->offset < value->len)
			return span_bytes(*value)[c->offset];
	}
	return TOKEN_END;
}

static void advance(const struct view *v, struct cursor *c)
{
	if (v->pattern->tokens[c->token] >= POLICY_TOKEN_VARIABLE)
		c->offset++;
	else
		c->token++;
}

static bool is_continuation(uint8_t byte)
{
	return (byte & 0xc0) == 0x80;
}

/* How many bytes of the text the token takes, 0 if it does not fit. One character may be several
 * bytes. */
static size_t fits(uint16_t token, struct span text, bool any_case)
{
	const uint8_t *p = span_bytes(text);
	size_t n = 1;

	if (!text.len || token == TOKEN_END)
		return 0;
	if (token == POLICY_TOKEN_ONE) {
		while (n < text.len && is_continuation(p[n]))
			n++;
		return n;
	}
	return token == p[0] || (any_case && ascii_lower((uint8_t)token) == ascii_lower(p[0]));
}

static bool may_go_on(struct policy_matcher *m)
{
	if (m->steps) {
		m->steps--;
		return true;
	}
	m->exhausted = true;
	return false;
}

static enum policy_truth walk(struct policy_matcher *m, const struct view *v, struct span text,
			      bool any_case)
{
	struct cursor at = { 0, 0 }, behind_star = { 0, 0 };
	struct span rest = text, star_rest = SPAN_NONE;
	size_t n;

	while (may_go_on(m)) {
		uint16_t token = token_at(v, &at);

		if (token == POLICY_TOKEN_ANY) {
			advance(v, &at);
			behind_star = at;
			star_rest = rest;
			continue;
		}
		if (token == TOKEN_END && !rest.len)
			return POLICY_YES;
		n = fits(token, rest, any_case);
		if (n) {
			advance(v, &at);
			rest = span_skip(rest, n);
			continue;
		}
		/* The last star takes one byte more, and what stands behind it is tried again. */
		if (span_is_none(star_rest) || !star_rest.len)
			return POLICY_NO;
		star_rest = span_skip(star_rest, 1);
		rest = star_rest;
		at = behind_star;
	}
	return POLICY_UNKNOWN;
}

enum policy_truth policy_match(struct policy_matcher *m, const struct policy_pattern *p,
			       struct span text, bool any_case)
{
	struct view v;
	enum policy_truth known = look_up(m, p, &v);

	return known == POLICY_YES ? walk(m, &v, text, any_case) : known;
}
