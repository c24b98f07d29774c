/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A filter is what policy/rules.h says about one kind of process, as the program that the kernel
 * asks before each system call. It is compiled while everything is still allowed and applied later;
 * a parent compiles its workers' filter before its own takes away what compiling needs.
 */

#include <linux/filter.h>

#include "base/defs.h"
#include "policy/process.h"

struct filter {
	size_t n;
	struct sock_filter code[];
};

/* Without side effects on the process. *ret is the caller's. */
must_check int filter_compile(enum process p, struct filter **ret);

struct filter *filter_free(struct filter *f);
DEFINE_CLEANUP(struct filter *, filter_free)

/* Sets in whose abort(3) it is; filter_apply() does it by itself. */
void filter_fill_in(struct filter *f, uint32_t pid);

/*
 * Binds every thread of the calling process and all that it starts later, for good. Needs
 * no_new_privs. -ESRCH: a thread could not be bound, and then none is.
 */
must_check int filter_apply(struct filter *f);
