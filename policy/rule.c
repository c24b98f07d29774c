/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rule.h"

#include <seccomp.h>

#include "policy/rules.h"

#define ROW(call_, action_, when_, why_)                                                           \
	{                                                                                          \
		.call = #call_,                                                                    \
		.number = __SNR_##call_,                                                           \
		.error = action_,                                                                  \
		.when = when_,                                                                     \
		.action_words = #action_,                                                          \
		.when_words = #when_,                                                              \
		.why = why_,                                                                       \
	},

static const struct rule frontend_worker[] = { RULES_FRONTEND_WORKER(ROW) };
static const struct rule frontend_parent[] = { RULES_FRONTEND_PARENT(ROW) };
static const struct rule authd[] = { RULES_AUTHD(ROW) };
static const struct rule stored[] = { RULES_STORED(ROW) };

static const struct {
	const struct rule *rules;
	size_t n;
} lists[PROCESSES] = {
	[PROCESS_FRONTEND_WORKER] = { frontend_worker, ARRAY_SIZE(frontend_worker) },
	[PROCESS_FRONTEND_PARENT] = { frontend_parent, ARRAY_SIZE(frontend_parent) },
	[PROCESS_AUTHD] = { authd, ARRAY_SIZE(authd) },
	[PROCESS_STORED] = { stored, ARRAY_SIZE(stored) },
};

const struct rule *rule_list(enum process p, size_t *ret_n)
{
	*ret_n = lists[p].n;
	return lists[p].rules;
}
