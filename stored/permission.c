/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/permission.h"

static bool is_root(const struct grant *g)
{
	return !g->principal.user.len;
}

/* The buckets of the tenant say nothing yet. */
static bool is_allowed(enum policy_answer identity)
{
	return policy_decide(POLICY_USER, true, identity, POLICY_SAYS_NOTHING) == POLICY_ALLOWED;
}

/* Its size authd has seen to. */
static const struct policy_rules rules = { .kind = POLICY_IDENTITY, .size_max = POLICY_TEXT_MAX };

int permission_begin(const struct grant *g, struct permission *ret)
{
	struct policy_complaint complaint;
	int r;

	*ret = (struct permission){ .grant = g };
	if (is_root(g))
		return 0;
	r = policy_parse(g->identity.policy, &rules, &ret->policy, &complaint);
	if (r)
		return r < 0 ? r : -EPROTO;
	identity_ask(&ret->question, &g->identity, &g->principal, &g->request);
	/* No object has tags. */
	ret->question.context.unknown[POLICY_KEY_EXISTING_OBJECT_TAG / 64] &=
		~(UINT64_C(1) << POLICY_KEY_EXISTING_OBJECT_TAG % 64);
	return 0;
}

void permission_end(struct permission *p)
{
	p->policy = policy_free(p->policy);
}

bool permission_to_delete(const struct permission *p, struct span key, struct span version)
{
	struct policy_need need =
		policy_need_of_delete(p->grant->request.bucket, key, !span_is_none(version));

	return !p->policy || is_allowed(identity_hear(p->policy, &p->question, &need));
}

/* Those that authd could not tell. */
static int decide_rest(const struct grant *g, const struct policy_need *needs,
		       enum policy_answer *answers, size_t n)
{
	struct permission p;
	int r = permission_begin(g, &p);

	for (size_t i = 0; r == 0 && i < n; i++)
		if (answers[i] == POLICY_SAYS_UNDECIDED)
			answers[i] = identity_hear(p.policy, &p.question, &needs[i]);
	permission_end(&p);
	return r;
}

int permission_check(const struct grant *g)
{
	enum policy_answer answers[POLICY_NEEDS_MAX];
	struct policy_need needs[POLICY_NEEDS_MAX];
	size_t n = policy_needs_of_request(&g->request, needs);
	int r = 0;

	if (is_root(g))
		return 0;
	if (n != g->identity.n)
		return -EPROTO;
	memcpy(answers, g->identity.answers, sizeof(answers));
	if (g->identity.policy.len)
		r = decide_rest(g, needs, answers, n);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (!is_allowed(answers[i]))
			return S3_ERROR_ACCESS_DENIED;
	return r;
}

int permission_shown(const struct grant *g, int error)
{
	bool tells = error == S3_ERROR_NO_SUCH_KEY || error == S3_ERROR_NO_SUCH_VERSION;

	return tells && !is_root(g) && !is_allowed(g->identity.listing) ? S3_ERROR_ACCESS_DENIED
									: error;
}

int permission_warm_up(void)
{
	_cleanup_(policy_freep) struct policy_document *d = NULL;
	struct policy_complaint complaint;
	int r = policy_parse(SPAN("{\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"s3:*\","
				  "\"Resource\":\"*\"}}"),
			     &rules, &d, &complaint);

	return r > 0 ? -EPROTO : r;
}
