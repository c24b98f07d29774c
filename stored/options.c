/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/options.h"

#include <getopt.h>
#include <stdio.h>

#include "base/account.h"
#include "base/duration.h"
#include "base/size.h"
#include "ipc/schema.h"

static const char usage[] =
	"Usage: coffer-stored --data DIR --authd PATH --frontend-uid USER [options]\n"
	"\n"
	"Keeps objects in DIR and serves those who bring a grant. Started by coffer up or "
	"systemd,\n"
	"with the listening sockets \"frontend\" and \"operator\" passed in.\n"
	"\n"
	"  --data DIR                   the data directory, this process's alone\n"
	"  --authd PATH                 the socket where coffer-authd listens for it\n"
	"  --frontend-uid USER          whose connections are served\n"
	"  --authd-uid USER             whom coffer-authd runs as\n"
	"  --admin-uid USER             may be an operator, beside root; may be repeated\n"
	"  --admin-gid GROUP            so may who has this group as his own; may be repeated\n"
	"  --durability full|relaxed    relaxed: a power cut may undo the last seconds\n"
	"  --inline-limit BYTES         bodies up to here live in the catalog (default 16384)\n"
	"  --object-memory SIZE|none    for small objects that were read lately (default 32MiB)\n"
	"  --uploads-expire SPAN|none   uploads in parts that nobody finishes (default 7d)\n"
	"  --region NAME                the only region of buckets (default: us-east-1, and any)\n"
	"  --uid USER                   become this user; --gid GROUP goes with it\n"
	"  --gid GROUP                  USER and GROUP are names or numbers\n"
	"  --confine strict|degraded    whether to start where confinement is not to be had\n";

enum which_option {
	OPTION_DATA = 256,
	OPTION_AUTHD,
	OPTION_FRONTEND_UID,
	OPTION_AUTHD_UID,
	OPTION_ADMIN_UID,
	OPTION_ADMIN_GID,
	OPTION_DURABILITY,
	OPTION_INLINE_LIMIT,
	OPTION_OBJECT_MEMORY,
	OPTION_UPLOADS_EXPIRE,
	OPTION_REGION,
	OPTION_UID,
	OPTION_GID,
	OPTION_CONFINE,
	OPTION_HELP,
	OPTION_VERSION,
};

static const struct option long_options[] = {
	{ "data", required_argument, NULL, OPTION_DATA },
	{ "authd", required_argument, NULL, OPTION_AUTHD },
	{ "frontend-uid", required_argument, NULL, OPTION_FRONTEND_UID },
	{ "authd-uid", required_argument, NULL, OPTION_AUTHD_UID },
	{ "admin-uid", required_argument, NULL, OPTION_ADMIN_UID },
	{ "admin-gid", required_argument, NULL, OPTION_ADMIN_GID },
	{ "durability", required_argument, NULL, OPTION_DURABILITY },
	{ "inline-limit", required_argument, NULL, OPTION_INLINE_LIMIT },
	{ "object-memory", required_argument, NULL, OPTION_OBJECT_MEMORY },
	{ "uploads-expire", required_argument, NULL, OPTION_UPLOADS_EXPIRE },
	{ "region", required_argument, NULL, OPTION_REGION },
	{ "uid", required_argument, NULL, OPTION_UID },
	{ "gid", required_argument, NULL, OPTION_GID },
	{ "confine", required_argument, NULL, OPTION_CONFINE },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ 0 },
};

static bool take_durability(const char *text, enum durability *ret)
{
	*ret = strcmp(text, "relaxed") == 0 ? DURABILITY_RELAXED : DURABILITY_FULL;
	return *ret == DURABILITY_RELAXED || strcmp(text, "full") == 0;
}

static bool take_limit(const char *text, uint32_t *ret)
{
	uint64_t n;

	if (!span_to_u64(span_from_string(text), &n) || n > IPC_INLINE_MAX)
		return false;
	*ret = (uint32_t)n;
	return true;
}

static bool take_memory(const char *text, uint64_t *ret)
{
	uint64_t n = 0;

	if (strcmp(text, "none") != 0 &&
	    (!size_parse(span_from_string(text), &n) || n < OPTIONS_OBJECT_MEMORY_LEAST ||
	     n > OPTIONS_OBJECT_MEMORY_MOST))
		return false;
	*ret = n;
	return true;
}

static bool take_expiry(const char *text, uint64_t *ret_ns)
{
	if (strcmp(text, "none") != 0)
		return duration_parse(span_from_string(text), ret_ns);
	*ret_ns = 0;
	return true;
}

static bool take(struct options *o, int which, const char *text)
{
	switch (which) {
	case OPTION_DATA:
		o->data_dir = text;
		return text[0] == '/';
	case OPTION_AUTHD:
		o->authd_path = text;
		return true;
	case OPTION_FRONTEND_UID:
		return account_uid(text, &o->frontend_uid);
	case OPTION_AUTHD_UID:
		return account_uid(text, &o->authd_uid);
	case OPTION_ADMIN_UID:
		return peer_list_add_uid(&o->admins, text);
	case OPTION_ADMIN_GID:
		return peer_list_add_gid(&o->admins, text);
	case OPTION_DURABILITY:
		return take_durability(text, &o->durability);
	case OPTION_INLINE_LIMIT:
		return take_limit(text, &o->inline_limit);
	case OPTION_OBJECT_MEMORY:
		return take_memory(text, &o->object_memory);
	case OPTION_UPLOADS_EXPIRE:
		return take_expiry(text, &o->uploads_expire_ns);
	case OPTION_REGION:
		o->region = text;
		return text[0] != '\0' && strlen(text) < 64;
	case OPTION_UID:
		return account_uid(text, &o->uid);
	case OPTION_GID:
		return account_gid(text, &o->gid);
	case OPTION_CONFINE:
		return confine_mode_parse(text, &o->confine);
	default:
		return false;
	}
}

static void tell_and_end(int which)
{
	if (which == OPTION_HELP)
		fputs(usage, stdout);
	else
		puts("coffer-stored " COFFER_VERSION);
	exit(0);
}

static bool complain(const char *what)
{
	fprintf(stderr, "coffer-stored: %s; see --help\n", what);
	return false;
}

static bool is_complete(const struct options *o, bool at_end)
{
	if (!at_end)
		return complain("what is behind the options is not understood");
	if (!o->data_dir || !o->authd_path || o->frontend_uid == (uid_t)-1)
		return complain("--data, --authd and --frontend-uid are required");
	return true;
}

bool options_parse(int argc, char **argv, struct options *ret)
{
	struct options o = { .frontend_uid = (uid_t)-1,
			     .authd_uid = (uid_t)-1,
			     .uid = (uid_t)-1,
			     .gid = (gid_t)-1,
			     .inline_limit = OPTIONS_INLINE_LIMIT,
			     .object_memory = OPTIONS_OBJECT_MEMORY,
			     .uploads_expire_ns = OPTIONS_UPLOADS_EXPIRE_NS };
	int which;

	while ((which = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (which == OPTION_HELP || which == OPTION_VERSION)
			tell_and_end(which);
		if (which == '?')
			return complain("unknown option");
		if (!take(&o, which, optarg)) {
			fprintf(stderr, "coffer-stored: %s does not fit its option; see --help\n",
				optarg);
			return false;
		}
	}
	if (!is_complete(&o, optind == argc))
		return false;
	*ret = o;
	return true;
}
