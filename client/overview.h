/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What `cofferctl status` adds to what authd knows: each daemon as the kernel shows it, and the
 * disk that the objects are on. Who may not look, or looks from outside of its container, sees less of
 * it, never something made up.
 */

#include <jansson.h>

#include "base/defs.h"

#define OVERVIEW_NOT_VISIBLE "not visible from here"

struct overview_from {
	const char *proc;	/* PROCESS_PROC but in tests */
	const char *metrics;	/* the socket that is asked for the figures */
};

/*
 * Adds to authd's answer, in `status`:
 *
 *   daemons	a list of {name, state, pid, version, grade, landlock_abi, confinement, user, uptime_s,
 *		seccomp, no_new_privs, no_capabilities}
 *   requests	of "s3" and "rest" each {total, client_errors, server_errors, unanswered}
 *   disk	{path, size_bytes, free_bytes, floor_bytes, uploads_refused}
 *   tenants, access_keys, tokens
 *   warnings	a list of sentences: what somebody should see to
 *
 * What is not known is not there. -ENOMEM.
 */
must_check int overview_add(json_t *answer, const struct overview_from *from);
