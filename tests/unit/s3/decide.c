/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Answers questions about policies, for the tests in decisions/: one object of JSON a line, and one
 * answer.
 *
 *   identity, bucket   policies as text: a list of them, and one or null; put: they are new
 *   who                anonymous, root or user, with account, user, user_id and canonical_id
 *   owner              the account of the bucket; blocks: its public access block, as a set
 *   action, in, key    what is asked for; or head: a request, for all that it needs
 *   context, tags, request_tags, unknown   values of keys, of tags, and which keys have one that is
 * not known
 *
 * The answer has `refused`, a sentence; or `verdict` with what each policy says, and whether the
 * bucket's is public; and for a head its `needs`.
 */

#include <jansson.h>

#include "s3/policy/evaluate.h"
#include "s3/policy/needs.h"
#include "s3/policy/public.h"

#include "head.h"
#include "policy.h"

#define IDENTITIES_MAX 4

struct question {
	json_t *asked;
	struct policy_document *identity[IDENTITIES_MAX], *bucket;
	size_t identity_count;
	struct policy_principal who;
	struct policy_context context;
	struct buffer tags, request_tags;
	struct test_request request; /* of a head */
};

static const char *const answers[] = {
	[POLICY_SAYS_NOTHING] = "nothing",
	[POLICY_SAYS_ALLOW] = "allow",
	[POLICY_SAYS_UNDECIDED] = "undecided",
	[POLICY_SAYS_DENY] = "deny",
};

static const char *const verdicts[] = {
	[POLICY_DENIED] = "no",
	[POLICY_DENIED_EXPLICITLY] = "deny",
	[POLICY_UNDECIDED] = "undecided",
	[POLICY_ALLOWED] = "allow",
};

static struct span text_of(const json_t *object, const char *name)
{
	const json_t *s = json_object_get(object, name);

	assert(!s || json_is_null(s) || json_is_string(s));
	return json_is_string(s) ? (struct span){ json_string_value(s), json_string_length(s) }
				 : SPAN_NONE;
}

/* --- reading a question ------------------------------------------------------------------- */

static int read_policy(const struct question *q, enum policy_kind kind, const json_t *text,
		       struct policy_document **ret, json_t *answer)
{
	struct policy_rules rules = test_rules(kind);
	struct policy_complaint complaint = { "" };
	int r;

	assert(json_is_string(text));
	rules.is_put = json_is_true(json_object_get(q->asked, "put"));
	r = policy_parse((struct span){ json_string_value(text), json_string_length(text) }, &rules,
			 ret, &complaint);
	assert(r >= 0);
	if (r)
		json_object_set_new(answer, "refused", json_string(complaint.text));
	return r;
}

static int read_policies(struct question *q, json_t *answer)
{
	json_t *bucket = json_object_get(q->asked, "bucket"), *text;
	size_t i;

	json_array_foreach(json_object_get(q->asked, "identity"), i, text)
	{
		assert(i < IDENTITIES_MAX);
		if (read_policy(q, POLICY_IDENTITY, text, &q->identity[i], answer))
			return -1;
		q->identity_count++;
	}
	return json_is_string(bucket) ? read_policy(q, POLICY_BUCKET, bucket, &q->bucket, answer)
				      : 0;
}

static enum policy_who who_of(struct span s)
{
	if (span_equal(s, SPAN("anonymous")))
		return POLICY_ANONYMOUS;
	if (span_equal(s, SPAN("root")))
		return POLICY_ROOT;
	assert(span_equal(s, SPAN("user")));
	return POLICY_USER;
}

static enum policy_key key_of(const char *name)
{
	struct span tag;
	enum policy_key k = policy_key_find(span_from_string(name), &tag);

	if (k == POLICY_KEY_COUNT)
		fprintf(stderr, "no such key: %s\n", name);
	assert(k != POLICY_KEY_COUNT);
	return k;
}

static void read_tags(const json_t *tags, struct buffer *b)
{
	json_t *value;
	const char *name;

	json_object_foreach((json_t *)tags, name, value)
		pairs_append(b, span_from_string(name), text_of(tags, name));
	assert(!buffer_error(b));
}

static void read_context(struct question *q)
{
	json_t *values = json_object_get(q->asked, "context"), *item;
	const char *name;
	size_t i;

	policy_context_set_principal(&q->context, &q->who);
	json_object_foreach(values, name, item) q->context.values[key_of(name)] =
		text_of(values, name);
	read_tags(json_object_get(q->asked, "tags"), &q->tags);
	read_tags(json_object_get(q->asked, "request_tags"), &q->request_tags);
	q->context.existing_tags = buffer_span(&q->tags);
	q->context.request_tags = buffer_span(&q->request_tags);
	json_array_foreach(json_object_get(q->asked, "unknown"), i, item)
	{
		/* Of a TAG, any tag's name will do. */
		policy_context_set_unknown(&q->context, key_of(json_string_value(item)));
	}
}

