/* SPDX-License-Identifier: Apache-2.0 */
#include "client/options.h"

#include <getopt.h>
#include <string.h>

const char options_help[] =
	"usage: coffer up [options]\n"
	"\n"
	"Starts a server of S3 and REST in the foreground: its three processes, their sockets, and "
	"on\n"
	"the first start a tenant and an access key. Ctrl-C stops it; what was stored stays in "
	"--data.\n"
	"\n"
	"  --data DIR              where everything is kept\n"
	"                          (default: /var/lib/coffer as root, else ~/.local/share/coffer)\n"
	"  --data memory:          keep it in memory, and nothing of it when this stops;\n"
	"                          memory:DIR does so on the tmpfs that DIR is on\n"
	"  --s3 ADDRESS:PORT       listen here for S3; may be repeated (default: 127.0.0.1:9000)\n"
	"                          port 0 takes a free one, `:9000` listens on every address\n"
	"  --rest ADDRESS:PORT     the same for the REST dialect (default: 127.0.0.1:8000);\n"
	"                          --rest none for S3 alone\n"
	"  --credentials FILE      write endpoint and access key to FILE, as JSON, mode 0600\n"
	"  --domain NAME           also answer BUCKET.NAME (virtual-host addressing); may be "
	"repeated\n"
	"  --request-rate N        requests a second of one access key or token (default: 0, no "
	"limit)\n"
	"  --request-burst N       so many of them at once (default: two seconds' worth)\n"
	"  --login-failures N      wrong credentials from one address, after which what is wrong "
	"is\n"
	"                          not told any more (default: 20; 0 for no limit)\n"
	"  --login-pause SECONDS   after which it is told once more (default: 2)\n"
	"  --trusted-proxy NET     address or network of a proxy: its X-Forwarded-For counts; may "
	"be\n"
	"                          repeated\n"
	"  --region NAME           accept signatures for this region only, and answer it\n"
	"  --workers N             worker processes (default: one per core)\n"
	"  --durability full|relaxed\n"
	"                          relaxed answers before data is on disk (default: full)\n"
	"  --inline-limit BYTES    bodies up to this size live inside the catalog\n"
	"  --admin-uid N           also let this user use cofferctl; may be repeated\n"
	"  --admin-gid N           also let this group use cofferctl; may be repeated\n"
	"  --confine strict|degraded\n"
	"                          degraded starts even where the kernel cannot confine (default: "
	"strict)\n"
	"  --help, --version\n"
	"\n"
	"The first access key is made up, unless one of these pairs is in the environment:\n"
	"  MINIO_ACCESS_KEY MINIO_SECRET_KEY, MINIO_ROOT_USER MINIO_ROOT_PASSWORD,\n"
	"  AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY\n"
	"\n"
	"cofferctl makes more tenants and keys while the server runs.\n";

enum option_name {
	OPTION_DATA = 256,
	OPTION_S3,
	OPTION_REST,
	OPTION_CREDENTIALS,
	OPTION_DOMAIN,
	OPTION_REGION,
	OPTION_REQUEST_RATE,
	OPTION_REQUEST_BURST,
	OPTION_LOGIN_FAILURES,
	OPTION_LOGIN_PAUSE,
	OPTION_TRUSTED_PROXY,
	OPTION_WORKERS,
	OPTION_DURABILITY,
	OPTION_INLINE_LIMIT,
	OPTION_ADMIN_UID,
	OPTION_ADMIN_GID,
	OPTION_CONFINE,
	OPTION_HELP,
	OPTION_VERSION,
};

static const struct option long_options[] = {
	{ "data", required_argument, NULL, OPTION_DATA },
	{ "s3", required_argument, NULL, OPTION_S3 },
	{ "rest", required_argument, NULL, OPTION_REST },
	{ "credentials", required_argument, NULL, OPTION_CREDENTIALS },
	{ "domain", required_argument, NULL, OPTION_DOMAIN },
	{ "region", required_argument, NULL, OPTION_REGION },
	{ "request-rate", required_argument, NULL, OPTION_REQUEST_RATE },
	{ "request-burst", required_argument, NULL, OPTION_REQUEST_BURST },
	{ "login-failures", required_argument, NULL, OPTION_LOGIN_FAILURES },
	{ "login-pause", required_argument, NULL, OPTION_LOGIN_PAUSE },
	{ "trusted-proxy", required_argument, NULL, OPTION_TRUSTED_PROXY },
	{ "workers", required_argument, NULL, OPTION_WORKERS },
	{ "durability", required_argument, NULL, OPTION_DURABILITY },
	{ "inline-limit", required_argument, NULL, OPTION_INLINE_LIMIT },
	{ "admin-uid", required_argument, NULL, OPTION_ADMIN_UID },
	{ "admin-gid", required_argument, NULL, OPTION_ADMIN_GID },
	{ "confine", required_argument, NULL, OPTION_CONFINE },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL, 0, NULL, 0 },
};

