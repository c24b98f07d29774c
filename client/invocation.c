/* SPDX-License-Identifier: Apache-2.0 */
#include "client/invocation.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char invocation_help[] =
	"usage: cofferctl [--socket PATH] [--json] COMMAND\n"
	"\n"
	"  tenant create NAME [--display-name D] [--email E] [--canonical-id HEX64]\n"
	"      A tenant owns buckets and keys. NAME: lower-case letters, digits and hyphens.\n"
	"  tenant list\n"
	"\n"
	"  key create --tenant NAME [--access-key AK --secret-key-stdin]\n"
	"      Makes an access key and shows its secret, once. A pair of your own: the secret is\n"
	"      read from standard input, so that it is seen neither in the process list nor in\n"
	"      the shell's history.\n"
	"  key list [--tenant NAME]\n"
	"  key disable AK     requests signed with it are refused from now on\n"
	"  key enable AK\n"
	"  key delete AK\n"
	"\n"
	"  status             is the server up, and how is it confined\n"
	"\n"
	"  --socket PATH      authd's admin socket (default: $COFFER_ADMIN_SOCKET, else\n"
	"                     " INVOCATION_SOCKET "); `coffer up --data DIR` has it at\n"
	"                     DIR/run/authd-admin.sock\n"
	"  --json             print authd's answer as one line of JSON\n"
	"\n"
	"Exit status: 0 done, 1 refused or not reachable, 2 not understood.\n"
	"\n"
	"example:\n"
	"  cofferctl tenant create acme --display-name 'Acme Ltd' && cofferctl key create --tenant "
	"acme\n";

enum option_name {
	OPTION_SOCKET = 256,
	OPTION_JSON,
	OPTION_DISPLAY_NAME,
	OPTION_EMAIL,
	OPTION_CANONICAL_ID,
	OPTION_TENANT,
	OPTION_ACCESS_KEY,
	OPTION_SECRET_KEY_STDIN,
	OPTION_HELP,
	OPTION_VERSION,
};

static const struct option long_options[] = {
	{ "socket", required_argument, NULL, OPTION_SOCKET },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "display-name", required_argument, NULL, OPTION_DISPLAY_NAME },
	{ "email", required_argument, NULL, OPTION_EMAIL },
	{ "canonical-id", required_argument, NULL, OPTION_CANONICAL_ID },
	{ "tenant", required_argument, NULL, OPTION_TENANT },
	{ "access-key", required_argument, NULL, OPTION_ACCESS_KEY },
	{ "secret-key-stdin", no_argument, NULL, OPTION_SECRET_KEY_STDIN },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL, 0, NULL, 0 },
};

#define BIT(option) (1u << ((option)-OPTION_SOCKET))

static const struct row {
	const char *words[2]; /* the second is NULL where one word says it */
	const char *operand; /* what it is called, or NULL where there is none */
	unsigned int takes; /* options beside --socket and --json */
	unsigned int needs;
} rows[COMMANDS] = {
	[COMMAND_TENANT_CREATE] = { { "tenant", "create" },
				    .operand = "NAME",
				    .takes = BIT(OPTION_DISPLAY_NAME) | BIT(OPTION_EMAIL) |
					     BIT(OPTION_CANONICAL_ID) },
	[COMMAND_TENANT_LIST] = { { "tenant", "list" } },
	[COMMAND_KEY_CREATE] = { { "key", "create" },
				 .takes = BIT(OPTION_TENANT) | BIT(OPTION_ACCESS_KEY) |
					  BIT(OPTION_SECRET_KEY_STDIN),
				 .needs = BIT(OPTION_TENANT) },
	[COMMAND_KEY_LIST] = { { "key", "list" }, .takes = BIT(OPTION_TENANT) },
	[COMMAND_KEY_DISABLE] = { { "key", "disable" }, .operand = "ACCESS-KEY" },
	[COMMAND_KEY_ENABLE] = { { "key", "enable" }, .operand = "ACCESS-KEY" },
	[COMMAND_KEY_DELETE] = { { "key", "delete" }, .operand = "ACCESS-KEY" },
	[COMMAND_STATUS] = { { "status" } },
};

static int wrong(struct complaint *why, const char *format, ...) printf_like(2, 3);
static int wrong(struct complaint *why, const char *format, ...)
{
	char sentence[512];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	complain(why, 0, "%s", sentence);
	complaint_hint(why, "`cofferctl --help` lists the commands");
	return INVOCATION_WRONG;
}

