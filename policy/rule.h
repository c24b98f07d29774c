/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The words that the rows of policy/rules.h are written in, and a row as a value. */

#include "base/defs.h"
#include "policy/process.h"

#define RULE_CONDITIONS_MAX 3
#define RULE_ARGUMENTS 6

struct rule_condition {
	bool used;
	uint8_t argument;	/* 0-5 */
	uint64_t mask;		/* (argument & mask) == value */
	uint64_t value;
};

struct rule {
	const char *call;
	int number;		/* negative: this architecture has no such call */
	int error;		/* 0: allowed */
	struct rule_condition when[RULE_CONDITIONS_MAX];
	const char *action_words;
	const char *when_words;
	const char *why;
};

#define ALLOW 0
#define ERROR(errno_) (errno_)

#define ALWAYS { { false } }
#define WHEN(...) { __VA_ARGS__ }

/* The kernel takes these as 32 bits: what stands above them is not looked at by either. */
#define EQUALS(argument_, value_) { true, (argument_), UINT32_MAX, (uint32_t)(value_) }
#define WITHIN(argument_, bits_) { true, (argument_), (uint32_t)~(uint32_t)(bits_), 0 }

#define EQUALS_LONG(argument_, value_) { true, (argument_), UINT64_MAX, (value_) }
#define WITHIN_LONG(argument_, bits_) { true, (argument_), ~(uint64_t)(bits_), 0 }

/*
 * Stands for the pid of whoever applies the filter, which is known only then. No pid is this
 * large (PID_MAX_LIMIT is 2^22).
 */
#define THIS_PROCESS 0x7ee15e1fU

/* The rows for one process, in the order of rules.h. */
const struct rule *rule_list(enum process p, size_t *ret_n);
