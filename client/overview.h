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

/*
 * Adds to authd's answer `status`.`daemons`, a list of {name, state, pid, confinement, user,
 * uptime_s}, the last two only where the process can be looked at, and `status`.`disk`, {path,
 * size_bytes, free_bytes}. `proc` is PROCESS_PROC but in tests. -ENOMEM.
 */
must_check int overview_add(json_t *answer, const char *proc);
