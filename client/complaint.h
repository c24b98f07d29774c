/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What an operator is told when something cannot be done: one exact sentence, and where there is
 * something to do about it, a hint. The place that fails writes it, main prints it once.
 */

#include "base/defs.h"

#define COMPLAINT_MAX 1024

struct complaint {
	char error[COMPLAINT_MAX];
	char hint[COMPLAINT_MAX]; /* empty: nothing to suggest */
};

/* Both write the sentence and return r, so that a caller can `return complain(...)`. */
int complain(struct complaint *c, int r, const char *format, ...) printf_like(3, 4);
int complain_errno(struct complaint *c, int r, const char *format, ...) printf_like(3, 4);

void complaint_hint(struct complaint *c, const char *format, ...) printf_like(2, 3);

/* Prints "program: error" and "hint: ..." on stderr. */
void complaint_print(const struct complaint *c, const char *program);
