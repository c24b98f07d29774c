/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Keys and names of files as a terminal may show them: they can hold anything but NUL and slash. */

#include "base/span.h"

#define SHOWN_MAX 512

/*
 * UTF-8 as it is; control characters, backslashes and what is no UTF-8 as \xNN; cut with "..." where
 * it does not fit. Returns buf.
 */
const char *shown_text(struct span s, char buf[static SHOWN_MAX]);
#define SHOWN(s) shown_text((s), (char[SHOWN_MAX]){ 0 })
