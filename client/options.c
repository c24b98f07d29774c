/* SPDX-License-Identifier: Apache-2.0 */
#include "client/options.h"

#include <getopt.h>
#include <string.h>

#include "client/config.h"
#include "client/nearest.h"
#include "client/wrap.h"

/* --- help --------------------------------------------------------------------------------- */

static const char introduction[] =
	"usage: coffer up [options]\n"
	"\n"
	"Starts a server of S3 and REST in the foreground: its three processes, their sockets,\n"
	"and on the first start a tenant and its first credentials. Ctrl-C stops it; what was\n"
	"stored stays.\n"
	"\n"
	"What is below a [section] here can also stand in coffer.conf, as `key = value` below\n"
	"that section. What the command line says goes before all that is said there.\n"
	"\n"
	"  --config FILE           read this, and FILE.d/*.conf, in place of " CONFIG_FILE "\n"
	"  --check-config          start nothing: say what would hold, or which line is wrong\n"
	"  --help, --version\n";

static const char conclusion[] =
	"\n"
	"The first access key is made up, unless one of these pairs is in the environment:\n"
	"  MINIO_ACCESS_KEY MINIO_SECRET_KEY, MINIO_ROOT_USER MINIO_ROOT_PASSWORD,\n"
	"  AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY\n"
	"\n"
	"cofferctl makes more tenants, keys and tokens while the server runs.\n";

static void print_setting(FILE *to, enum setting s)
{
	const struct setting_row *row = &settings[s];
	const char *otherwise = setting_default(s);
	char words[512];
	int column;

	snprintf(words, sizeof(words), "%s%s%s%s%s", row->help,
		 row->times > 1 ? "; may be repeated" : "", *otherwise ? " (default: " : "",
		 otherwise, *otherwise ? ")" : "");
	column = fprintf(to, "  --%s %s", row->key, row->argument);
	wrap_print(to, words, (size_t)column, WRAP_COLUMN);
}

void options_help(FILE *to)
{
	const char *section = "";

	fputs(introduction, to);
	for (enum setting s = 0; s < SETTINGS; s++) {
		if (strcmp(section, settings[s].section) != 0)
			fprintf(to, "\n[%s]\n", settings[s].section);
		section = settings[s].section;
		print_setting(to, s);
	}
	fputs(conclusion, to);
}

/* --- the command line --------------------------------------------------------------------- */

enum other_option {
	OPTION_CONFIG = SETTINGS,
	OPTION_CHECK_CONFIG,
	OPTION_HELP,
	OPTION_VERSION,
	OPTIONS_KNOWN,
};

/* getopt_long() gives back characters, too: numbers of options begin behind those. */
#define FIRST 256

struct arguments {
	struct option known[OPTIONS_KNOWN + 1];
	struct values values;
	const char *config;
	bool check;
};

static void list_known(struct option known[static OPTIONS_KNOWN + 1])
{
	static const struct option others[] = {
		{ "config", required_argument, NULL, FIRST + OPTION_CONFIG },
		{ "check-config", no_argument, NULL, FIRST + OPTION_CHECK_CONFIG },
		{ "help", no_argument, NULL, FIRST + OPTION_HELP },
		{ "version", no_argument, NULL, FIRST + OPTION_VERSION },
		{ 0 },
	};

	for (enum setting s = 0; s < SETTINGS; s++)
		known[s] =
			(struct option){ settings[s].key, required_argument, NULL, FIRST + (int)s };
	memcpy(&known[SETTINGS], others, sizeof(others));
}

static int wrong(struct complaint *why, const char *what, const char *value)
{
	complain(why, 0, "%s%s", what, value);
	complaint_hint(why, "`coffer up --help` lists the options");
	return OPTIONS_WRONG;
}

/* "--dta", perhaps with a value; or of "-abc" the letter that getopt has got to; or a value too
 * many. */
