/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Takes the header fields out of libmicrohttpd, and looks at what its lenient parser has hidden: a
 * NUL that cut a value short, a line that ended without a carriage return, a folded line, blanks
 * around the target.
 */

#include <microhttpd.h>

#include "frontend/head.h"

/* `target` is where libmicrohttpd had the raw target, and how long it was. Findings go into *h. */
void mhdhead_read(struct MHD_Connection *http, const char *method, struct span target,
		  const char *version, struct head *h);
