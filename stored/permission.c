/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/permission.h"

#include "s3/policy/public.h"

static enum policy_who who(const struct grant *g)
{
	if (g->principal.anonymous)
		return POLICY_ANONYMOUS;
	return g->principal.user.len ? POLICY_USER : POLICY_ROOT;
}

bool permission_is_own(const struct grant *g, const struct gate *gate)
{
	return !g->principal.anonymous &&
	       (!gate || ipc_id_equal(&gate->owner, &g->principal.tenant));
}

/* --- one bucket --------------------------------------------------------------------------------
 */

/* What authd could not know. No object has tags. */
static void complete(struct permission *p, const struct ipc_id *owner)
{
	struct policy_context *c = &p->question.context;

	if (p->owner == owner)
		return;
	p->owner = owner;
	policy_context_set_known(c, POLICY_KEY_EXISTING_OBJECT_TAG, SPAN_NONE);
	policy_context_set_known(c, POLICY_KEY_RESOURCE_ACCOUNT,
				 span_from_string(ipc_id_text(owner, p->account)));
}

static enum policy_answer hear_identity(struct permission *p, const struct gate *gate,
					const struct policy_need *need)
{
	if (!p->policy)
		return POLICY_SAYS_NOTHING;
	complete(p, gate ? &gate->owner : &p->grant->principal.tenant);
	return identity_hear(p->policy, &p->question, need);
}

static enum policy_answer hear_gate(struct permission *p, const struct gate *gate,
				    const struct policy_need *need)
{
	enum policy_answer a;

	if (!gate || (!gate->policy && !gate->is_damaged))
		return POLICY_SAYS_NOTHING;
	if (gate->is_damaged)
		return POLICY_SAYS_DENY;
	complete(p, &gate->owner);
	a = policy_evaluate(gate->policy,
			    &(struct policy_request){ .action = need->action,
						      .bucket = need->bucket,
						      .key = need->key,
						      .owner = span_from_string(p->account),
						      .principal = &p->question.who,
						      .context = &p->question.context });
	return policy_restrict(a, gate->is_public, gate->blocks, permission_is_own(p->grant, gate));
}

static bool is_allowed(struct permission *p, const struct gate *gate,
		       const struct policy_need *need, enum policy_answer identity)
{
	return policy_decide(who(p->grant), permission_is_own(p->grant, gate), identity,
			     hear_gate(p, gate, need)) == POLICY_ALLOWED;
}

/* --- a request ---------------------------------------------------------------------------------
 */

/* Its size authd has seen to. */
static const struct policy_rules rules = { .kind = POLICY_IDENTITY, .size_max = POLICY_TEXT_MAX };

static bool is_asked(const struct gate *gate)
{
	return gate && gate->policy;
}

int permission_begin(const struct grant *g, const struct permission_gates *gates,
		     struct permission *ret)
{
	struct policy_complaint complaint;
	int r = 0;

	/* The question is large; most requests are about buckets that have no policy. */
	ret->grant = g;
	ret->gates = *gates;
	ret->policy = NULL;
	ret->owner = NULL;
	if (g->identity.policy.len)
		r = policy_parse(g->identity.policy, &rules, &ret->policy, &complaint);
	if (r)
		return r < 0 ? r : -EPROTO;
	if (ret->policy || is_asked(gates->bucket) || is_asked(gates->source))
		identity_ask(&ret->question, &g->identity, &g->principal, &g->request);
	return 0;
}

void permission_end(struct permission *p)
{
	p->policy = policy_free(p->policy);
}

void permission_know_location(struct permission *p, struct span location)
{
	/* Without one there is no question. */
	if (p->policy)
		policy_context_set_known(&p->question.context, POLICY_KEY_LOCATION_CONSTRAINT,
					 location);
}

static bool is_allowed_here(struct permission *p, struct policy_need need)
{
	return is_allowed(p, p->gates.bucket, &need, hear_identity(p, p->gates.bucket, &need));
}

bool permission_to_delete(struct permission *p, struct span key, struct span version,
			  struct span etag)
{
	struct span bucket = p->grant->request.bucket;
	bool compares = !span_is_none(etag) && !span_equal(etag, SPAN("*"));

	return is_allowed_here(p, policy_need_of_delete(bucket, key, !span_is_none(version))) &&
	       (!compares ||
		is_allowed_here(p, (struct policy_need){ SPAN("s3:GetObject"), bucket, key }));
}

bool permission_to_miss(struct permission *p)
{
	const struct s3_request *r = &p->grant->request;
	const struct gate *gate =
		s3_operations[r->operation].copy_source ? p->gates.source : p->gates.bucket;
	struct policy_need need = identity_listing(r);
	enum policy_answer identity = p->grant->identity.listing;

	if (identity == POLICY_SAYS_UNDECIDED && p->policy)
		identity = hear_identity(p, gate, &need);
	return is_allowed(p, gate, &need, identity);
}

/* Who owns a bucket can always take away what locks him out. */
static bool is_about_policy(enum s3_operation o)
{
	return o == S3_GET_BUCKET_POLICY || o == S3_PUT_BUCKET_POLICY ||
	       o == S3_DELETE_BUCKET_POLICY;
}

/* The need of the source is the last, and about another bucket's key. */
static bool is_of_source(const struct s3_request *r, size_t i, size_t n)
{
	return s3_operations[r->operation].copy_source && i == n - 1;
}

static bool are_allowed(struct permission *p, const struct policy_need needs[], size_t n)
{
	const struct identity *said = &p->grant->identity;

	for (size_t i = 0; i < n; i++) {
		const struct gate *gate =
			is_of_source(&p->grant->request, i, n) ? p->gates.source : p->gates.bucket;
		enum policy_answer identity = i < said->n ? said->answers[i] : POLICY_SAYS_NOTHING;

		if (identity == POLICY_SAYS_UNDECIDED && p->policy)
			identity = hear_identity(p, gate, &needs[i]);
		if (!is_allowed(p, gate, &needs[i], identity))
			return false;
	}
	return true;
}

int permission_check(struct permission *p)
{
	const struct grant *g = p->grant;
	bool is_own = permission_is_own(g, p->gates.bucket);
	bool is_about = is_about_policy(g->request.operation);
	struct policy_need needs[POLICY_NEEDS_MAX];
	size_t n = policy_needs_of_request(&g->request, needs);

	/* How many answers there are, authd has counted as it is counted here. */
	if (g->identity.n != (who(g) == POLICY_USER ? n : 0))
		return -EPROTO;
	/* A token is good for a bucket of its own tenant's only. */
	if (g->request.dialect == S3_DIALECT_REST && !is_own)
		return S3_ERROR_ACCESS_DENIED;
	if (is_about && is_own && who(g) == POLICY_ROOT)
		return 0;
	if (!are_allowed(p, needs, n))
		return S3_ERROR_ACCESS_DENIED;
	return is_about && !is_own ? S3_ERROR_METHOD_NOT_ALLOWED : 0;
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
