/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/confine.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/filter.h"
#include "policy/identity.h"
#include "policy/landlock.h"
#include "policy/limits.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
	__has_feature(memory_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

static const enum landlock_access paths[PROCESSES] = {
	[PROCESS_FRONTEND_WORKER] = LANDLOCK_NO_PATHS,
	[PROCESS_FRONTEND_PARENT] = LANDLOCK_NO_PATHS,
	[PROCESS_AUTHD] = LANDLOCK_FILES,
	[PROCESS_STORED] = LANDLOCK_TREE,
};

bool confine_mode_parse(const char *name, enum confine_mode *ret)
{
	if (strcmp(name, "strict") == 0)
		*ret = CONFINE_STRICT;
	else if (strcmp(name, "degraded") == 0)
		*ret = CONFINE_DEGRADED;
	else
		return false;
	return true;
}

/* Notes what is not in force; whether the process may go on without it, the operator has said. */
static int lacks(struct confine *c, const char *what, int error)
{
	size_t len = strlen(c->missing);

	snprintf(c->missing + len, sizeof(c->missing) - len, "%s%s: %s", len ? "; " : "", what,
		 strerror(-error));
	return c->mode == CONFINE_DEGRADED ? 0 : error;
}

static int enter(struct confine *c, enum confine_step step)
{
	/* After a failure nothing may follow, so the step counts from its beginning. */
	if (c->step + 1 != step)
		return -EPROTO;
	c->step = step;
	return 0;
}

int confine_drop(struct confine *c)
{
	int r;

	r = enter(c, CONFINE_DROPPED);
	if (r < 0)
		return r;
	if (SANITIZED) {
		r = lacks(c, "filter and Landlock in a build with sanitizers", -EOPNOTSUPP);
		if (r < 0)
			return r;
	}
	r = limits_apply(c->process);
	if (r < 0)
		return r;
	r = identity_drop(c->uid, c->gid);
	if (r < 0)
		return r;
	if (geteuid() == 0) {
		r = lacks(c, "a uid that is not root", -EPERM);
		if (r < 0)
			return r;
	}
	return SANITIZED ? 0 : limits_hide_memory();
}

/* Landlock binds one thread; another one, started too early, would stay free. */
static int check_single_thread(void)
{
	struct stat st;

	if (stat("/proc/self/task", &st) < 0)
		return -errno;
	return st.st_nlink > 3 ? -EPROTO : 0;	/* ".", its name, and one of a thread */
}

static int enclose(struct confine *c)
{
	int abi, r;

	r = landlock_abi(&abi);
	if (r < 0)
		return r;
	r = landlock_apply(abi, paths[c->process], c->directory);
	if (r < 0)
		return r;
	c->landlock_abi = abi;
	return 0;
}

int confine_enclose(struct confine *c)
{
	int r;

	r = enter(c, CONFINE_ENCLOSED);
	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	if (SANITIZED)
		return 0;
	r = check_single_thread();
	if (r < 0)
		return r;
	r = enclose(c);
	return r < 0 ? lacks(c, "Landlock", r) : 0;
}

static int filter(struct confine *c)
{
	_cleanup_(filter_freep) struct filter *own = NULL, *worker = NULL;
	int r;

	r = filter_compile(c->process, &own);
	if (r < 0)
		return r;
	if (c->process == PROCESS_FRONTEND_PARENT) {
		r = filter_compile(PROCESS_FRONTEND_WORKER, &worker);
		if (r < 0)
			return r;
	}
	r = filter_apply(own);
	if (r < 0)
		return r;
	c->worker = steal_ptr(worker);
	return 0;
}

int confine_filter(struct confine *c)
{
	int r;

	r = enter(c, CONFINE_FILTERED);
	if (r < 0)
		return r;
	if (SANITIZED)
		return 0;
	if (c->process != PROCESS_FRONTEND_PARENT) {
		r = limits_no_more_tasks();
		if (r < 0)
			return r;
	}
	r = filter(c);
	return r < 0 ? lacks(c, "seccomp", r) : 0;
}

int confine_worker(struct confine *c)
{
	int r;

	if (c->process != PROCESS_FRONTEND_PARENT)
		return -EPROTO;
	r = enter(c, CONFINE_WORKER);
	if (r < 0)
		return r;
	c->process = PROCESS_FRONTEND_WORKER;
	/* A domain of its own inside the parent's: no signal reaches parent or siblings. */
	if (c->landlock_abi) {
		r = landlock_apply(c->landlock_abi, LANDLOCK_NO_PATHS, NULL);
		if (r < 0)
			return lacks(c, "Landlock", r);
	}
	if (c->worker) {
		r = filter_apply(c->worker);
		if (r < 0)
			return lacks(c, "seccomp", r);
	}
	confine_clear(c);
	return 0;
}

void confine_clear(struct confine *c)
{
	c->worker = filter_free(c->worker);
}

enum confine_grade confine_grade(const struct confine *c)
{
	if (c->missing[0])
		return CONFINE_LESS;
	return c->shares_uid ? CONFINE_ONE_UID : CONFINE_FULL;
}

const char *confine_grade_name(enum confine_grade g)
{
	switch (g) {
	case CONFINE_FULL:
		return "full";
	case CONFINE_ONE_UID:
		return "one-uid";
	case CONFINE_LESS:
		return "degraded";
	}
	return "degraded";
}

const char *confine_missing(const struct confine *c)
{
	return c->missing;
}
