/* SPDX-License-Identifier: Apache-2.0 */
#include "client/invocation.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "base/size.h"

bool invocation_is_about_tokens(const struct invocation *i)
{
	return manual_commands[i->command].group == GROUP_TOKEN;
}

/* --- the options -------------------------------------------------------------------------- */

/* What getopt gives back for the first of them: none of its own characters. */
#define OPTION_BASE 256

static void list_options(struct option list[static OPTION_COUNT + 1])
{
	for (enum manual_option o = 0; o < OPTION_COUNT; o++)
		list[o] = (struct option){ manual_options[o].name,
					   manual_options[o].argument ? required_argument
								      : no_argument,
					   NULL, OPTION_BASE + (int)o };
	list[OPTION_COUNT] = (struct option){ 0 };
}

#define wrong(why, ...) complain((why), INVOCATION_WRONG, __VA_ARGS__)

static bool is_number(const char *value)
{
	uint64_t n;

	return span_to_u64(span_from_string(value), &n) && n >= 1 && n <= INT64_MAX;
}

static bool is_duration(const char *value)
{
	uint64_t ns;

	return duration_parse(span_from_string(value), &ns);
}

static bool is_none(const char *value)
{
	return strcmp(value, INVOCATION_NONE) == 0;
}

static bool is_default(const char *value)
{
	return strcmp(value, INVOCATION_DEFAULT) == 0;
}

static bool is_size(const char *value)
{
	uint64_t n;

	return is_none(value) || (size_parse(span_from_string(value), &n) && n <= INT64_MAX);
}

static bool is_count(const char *value)
{
	uint64_t n;

	return is_none(value) || (span_to_u64(span_from_string(value), &n) && n <= INT64_MAX);
}

static bool is_scope(const char *value)
{
	return strcmp(value, "read") == 0 || strcmp(value, "write") == 0 ||
	       strcmp(value, "delete") == 0;
}

static int take(struct invocation *i, enum manual_option o, const char *value,
		struct complaint *why)
{
	const struct manual_option_row *row = &manual_options[o];

	switch (row->kind) {
	case OPTION_KIND_FLAG:
		value = "";
		break;
	case OPTION_KIND_TEXT:
		break;
	case OPTION_KIND_NUMBER:
		if (!is_number(value))
			return wrong(why, "--%s takes a whole number from 1 on", row->name);
		break;
	case OPTION_KIND_DURATION:
		if (!is_duration(value))
			return wrong(why, "--%s takes " DURATION_FORM, row->name);
		break;
	case OPTION_KIND_SIZE:
		if (!is_size(value))
			return wrong(why, "--%s takes " SIZE_FORM ", or none", row->name);
		break;
	case OPTION_KIND_COUNT:
		if (!is_count(value))
			return wrong(why, "--%s takes a whole number, or none", row->name);
		break;
	case OPTION_KIND_CHOICE:
		if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
			return wrong(why, "--%s takes yes or no", row->name);
		break;
	case OPTION_KIND_LIMIT:
		if (!is_default(value) && !is_count(value))
			return wrong(why, "--%s takes a whole number, none or default", row->name);
		break;
	case OPTION_KIND_SIZE_LIMIT:
		if (!is_default(value) && !is_size(value))
			return wrong(why, "--%s takes " SIZE_FORM ", none or default", row->name);
		break;
	case OPTION_KIND_SCOPE:
		if (!is_scope(value) || i->n_scopes == INVOCATION_SCOPES_MAX)
			return wrong(why, "--%s takes one of read, write and delete", row->name);
		i->scopes[i->n_scopes++] = value;
		break;
	case OPTION_KIND_PATTERN:
		if (i->n_patterns == INVOCATION_PATTERNS_MAX)
			return wrong(why, "too many --%s", row->name);
		i->patterns[i->n_patterns++] = value;
		break;
	}
	i->options[o] = value;
	return INVOCATION_OK;
}

/* A command line on its way to an invocation. Its options may stand anywhere. */
struct line {
	struct invocation i;
	char *const *words;
	int n;
	const char *unknown; /* the first option that there is not, or NULL */
};

