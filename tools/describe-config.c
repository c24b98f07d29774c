/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Prints docs/configuration.md from the rows of client/setting.c; with --example docs/coffer.conf,
 * with --json what tests want to know of each setting.
 */

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "client/config.h"

#define COMMENT_WIDTH 92

static bool begins_section(enum setting s)
{
	return s == 0 || strcmp(settings[s].section, settings[s - 1].section) != 0;
}

/* --- docs/configuration.md ---------------------------------------------------------------- */

/* `|` would end a cell. */
static void say_cell(const char *words)
{
	for (; *words; words++) {
		if (*words == '|')
			putchar('\\');
		putchar(*words);
	}
}

static void say_row(enum setting s)
{
	const struct setting_row *row = &settings[s];
	char takes[SETTING_TAKES_MAX];

	printf("| `%s` | ", row->key);
	say_cell(row->type == SETTING_TEXT ? row->argument : setting_takes(s, takes));
	if (row->times > 1)
		printf("; up to %u times", row->times);
	if (row->fallback)
		printf(" | `%s` | ", row->fallback);
	else
		printf(" | %s | ", setting_default(s));
	say_cell(row->help);
	printf("%s |\n", row->live ? "; live" : "");
}

static void say_document(void)
{
	printf("# coffer.conf\n"
	       "\n"
	       "<!-- Made by tools/describe-config from client/setting.c: do not edit. -->\n"
	       "\n"
	       "What `coffer up` is told on its command line can also stand in `" CONFIG_FILE "`,\n"
	       "or in another file that `--config FILE` names. [coffer.conf](coffer.conf) is an\n"
	       "example with everything in it.\n"
	       "\n"
	       "- A line is `key = value` below the `[section]` of the key. Lines that begin with\n"
	       "  `#` or `;` are comments, and so is what follows ` ;` in a line. Values are not\n"
	       "  quoted. A line has at most 198 bytes.\n"
	       "- Behind the file come those of `FILE.d` that end in `.conf`, in the order of their\n"
	       "  names. Of two lines with the same key the later one holds.\n"
	       "- A key that takes several values takes them in one line, with blanks between them,\n"
	       "  or in several: each adds to those before. One without a value forgets them.\n"
	       "- The command line goes before all of it: `--key value`, `--key` again for another\n"
	       "  value. Of a key that stands there, what the files say is not used.\n"
	       "- A wrong line stops the start, and is named with its file and number.\n"
	       "  `coffer up --check-config` only looks, and prints what would hold, and from where.\n"
	       "- `cofferctl reload` reads the files again. What is marked live is in force at\n"
	       "  once; of the rest it says what takes a restart. Where a line is wrong, nothing changes.\n"
	       "- Nothing of it is secret, and nothing secret belongs into it.\n");
	for (enum setting s = 0; s < SETTINGS; s++) {
		if (begins_section(s))
			printf("\n## [%s]\n\n| key | takes | default | |\n|---|---|---|---|\n",
			       settings[s].section);
		say_row(s);
	}
}

/* --- docs/coffer.conf --------------------------------------------------------------------- */

static void say_comment(const char *words)
{
	size_t column = 0;

	while (*words) {
		size_t len = strcspn(words, " ");

		if (column && column + 1 + len > COMMENT_WIDTH) {
			putchar('\n');
			column = 0;
		}
		column += (size_t)printf("%s %.*s", column ? "" : "#", (int)len, words);
		words += len + (words[len] == ' ');
	}
	putchar('\n');
}

static void say_setting(enum setting s)
{
	const struct setting_row *row = &settings[s];
	struct buffer words = BUFFER_INIT(KIB);
	char takes[SETTING_TAKES_MAX];

	buffer_printf(&words, "%c%s.", toupper((unsigned char)row->help[0]), row->help + 1);
	if (row->type != SETTING_TEXT)
		buffer_printf(&words, " It takes %s.", setting_takes(s, takes));
	if (row->times > 1)
		buffer_append_string(&words, " It may be repeated.");
	if (row->otherwise)
		buffer_printf(&words, " Without it: %s.", row->otherwise);
	buffer_append_byte(&words, 0);
	putchar('\n');
	say_comment((const char *)buffer_span(&words).data);
	printf("#%s =%s%s\n", row->key, row->fallback ? " " : "",
	       row->fallback ? row->fallback : "");
	buffer_clear(&words);
}

static void say_example(void)
{
	printf("# What a server of Coffer is told: " CONFIG_FILE ". Behind it come the files of\n"
	       "# coffer.conf.d beside it that end in .conf. Lines with a # in front say what holds\n"
	       "# without them. `coffer up --check-config` tells what is wrong in which line.\n");
	for (enum setting s = 0; s < SETTINGS; s++) {
		if (begins_section(s))
			printf("\n[%s]\n", settings[s].section);
		say_setting(s);
	}
}

/* --- for tests ---------------------------------------------------------------------------- */

static const char *is_for(const struct setting_row *row, enum setting_daemon d)
{
	return row->daemons & d ? "true" : "false";
}

static void say_json(void)
{
	static const char *const types[] = {
		[SETTING_TEXT] = "text",
		[SETTING_WORD] = "word",
		[SETTING_NUMBER] = "number",
		[SETTING_LISTEN] = "listen",
		[SETTING_LISTEN_OR_NONE] = "listen",
		[SETTING_NETWORK] = "network",
		[SETTING_HASH] = "hash",
		[SETTING_DURATION_OR_NONE] = "duration",
		[SETTING_SIZE_OR_NONE] = "size",
		[SETTING_USER] = "account",
		[SETTING_GROUP] = "account",
	};

	for (enum setting s = 0; s < SETTINGS; s++) {
		const struct setting_row *row = &settings[s];

		printf("%s{\"section\":\"%s\",\"key\":\"%s\",\"type\":\"%s\",\"least\":%" PRIu64
		       ",\"most\":%" PRIu64 ",\"times\":%u,\"argument\":\"%s\",\"authd\":%s"
		       ",\"stored\":%s,\"frontend\":%s,\"live\":%s}",
		       s ? ",\n " : "[", row->section, row->key, types[row->type], row->least,
		       row->most, row->times, row->argument, is_for(row, SETTING_FOR_AUTHD),
		       is_for(row, SETTING_FOR_STORED), is_for(row, SETTING_FOR_FRONTEND),
		       row->live ? "true" : "false");
	}
	printf("]\n");
}

int main(int argc, char *argv[])
{
	if (argc == 2 && strcmp(argv[1], "--example") == 0)
		say_example();
	else if (argc == 2 && strcmp(argv[1], "--json") == 0)
		say_json();
	else
		say_document();
	return fflush(stdout) ? 1 : 0;
}
