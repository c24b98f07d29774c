/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The command line of coffer-authd. */

#include <sys/types.h>

#include "authd/audit/audit.h"
#include "authd/limits.h"
#include "ipc/peer_list.h"
#include "policy/confine.h"

#define OPTIONS_LIST_MAX 16
#define OPTIONS_PROXIES_MAX 64	/* a large one has some twenty networks */

/* What may change while authd runs. */
struct options_live {
	struct limits_config limits;
	struct ip_network proxies[OPTIONS_PROXIES_MAX];	/* whose X-Forwarded-For counts */
	size_t n_proxies;
};

#define OPTIONS_LIVE 9	/* so many */
#define OPTIONS_LIVE_DEFAULT ((struct options_live){ .limits = LIMITS_CONFIG_DEFAULT })

struct options {
	const char *state;	/* the directory of auth.db */
	const char *region;	/* the only one accepted, or NULL */
	uid_t frontend_uid;
	uid_t stored_uid;
	struct peer_list admins;
	const char *domains[OPTIONS_LIST_MAX + 1];	/* NULL-terminated */
	size_t n_domains;
	enum audit_place audit;
	struct options_live live;
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

enum live_outcome {
	LIVE_OK = 0,
	LIVE_WRONG,	/* it does not take that */
	LIVE_FIXED,	/* there is none of that name, or it cannot change */
};

/* One value of an option by its name, without the hyphens; one more of a list. */
must_check int options_live_take(struct options_live *l, const char *name, const char *text);

/* Said of a value that it does not take; of a name that options_live_take() knows. */
const char *options_live_takes(const char *name);

/* The names of those in which they differ; their number. */
size_t options_live_changes(const struct options_live *a, const struct options_live *b,
			    const char *ret[static OPTIONS_LIVE]);