/* "--nmae"; or of "-abc" the letter that getopt has got to; or a value where none is taken. */
static int refuse_option(struct line *l, char *argv[], struct complaint *why)
{
	if (optopt > 0 && optopt < OPTION_BASE)
		return wrong(why, "no such option: -%c", optopt);
	if (optopt >= OPTION_BASE)
		return wrong(why, "--%s takes no value", manual_options[optopt - OPTION_BASE].name);
	l->unknown = argv[optind - 1];
	return wrong(why, "no such option: %s", l->unknown);
}

/* The first that is wrong is told, but the rest is read, too: what the words are is known only
 * then. */
static int take_options(int argc, char *argv[], struct line *l, struct complaint *why)
{
	struct option list[OPTION_COUNT + 1];
	struct complaint other;
	int option, r = INVOCATION_OK;

	list_options(list);
	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", list, NULL)) >= 0) {
		struct complaint *to = r == INVOCATION_OK ? why : &other;
		int taken;

		if (option == '?')
			taken = refuse_option(l, argv, to);
		else if (option == ':')
			taken = wrong(to, "a value is missing behind %s", argv[optind - 1]);
		else
			taken = take(&l->i, (enum manual_option)(option - OPTION_BASE), optarg, to);
		r = r == INVOCATION_OK ? taken : r;
	}
	l->words = argv + optind;
	l->n = argc - optind;
	return r;
}

/* --- the words ---------------------------------------------------------------------------- */

/* How many of the words the command is; 0 where they are another. */
static int match(char *const words[], int n, enum manual_command c)
{
	const struct manual_command_row *row = &manual_commands[c];
	const char *first = manual_groups[row->group].word;

	if (!first)
		return n >= 1 && strcmp(words[0], row->word) == 0 ? 1 : 0;
	return n >= 2 && strcmp(words[0], first) == 0 && strcmp(words[1], row->word) == 0 ? 2 : 0;
}

/* Takes a command's words off the line. */
static bool take_command(struct line *l)
{
	for (enum manual_command c = 0; c < COMMANDS; c++) {
		int used = match(l->words, l->n, c);

		if (!used)
			continue;
		l->i.command = c;
		l->words += used;
		l->n -= used;
		return true;
	}
	return false;
}

/* Whether the line begins with a group's word; i.command is then the first of that group. */
static bool begins_group(struct line *l)
{
	for (enum manual_command c = 0; c < COMMANDS && l->n; c++) {
		const char *first = manual_groups[manual_commands[c].group].word;

		l->i.command = c;
		if (first && strcmp(l->words[0], first) == 0)
			return true;
	}
	return false;
}

static int refuse_command(struct line *l, struct complaint *why)
{
	const char *first = l->n ? l->words[0] : NULL, *second = l->n > 1 ? l->words[1] : NULL;
	char typed[256], buf[MANUAL_NAME_MAX];
	const char *meant;

	if (!first) {
		wrong(why, "a command is missing");
		complaint_hint(why, "`cofferctl --help` lists the commands");
		return INVOCATION_WRONG;
	}
	snprintf(typed, sizeof(typed), "%s%s%s", first, second ? " " : "", second ? second : "");
	meant = manual_nearest(typed, buf);
	if (!meant && second)
		meant = manual_nearest(first, buf);
	if (begins_group(l) && !second)
		wrong(why, "%s: a command is missing behind it", first);
	else
		wrong(why, "no such command: %s", typed);
	if (meant && strcmp(meant, first) != 0)
		complaint_hint(why,
			       "did you mean `cofferctl %s`? `cofferctl --help` lists the commands",
			       meant);
	else
		complaint_hint(why, "`cofferctl %s%s--help` lists the commands", meant ? meant : "",
			       meant ? " " : "");
	return INVOCATION_WRONG;
}

/* `cofferctl token add --help`, or as others have it, `cofferctl help token add`. */
static bool asks_for_help(struct line *l)
{
	if (l->n == 0 || strcmp(l->words[0], "help") != 0)
		return l->i.options[OPTION_HELP];
	l->words++;
	l->n--;
	return true;
}

static int choose_help(struct line *l, struct complaint *why)
{
	if (l->n == 0)
		return INVOCATION_HELP;
	if (take_command(l))
		return INVOCATION_HELP_COMMAND;
	if (l->n == 1 && begins_group(l))
		return INVOCATION_HELP_GROUP;
	return refuse_command(l, why);
}