static void read_who(struct question *q)
{
	q->who = (struct policy_principal){
		.who = who_of(text_of(q->asked, "who")),
		.account = text_of(q->asked, "account"),
		.user = text_of(q->asked, "user"),
		.user_id = text_of(q->asked, "user_id"),
		.canonical_id = text_of(q->asked, "canonical_id"),
	};
}

/* --- answering ---------------------------------------------------------------------------- */

static enum policy_verdict decide(struct question *q, const struct policy_need *need,
				  json_t *answer)
{
	struct span owner = text_of(q->asked, "owner");
	bool is_own = q->who.who != POLICY_ANONYMOUS && span_equal(q->who.account, owner);
	unsigned int blocks = (unsigned int)json_integer_value(json_object_get(q->asked, "blocks"));
	struct policy_request r = { need->action, need->bucket, need->key,
				    owner,	  &q->who,	&q->context };
	enum policy_answer identity = POLICY_SAYS_NOTHING, bucket = POLICY_SAYS_NOTHING;
	json_t *said = json_array();

	for (size_t i = 0; i < q->identity_count; i++) {
		enum policy_answer a = policy_evaluate(q->identity[i], &r);

		json_array_append_new(said, json_string(answers[a]));
		identity = policy_join(identity, a);
	}
	json_object_set_new(answer, "identity", said);
	if (q->bucket) {
		bucket = policy_evaluate(q->bucket, &r);
		json_object_set_new(answer, "bucket", json_string(answers[bucket]));
		bucket = policy_restrict(bucket, policy_is_public(q->bucket), blocks, is_own);
	}
	return policy_decide(q->who.who, is_own, identity, bucket);
}

static struct span describe(const struct policy_need *n, struct buffer *b)
{
	b->len = 0;
	buffer_append(b, n->action);
	if (!span_is_none(n->bucket)) {
		buffer_append_byte(b, ' ');
		buffer_append(b, n->bucket);
	}
	if (!span_is_none(n->key)) {
		buffer_append_byte(b, '/');
		buffer_append(b, n->key);
	}
	assert(!buffer_error(b));
	return buffer_span(b);
}

/* Each need must be allowed: the first that is not is the verdict. */
static enum policy_verdict decide_head(struct question *q, struct span head, json_t *answer)
{
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(4 * KIB);
	struct policy_need needs[POLICY_NEEDS_MAX];
	enum policy_verdict v = POLICY_ALLOWED;
	const struct s3_request *r = test_request_init(&q->request, head.data);
	json_t *said = json_array();
	size_t n;

	if (q->request.result)
		fprintf(stderr, "%s -> %d\n", (const char *)head.data, q->request.result);
	assert(q->request.result == 0);
	policy_context_set_request(&q->context, r);
	n = policy_needs_of_request(r, needs);
	for (size_t i = 0; i < n; i++) {
		struct span text = describe(&needs[i], &b);

		json_array_append_new(said, json_stringn(text.data, text.len));
		if (v == POLICY_ALLOWED)
			v = decide(q, &needs[i], answer);
	}
	json_object_set_new(answer, "needs", said);
	return v;
}

static void answer_question(struct question *q, json_t *answer)
{
	struct span head = text_of(q->asked, "head");
	enum policy_verdict v;

	if (read_policies(q, answer))
		return;
	read_who(q);
	read_context(q);
	v = head.len ? decide_head(q, head, answer)
		     : decide(q,
			      &(struct policy_need){ text_of(q->asked, "action"),
						     text_of(q->asked, "in"),
						     text_of(q->asked, "key") },
			      answer);
	json_object_set_new(answer, "verdict", json_string(verdicts[v]));
	if (q->bucket)
		json_object_set_new(answer, "public", json_boolean(policy_is_public(q->bucket)));
}

static void question_clear(struct question *q)
{
	for (size_t i = 0; i < IDENTITIES_MAX; i++)
		policy_free(q->identity[i]);
	policy_free(q->bucket);
	buffer_clear(&q->tags);
	buffer_clear(&q->request_tags);
	test_request_clear(&q->request);
	json_decref(q->asked);
}

static void answer_line(const char *line)
{
	_cleanup_(question_clear) struct question q = {
		.asked = json_loads(line, 0, NULL),
		.context = POLICY_CONTEXT_INIT,
		.tags = BUFFER_INIT(64 * KIB),
		.request_tags = BUFFER_INIT(64 * KIB),
	};
	json_t *answer = json_object();

	assert(q.asked && answer);
	answer_question(&q, answer);
	assert(json_dumpf(answer, stdout, JSON_COMPACT) == 0);
	putchar('\n');
	fflush(stdout);
	json_decref(answer);
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, stdin) > 0)
		answer_line(line);
	free(line);
	return 0;
}
