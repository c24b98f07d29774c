/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The role of a frontend worker. It enters with the ticket that authd gave it, which names the
 * channel that grants are for; what it asks is in a grant.
 */

#include "stored/session.h"

#define WORKERS_MAX 256
#define WORKER_CALLS_MAX 4096
#define WORKER_BODIES_MAX 512

extern const struct session_role worker_role;