static int take_operands(struct line *l, struct complaint *why)
{
	const struct manual_command_row *row = &manual_commands[l->i.command];
	const char *const names[] = { row->operand, row->second };
	const char **const to[] = { &l->i.operand, &l->i.second };
	char name[MANUAL_NAME_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(names) && names[i]; i++) {
		if (names[i][0] != '[' && l->n == 0)
			return wrong(why, "%s: %s is missing", manual_name(l->i.command, name),
				     names[i]);
		if (l->n) {
			*to[i] = *l->words++;
			l->n--;
		}
	}
	return l->n ? wrong(why, "too much behind the command: %s", l->words[0]) : INVOCATION_OK;
}

/* --- both --------------------------------------------------------------------------------- */

/* The other way to a server is one or the other, and said once. */
static int choose_way(struct invocation *i, struct complaint *why)
{
	const char *named = getenv("COFFER_ADMIN_ENDPOINT");

	if (!(manual_commands[i->command].takes & MANUAL_BIT(ENDPOINT)))
		return INVOCATION_OK;
	if (i->options[OPTION_ENDPOINT])
		i->endpoint = i->options[OPTION_ENDPOINT];
	else if (named && named[0] && !i->options[OPTION_SOCKET])
		i->endpoint = named;
	for (enum manual_option o = 0; o < OPTION_COUNT; o++) {
		uint64_t bit = UINT64_C(1) << o;

		if (!i->options[o] || !((i->endpoint ? MANUAL_LOCAL : MANUAL_REMOTE) & bit))
			continue;
		wrong(why, "--%s is not for a server %s", manual_options[o].name,
		      i->endpoint ? "that --endpoint names" : "of this host");
		if (i->endpoint && o == OPTION_TENANT)
			complaint_hint(why, "it is about the tenant whose access key signs");
		else if (i->endpoint && o != OPTION_SOCKET)
			complaint_hint(why, "only the host's own operator may give it");
		return INVOCATION_WRONG;
	}
	return INVOCATION_OK;
}

static uint64_t needs(const struct invocation *i)
{
	const struct manual_command_row *row = &manual_commands[i->command];

	return i->endpoint ? (row->needs & ~MANUAL_LOCAL) | row->needs_remote : row->needs;
}

static int refuse_endpoint(enum manual_command c, struct complaint *why)
{
	char name[MANUAL_NAME_MAX];

	wrong(why, "%s cannot be asked with --endpoint", manual_name(c, name));
	complaint_hint(why, "only the host's own operator asks that, through a socket there");
	return INVOCATION_WRONG;
}

static int check_options(const struct invocation *i, struct complaint *why)
{
	const struct manual_command_row *row = &manual_commands[i->command];
	char name[MANUAL_NAME_MAX];

	if (i->options[OPTION_ENDPOINT] && !(row->takes & MANUAL_BIT(ENDPOINT)))
		return refuse_endpoint(i->command, why);
	for (enum manual_option o = 0; o < OPTION_COUNT; o++) {
		uint64_t bit = UINT64_C(1) << o;

		if (i->options[o] && !((row->takes | row->needs | MANUAL_COMMON) & bit))
			return wrong(why, "%s takes no --%s", manual_name(i->command, name),
				     manual_options[o].name);
		if (!i->options[o] && (needs(i) & bit))
			return wrong(why, "%s needs --%s", manual_name(i->command, name),
				     manual_options[o].name);
	}
	if (!i->options[OPTION_ACCESS_KEY] != !i->options[OPTION_SECRET_KEY_STDIN])
		return wrong(why,
			     "--access-key and --secret-key-stdin go together: both, or neither");
	return INVOCATION_OK;
}