static int wrong(struct complaint *why, const char *what, const char *value)
{
	complain(why, 0, "%s%s", what, value);
	complaint_hint(why, "`coffer up --help` lists the options");
	return OPTIONS_WRONG;
}

static int add(const char *list[], size_t *n, size_t most, const char *value, struct complaint *why)
{
	if (*n == most)
		return wrong(why, "the same option too many times: ", value);
	list[(*n)++] = value;
	return OPTIONS_OK;
}

static int add_listen(const char *option, struct address *list, size_t *n, const char *value,
		      struct complaint *why)
{
	if (*n == OPTIONS_LISTEN_MAX)
		return wrong(why, "the same option too many times: ", value);
	if (address_parse(value, &list[*n])) {
		(*n)++;
		return OPTIONS_OK;
	}
	complain(why, 0, "%s %s is not ADDRESS:PORT", option, value);
	complaint_hint(why, "write a numeric address, as in 127.0.0.1:9000 or [::1]:9000, or :9000 "
			    "for all of them");
	return OPTIONS_WRONG;
}

static int add_s3(struct options *o, const char *value, struct complaint *why)
{
	return add_listen("--s3", o->s3, &o->n_s3, value, why);
}

static int add_rest(struct options *o, const char *value, struct complaint *why)
{
	return add_listen("--rest", o->rest, &o->n_rest, value, why);
}

static int take_rest(struct options *o, const char *value, struct complaint *why)
{
	if (strcmp(value, "none"))
		return add_rest(o, value, why);
	o->no_rest = true;
	return OPTIONS_OK;
}

/* What is listened on where nothing was said. */
static int add_defaults(struct options *o, struct complaint *why)
{
	int r = OPTIONS_OK;

	if (o->no_rest && o->n_rest)
		return wrong(why, "--rest none goes with no other --rest", "");
	if (!o->n_s3)
		r = add_s3(o, "127.0.0.1:9000", why);
	if (r == OPTIONS_OK && !o->n_rest && !o->no_rest)
		r = add_rest(o, "127.0.0.1:8000", why);
	return r;
}

static int set(const char **option, const char *value)
{
	*option = value;
	return OPTIONS_OK;
}

static int take(struct options *o, int which, const char *value, struct complaint *why)
{
	switch ((enum option_name)which) {
	case OPTION_DATA:
		return set(&o->data, value);
	case OPTION_S3:
		return add_s3(o, value, why);
	case OPTION_REST:
		return take_rest(o, value, why);
	case OPTION_CREDENTIALS:
		return set(&o->credentials, value);
	case OPTION_DOMAIN:
		return add(o->domains, &o->n_domains, OPTIONS_REPEAT_MAX, value, why);
	case OPTION_REGION:
		return set(&o->region, value);
	case OPTION_REQUEST_RATE:
		return set(&o->request_rate, value);
	case OPTION_REQUEST_BURST:
		return set(&o->request_burst, value);
	case OPTION_LOGIN_FAILURES:
		return set(&o->login_failures, value);
	case OPTION_LOGIN_PAUSE:
		return set(&o->login_pause, value);
	case OPTION_TRUSTED_PROXY:
		return add(o->proxies, &o->n_proxies, OPTIONS_PROXIES_MAX, value, why);
	case OPTION_WORKERS:
		return set(&o->workers, value);
	case OPTION_DURABILITY:
		return set(&o->durability, value);
	case OPTION_INLINE_LIMIT:
		return set(&o->inline_limit, value);
	case OPTION_ADMIN_UID:
		return add(o->admin_uids, &o->n_admin_uids, OPTIONS_REPEAT_MAX, value, why);
	case OPTION_ADMIN_GID:
		return add(o->admin_gids, &o->n_admin_gids, OPTIONS_REPEAT_MAX, value, why);
	case OPTION_CONFINE:
		return set(&o->confine, value);
	case OPTION_HELP:
		return OPTIONS_HELP;
	case OPTION_VERSION:
		return OPTIONS_VERSION;
	}
	return wrong(why, "not understood: ", value ? value : "");
}

int options_parse(int argc, char *argv[], struct options *ret, struct complaint *why)
{
	struct options o = { 0 };
	int which, r;

	optind = 0;
	opterr = 0;
	while ((which = getopt_long(argc, argv, ":", long_options, NULL)) >= 0) {
		if (which == '?')
			return wrong(why, "no such option: ", argv[optind - 1]);
		if (which == ':')
			return wrong(why, "a value is missing behind ", argv[optind - 1]);
		r = take(&o, which, optarg, why);
		if (r != OPTIONS_OK)
			return r;
	}
	if (optind < argc)
		return wrong(why, "not an option: ", argv[optind]);
	r = add_defaults(&o, why);
	if (r == OPTIONS_OK)
		*ret = o;
	return r;
}
