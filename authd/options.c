/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/options.h"

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/account.h"
#include "base/size.h"

static const char help[] =
	"Usage: coffer-authd --state DIR --frontend-uid USER --stored-uid USER [OPTION]...\n"
	"\n"
	"Who is it, may he: keeps access keys and decides about requests. Started by coffer or\n"
	"systemd, which pass the sockets \"frontend\", \"stored\" and \"admin\" in, and a file\n"
	"$CREDENTIALS_DIRECTORY/keyring-key of 32 bytes.\n"
	"\n"
	"  --state DIR          directory of auth.db\n"
	"  --frontend-uid USER  whom coffer-frontend runs as: nobody else may ask\n"
	"  --stored-uid USER    whom coffer-stored runs as: nobody else gets the seal key\n"
	"  --admin-uid USER     may use the admin socket, beside root; may be repeated\n"
	"  --admin-gid GROUP    so may who has this group as his own; may be repeated\n"
	"  --audit-log PLACE    where orders and denials are kept: file, in --state and in the log, or\n"
	"                       journal, in the log alone (file)\n"
	"  --region NAME        the only region signatures may be made for (any)\n"
	"  --domain NAME        base domain of virtual-host addressing; may be repeated\n"
	"  --request-rate N     requests a second of one credential (0: as many as it can)\n"
	"  --request-burst N    so many of them at once (0: two seconds' worth)\n"
	"  --login-failures N   wrong credentials from one address until what is wrong with them\n"
	"                       is not told any more (20; 0: it always is)\n"
	"  --login-pause N      seconds until it is told once more (2)\n"
	"  --tenant-requests-per-second N\n"
	"                       requests a second of all credentials of a tenant that has no\n"
	"                       limit of its own (0: as many as it can)\n"
	"  --tenant-burst N     so many of them at once (0: two seconds' worth)\n"
	"  --tenant-bandwidth SIZE\n"
	"                       bytes a second, each way, of such a tenant (none)\n"
	"  --tenant-parallel N  requests under way of such a tenant (0: as many as it can)\n"
	"  --trusted-proxy NET  an address, or a network such as 10.0.0.0/8: its X-Forwarded-For\n"
	"                       counts; may be repeated\n"
	"  --uid USER           become this user; --gid GROUP goes with it\n"
	"  --gid GROUP          USER and GROUP are names or numbers\n"
	"  --confine MODE       strict, or degraded: go on where the host offers less (strict)\n"
	"  --help\n";

enum which {
	OPTION_STATE = 1,
	OPTION_FRONTEND_UID,
	OPTION_STORED_UID,
	OPTION_ADMIN_UID,
	OPTION_ADMIN_GID,
	OPTION_AUDIT_LOG,
	OPTION_REGION,
	OPTION_DOMAIN,
	OPTION_REQUEST_RATE,
	OPTION_REQUEST_BURST,
	OPTION_LOGIN_FAILURES,
	OPTION_LOGIN_PAUSE,
	OPTION_TENANT_RATE,
	OPTION_TENANT_BURST,
	OPTION_TENANT_BANDWIDTH,
	OPTION_TENANT_PARALLEL,
	OPTION_TRUSTED_PROXY,
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
	{ "audit-log", required_argument, NULL, OPTION_AUDIT_LOG },
	{ "region", required_argument, NULL, OPTION_REGION },
	{ "domain", required_argument, NULL, OPTION_DOMAIN },
	{ "request-rate", required_argument, NULL, OPTION_REQUEST_RATE },
	{ "request-burst", required_argument, NULL, OPTION_REQUEST_BURST },
	{ "login-failures", required_argument, NULL, OPTION_LOGIN_FAILURES },
	{ "login-pause", required_argument, NULL, OPTION_LOGIN_PAUSE },
	{ "tenant-requests-per-second", required_argument, NULL, OPTION_TENANT_RATE },
	{ "tenant-burst", required_argument, NULL, OPTION_TENANT_BURST },
	{ "tenant-bandwidth", required_argument, NULL, OPTION_TENANT_BANDWIDTH },
	{ "tenant-parallel", required_argument, NULL, OPTION_TENANT_PARALLEL },
	{ "trusted-proxy", required_argument, NULL, OPTION_TRUSTED_PROXY },
	{ "uid", required_argument, NULL, OPTION_UID },
	{ "gid", required_argument, NULL, OPTION_GID },
	{ "confine", required_argument, NULL, OPTION_CONFINE },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ NULL, 0, NULL, 0 },
};

#define TEXT(number)  TEXT_(number)
#define TEXT_(number) #number

