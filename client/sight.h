/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The daemons that authd says there are, as the kernel shows them. authd names pids as it knows them:
 * in another pid namespace, as outside of its container, they are nobody's or somebody else's. Such a
 * daemon is not seen; nothing is taken for it that is not.
 */

#include <jansson.h>

#include "client/daemon.h"
#include "client/process.h"

struct sight {
	pid_t pid[DAEMONS]; /* as authd knows it; 0: away */
	bool is_seen[DAEMONS];
	struct process process[DAEMONS]; /* of those that are */
};

/* `status` is authd's, `proc` is PROCESS_PROC but in tests. */
void sight_take(const json_t *status, const char *proc, struct sight *ret);
