/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What cofferctl says for --help: of all, of a group of commands, of one. tools/helptext.py reads this
 * form, and makes the manual page and the completions of it.
 */

#include <stdio.h>

#include "client/manual.h"

void help_print(FILE *to);
void help_print_group(FILE *to, enum manual_group g);
void help_print_command(FILE *to, enum manual_command c);