static int wrong_option(const struct arguments *a, const char *typed, struct complaint *why)
{
	const char letter[] = { '-', (char)optopt, '\0' };
	size_t hyphens = strspn(typed, "-");
	char word[NEAREST_LEN_MAX];
	const char *meant = NULL;
	struct nearest n;

	if (optopt >= FIRST)
		return wrong(why, "no value is taken by --", a->known[optopt - FIRST].name);
	if (optopt)
		return wrong(why, "no such option: ", letter);
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(typed + hyphens, "="), typed + hyphens);
	n = nearest_begin(word);
	for (const struct option *o = a->known; o->name; o++)
		if (nearest_is(&n, o->name))
			meant = o->name;
	wrong(why, "no such option: ", typed);
	if (meant)
		complaint_hint(why, "did you mean --%s? `coffer up --help` lists the options",
			       meant);
	return OPTIONS_WRONG;
}

static int outcome_of(int r)
{
	return r > 0 ? OPTIONS_WRONG : r;
}

static int take(struct arguments *a, int which, const char *value, struct complaint *why)
{
	if (which < SETTINGS)
		return outcome_of(values_add(&a->values, (enum setting)which,
					     span_from_string(value), NULL, why));
	switch ((enum other_option)which) {
	case OPTION_CONFIG:
		a->config = value;
		return OPTIONS_OK;
	case OPTION_CHECK_CONFIG:
		a->check = true;
		return OPTIONS_OK;
	case OPTION_HELP:
		return OPTIONS_HELP;
	case OPTION_VERSION:
		return OPTIONS_VERSION;
	case OPTIONS_KNOWN:
		break;
	}
	return wrong(why, "not understood: ", value ? value : "");
}

static int read_arguments(struct arguments *a, int argc, char *argv[], struct complaint *why)
{
	int which, r = OPTIONS_OK;

	list_known(a->known);
	optind = 0;
	opterr = 0;
	while (r == OPTIONS_OK && (which = getopt_long(argc, argv, ":", a->known, NULL)) >= 0) {
		if (which == '?')
			return wrong_option(a, argv[optind - 1], why);
		if (which == ':')
			return wrong(why, "a value is missing behind ", argv[optind - 1]);
		r = take(a, which - FIRST, optarg, why);
	}
	if (r == OPTIONS_OK && optind < argc)
		return wrong(why, "not an option: ", argv[optind]);
	return r;
}

/* --- both --------------------------------------------------------------------------------- */

static int take_listen(const struct values *v, enum setting s, struct address list[], size_t *n,
		       struct complaint *why)
{
	size_t given = v->of[s].n, count = given || !settings[s].fallback ? given : 1;

	for (size_t i = 0; i < count; i++) {
		const char *text = given ? v->of[s].v[i].text : settings[s].fallback;

		if (strcmp(text, "none") == 0 && given > 1) {
			complain(why, 0, "%s is none, and an address too", settings[s].key);
			complaint_hint(why, "leave out one of them");
			return OPTIONS_WRONG;
		}
		*n += address_parse(text, &list[*n]);
	}
	return OPTIONS_OK;
}

static int take_all(struct options *o, struct arguments *a, struct complaint *why)
{
	int r = outcome_of(config_read(a->config, &o->values, why));

	if (r != OPTIONS_OK)
		return r;
	values_override(&o->values, &a->values);
	r = take_listen(&o->values, SETTING_S3, o->s3, &o->n_s3, why);
	if (r == OPTIONS_OK)
		r = take_listen(&o->values, SETTING_REST, o->rest, &o->n_rest, why);
	if (r == OPTIONS_OK)
		r = take_listen(&o->values, SETTING_METRICS, o->metrics, &o->n_metrics, why);
	if (r == OPTIONS_OK && o->n_metrics && !o->values.of[SETTING_METRICS_TOKEN].n) {
		complain(why, 0, "metrics is an address, and metrics-token-sha256 is missing");
		complaint_hint(why, "`cofferctl metrics-token` makes a token and says its SHA-256");
		r = OPTIONS_WRONG;
	}
	return r == OPTIONS_OK && a->check ? OPTIONS_CHECK : r;
}

int options_parse(int argc, char *argv[], struct options *ret, struct complaint *why)
{
	struct arguments a = { 0 };
	struct options o = { 0 };
	int r;

	r = read_arguments(&a, argc, argv, why);
	if (r == OPTIONS_OK)
		r = take_all(&o, &a, why);
	values_clear(&a.values);
	if (r == OPTIONS_OK || r == OPTIONS_CHECK)
		*ret = o;
	else
		options_clear(&o);
	return r;
}

void options_clear(struct options *o)
{
	values_clear(&o->values);
	*o = (struct options){ 0 };
}