/* Said of a value that an option does not take. */
static const char *const takes[] = {
	[OPTION_STATE] = "the path of a directory",
	[OPTION_FRONTEND_UID] = "a user's name or number",
	[OPTION_STORED_UID] = "a user's name or number",
	[OPTION_ADMIN_UID] = "a user's name or number, at most " TEXT(PEER_LIST_MAX) " times",
	[OPTION_ADMIN_GID] = "a group's name or number, at most " TEXT(PEER_LIST_MAX) " times",
	[OPTION_AUDIT_LOG] = "file or journal",
	[OPTION_REGION] = "the name of a region",
	[OPTION_DOMAIN] = "a domain name, at most " TEXT(OPTIONS_LIST_MAX) " times",
	[OPTION_REQUEST_RATE] = "requests a second, 0 to " TEXT(LIMITS_RATE_MAX),
	[OPTION_REQUEST_BURST] = "a number of requests, 0 to " TEXT(LIMITS_BURST_MAX),
	[OPTION_LOGIN_FAILURES] = "a number of failures, 0 to " TEXT(LIMITS_FAILURES_MAX),
	[OPTION_LOGIN_PAUSE] = "seconds, 1 to " TEXT(LIMITS_PAUSE_MAX_S),
	[OPTION_TENANT_RATE] = "requests a second, 0 to 1000000",
	[OPTION_TENANT_BURST] = "a number of requests, 0 to 10000000",
	[OPTION_TENANT_BANDWIDTH] = "a number of bytes from 64KiB to 1TiB, or none",
	[OPTION_TENANT_PARALLEL] = "a number of requests, 0 to 100000",
	[OPTION_TRUSTED_PROXY] = "an address or a network such as 10.0.0.0/8, at most " TEXT(
		OPTIONS_PROXIES_MAX) " times",
	[OPTION_UID] = "a user's name or number",
	[OPTION_GID] = "a group's name or number",
	[OPTION_CONFINE] = "strict or degraded",
};

static bool add_domain(struct options *o, const char *name)
{
	if (o->n_domains == OPTIONS_LIST_MAX || !*name)
		return false;
	o->domains[o->n_domains++] = name;
	return true;
}

static bool take_number(const char *text, uint32_t least, uint32_t most, uint32_t *ret)
{
	uint64_t n;

	if (!span_to_u64(span_from_string(text), &n) || n < least || n > most)
		return false;
	*ret = (uint32_t)n;
	return true;
}

static bool add_proxy(struct options_live *l, const char *text)
{
	if (l->n_proxies == OPTIONS_PROXIES_MAX ||
	    !ip_network_parse(span_from_string(text), &l->proxies[l->n_proxies]))
		return false;
	l->n_proxies++;
	return true;
}

/* --- what may change ---------------------------------------------------------------------- */

enum live_kind {
	LIVE_NUMBER,
	LIVE_CEILING, /* one that tenants have that have none of their own */
	LIVE_PROXIES,
};

static const struct live_row {
	enum which which;
	enum live_kind kind;
	size_t at; /* of the number in a limits_config, or which ceiling */
	uint32_t least, most;
} live_rows[OPTIONS_LIVE] = {
	{ OPTION_REQUEST_RATE, LIVE_NUMBER, offsetof(struct limits_config, request_rate), 0,
	  LIMITS_RATE_MAX },
	{ OPTION_REQUEST_BURST, LIVE_NUMBER, offsetof(struct limits_config, request_burst), 0,
	  LIMITS_BURST_MAX },
	{ OPTION_LOGIN_FAILURES, LIVE_NUMBER, offsetof(struct limits_config, login_failures), 0,
	  LIMITS_FAILURES_MAX },
	{ OPTION_LOGIN_PAUSE, LIVE_NUMBER, offsetof(struct limits_config, login_pause_s), 1,
	  LIMITS_PAUSE_MAX_S },
	{ OPTION_TENANT_RATE, LIVE_CEILING, CEILING_RATE },
	{ OPTION_TENANT_BURST, LIVE_CEILING, CEILING_BURST },
	{ OPTION_TENANT_BANDWIDTH, LIVE_CEILING, CEILING_BANDWIDTH },
	{ OPTION_TENANT_PARALLEL, LIVE_CEILING, CEILING_PARALLEL },
	{ OPTION_TRUSTED_PROXY, LIVE_PROXIES },
};

static uint32_t *number_of(struct options_live *l, const struct live_row *row)
{
	return (uint32_t *)((char *)&l->limits + row->at);
}

static int64_t *ceiling_of(struct options_live *l, const struct live_row *row)
{
	return &l->limits.of_all.of[row->at];
}