static int take(struct invocation *i, int option, const char *value)
{
	switch ((enum option_name)option) {
	case OPTION_SOCKET:
		i->socket = value;
		break;
	case OPTION_JSON:
		i->json = true;
		break;
	case OPTION_DISPLAY_NAME:
		i->display_name = value;
		break;
	case OPTION_EMAIL:
		i->email = value;
		break;
	case OPTION_CANONICAL_ID:
		i->canonical_id = value;
		break;
	case OPTION_TENANT:
		i->tenant = value;
		break;
	case OPTION_ACCESS_KEY:
		i->access_key = value;
		break;
	case OPTION_SECRET_KEY_STDIN:
		i->secret_key_stdin = true;
		break;
	case OPTION_HELP:
		return INVOCATION_HELP;
	case OPTION_VERSION:
		return INVOCATION_VERSION;
	}
	return INVOCATION_OK;
}

/* *ret_given: the options that were there, as BIT()s. They may stand anywhere. */
static int take_options(int argc, char *argv[], struct invocation *i, unsigned int *ret_given,
			struct complaint *why)
{
	unsigned int given = 0;
	int option, r;

	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", long_options, NULL)) >= 0) {
		if (option == '?')
			return wrong(why, "no such option: %s", argv[optind - 1]);
		if (option == ':')
			return wrong(why, "a value is missing behind %s", argv[optind - 1]);
		r = take(i, option, optarg);
		if (r != INVOCATION_OK)
			return r;
		given |= BIT(option);
	}
	*ret_given = given & ~(BIT(OPTION_SOCKET) | BIT(OPTION_JSON));
	return INVOCATION_OK;
}

static bool says(char *const words[], int n, const struct row *row)
{
	if (n < 1 || strcmp(words[0], row->words[0]) != 0)
		return false;
	return !row->words[1] || (n >= 2 && strcmp(words[1], row->words[1]) == 0);
}

static int take_words(char *const words[], int n, struct invocation *i, struct complaint *why)
{
	const struct row *row = NULL;
	int used;

	if (n == 0)
		return wrong(why, "a command is missing");
	for (i->command = 0; i->command < COMMANDS; i->command++)
		if (says(words, n, row = &rows[i->command]))
			break;
	if (i->command == COMMANDS)
		return wrong(why, "no such command: %s%s%s", words[0], n > 1 ? " " : "",
			     n > 1 ? words[1] : "");
	used = row->words[1] ? 2 : 1;
	if (row->operand && n == used)
		return wrong(why, "%s %s: %s is missing", words[0], words[1], row->operand);
	if (row->operand)
		i->operand = words[used++];
	if (n > used)
		return wrong(why, "too much behind the command: %s", words[used]);
	return INVOCATION_OK;
}

static const char *first_option(unsigned int set)
{
	for (const struct option *o = long_options; o->name; o++)
		if (set & BIT(o->val))
			return o->name;
	return "";
}

static int check_options(const struct invocation *i, unsigned int given, struct complaint *why)
{
	const struct row *row = &rows[i->command];
	const char *verb = row->words[1] ? row->words[1] : "";

	if (given & ~row->takes)
		return wrong(why, "%s %s takes no --%s", row->words[0], verb,
			     first_option(given & ~row->takes));
	if (row->needs & ~given)
		return wrong(why, "%s %s needs --%s", row->words[0], verb,
			     first_option(row->needs & ~given));
	if (!i->access_key != !i->secret_key_stdin)
		return wrong(why,
			     "--access-key and --secret-key-stdin go together: both, or neither");
	return INVOCATION_OK;
}

int invocation_parse(int argc, char *argv[], struct invocation *ret, struct complaint *why)
{
	const char *socket = getenv("COFFER_ADMIN_SOCKET");
	struct invocation i = { .socket = socket && socket[0] ? socket : INVOCATION_SOCKET };
	unsigned int given = 0;
	int r;

	r = take_options(argc, argv, &i, &given, why);
	if (r == INVOCATION_OK)
		r = take_words(argv + optind, argc - optind, &i, why);
	if (r == INVOCATION_OK)
		r = check_options(&i, given, why);
	if (r == INVOCATION_OK)
		*ret = i;
	return r;
}

json_t *invocation_request(const struct invocation *i, const char *secret_key)
{
	const char *const *words = rows[i->command].words;
	bool names_tenant = i->command == COMMAND_TENANT_CREATE;
	char what[32];

	snprintf(what, sizeof(what), "%s%s%s", words[0], words[1] ? "." : "",
		 words[1] ? words[1] : "");
	return json_pack("{s:s, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*}", "do", what, "name",
			 names_tenant ? i->operand : NULL, "display_name", i->display_name, "email",
			 i->email, "canonical_id", i->canonical_id, "tenant", i->tenant,
			 "access_key", names_tenant || !i->operand ? i->access_key : i->operand,
			 "secret_key", secret_key);
}