/* The option that was meant, where one of the command's is near; and where all of them are told. */
static void hint_at_options(const struct line *l, struct complaint *why)
{
	const struct manual_command_row *row = &manual_commands[l->i.command];
	const char *typed = l->unknown ? l->unknown + strspn(l->unknown, "-") : "";
	char name[MANUAL_NAME_MAX], word[MANUAL_NAME_MAX];
	const char *meant;

	snprintf(word, sizeof(word), "%.*s", (int)strcspn(typed, "="), typed);
	meant = manual_nearest_option(word, row->takes | row->needs | MANUAL_COMMON);
	manual_name(l->i.command, name);
	if (meant)
		complaint_hint(why, "did you mean --%s? `cofferctl %s --help` tells what it takes",
			       meant, name);
	else
		complaint_hint(why, "`cofferctl %s --help` tells what it takes", name);
}

static void take_defaults(struct invocation *i)
{
	const char *socket = getenv("COFFER_ADMIN_SOCKET");

	if (i->options[OPTION_SOCKET])
		socket = i->options[OPTION_SOCKET];
	i->socket = socket && socket[0] ? socket : MANUAL_SOCKET;
	if (manual_commands[i->command].of_default_tenant && !i->options[OPTION_TENANT] &&
	    !i->endpoint)
		i->options[OPTION_TENANT] = MANUAL_TENANT;
}

/* With a command that is known: `r` is what became of its options. */
static int finish(struct line *l, int r, struct complaint *why)
{
	if (r == INVOCATION_OK)
		r = take_operands(l, why);
	if (r == INVOCATION_OK)
		r = choose_way(&l->i, why);
	if (r == INVOCATION_OK)
		r = check_options(&l->i, why);
	if (r == INVOCATION_OK)
		take_defaults(&l->i);
	else if (!why->hint[0])
		hint_at_options(l, why);
	return r;
}

int invocation_parse(int argc, char *argv[], struct invocation *ret, struct complaint *why)
{
	struct line l = { 0 };
	int r;

	r = take_options(argc, argv, &l, why);
	if (asks_for_help(&l))
		r = choose_help(&l, why);
	else if (l.i.options[OPTION_VERSION])
		r = INVOCATION_VERSION;
	else if (take_command(&l))
		r = finish(&l, r, why);
	else if (r == INVOCATION_OK)
		r = refuse_command(&l, why);
	else
		complaint_hint(why,
			       "`cofferctl --help` lists the commands, and what they all take");
	if (r != INVOCATION_WRONG)
		*ret = l.i;
	return r;
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

/* A number, or the word in its place; it is known to be one of them. */
static json_t *limit_of(const char *value)
{
	uint64_t n;

	return size_parse(span_from_string(value), &n) ? json_integer((json_int_t)n)
						       : json_string(value);
}

static json_t *value_of(const struct invocation *i, enum manual_option o)
{
	switch (manual_options[o].kind) {
	case OPTION_KIND_FLAG:
		return json_true();
	case OPTION_KIND_TEXT:
	case OPTION_KIND_DURATION:
	case OPTION_KIND_SIZE:
	case OPTION_KIND_COUNT:
		return json_string(i->options[o]);
	case OPTION_KIND_CHOICE:
		return json_boolean(strcmp(i->options[o], "yes") == 0);
	case OPTION_KIND_LIMIT:
	case OPTION_KIND_SIZE_LIMIT:
		return limit_of(i->options[o]);
	case OPTION_KIND_NUMBER:
		return json_integer(strtoll(i->options[o], NULL, 10));
	case OPTION_KIND_SCOPE:
		return list_of_scopes(i);
	case OPTION_KIND_PATTERN:
		break;
	}
	return NULL;
}

static bool has_own_option(const struct invocation *i, const struct manual_command_row *row)
{
	for (enum manual_option o = 0; o < OPTION_COUNT; o++)
		if (i->options[o] && row->takes & UINT64_C(1) << o)
			return true;
	return false;
}

json_t *invocation_request(const struct invocation *i)
{
	const struct manual_command_row *row = &manual_commands[i->command];
	bool asks = row->question && !has_own_option(i, row);
	json_t *request = json_pack("{s:s}", "do", asks ? row->question : row->order);
	int r = 0;

	if (row->member)
		r = json_object_set_new(request, row->member, json_string(i->operand));
	for (enum manual_option o = 0; o < OPTION_COUNT && r == 0; o++)
		if (i->options[o] && manual_options[o].member)
			r = json_object_set_new(request, manual_options[o].member, value_of(i, o));
	if (r == 0)
		return request;
	json_decref(request);
	return NULL;
}
