/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any text is a policy or is refused with a sentence that can be printed. One that is a policy
 * still is one without its white space, and says the same about every request. And what it says
 * where tags are not known is what it says whatever they are, or UNDECIDED. The input is taken as
 * both kinds of policy; and its first two lines as a pattern and a text, which match exactly if
 * they do when every way is tried.
 */

#undef NDEBUG
#include <assert.h>

#include "s3/errors.h"
#include "s3/pairs.h"
#include "s3/policy/evaluate.h"
#include "s3/policy/public.h"

#define TRIED_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct policy_principal principals[] = {
	{ .who = POLICY_ANONYMOUS },
	{ .who = POLICY_ROOT, .account = SPAN("acme"), .canonical_id = SPAN("00") },
	{ .who = POLICY_USER, .account = SPAN("acme"), .user = SPAN("a"), .user_id = SPAN("A") },
};

static const char *const tags[] = { "", "k", "t" };

/* One answer; `tag` is the key of the one tag that the object has, NULL where that is not known. */
static enum policy_answer ask(const struct policy_document *d, const struct policy_principal *p,
			      const char *tag)
{
	_cleanup_(buffer_clear) struct buffer pairs = BUFFER_INIT(KIB);
	struct policy_context c = POLICY_CONTEXT_INIT;
	struct policy_request r = {
		.action = SPAN("s3:GetObject"),
		.bucket = SPAN("bkt"),
		.key = SPAN("k"),
		.owner = SPAN("acme"),
		.principal = p,
		.context = &c,
	};

	policy_context_set_principal(&c, p);
	policy_context_set_time(&c, 0);
	c.values[POLICY_KEY_SOURCE_IP] = SPAN("203.0.113.7");
	c.values[POLICY_KEY_SECURE_TRANSPORT] = SPAN("false");
	if (!tag) {
		policy_context_set_unknown(&c, POLICY_KEY_EXISTING_OBJECT_TAG);
		policy_context_set_unknown(&c, POLICY_KEY_REQUEST_OBJECT_TAG_KEYS);
	} else if (*tag) {
		pairs_append(&pairs, span_from_string(tag), SPAN("v"));
	}
	c.existing_tags = c.request_tags = buffer_span(&pairs);
	return policy_evaluate(d, &r);
}

static void check_answers(const struct policy_document *a, const struct policy_document *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(principals); i++) {
		enum policy_answer unknown = ask(a, &principals[i], NULL);

		assert(ask(b, &principals[i], NULL) == unknown);
		for (size_t j = 0; j < ARRAY_SIZE(tags); j++) {
			enum policy_answer known = ask(a, &principals[i], tags[j]);

			assert(known != POLICY_SAYS_UNDECIDED);
			assert(unknown == POLICY_SAYS_UNDECIDED || known == unknown);
			assert(ask(b, &principals[i], tags[j]) == known);
		}
	}
}

static void check_complaint(const struct policy_complaint *c)
{
	size_t len = strnlen(c->text, sizeof(c->text));

	assert(len && len < sizeof(c->text));
	for (size_t i = 0; i < len; i++)
		assert(c->text[i] >= ' ' && c->text[i] < 0x7f);
}

static void check_policy(enum policy_kind kind, struct span text)
{
	_cleanup_(policy_freep) struct policy_document *d = NULL, *again = NULL;
	_cleanup_(buffer_clear) struct buffer compact = BUFFER_INIT(MIB);
	struct policy_rules rules = { kind, SPAN("bkt"), POLICY_IDENTITY_SIZE };
	struct policy_complaint c = { "" };
	int r = policy_parse(text, &rules, &d, &c);

	assert(r == 0 || r == S3_ERROR_MALFORMED_POLICY);
	if (r) {
		check_complaint(&c);
		return;
	}
	policy_compact(&compact, text);
	assert(policy_parse(buffer_span(&compact), &rules, &again, &c) == 0);
	check_answers(d, again);
	assert(policy_is_public(d) == policy_is_public(again));
	assert(kind == POLICY_BUCKET || !policy_is_public(d));
}

/* By definition: what the first i tokens and the first j bytes say. Bytes are characters here. */
static bool matches(const struct policy_pattern *p, struct span text)
{
	bool table[TRIED_MAX + 1][TRIED_MAX + 1] = { { true } };

	for (size_t i = 1; i <= p->count; i++) {
		uint16_t token = p->tokens[i - 1];

		for (size_t j = 0; j <= text.len; j++) {
			bool fits = j &&
				    (token == POLICY_TOKEN_ONE || token == span_bytes(text)[j - 1]);

			table[i][j] = token == POLICY_TOKEN_ANY
					      ? table[i - 1][j] || (j && table[i][j - 1])
					      : fits && table[i - 1][j - 1];
		}
	}
	return table[p->count][text.len];
}

static void check_pattern(struct span input)
{
	_cleanup_(arena_clear) struct arena a = ARENA_INIT(MIB);
	struct policy_matcher m = { .steps = POLICY_STEPS_MAX };
	struct policy_pattern p;
	struct span pattern, text;

	input = span_cut(input, '\n', &pattern);
	span_cut(input, '\n', &text);
	if (pattern.len > TRIED_MAX || text.len > TRIED_MAX)
		return;
	for (size_t i = 0; i < text.len; i++)
		if (span_bytes(text)[i] >= 0x80)
			return;
	assert(policy_pattern_compile(&a, pattern, POLICY_PATTERN_WILDCARDS, &p) == 0);
	assert((policy_match(&m, &p, text, false) == POLICY_YES) == matches(&p, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = { data ? data : (const uint8_t *)"", size };

	check_policy(POLICY_IDENTITY, input);
	check_policy(POLICY_BUCKET, input);
	check_pattern(input);
	return 0;
}
