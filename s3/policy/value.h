/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The operators of conditions, and the values that they compare: those of the policy, compiled, and those of the
 * request, which are text. One value with one value; what follows from several is condition.h's.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */

#include "base/ip.h"
#include "s3/policy/match.h"

/*
 * OPERATOR(SYMBOL, "Name", FAMILY, TEST, NEGATED)
 *
 *   FAMILY   what both sides are: STRING, NUMERIC, DATE, BOOL, BINARY, IP, ARN; PRESENCE asks for none
 *   TEST     how they are compared
 *   NEGATED  1 if it holds exactly where the comparison does not, so also where the request has no value
 */
#define POLICY_OPERATORS(OPERATOR)                                                                 \
	OPERATOR(STRING_EQUALS, "StringEquals", STRING, EQUAL, 0)                                  \
	OPERATOR(STRING_NOT_EQUALS, "StringNotEquals", STRING, EQUAL, 1)                           \
	OPERATOR(STRING_EQUALS_IGNORE_CASE, "StringEqualsIgnoreCase", STRING, EQUAL_ANY_CASE, 0)   \
	OPERATOR(STRING_NOT_EQUALS_IGNORE_CASE, "StringNotEqualsIgnoreCase", STRING,               \
		 EQUAL_ANY_CASE, 1)                                                                \
	OPERATOR(STRING_LIKE, "StringLike", STRING, LIKE, 0)                                       \
	OPERATOR(STRING_NOT_LIKE, "StringNotLike", STRING, LIKE, 1)                                \
	OPERATOR(NUMERIC_EQUALS, "NumericEquals", NUMERIC, EQUAL, 0)                               \
	OPERATOR(NUMERIC_NOT_EQUALS, "NumericNotEquals", NUMERIC, EQUAL, 1)                        \
	OPERATOR(NUMERIC_LESS, "NumericLessThan", NUMERIC, LESS, 0)                                \
	OPERATOR(NUMERIC_LESS_EQUALS, "NumericLessThanEquals", NUMERIC, LESS_EQUAL, 0)             \
	OPERATOR(NUMERIC_GREATER, "NumericGreaterThan", NUMERIC, GREATER, 0)                       \
	OPERATOR(NUMERIC_GREATER_EQUALS, "NumericGreaterThanEquals", NUMERIC, GREATER_EQUAL, 0)    \
	OPERATOR(DATE_EQUALS, "DateEquals", DATE, EQUAL, 0)                                        \
	OPERATOR(DATE_NOT_EQUALS, "DateNotEquals", DATE, EQUAL, 1)                                 \
	OPERATOR(DATE_LESS, "DateLessThan", DATE, LESS, 0)                                         \
	OPERATOR(DATE_LESS_EQUALS, "DateLessThanEquals", DATE, LESS_EQUAL, 0)                      \
	OPERATOR(DATE_GREATER, "DateGreaterThan", DATE, GREATER, 0)                                \
	OPERATOR(DATE_GREATER_EQUALS, "DateGreaterThanEquals", DATE, GREATER_EQUAL, 0)             \
	OPERATOR(BOOL, "Bool", BOOL, EQUAL, 0)                                                     \
	OPERATOR(BINARY_EQUALS, "BinaryEquals", BINARY, EQUAL, 0)                                  \
	OPERATOR(IP_ADDRESS, "IpAddress", IP, EQUAL, 0)                                            \
	OPERATOR(NOT_IP_ADDRESS, "NotIpAddress", IP, EQUAL, 1)                                     \
	OPERATOR(ARN_EQUALS, "ArnEquals", ARN, LIKE, 0)                                            \
	OPERATOR(ARN_NOT_EQUALS, "ArnNotEquals", ARN, LIKE, 1)                                     \
	OPERATOR(ARN_LIKE, "ArnLike", ARN, LIKE, 0)                                                \
	OPERATOR(ARN_NOT_LIKE, "ArnNotLike", ARN, LIKE, 1)                                         \
	OPERATOR(NULL, "Null", PRESENCE, EQUAL, 0)

enum policy_operator {
#define OPERATOR(SYMBOL, ...) POLICY_OPERATOR_##SYMBOL,
	POLICY_OPERATORS(OPERATOR)
#undef OPERATOR
	POLICY_OPERATOR_COUNT,
};

enum policy_family {
	POLICY_FAMILY_STRING,
	POLICY_FAMILY_NUMERIC,	/* decimal, at most six digits behind the point */
	POLICY_FAMILY_DATE,	/* ISO 8601, or seconds since 1970; compared by whole seconds */
	POLICY_FAMILY_BOOL,
	POLICY_FAMILY_BINARY,	/* base64 in the policy, bytes in the request */
	POLICY_FAMILY_IP,	/* a network in the policy, an address in the request */
	POLICY_FAMILY_ARN,	/* matched by each of its six parts */
	POLICY_FAMILY_PRESENCE,
};

enum policy_test {
	POLICY_TEST_EQUAL,
	POLICY_TEST_EQUAL_ANY_CASE,
	POLICY_TEST_LIKE,
	POLICY_TEST_LESS,
	POLICY_TEST_LESS_EQUAL,
	POLICY_TEST_GREATER,
	POLICY_TEST_GREATER_EQUAL,
};

struct policy_operator_row {
	const char *name;
	enum policy_family family;
	enum policy_test test;
	bool negated;
};

extern const struct policy_operator_row policy_operators[POLICY_OPERATOR_COUNT];

#define POLICY_ARN_PARTS 6

struct policy_value {
	struct policy_pattern pattern;			/* STRING */
	int64_t number;					/* NUMERIC in millionths, DATE in seconds, BOOL, PRESENCE */
	struct ip_network network;			/* IP */
	struct span bytes;				/* BINARY */
	const struct policy_pattern *arn;		/* ARN: POLICY_ARN_PARTS of them; NULL for `*`, which is any */
};

/* Compiles a value for that operator. An enum policy_pattern_outcome, or -ENOMEM. */
must_check int policy_value_compile(struct arena *a, enum policy_operator o, struct span text,
				    bool variables, struct policy_value *ret);

/* True if it is one value: no wildcards, no variables. Networks count as one. */
bool policy_value_is_fixed(enum policy_operator o, const struct policy_value *v);

/* Whether they compare so, before a negation. A text that is not of the operator's family fits nothing. */
enum policy_truth policy_value_fits(struct policy_matcher *m, enum policy_operator o,
				    const struct policy_value *v, struct span text);
