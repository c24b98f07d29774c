/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Spans of time as operators write them, which is as systemd.time(7) has them: a number and a unit,
 * as often as needed, with or without blanks: "7d", "12h", "1h 30min". A number by itself is of
 * seconds. Numbers are whole; nothing is shorter than a second.
 */

#include "base/span.h"

/* What to say where something else was written. */
#define DURATION_FORM "a span of time such as 7d, 12h or 30min"

/* False for what is none, and for more than fits. Nothing is zero only where a zero was written. */
must_check bool duration_parse(struct span text, uint64_t *ret_ns);
