/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What `cofferctl status` adds to what authd knows: each daemon as the kernel shows it, and the
 * disk that the objects are on. Who may not look sees less of it, never something made up.
 */

#include <jansson.h>

#include "base/defs.h"

/*
 * Adds to authd's answer `status`.`daemons`, a list of {name, state, pid, user, uptime_s,
 * confinement}, and `status`.`disk`, {path, size_bytes, free_bytes}. -ENOMEM.
 */
must_check int overview_add(json_t *answer);
