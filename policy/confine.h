/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The order in which a process gives up what it does not need. main() takes the steps, each once
 * and in this order, between the things that only it can do:
 *
 *	struct confine c = CONFINE_INIT(PROCESS_AUTHD);   fill in mode, uid, gid, directory
 *	service_take_sockets()            what needs the ids it was started with
 *	confine_drop(&c)                  limits, ids, capabilities
 *	open everything, use once whatever opens files lazily, connect the notify socket
 *	confine_enclose(&c)               no_new_privs and Landlock; there is no thread yet
 *	start all threads                 they end by returning: pthread_exit() loads a library
 *	confine_filter(&c)                system calls, for all threads at once
 *	READY=1
 *
 * The frontend's parent does the same and then forks its workers; each of them sets up its loop and
 * calls confine_worker(&c) before it touches a connection.
 *
 * Every step fails closed: after a negative result the process must end. confine_missing() then
 * says in words what could not be had. With CONFINE_DEGRADED, which only an operator chooses, a
 * step notes there what the host does not offer, and goes on. Builds with sanitizers make calls
 * that no filter of ours lets pass: they have neither filter nor Landlock, and start with
 * CONFINE_DEGRADED only.
 */

#include <sys/types.h>

#include "base/defs.h"
#include "policy/process.h"

struct filter;

enum confine_mode {
	CONFINE_STRICT = 0,
	CONFINE_DEGRADED,
};

enum confine_step {
	CONFINE_NOTHING = 0,
	CONFINE_DROPPED,
	CONFINE_ENCLOSED,
	CONFINE_FILTERED,
	CONFINE_WORKER,
};

/* What is in force, as health and status answers say it. */
enum confine_grade {
	CONFINE_FULL = 0,
	CONFINE_ONE_UID,	/* everything, but the three share one uid */
	CONFINE_LESS,		/* something is missing */
};

#define CONFINE_MISSING_MAX 512

struct confine {
	/* The caller's to set before confine_drop(). */
	enum process process;
	enum confine_mode mode;
	uid_t uid;		/* IDENTITY_KEEP: stays who it is, which must not be root */
	gid_t gid;
	const char *directory;	/* the only one it may open files in; NULL for the frontend */
	bool shares_uid;	/* with another of the three, as far as this process knows */

	/* Its own. */
	enum confine_step step;
	int landlock_abi;	/* 0: not in force */
	struct filter *worker;	/* of the frontend's parent, until confine_clear() */
	char missing[CONFINE_MISSING_MAX];
};

#define CONFINE_INIT(process_)                                                                     \
	((struct confine){ .process = (process_), .uid = (uid_t)-1, .gid = (gid_t)-1 })

/* "strict" or "degraded"; false leaves *ret alone. */
must_check bool confine_mode_parse(const char *name, enum confine_mode *ret);

/* -EPROTO: out of order. -EPERM in any of them: this host or this start does not allow it. */
must_check int confine_drop(struct confine *c);
must_check int confine_enclose(struct confine *c);
must_check int confine_filter(struct confine *c);
must_check int confine_worker(struct confine *c);

/* Frees what confine_filter() keeps for workers; nothing is loosened. */
void confine_clear(struct confine *c);

enum confine_grade confine_grade(const struct confine *c);

/* "full", "one-uid" or "degraded". */
const char *confine_grade_name(enum confine_grade g);

/* What is not in force, such as "Landlock: Function not implemented"; "" where all of it is. */
const char *confine_missing(const struct confine *c);
