/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What cofferctl says of authd's answer, for people. What it says of tokens is word for word what
 * the tool of the service said that they come from: scripts read it.
 */

#include <stdio.h>

#include "client/invocation.h"

void report(FILE *to, const struct invocation *i, const json_t *answer);
