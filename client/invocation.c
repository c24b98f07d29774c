/* SPDX-License-Identifier: Apache-2.0 */
#include "client/invocation.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/span.h"

const char invocation_help[] =
	"usage: cofferctl [--socket PATH] [--json] COMMAND\n"
	"\n"
	"  tenant create NAME [--display-name D] [--email E] [--canonical-id HEX64]\n"
	"      A tenant owns buckets, keys and tokens. NAME: lower-case letters, digits and\n"
	"      hyphens.\n"
	"  tenant list\n"
	"\n"
	"  key create --tenant NAME [--access-key AK --secret-key-stdin]\n"
	"      Makes an access key for the S3 API and shows its secret, once. A pair of your own:\n"
	"      the secret is read from standard input, so that it is seen neither in the process\n"
	"      list nor in the shell's history.\n"
	"  key list [--tenant NAME]\n"
	"  key disable AK     requests signed with it are refused from now on\n"
	"  key enable AK\n"
	"  key delete AK\n"
	"\n"
	"  token add NAME --ttl DAYS [--scope read|write|delete]... [--tenant T] [--bucket B]\n"
	"            [--prefix P] [--rate N]\n"
	"      Makes a token for the REST API and shows it, once. Without --scope it may read,\n"
	"      write and delete. It is for one bucket of the tenant, which is made if it is not\n"
	"      there (T-objects); with --prefix only for keys that begin with P. --rate: so many\n"
	"      requests a second. The tenant is \"" INVOCATION_TENANT
	"\" unless you name another.\n"
	"  token refresh NAME --ttl DAYS [--scope S]... [--tenant T] [--bucket B] [--prefix P]\n"
	"            [--rate N]\n"
	"      Another token in place of the old one. What you do not give stays as it is.\n"
	"  token delete NAME [--tenant T]\n"
	"  token list [--tenant T]\n"
	"  token import FILE [--tenant T] [--bucket B]\n"
	"      Takes over tokens.json of an older service, all of it or nothing: its tokens go on\n"
	"      working. FILE may be - for standard input.\n"
	"\n"
	"  import --format filesystem|base32|sqlite SRC --bucket B [--tenant T] [--prefix P]\n"
	"            [--exclude PATTERN]... [--overwrite] [--no-read-back] [--dry-run] [--quiet]\n"
	"            [--operator-socket PATH]\n"
	"      Brings objects of an older service into a bucket, which is made if it is not "
	"there:\n"
	"      a plain tree, whose paths are the keys; a flat directory, whose names are the "
	"keys'\n"
	"      base32 with _ for =; or a SQLite file with a table objects(key, data). SRC is read\n"
	"      with your own rights. P goes before every key. What is there already and the same\n"
	"      is left alone: the same command goes on where an earlier one ended. Everything is\n"
	"      read back and compared, unless you say --no-read-back. stored's operator socket is\n"
	"      looked for beside authd's admin socket.\n"
	"  export --bucket B DST [--tenant T] [--prefix P] [--overwrite] [--quiet]\n"
	"            [--operator-socket PATH]\n"
	"      Takes objects out into a plain tree. Keys that cannot be a path inside DST are "
	"told\n"
	"      and left out. With --prefix only keys that begin with P.\n"
	"\n"
	"  status             is the server up, which processes is it, how are they confined, how\n"
	"                     much room has the disk\n"
	"  reload [--config FILE]\n"
	"                     reads coffer.conf again, checks it, and lets the server have what "
	"may\n"
	"                     change while it runs; says what takes a restart. With something "
	"wrong\n"
	"                     in it nothing changes. What the command line of `coffer up` said "
	"counts\n"
	"                     no more\n"
	"  metrics-token      makes a token for metrics over TCP, and what coffer.conf is told of "
	"it\n"
	"  doctor [--data DIR] [--config FILE]\n"
	"                     looks at users, modes, sockets, confinement, clock and disk of an\n"
	"                     installation, and says of what is wrong what to do. Best as root.\n"
	"                     Without --data it is the installed service; exit status 1 where\n"
	"                     something is wrong\n"
	"\n"
	"  --socket PATH      authd's admin socket (default: $COFFER_ADMIN_SOCKET, else\n"
	"                     " INVOCATION_SOCKET "); `coffer up --data DIR` has it at\n"
	"                     DIR/run/authd-admin.sock\n"
	"  --json             print authd's answer, or what an import or export came to, as one\n"
	"                     line of JSON\n"
	"\n"
	"Exit status: 0 done, 1 refused, not reachable, or not all of it done, 2 not understood.\n"
	"\n"
	"examples:\n"
	"  cofferctl tenant create acme --display-name 'Acme Ltd' && cofferctl key create --tenant "
	"acme\n"
	"  cofferctl token add laptop --ttl 90 --scope read --scope write\n"
	"  cofferctl import --format filesystem /srv/objects --tenant acme --bucket acme-objects\n";

