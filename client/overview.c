/* SPDX-License-Identifier: Apache-2.0 */
#include "client/overview.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "client/sight.h"

static int set(json_t *object, const char *member, json_t *value)
{
	return json_object_set_new(object, member, value) < 0 ? -ENOMEM : 0;
}

/* --- the daemons -------------------------------------------------------------------------- */

static int say_user(json_t *daemon, uid_t uid)
{
	const struct passwd *pw = getpwuid(uid);
	char number[16];

	snprintf(number, sizeof(number), "%u", uid);
	return set(daemon, "user", json_string(pw ? pw->pw_name : number));
}

/* "in force", or what is missing of it. */
static int say_confinement(json_t *daemon, const struct process *p)
{
	char words[96] = "in force";

	if (!process_is_confined(p))
		snprintf(words, sizeof(words), "without%s%s%s",
			 p->seccomp == PROCESS_FILTERED ? "" : " seccomp",
			 p->no_new_privs ? "" : " no-new-privileges",
			 p->capabilities ? " dropped-capabilities" : "");
	return set(daemon, "confinement", json_string(words));
}

static int say_process(json_t *daemon, const struct process *p)
{
	int r;

	r = say_user(daemon, p->uid);
	if (r >= 0)
		r = set(daemon, "uptime_s", json_integer((json_int_t)p->uptime_s));
	return r < 0 ? r : say_confinement(daemon, p);
}

static json_t *describe(const struct sight *s, enum daemon d)
{
	json_t *daemon = json_pack("{s:s, s:s}", "name", daemons[d].name, "state",
				   s->pid[d] ? "up" : "away");
	int r = daemon ? 0 : -ENOMEM;

	if (r >= 0 && s->pid[d])
		r = set(daemon, "pid", json_integer(s->pid[d]));
	if (r >= 0 && s->is_seen[d])
		r = say_process(daemon, &s->process[d]);
	else if (r >= 0 && s->pid[d])
		r = set(daemon, "confinement", json_string(OVERVIEW_NOT_VISIBLE));
	if (r >= 0)
		return daemon;
	json_decref(daemon);
	return NULL;
}

static int add_daemons(json_t *status, const struct sight *s)
{
	json_t *list = json_array();
	int r = list ? 0 : -ENOMEM;

	for (enum daemon d = 0; d < DAEMONS && r >= 0; d++)
		if (json_array_append_new(list, describe(s, d)) < 0)
			r = -ENOMEM;
	if (r >= 0)
		return set(status, "daemons", list);
	json_decref(list);
	return r;
}

/* --- the disk ----------------------------------------------------------------------------- */

static int add_disk(json_t *status, const struct sight *s)
{
	const char *path = s->is_seen[DAEMON_STORED]
				   ? process_argument(&s->process[DAEMON_STORED], "--data", NULL)
				   : NULL;
	struct statvfs st;

	if (!path || statvfs(path, &st) < 0)
		return 0;
	return set(status, "disk",
		   json_pack("{s:s, s:I, s:I}", "path", path, "size_bytes",
			     (json_int_t)(st.f_blocks * st.f_frsize), "free_bytes",
			     (json_int_t)(st.f_bavail * st.f_frsize)));
}

int overview_add(json_t *answer, const char *proc)
{
	json_t *status = json_object_get(answer, "status");
	struct sight s;
	int r;

	if (!json_is_object(status))
		return 0;
	sight_take(status, proc, &s);
	r = add_daemons(status, &s);
	return r < 0 ? r : add_disk(status, &s);
}
