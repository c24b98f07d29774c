/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/limits.h"

#include <sys/prctl.h>
#include <sys/resource.h>

static const rlim_t files[PROCESSES] = {
	[PROCESS_FRONTEND_WORKER] = LIMITS_FILES_FRONTEND,
	[PROCESS_FRONTEND_PARENT] = LIMITS_FILES_FRONTEND,
	[PROCESS_AUTHD] = LIMITS_FILES_AUTHD,
	[PROCESS_STORED] = LIMITS_FILES_STORED,
};

static int fix(int resource, rlim_t value)
{
	struct rlimit limit = { .rlim_cur = value, .rlim_max = value };

	return setrlimit(resource, &limit) < 0 ? -errno : 0;
}

/* Raising the hard limit is root's; without that, as much as it allows. */
static int fix_at_most(int resource, rlim_t value)
{
	struct rlimit limit;
	int r;

	r = fix(resource, value);
	if (r != -EPERM)
		return r;
	if (getrlimit(resource, &limit) < 0)
		return -errno;
	return fix(resource, MIN(value, limit.rlim_max));
}

int limits_apply(enum process p)
{
	int r;

	r = fix(RLIMIT_CORE, 0);
	if (r < 0)
		return r;
	r = fix_at_most(RLIMIT_NOFILE, files[p]);
	if (r < 0)
		return r;
	return fix_at_most(RLIMIT_MEMLOCK, LIMITS_LOCKED_BYTES);
}

int limits_hide_memory(void)
{
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? -errno : 0;
}

int limits_no_more_tasks(void)
{
	return fix(RLIMIT_NPROC, 0);
}