/* Only bandwidth has units, and none as a word. */
static bool take_ceiling(struct options_live *l, const struct live_row *row, const char *text)
{
	bool is_size = row->at == CEILING_BANDWIDTH;
	struct span s = span_from_string(text);
	uint64_t n = 0;

	if (is_size && span_equal(s, SPAN("none")))
		n = CEILING_NONE;
	else if (!(is_size ? size_parse(s, &n) : span_to_u64(s, &n)) || n > INT64_MAX)
		return false;
	if (n != CEILING_NONE && !ceiling_admits((enum ceiling)row->at, (int64_t)n))
		return false;
	*ceiling_of(l, row) = (int64_t)n;
	return true;
}

static bool take_live(struct options_live *l, enum which which, const char *text)
{
	for (size_t i = 0; i < OPTIONS_LIVE; i++) {
		const struct live_row *row = &live_rows[i];

		if (row->which != which)
			continue;
		switch (row->kind) {
		case LIVE_NUMBER:
			return take_number(text, row->least, row->most, number_of(l, row));
		case LIVE_CEILING:
			return take_ceiling(l, row, text);
		case LIVE_PROXIES:
			return add_proxy(l, text);
		}
	}
	return false;
}

static const char *name_of(enum which which)
{
	const struct option *o = options;

	while (o->val != (int)which)
		o++;
	return o->name;
}

static const struct live_row *find_live(const char *name)
{
	for (size_t i = 0; i < OPTIONS_LIVE; i++)
		if (strcmp(name_of(live_rows[i].which), name) == 0)
			return &live_rows[i];
	return NULL;
}

int options_live_take(struct options_live *l, const char *name, const char *text)
{
	const struct live_row *row = find_live(name);

	if (!row)
		return LIVE_FIXED;
	return take_live(l, row->which, text) ? LIVE_OK : LIVE_WRONG;
}

const char *options_live_takes(const char *name)
{
	return takes[find_live(name)->which];
}

static bool differs(const struct live_row *row, struct options_live *a, struct options_live *b)
{
	switch (row->kind) {
	case LIVE_NUMBER:
		return *number_of(a, row) != *number_of(b, row);
	case LIVE_CEILING:
		return *ceiling_of(a, row) != *ceiling_of(b, row);
	case LIVE_PROXIES:
		break;
	}
	return a->n_proxies != b->n_proxies ||
	       memcmp(a->proxies, b->proxies, a->n_proxies * sizeof(a->proxies[0])) != 0;
}

size_t options_live_changes(const struct options_live *a, const struct options_live *b,
			    const char *ret[static OPTIONS_LIVE])
{
	struct options_live was = *a, is = *b;
	size_t n = 0;

	for (size_t i = 0; i < OPTIONS_LIVE; i++)
		if (differs(&live_rows[i], &was, &is))
			ret[n++] = name_of(live_rows[i].which);
	return n;
}

/* --- all of them -------------------------------------------------------------------------- */

static bool take(struct options *o, int which, const char *text)
{
	switch ((enum which)which) {
	case OPTION_STATE:
		o->state = text;
		return *text;
	case OPTION_FRONTEND_UID:
		return account_uid(text, &o->frontend_uid);
	case OPTION_STORED_UID:
		return account_uid(text, &o->stored_uid);
	case OPTION_ADMIN_UID:
		return peer_list_add_uid(&o->admins, text);
	case OPTION_ADMIN_GID:
		return peer_list_add_gid(&o->admins, text);
	case OPTION_AUDIT_LOG:
		return audit_place_parse(text, &o->audit);
	case OPTION_REGION:
		o->region = text;
		return *text;
	case OPTION_DOMAIN:
		return add_domain(o, text);
	case OPTION_REQUEST_RATE:
	case OPTION_REQUEST_BURST:
	case OPTION_LOGIN_FAILURES:
	case OPTION_LOGIN_PAUSE:
	case OPTION_TENANT_RATE:
	case OPTION_TENANT_BURST:
	case OPTION_TENANT_BANDWIDTH:
	case OPTION_TENANT_PARALLEL:
	case OPTION_TRUSTED_PROXY:
		return take_live(&o->live, (enum which)which, text);
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
	fprintf(stderr, "coffer-authd: %s\nTry coffer-authd --help.\n", what);
	return OPTIONS_WRONG;
}

int options_parse(int argc, char **argv, struct options *ret)
{
	struct options o = { .frontend_uid = (uid_t)-1,
			     .stored_uid = (uid_t)-1,
			     .live = OPTIONS_LIVE_DEFAULT,
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
			snprintf(what, sizeof(what), "--%s cannot be \"%s\": it takes %s.",
				 options[index].name, optarg, takes[which]);
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
