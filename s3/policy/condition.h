/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One condition of a statement: an operator, the key that it looks at, and the values it compares with.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_multi-value-conditions.html
 */

#include "s3/policy/value.h"

enum policy_quantifier {
	POLICY_SINGLE,		/* for keys with one value */
	POLICY_FOR_ALL,		/* ForAllValues: */
	POLICY_FOR_ANY,		/* ForAnyValue: */
};

/* Lives in the arena that it was made in. */
struct policy_condition {
	enum policy_operator kind;
	enum policy_quantifier quantifier;
	bool if_exists;
	enum policy_key key;
	struct span tag;		/* of a key that is a TAG */
	struct policy_value *values;	/* one of them must fit */
	size_t value_count;
};

/* Operator, quantifier and IfExists as a policy writes them in one; false for what is none. */
must_check bool policy_operator_parse(struct span text, struct policy_condition *ret);

enum policy_truth policy_condition_holds(struct policy_matcher *m, const struct policy_condition *c);
