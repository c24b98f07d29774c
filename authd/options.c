/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/options.h"

#include <getopt.h>
#include <stdio.h>

#include "base/span.h"

static const char help[] =
	"Usage: coffer-authd --state DIR --frontend-uid N --stored-uid N [OPTION]...\n"
	"\n"
	"Who is it, may he: keeps access keys and decides about requests. Started by coffer or\n"
	"systemd, which pass the sockets \"frontend\", \"stored\" and \"admin\" in, and a file\n"
	"$CREDENTIALS_DIRECTORY/keyring-key of 32 bytes.\n"
	"\n"
	"  --state DIR          directory of auth.db\n"
	"  --frontend-uid N     uid of coffer-frontend: nobody else may ask\n"
	"  --stored-uid N       uid of coffer-stored: nobody else gets the seal key\n"
	"  --admin-uid N        may use the admin socket, beside root; may be repeated\n"
	"  --admin-gid N        so may who has this group as his own; may be repeated\n"
	"  --region NAME        the only region signatures may be made for (any)\n"
	"  --domain NAME        base domain of virtual-host addressing; may be repeated\n"
	"  --uid N --gid N      become this user\n"
	"  --confine MODE       strict, or degraded: go on where the host offers less (strict)\n"
	"  --help\n";

enum which {
	OPTION_STATE = 1,
	OPTION_FRONTEND_UID,
	OPTION_STORED_UID,
	OPTION_ADMIN_UID,
	OPTION_ADMIN_GID,
	OPTION_REGION,
	OPTION_DOMAIN,
	OPTION_UID,
	OPTION_GID,
	OPTION_CONFINE,
	OPTION_HELP,
};

static const struct option options[] = {
	{ "state", required_argument, NULL, OPTION_STATE },
	{ "frontend-uid", required_argument, NULL, OPTION_FRONTEND_UID },
	{ "stored-uid", required_argument, NULL, OPTION_STORED_UID },
	{ "admin-uid", required_argument, NULL, OPTION_ADMIN_UID },
	{ "admin-gid", required_argument, NULL, OPTION_ADMIN_GID },
	{ "region", required_argument, NULL, OPTION_REGION },
	{ "domain", required_argument, NULL, OPTION_DOMAIN },
	{ "uid", required_argument, NULL, OPTION_UID },
	{ "gid", required_argument, NULL, OPTION_GID },
	{ "confine", required_argument, NULL, OPTION_CONFINE },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ NULL, 0, NULL, 0 },
};

/* -1 is nobody's id: the kernel takes it for "do not change". */
static bool take_id(const char *text, unsigned int *ret)
{
	uint64_t n;

	if (!span_to_u64(span_from_string(text), &n) || n >= UINT32_MAX)
		return false;
	*ret = (unsigned int)n;
	return true;
}

static bool add_id(const char *text, unsigned int *list, size_t *n)
{
	return *n < OPTIONS_LIST_MAX && take_id(text, &list[*n]) && ++*n;
}

static bool add_domain(struct options *o, const char *name)
{
	if (o->n_domains == OPTIONS_LIST_MAX || !*name)
		return false;
	o->domains[o->n_domains++] = name;
	return true;
}

static bool take(struct options *o, int which, const char *text)
{
	switch ((enum which)which) {
	case OPTION_STATE:
		o->state = text;
		return *text;
	case OPTION_FRONTEND_UID:
		return take_id(text, &o->frontend_uid);
	case OPTION_STORED_UID:
		return take_id(text, &o->stored_uid);
	case OPTION_ADMIN_UID:
		return add_id(text, o->admin_uids, &o->n_admin_uids);
	case OPTION_ADMIN_GID:
		return add_id(text, o->admin_gids, &o->n_admin_gids);
	case OPTION_REGION:
		o->region = text;
		return *text;
	case OPTION_DOMAIN:
		return add_domain(o, text);
	case OPTION_UID:
		return take_id(text, &o->uid);
	case OPTION_GID:
		return take_id(text, &o->gid);
	case OPTION_CONFINE:
		return confine_mode_parse(text, &o->confine);
	case OPTION_HELP:
		return true;
	}
	return false;
}

static int wrong(const char *what)
{
	fprintf(stderr, "coffer-authd: %s\nTry coffer-authd --help.\n", what);
	return OPTIONS_WRONG;
}

int options_parse(int argc, char **argv, struct options *ret)
{
	struct options o = { .frontend_uid = (uid_t)-1,
			     .stored_uid = (uid_t)-1,
			     .uid = (uid_t)-1,
			     .gid = (gid_t)-1 };
	char what[256];
	int which, index;

	while ((which = getopt_long(argc, argv, "", options, &index)) != -1) {
		if (which == '?')
			return wrong("an option is not known.");
		if (which == OPTION_HELP) {
			fputs(help, stdout);
			return OPTIONS_HELP;
		}
		if (!take(&o, which, optarg)) {
			snprintf(what, sizeof(what), "--%s cannot be \"%s\".", options[index].name,
				 optarg);
			return wrong(what);
		}
	}
	if (optind < argc)
		return wrong("there is an argument that is no option.");
	if (!o.state || o.frontend_uid == (uid_t)-1 || o.stored_uid == (uid_t)-1)
		return wrong("--state, --frontend-uid and --stored-uid are needed.");
	*ret = o;
	return OPTIONS_OK;
}