/* --- the options -------------------------------------------------------------------------- */

enum option_kind {
	OPTION_KIND_FLAG,
	OPTION_KIND_TEXT,
	OPTION_KIND_NUMBER,
	OPTION_KIND_SCOPE,
	OPTION_KIND_PATTERN,
};

static const struct {
	const char *name;
	enum option_kind kind;
	const char *member;
} options[OPTION_COUNT] = {
#define OPTION(SYMBOL, name_, KIND, member_)                                                       \
	[OPTION_##SYMBOL] = { name_, OPTION_KIND_##KIND, member_ },
	INVOCATION_OPTIONS(OPTION)
#undef OPTION
};

/* What getopt gives back for the first of them: none of its own characters. */
#define OPTION_BASE 256

static const struct option long_options[] = {
#define OPTION(SYMBOL, name_, KIND, member_)                                                       \
	{ name_, OPTION_KIND_##KIND == OPTION_KIND_FLAG ? no_argument : required_argument, NULL,   \
	  OPTION_BASE + OPTION_##SYMBOL },
	INVOCATION_OPTIONS(OPTION)
#undef OPTION
		{ NULL, 0, NULL, 0 },
};

/* --- the commands ------------------------------------------------------------------------- */

#define BIT(SYMBOL) (1u << OPTION_##SYMBOL)

/* Every command takes these. */
#define COMMON (BIT(SOCKET) | BIT(JSON))

#define TRANSFER (BIT(TENANT) | BIT(PREFIX) | BIT(OVERWRITE) | BIT(QUIET) | BIT(OPERATOR_SOCKET))

#define TERMS (BIT(SCOPE) | BIT(BUCKET) | BIT(PREFIX) | BIT(RATE))

static const struct row {
	const char *words[2]; /* the second is NULL where one word says it */
	const char *order; /* what authd calls it, or NULL where it is not asked */
	const char *operand; /* what it is called, or NULL where there is none */
	const char *member; /* the operand as authd calls it, or NULL where it is not for authd */
	unsigned int takes; /* options */
	unsigned int needs;
	bool of_default_tenant; /* where no other is named */
} rows[COMMANDS] = {
	[COMMAND_TENANT_CREATE] = { { "tenant", "create" },
				    "tenant.create",
				    "NAME",
				    "name",
				    .takes = BIT(DISPLAY_NAME) | BIT(EMAIL) | BIT(CANONICAL_ID) },
	[COMMAND_TENANT_LIST] = { { "tenant", "list" }, "tenant.list" },
	[COMMAND_KEY_CREATE] = { { "key", "create" },
				 "key.create",
				 .takes = BIT(ACCESS_KEY) | BIT(SECRET_KEY_STDIN),
				 .needs = BIT(TENANT) },
	[COMMAND_KEY_LIST] = { { "key", "list" }, "key.list", .takes = BIT(TENANT) },
	[COMMAND_KEY_DISABLE] = { { "key", "disable" }, "key.disable", "ACCESS-KEY", "access_key" },
	[COMMAND_KEY_ENABLE] = { { "key", "enable" }, "key.enable", "ACCESS-KEY", "access_key" },
	[COMMAND_KEY_DELETE] = { { "key", "delete" }, "key.delete", "ACCESS-KEY", "access_key" },
	[COMMAND_TOKEN_ADD] = { { "token", "add" },
				"token.create",
				"NAME",
				"token_name",
				.takes = BIT(TENANT) | TERMS,
				.needs = BIT(TTL),
				.of_default_tenant = true },
	[COMMAND_TOKEN_LIST] = { { "token", "list" }, "token.list", .takes = BIT(TENANT) },
	[COMMAND_TOKEN_REFRESH] = { { "token", "refresh" },
				    "token.refresh",
				    "NAME",
				    "token_name",
				    .takes = BIT(TENANT) | TERMS,
				    .needs = BIT(TTL),
				    .of_default_tenant = true },
	[COMMAND_TOKEN_DELETE] = { { "token", "delete" },
				   "token.delete",
				   "NAME",
				   "token_name",
				   .takes = BIT(TENANT),
				   .of_default_tenant = true },
	[COMMAND_TOKEN_IMPORT] = { { "token", "import" },
				   "token.import",
				   "FILE",
				   .takes = BIT(TENANT) | BIT(BUCKET),
				   .of_default_tenant = true },
	[COMMAND_IMPORT] = { { "import" },
			     .operand = "SRC",
			     .takes = TRANSFER | BIT(EXCLUDE) | BIT(NO_READ_BACK) | BIT(DRY_RUN),
			     .needs = BIT(FORMAT) | BIT(BUCKET),
			     .of_default_tenant = true },
	[COMMAND_EXPORT] = { { "export" },
			     .operand = "DST",
			     .takes = TRANSFER,
			     .needs = BIT(BUCKET),
			     .of_default_tenant = true },
	[COMMAND_STATUS] = { { "status" }, "status" },
	[COMMAND_RELOAD] = { { "reload" }, "reload", .takes = BIT(CONFIG) },
	[COMMAND_METRICS_TOKEN] = { { "metrics-token" }, NULL },
	[COMMAND_DOCTOR] = { { "doctor" }, NULL, .takes = BIT(DATA) | BIT(CONFIG) },
};

bool invocation_is_about_tokens(const struct invocation *i)
{
	return strcmp(rows[i->command].words[0], "token") == 0;
}

/* --- understanding ------------------------------------------------------------------------ */

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

static bool is_number(const char *value)
{
	uint64_t n;

	return span_to_u64(span_from_string(value), &n) && n >= 1 && n <= INT64_MAX;
}

static bool is_scope(const char *value)
{
	return strcmp(value, "read") == 0 || strcmp(value, "write") == 0 ||
	       strcmp(value, "delete") == 0;
}

static int take(struct invocation *i, enum invocation_option o, const char *value,
		struct complaint *why)
{
	switch (options[o].kind) {
	case OPTION_KIND_FLAG:
		value = "";
		break;
	case OPTION_KIND_TEXT:
		break;
	case OPTION_KIND_NUMBER:
		if (!is_number(value))
			return wrong(why, "--%s takes a whole number from 1 on", options[o].name);
		break;
	case OPTION_KIND_SCOPE:
		if (!is_scope(value) || i->n_scopes == INVOCATION_SCOPES_MAX)
			return wrong(why, "--%s takes one of read, write and delete",
				     options[o].name);
		i->scopes[i->n_scopes++] = value;
		break;
	case OPTION_KIND_PATTERN:
		if (i->n_patterns == INVOCATION_PATTERNS_MAX)
			return wrong(why, "too many --%s", options[o].name);
		i->patterns[i->n_patterns++] = value;
		break;
	}
	i->options[o] = value;
	return o == OPTION_HELP	     ? INVOCATION_HELP
	       : o == OPTION_VERSION ? INVOCATION_VERSION
				     : INVOCATION_OK;
}

/* They may stand anywhere. */
static int take_options(int argc, char *argv[], struct invocation *i, struct complaint *why)
{
	int option, r;

	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", long_options, NULL)) >= 0) {
		if (option == '?')
			return wrong(why, "no such option: %s", argv[optind - 1]);
		if (option == ':')
			return wrong(why, "a value is missing behind %s", argv[optind - 1]);
		r = take(i, (enum invocation_option)(option - OPTION_BASE), optarg, why);
		if (r != INVOCATION_OK)
			return r;
	}
	return INVOCATION_OK;
}

static bool says(char *const words[], int n, const struct row *row)
{
	if (n < 1 || strcmp(words[0], row->words[0]) != 0)
		return false;
	return !row->words[1] || (n >= 2 && strcmp(words[1], row->words[1]) == 0);
}

#define COMMAND_NAME_MAX 64

/* As it is typed: "token add", "status". Returns buf. */
static const char *name_of(const struct row *row, char buf[static COMMAND_NAME_MAX])
{
	snprintf(buf, COMMAND_NAME_MAX, "%s%s%s", row->words[0], row->words[1] ? " " : "",
		 row->words[1] ? row->words[1] : "");
	return buf;
}

static int take_words(char *const words[], int n, struct invocation *i, struct complaint *why)
{
	const struct row *row = NULL;
	char name[COMMAND_NAME_MAX];
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
		return wrong(why, "%s: %s is missing", name_of(row, name), row->operand);
	if (row->operand)
		i->operand = words[used++];
	if (n > used)
		return wrong(why, "too much behind the command: %s", words[used]);
	return INVOCATION_OK;
}

static int check_options(const struct invocation *i, struct complaint *why)
{
	const struct row *row = &rows[i->command];
	char name[COMMAND_NAME_MAX];

	for (enum invocation_option o = 0; o < OPTION_COUNT; o++) {
		unsigned int bit = 1u << o;

		if (i->options[o] && !((row->takes | row->needs | COMMON) & bit))
			return wrong(why, "%s takes no --%s", name_of(row, name), options[o].name);
		if (!i->options[o] && (row->needs & bit))
			return wrong(why, "%s needs --%s", name_of(row, name), options[o].name);
	}
	if (!i->options[OPTION_ACCESS_KEY] != !i->options[OPTION_SECRET_KEY_STDIN])
		return wrong(why,
			     "--access-key and --secret-key-stdin go together: both, or neither");
	return INVOCATION_OK;
}

static void take_defaults(struct invocation *i)
{
	const char *socket = getenv("COFFER_ADMIN_SOCKET");

	if (i->options[OPTION_SOCKET])
		socket = i->options[OPTION_SOCKET];
	i->socket = socket && socket[0] ? socket : INVOCATION_SOCKET;
	if (rows[i->command].of_default_tenant && !i->options[OPTION_TENANT])
		i->options[OPTION_TENANT] = INVOCATION_TENANT;
}

int invocation_parse(int argc, char *argv[], struct invocation *ret, struct complaint *why)
{
	struct invocation i = { 0 };
	int r;

	r = take_options(argc, argv, &i, why);
	if (r == INVOCATION_OK)
		r = take_words(argv + optind, argc - optind, &i, why);
	if (r == INVOCATION_OK)
		r = check_options(&i, why);
	if (r != INVOCATION_OK)
		return r;
	take_defaults(&i);
	*ret = i;
	return INVOCATION_OK;
}

/* --- asking authd ------------------------------------------------------------------------- */

static json_t *list_of_scopes(const struct invocation *i)
{
	json_t *list = json_array();

	for (size_t n = 0; n < i->n_scopes; n++)
		if (json_array_append_new(list, json_string(i->scopes[n])) < 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *value_of(const struct invocation *i, enum invocation_option o)
{
	switch (options[o].kind) {
	case OPTION_KIND_FLAG:
		return json_true();
	case OPTION_KIND_TEXT:
		return json_string(i->options[o]);
	case OPTION_KIND_NUMBER:
		return json_integer(strtoll(i->options[o], NULL, 10));
	case OPTION_KIND_SCOPE:
		return list_of_scopes(i);
	case OPTION_KIND_PATTERN:
		break;
	}
	return NULL;
}

json_t *invocation_request(const struct invocation *i)
{
	const struct row *row = &rows[i->command];
	json_t *request = json_pack("{s:s}", "do", row->order);
	int r = 0;

	if (row->member)
		r = json_object_set_new(request, row->member, json_string(i->operand));
	for (enum invocation_option o = 0; o < OPTION_COUNT && r == 0; o++)
		if (i->options[o] && options[o].member[0])
			r = json_object_set_new(request, options[o].member, value_of(i, o));
	if (r == 0)
		return request;
	json_decref(request);
	return NULL;
}
