/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Secrets that people type, or keep in files: never on a command line, where everybody sees them. */

#include "client/complaint.h"

/*
 * The first line of a file, "-" for standard input; at a terminal it is asked for and not shown. `what` is
 * what it is called: "secret key". The caller wipes it. -EPERM: others than its owner can read the file.
 */
must_check int secret_read(const char *path, const char *what, char *to, size_t size,
			   struct complaint *why);
