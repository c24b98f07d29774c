/* SPDX-License-Identifier: Apache-2.0 */
#include "client/help.h"

#include <string.h>

#include "client/wrap.h"

#define COMMAND_COLUMN 28 /* where what is said of a command begins */
#define HEAD_MAX       256

/* "--ttl DAYS". Returns buf. */
static const char *option_head(enum manual_option o, char buf[static HEAD_MAX])
{
	const struct manual_option_row *row = &manual_options[o];

	snprintf(buf, HEAD_MAX, "--%s%s%s", row->name, row->argument ? " " : "",
		 row->argument ? row->argument : "");
	return buf;
}

static const char *meaning_of(const struct manual_command_row *row, enum manual_option o)
{
	for (size_t i = 0; i < MANUAL_MEANINGS_MAX && row->meanings[i].meaning; i++)
		if (row->meanings[i].option == o)
			return row->meanings[i].meaning;
	return manual_options[o].meaning;
}

static bool has(uint64_t set, enum manual_option o)
{
	return set & (UINT64_C(1) << o);
}

static void print_options(FILE *to, const struct manual_command_row *row, uint64_t set)
{
	static const struct manual_command_row none = { 0 };
	char head[HEAD_MAX];

	for (enum manual_option o = 0; o < OPTION_COUNT; o++)
		if (has(set, o))
			wrap_print(to, meaning_of(row ? row : &none, o),
				   (size_t)fprintf(to, "  %s", option_head(o, head)), WRAP_COLUMN);
}

/* "token add NAME". Returns buf. */
static const char *command_head(enum manual_command c, char buf[static HEAD_MAX])
{
	const struct manual_command_row *row = &manual_commands[c];
	char name[MANUAL_NAME_MAX];

	snprintf(buf, HEAD_MAX, "%s%s%s%s%s", manual_name(c, name), row->operand ? " " : "",
		 row->operand ? row->operand : "", row->second ? " " : "",
		 row->second ? row->second : "");
	return buf;
}

static void print_commands(FILE *to, enum manual_group g)
{
	char head[HEAD_MAX];

	for (enum manual_command c = 0; c < COMMANDS; c++)
		if (manual_commands[c].group == g)
			wrap_print(to, manual_commands[c].brief,
				   (size_t)fprintf(to, "  %s", command_head(c, head)),
				   COMMAND_COLUMN);
}

void help_print(FILE *to)
{
	fputs("usage: cofferctl [--socket PATH] [--json] COMMAND\n"
	      "       cofferctl COMMAND --help\n"
	      "\n"
	      "Administers a Coffer that runs.\n",
	      to);
	for (enum manual_group g = 0; g < GROUPS; g++) {
		fprintf(to, "\n%s:\n", manual_groups[g].title);
		print_commands(to, g);
	}
	fputs("\nWith every command:\n", to);
	print_options(to, NULL, MANUAL_COMMON);
	fputs("\nExit status: 0 done, 1 refused, not reachable, or not all of it done, 2 not "
	      "understood.\n",
	      to);
}

void help_print_group(FILE *to, enum manual_group g)
{
	const struct manual_group_row *row = &manual_groups[g];

	fprintf(to, "usage: cofferctl %s COMMAND\n       cofferctl %s COMMAND --help\n\n",
		row->word, row->word);
	wrap_print(to, row->text, 0, 0);
	fprintf(to, "\n%s:\n", row->title);
	print_commands(to, g);
}

/* --- of one command ----------------------------------------------------------------------- */

struct usage {
	FILE *to;
	size_t column, indent;
};

/* A word of the usage, in another line where it does not fit. */
static void print_word(struct usage *u, const char *before, const char *word, const char *behind)
{
	size_t len = strlen(before) + strlen(word) + strlen(behind);

	if (u->column + 1 + len > WRAP_WIDTH)
		u->column = (size_t)fprintf(u->to, "\n%*s", (int)u->indent, "") - 1;
	u->column += (size_t)fprintf(u->to, " %s%s%s", before, word, behind);
}

static void print_usage(FILE *to, enum manual_command c)
{
	const struct manual_command_row *row = &manual_commands[c];
	char head[HEAD_MAX];
	struct usage u = { .to = to };

	u.column = (size_t)fprintf(to, "usage: cofferctl %s", command_head(c, head));
	u.indent = strlen("usage: cofferctl") + 2;
	for (enum manual_option o = 0; o < OPTION_COUNT; o++)
		if (has(row->needs, o))
			print_word(&u, "", option_head(o, head), "");
	for (enum manual_option o = 0; o < OPTION_COUNT; o++)
		if (has(row->takes, o))
			print_word(&u, "[", option_head(o, head),
				   manual_may_repeat(o) ? "]..." : "]");
	fputc('\n', to);
}

static void print_examples(FILE *to, const char *lines)
{
	fputs(strchr(lines, '\n')[1] ? "\nExamples:\n" : "\nExample:\n", to);
	while (*lines) {
		size_t len = strcspn(lines, "\n");

		fprintf(to, "  %.*s\n", (int)len, lines);
		lines += len + 1;
	}
}

void help_print_command(FILE *to, enum manual_command c)
{
	const struct manual_command_row *row = &manual_commands[c];

	print_usage(to, c);
	fprintf(to, "\n%c%s.\n", row->brief[0] - 'a' + 'A', row->brief + 1);
	if (row->text) {
		fputc('\n', to);
		wrap_print(to, row->text, 0, 0);
	}
	if (row->needs | row->takes) {
		fputc('\n', to);
		print_options(to, row, row->needs | row->takes);
	}
	fputs("\nWith every command:\n", to);
	print_options(to, row, MANUAL_COMMON);
	print_examples(to, row->examples);
}
