/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What policies say about one request, and what follows from that. Pure, and it allocates nothing.
 *
 * Each policy is asked by itself, answers of several identity policies are joined, and policy_decide() puts
 * the identity's side and the bucket's together. Where an answer is UNDECIDED, the policy is asked again by
 * whoever knows more, with the same functions: authd sends the policies that were undecided with the grant,
 * beside the joined answer of the others, and stored finishes.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */

#include "s3/policy/document.h"

struct policy_request {
	struct span action;			/* `s3:GetObject`, as s3/operations.h has it */
	struct span bucket;			/* SPAN_NONE above all buckets: only wildcards mean that */
	struct span key;			/* SPAN_NONE for the bucket itself */
	struct span owner;			/* the bucket's account; only bucket policies ask for it */
	const struct policy_principal *principal;
	const struct policy_context *context;
};

/* In the order in which they win when several policies are joined. */
enum policy_answer {
	POLICY_SAYS_NOTHING,
	POLICY_SAYS_ALLOW,
	POLICY_SAYS_UNDECIDED,	/* what is not known here would matter */
	POLICY_SAYS_DENY,
};

/*
 * Resources with more than a bucket's and a key's longest name, and requests for which the policy would
 * have to be looked at longer than POLICY_STEPS_MAX, are denied.
 *
 * In a bucket policy, an account that is allowed is allowed to say for itself which of its users it
 * allows. So to a user of the bucket's own account that is no ALLOW: his own policies decide. To be
 * allowed by the bucket he must be named, or everybody.
 */
enum policy_answer policy_evaluate(const struct policy_document *d, const struct policy_request *r);

/* What two policies of the same identity say together. */
enum policy_answer policy_join(enum policy_answer a, enum policy_answer b);

enum policy_verdict {
	POLICY_DENIED,		/* because nothing allows it */
	POLICY_DENIED_EXPLICITLY,
	POLICY_UNDECIDED,
	POLICY_ALLOWED,
};

/*
 * The documented order. An explicit deny wins. Then, within the bucket's account: its root may, and others
 * may where either side allows it. From another account both sides must. Anonymous ones only the bucket's
 * side can allow. A root has no policies of its own, so what `identity` says of it does not count, unless
 * that is a DENY, or may yet be one.
 */
enum policy_verdict policy_decide(enum policy_who who, bool same_account,
				  enum policy_answer identity, enum policy_answer bucket);
