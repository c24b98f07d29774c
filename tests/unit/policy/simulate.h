/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Runs a filter the way the kernel would, without giving anything up: what would become of this
 * system call? Anything that the kernel's checker would refuse in a filter is an assertion.
 */

#include "policy/filter.h"

#define SIMULATE_ARGUMENTS 6

struct call {
	uint32_t arch;	/* 0: the one this is built for */
	int number;
	uint64_t argument[SIMULATE_ARGUMENTS];
};

/* SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_ALLOW, or SECCOMP_RET_ERRNO with an error in it. */
uint32_t simulate(const struct filter *f, struct call c);

/* "allow", "kill", "EACCES". */
const char *verdict_name(uint32_t verdict);
