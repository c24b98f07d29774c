/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/policy/evaluate.h"

#include "s3/policy/actions.h"

#define RESOURCE_MAX (S3_BUCKET_NAME_MAX + 1 + S3_KEY_MAX)

/* One request, made ready for all statements. */
struct question {
	const struct policy_request *request;
	struct policy_matcher matcher;
	struct span action; /* without `s3:` */
	struct span resource; /* `bucket/key`, in `text` */
	uint8_t text[RESOURCE_MAX];
};

static bool append(struct question *q, struct span s)
{
	if (s.len > sizeof(q->text) - q->resource.len)
		return false;
	if (s.len)
		memcpy(q->text + q->resource.len, s.data, s.len);
	q->resource.len += s.len;
	return true;
}

static bool question_init(struct question *q, const struct policy_request *r)
{
	q->request = r;
	q->matcher = (struct policy_matcher){ .context = r->context, .steps = POLICY_STEPS_MAX };
	q->resource = (struct span){ q->text, 0 };
	if (!span_starts_with(r->action, SPAN(POLICY_ACTION_VENDOR)))
		return false;
	q->action = span_skip(r->action, strlen(POLICY_ACTION_VENDOR));
	if (!append(q, r->bucket))
		return false;
	return span_is_none(r->key) || (append(q, SPAN("/")) && append(q, r->key));
}

/* --- one statement ------------------------------------------------------------------------ */

static bool is_named(const struct policy_named *n, const struct policy_principal *p)
{
	if (p->who == POLICY_ANONYMOUS)
		return false;
	switch (n->kind) {
	case POLICY_NAMED_ACCOUNT:
		return span_equal(n->account, p->account);
	case POLICY_NAMED_USER:
		return p->who == POLICY_USER && span_equal(n->account, p->account) &&
		       span_equal(n->user, p->user);
	case POLICY_NAMED_CANONICAL:
		return span_equal_nocase(n->account, p->canonical_id);
	}
	return false;
}

/* True for who is named only as one of the bucket's account, by a statement that would allow it. */
static bool is_left_to_his_account(const struct question *q, const struct policy_statement *s,
				   const struct policy_named *n)
{
	const struct policy_principal *p = q->request->principal;
	struct span owner = q->request->owner;

	return s->allows && n->kind != POLICY_NAMED_USER && p->who == POLICY_USER &&
	       (span_is_none(owner) || span_equal(p->account, owner));
}

static bool is_among_named(const struct policy_principals *all, const struct policy_principal *p,
			   bool as_user)
{
	for (size_t i = 0; i < all->count; i++)
		if ((all->named[i].kind == POLICY_NAMED_USER) == as_user &&
		    is_named(&all->named[i], p))
			return true;
	return false;
}

/*
 * Whom a NotPrincipal leaves out. To be spared a deny, a user must be named and his account be
 * named as well, as IAM has it: an account alone does not spare its users, nor a user his account.
 * What allows everybody but an account allows none of its users.
 */
static bool is_excepted(const struct question *q, const struct policy_statement *s)
{
	const struct policy_principal *p = q->request->principal;
	bool account = is_among_named(&s->principals, p, false);
	bool user = is_among_named(&s->principals, p, true);

	if (s->principals.anyone)
		return true;
	if (s->allows)
		return account || user;
	return account && (user || p->who == POLICY_ROOT);
}

static bool is_meant(const struct question *q, const struct policy_statement *s)
{
	const struct policy_principals *all = &s->principals;
	bool found = all->anyone;

	if (all->negated)
		return !is_excepted(q, s);
	for (size_t i = 0; i < all->count && !found; i++)
		found = is_named(&all->named[i], q->request->principal) &&
			!is_left_to_his_account(q, s, &all->named[i]);
	return found;
}

static enum policy_truth is_among(struct question *q, const struct policy_patterns *all,
				  struct span text, bool any_case)
{
	enum policy_truth any = POLICY_NO;

