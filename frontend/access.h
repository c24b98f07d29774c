/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The line in the log that says what became of a request. */

#include "base/defs.h"

struct exchange;

/* `whole`: the client got all of the answer. */
void access_log(const struct exchange *e, bool whole);
