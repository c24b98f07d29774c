/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The command line of coffer-frontend. */

#include <sys/types.h>

#include "base/defs.h"
#include "frontend/access.h"
#include "frontend/admission.h"
#include "policy/confine.h"

#define OPTIONS_DOMAINS_MAX 16
#define OPTIONS_WORKERS_MAX 64

struct options {
	const char *authd;	/* sockets to dial */
	const char *stored;
	const char *domains[OPTIONS_DOMAINS_MAX + 1];	/* NULL-terminated */
	size_t n_domains;
	enum access_form access_log;
	struct admission metrics;	/* who may have them */
	unsigned int workers;	/* 0: one for each processor */
	uid_t uid;		/* to become; (uid_t)-1: stay */
	gid_t gid;
	enum confine_mode confine;
};

enum options_outcome {
	OPTIONS_OK = 0,
	OPTIONS_HELP,		/* asked for, and printed */
	OPTIONS_WRONG,		/* what is wrong was said on stderr */
};

/* Texts are borrowed from argv. */
must_check int options_parse(int argc, char **argv, struct options *ret);
