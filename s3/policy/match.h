/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Patterns of policies: text with `*` for any run of characters, `?` for one character, and variables that
 * stand for what is known of the request. What a variable stands for is never a wildcard (T25).
 *
 * A pattern is matched by going back to its last star only, so its cost is at most its length times the
 * text's; and all patterns that one question looks at share an allowance of steps. Nothing is allocated and
 * nothing recurses.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */

#include "base/arena.h"
#include "s3/policy/context.h"

#define POLICY_VARIABLES_MAX 8	/* in one pattern */

/* Whoever needs more to be answered has written a policy against us. It takes some 0.5 ms. */
#define POLICY_STEPS_MAX (256 * 1024)

struct policy_variable {
	enum policy_key key;
	struct span tag;		/* of a key that is a TAG */
	struct span otherwise;		/* its default; SPAN_NONE where it has none */
};

/* Tokens are bytes up to 0xff, then these. */
#define POLICY_TOKEN_ANY 0x100
#define POLICY_TOKEN_ONE 0x101
#define POLICY_TOKEN_VARIABLE 0x102	/* and those above: the first variable, the second, ... */

/* Lives in the arena that it was made in. */
struct policy_pattern {
	const uint16_t *tokens;
	size_t count;
	const struct policy_variable *variables;
	size_t variable_count;
};

enum policy_pattern_outcome {
	POLICY_PATTERN_OK = 0,
	POLICY_PATTERN_OPEN,		/* `${` without `}`, or a default without its quotes */
	POLICY_PATTERN_UNKNOWN,		/* a variable that is no key */
	POLICY_PATTERN_MANY,		/* a variable that would have many values */
	POLICY_PATTERN_CROWDED,		/* more than POLICY_VARIABLES_MAX variables */
	POLICY_PATTERN_UNFIT,		/* only for values of conditions: no number, no date, ... */
};

#define POLICY_PATTERN_WILDCARDS (1u << 0)	/* `*` and `?` are not themselves */
#define POLICY_PATTERN_VARIABLES (1u << 1)	/* `${...}` is not itself */

/* An outcome, or -ENOMEM. */
must_check int policy_pattern_compile(struct arena *a, struct span text, unsigned int flags,
				      struct policy_pattern *ret);

/* True if it stands for one text, whoever asks: no wildcards, no variables. */
bool policy_pattern_is_fixed(const struct policy_pattern *p);

/* One question's view of what is known, and what it may still cost. */
struct policy_matcher {
	const struct policy_context *context;	/* may be NULL where no pattern has variables */
	size_t steps;		/* left */
	bool exhausted;		/* some answer was UNKNOWN for want of steps */
};

/*
 * A variable without value and default matches nothing: NO. One that is not known here makes it UNKNOWN.
 * In any case means letters of ASCII.
 */
enum policy_truth policy_match(struct policy_matcher *m, const struct policy_pattern *p,
			       struct span text, bool any_case);