	for (size_t i = 0; i < all->count && any != POLICY_YES; i++)
		any = policy_or(any, policy_match(&q->matcher, &all->patterns[i], text, any_case));
	return all->negated ? policy_not(any) : any;
}

static enum policy_truth applies(struct question *q, const struct policy_document *d,
				 const struct policy_statement *s)
{
	enum policy_truth t = is_among(q, &s->actions, q->action, true);

	if (d->kind == POLICY_BUCKET && !is_meant(q, s))
		return POLICY_NO;
	if (t != POLICY_NO)
		t = policy_and(t, is_among(q, &s->resources, q->resource, false));
	for (size_t i = 0; i < s->condition_count && t != POLICY_NO; i++)
		t = policy_and(t, policy_condition_holds(&q->matcher, &s->conditions[i]));
	return t;
}

/* --- policies ----------------------------------------------------------------------------- */

static enum policy_answer answer_of(const struct policy_statement *s, enum policy_truth t)
{
	switch (t) {
	case POLICY_NO:
		return POLICY_SAYS_NOTHING;
	case POLICY_UNKNOWN:
		return POLICY_SAYS_UNDECIDED;
	case POLICY_YES:
		return s->allows ? POLICY_SAYS_ALLOW : POLICY_SAYS_DENY;
	}
	return POLICY_SAYS_DENY;
}

/*
 * What one statement of those that may deny leaves undecided hides what others allow; what one of
 * those that allow leaves undecided does not matter where another allows.
 */
enum policy_answer policy_evaluate(const struct policy_document *d, const struct policy_request *r)
{
	enum policy_answer denying = POLICY_SAYS_NOTHING, allowing = POLICY_SAYS_NOTHING;
	struct question q;

	if (!question_init(&q, r))
		return POLICY_SAYS_DENY;
	for (size_t i = 0; i < d->statement_count; i++) {
		const struct policy_statement *s = &d->statements[i];
		enum policy_answer a = answer_of(s, applies(&q, d, s));

		if (!s->allows)
			denying = policy_join(denying, a);
		else if (allowing != POLICY_SAYS_ALLOW && a != POLICY_SAYS_NOTHING)
			allowing = a;
	}
	if (q.matcher.exhausted)
		return POLICY_SAYS_DENY;
	return denying != POLICY_SAYS_NOTHING ? denying : allowing;
}

enum policy_answer policy_join(enum policy_answer a, enum policy_answer b)
{
	return MAX(a, b);
}

/* --- the verdict -------------------------------------------------------------------------- */

static enum policy_verdict verdict_of(enum policy_answer a)
{
	switch (a) {
	case POLICY_SAYS_NOTHING:
		return POLICY_DENIED;
	case POLICY_SAYS_ALLOW:
		return POLICY_ALLOWED;
	case POLICY_SAYS_UNDECIDED:
		return POLICY_UNDECIDED;
	case POLICY_SAYS_DENY:
		return POLICY_DENIED_EXPLICITLY;
	}
	return POLICY_DENIED_EXPLICITLY;
}

enum policy_verdict policy_decide(enum policy_who who, bool same_account,
				  enum policy_answer identity, enum policy_answer bucket)
{
	enum policy_answer both = policy_join(identity, bucket);

	if (both == POLICY_SAYS_DENY)
		return POLICY_DENIED_EXPLICITLY;
	/* Neither an account nor who is nobody needs a policy of his own; he could still be denied
	 * by one. */
	if (who != POLICY_USER && identity != POLICY_SAYS_UNDECIDED)
		identity = POLICY_SAYS_ALLOW;
	same_account = same_account && who != POLICY_ANONYMOUS;
	/* Undecided may still turn into a deny. */
	if (identity == POLICY_SAYS_UNDECIDED || bucket == POLICY_SAYS_UNDECIDED) {
		if (!same_account && MIN(identity, bucket) == POLICY_SAYS_NOTHING)
			return POLICY_DENIED;
		return POLICY_UNDECIDED;
	}
	return verdict_of(same_account ? MAX(identity, bucket) : MIN(identity, bucket));
}
