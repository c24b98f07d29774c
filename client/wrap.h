/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Words for people, in lines that fit a terminal. */

#include <stdio.h>

#include "base/defs.h"

#define WRAP_WIDTH  92
#define WRAP_COLUMN 26 /* where what is said of an option begins */

/*
 * Prints the words from column `indent` on, in a line that has got to `column`, and ends the line. Where
 * that is too far, or an end of line is among the words, another line begins.
 */
void wrap_print(FILE *to, const char *words, size_t column, size_t indent);
