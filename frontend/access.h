/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The line in the log that says what became of a request. Of what a client sent it names only what
 * authd let pass: a path that nobody has signed may be anything, a secret in the wrong place too.
 */

#include "base/defs.h"

enum access_form {
	ACCESS_KV,
	ACCESS_JSON,
	ACCESS_NONE,
};

struct exchange;

/* "kv", "json" or "none". */
must_check bool access_form_parse(const char *text, enum access_form *ret);

/* The exchange ends now. `whole`: the client got all of the answer. */
void access_log(const struct exchange *e, bool whole, uint64_t now_ns);
