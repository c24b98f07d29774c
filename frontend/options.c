/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/options.h"

#include <getopt.h>
#include <stdio.h>

#include "base/account.h"
#include "base/span.h"

static const char help[] =
	"Usage: coffer-frontend --authd PATH --stored PATH [OPTION]...\n"
	"\n"
	"HTTP in, HTTP out: serves S3 and REST with coffer-authd's leave and coffer-stored's "
	"bytes.\n"
	"Started by coffer or systemd, which pass the listening TCP sockets named \"s3\" and "
	"\"rest\"\n"
	"in, and, TCP or UNIX, \"metrics\".\n"
	"\n"
	"  --authd PATH         socket of coffer-authd\n"
	"  --stored PATH        socket of coffer-stored\n"
	"  --domain NAME        base domain of virtual-host addressing; may be repeated\n"
	"  --admin-uid USER     may read the metrics over a UNIX socket, beside root; may be repeated\n"
	"  --admin-gid GROUP    so may who has this group as his own; may be repeated\n"
	"  --metrics-uid USER   as --admin-uid: of who administers nothing\n"
	"  --metrics-gid GROUP  as --admin-gid\n"
	"  --metrics-token-sha256 HEX\n"
	"                       SHA-256 of the bearer token for metrics over TCP, which are not served\n"
	"                       without one\n"
	"  --access-log FORM    a line for each request: kv (event key=value), json, or none (kv)\n"
	"  --workers N          processes that serve (one for each processor)\n"
	"  --uid USER           become this user; --gid GROUP goes with it\n"
	"  --gid GROUP          USER and GROUP are names or numbers\n"
	"  --confine MODE       strict, or degraded: go on where the host offers less (strict)\n"
	"  --help\n";

enum which {
	OPTION_AUTHD = 1,
	OPTION_STORED,
	OPTION_DOMAIN,
	OPTION_METRICS_UID,
	OPTION_METRICS_GID,
	OPTION_METRICS_TOKEN,
	OPTION_ACCESS_LOG,
	OPTION_WORKERS,
	OPTION_UID,
	OPTION_GID,
	OPTION_CONFINE,
	OPTION_HELP,
};

static const struct option options[] = {
	{ "authd", required_argument, NULL, OPTION_AUTHD },
	{ "stored", required_argument, NULL, OPTION_STORED },
	{ "domain", required_argument, NULL, OPTION_DOMAIN },
	{ "admin-uid", required_argument, NULL, OPTION_METRICS_UID },
	{ "admin-gid", required_argument, NULL, OPTION_METRICS_GID },
	{ "metrics-uid", required_argument, NULL, OPTION_METRICS_UID },
	{ "metrics-gid", required_argument, NULL, OPTION_METRICS_GID },
	{ "metrics-token-sha256", required_argument, NULL, OPTION_METRICS_TOKEN },
	{ "access-log", required_argument, NULL, OPTION_ACCESS_LOG },
	{ "workers", required_argument, NULL, OPTION_WORKERS },
	{ "uid", required_argument, NULL, OPTION_UID },
	{ "gid", required_argument, NULL, OPTION_GID },
	{ "confine", required_argument, NULL, OPTION_CONFINE },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ NULL, 0, NULL, 0 },
};

static bool take_workers(const char *text, unsigned int *ret)
{
	uint64_t n;

	if (!span_to_u64(span_from_string(text), &n) || n < 1 || n > OPTIONS_WORKERS_MAX)
		return false;
	*ret = (unsigned int)n;
	return true;
}

static bool add_domain(struct options *o, const char *name)
{
	if (o->n_domains == OPTIONS_DOMAINS_MAX || !*name)
		return false;
	o->domains[o->n_domains++] = name;
	return true;
}

static bool take(struct options *o, int which, const char *text)
{
	switch ((enum which)which) {
	case OPTION_AUTHD:
		o->authd = text;
		return *text;
	case OPTION_STORED:
		o->stored = text;
		return *text;
	case OPTION_DOMAIN:
		return add_domain(o, text);
	case OPTION_METRICS_UID:
		return peer_list_add_uid(&o->metrics.peers, text);
	case OPTION_METRICS_GID:
		return peer_list_add_gid(&o->metrics.peers, text);
	case OPTION_METRICS_TOKEN:
		return admission_set_token(&o->metrics, text);
	case OPTION_ACCESS_LOG:
		return access_form_parse(text, &o->access_log);
	case OPTION_WORKERS:
		return take_workers(text, &o->workers);
	case OPTION_UID:
		return account_uid(text, &o->uid);
	case OPTION_GID:
		return account_gid(text, &o->gid);
	case OPTION_CONFINE:
		return confine_mode_parse(text, &o->confine);
	case OPTION_HELP:
		return true;
	}
	return false;
}

static int wrong(const char *what)
{
	fprintf(stderr, "coffer-frontend: %s\nTry coffer-frontend --help.\n", what);
	return OPTIONS_WRONG;
}

int options_parse(int argc, char **argv, struct options *ret)
{
	struct options o = { .uid = (uid_t)-1, .gid = (gid_t)-1 };
	char what[256];
	int which, index;

	while ((which = getopt_long(argc, argv, "", options, &index)) != -1) {
		if (which == '?')
			return wrong("an option is not known, or lacks its value.");
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
	if (!o.authd || !o.stored)
		return wrong("--authd and --stored are needed.");
	*ret = o;
	return OPTIONS_OK;
}
