/* SPDX-License-Identifier: Apache-2.0 */
#include "client/sight.h"

static bool look(const char *proc, pid_t pid, enum daemon d, struct process *ret)
{
	struct process p;

	if (!pid || process_read(proc, pid, &p) != PROCESS_OK || p.is_nested ||
	    !process_is_of(&p, daemons[d].program))
		return false;
	*ret = p;
	return true;
}

/* All three are in one namespace: where authd's own pid is not an authd's here, no pid means
 * anything. */
void sight_take(const json_t *status, const char *proc, struct sight *ret)
{
	struct sight s = { 0 };

	for (enum daemon d = 0; d < DAEMONS; d++) {
		s.pid[d] = (pid_t)json_integer_value(json_object_get(status, daemons[d].pid));
		s.is_seen[d] = (d == DAEMON_AUTHD || s.is_seen[DAEMON_AUTHD]) &&
			       look(proc, s.pid[d], d, &s.process[d]);
	}
	*ret = s;
}
