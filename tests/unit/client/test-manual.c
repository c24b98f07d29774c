/* SPDX-License-Identifier: Apache-2.0 */
#include "client/manual.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>
#include <wordexp.h>

#include "client/help.h"
#include "client/invocation.h"
#include "client/wrap.h"

static bool has(uint64_t set, enum manual_option o)
{
	return set & (UINT64_C(1) << o);
}

static void test_every_option_is_told_and_taken(void)
{
	for (enum manual_option o = 0; o < OPTION_COUNT; o++) {
		const struct manual_option_row *row = &manual_options[o];
		uint64_t taken = MANUAL_COMMON;

		assert(row->name && row->meaning && row->meaning[0]);
		assert(!row->argument == (row->kind == OPTION_KIND_FLAG));
		for (enum manual_command c = 0; c < COMMANDS; c++)
			taken |= manual_commands[c].needs | manual_commands[c].takes;
		assert(has(taken, o));
	}
}

static void test_every_command_is_told(void)
{
	for (enum manual_command c = 0; c < COMMANDS; c++) {
		const struct manual_command_row *row = &manual_commands[c];

		assert(row->word && row->brief && islower((unsigned char)row->brief[0]));
		assert(row->brief[strlen(row->brief) - 1] != '.');
		assert(!(row->needs & row->takes) && !((row->needs | row->takes) & MANUAL_COMMON));
		assert(!row->member || row->operand);
		for (size_t i = 0; i < MANUAL_MEANINGS_MAX && row->meanings[i].meaning; i++)
			assert(has(row->needs | row->takes, row->meanings[i].option));
	}
}

static void test_groups_stand_together_and_say_what_they_are(void)
{
	for (enum manual_command c = 1; c < COMMANDS; c++)
		assert(manual_commands[c].group == manual_commands[c - 1].group ||
		       manual_commands[c].group == manual_commands[c - 1].group + 1);
	for (enum manual_group g = 0; g < GROUPS; g++) {
		assert(manual_groups[g].title);
		assert(!manual_groups[g].text == !manual_groups[g].word);
	}
}

/* Up to where a shell would send it elsewhere. */
static enum manual_command command_of(const char *line, size_t len)
{
	char typed[512];
	struct complaint why = { 0 };
	struct invocation i;
	wordexp_t words;
	int r;

	assert(len < sizeof(typed));
	memcpy(typed, line, len);
	typed[len] = '\0';
	typed[strcspn(typed, "<>|&")] = '\0';
	assert(wordexp(typed, &words, WRDE_NOCMD) == 0);
	assert(strcmp(words.we_wordv[0], "cofferctl") == 0);
	r = invocation_parse((int)words.we_wordc, words.we_wordv, &i, &why);
	assert(r == INVOCATION_OK);
	wordfree(&words);
	return i.command;
}

static void test_every_command_has_an_example_that_works(void)
{
	for (enum manual_command c = 0; c < COMMANDS; c++) {
		const char *line = manual_commands[c].examples;

		assert(line && line[0] && line[strlen(line) - 1] == '\n');
		while (*line) {
			size_t len = strcspn(line, "\n");

			assert(command_of(line, len) == c);
			line += len + 1;
		}
	}
}

/* --- what is printed of it ---------------------------------------------------------------- */

static char *printed(enum manual_command c)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	assert(f);
	if (c == COMMANDS)
		help_print(f);
	else
		help_print_command(f, c);
	assert(fclose(f) == 0);
	return text;
}

static void test_all_commands_fit_a_line_each(void)
{
	char *text = printed(COMMANDS), name[MANUAL_NAME_MAX], start[MANUAL_NAME_MAX + 4];

	for (enum manual_command c = 0; c < COMMANDS; c++) {
		const char *line, *brief = manual_commands[c].brief;
		size_t len;

		snprintf(start, sizeof(start), "\n  %s ", manual_name(c, name));
		line = strstr(text, start);
		assert(line++);
		len = strcspn(line, "\n");
		assert(len <= WRAP_WIDTH && len > strlen(brief));
		assert(memcmp(line + len - strlen(brief), brief, strlen(brief)) == 0);
	}
	free(text);
}

static void test_a_command_tells_each_option_that_it_takes(void)
{
	for (enum manual_command c = 0; c < COMMANDS; c++) {
		const struct manual_command_row *row = &manual_commands[c];
		char *text = printed(c), start[MANUAL_NAME_MAX];

		for (enum manual_option o = 0; o < OPTION_COUNT; o++) {
			snprintf(start, sizeof(start), "\n  --%s", manual_options[o].name);
			assert(!strstr(text, start) ==
			       !has(row->needs | row->takes | MANUAL_COMMON, o));
		}
		assert(strstr(text, "\nExample"));
		free(text);
	}
}

static void test_what_an_option_means_to_a_command_goes_first(void)
{
	char *add = printed(COMMAND_TOKEN_ADD), *refresh = printed(COMMAND_TOKEN_REFRESH);

	assert(!strstr(add, "as before") && strstr(refresh, "as before"));
	free(add);
	free(refresh);
}

/* --- what was meant ----------------------------------------------------------------------- */

static void test_the_nearest_is_found(void)
{
	static const struct {
		const char *typed, *meant;
	} cases[] = {
		{ "tokn add", "token add" },
		{ "token lsit", "token list" },
		{ "statsu", "status" },
		{ "tenat", "tenant" },
		{ "staus", "status" },
		{ "doctor", "doctor" },
		{ "x", NULL },
		{ "", NULL },
		{ "frobnicate", NULL },
		{ "something else entirely which is longer than all the names there are in it",
		  NULL },
	};
	char buf[MANUAL_NAME_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *found = manual_nearest(cases[i].typed, buf);

		assert(!found == !cases[i].meant);
		assert(!found || strcmp(found, cases[i].meant) == 0);
	}
}

static void test_only_options_that_may_be_are_near(void)
{
	assert(strcmp(manual_nearest_option("jsno", MANUAL_COMMON), "json") == 0);
	assert(!manual_nearest_option("prefix", MANUAL_COMMON));
	assert(strcmp(manual_nearest_option("bukcet", MANUAL_BIT(BUCKET)), "bucket") == 0);
}

int main(void)
{
	test_every_option_is_told_and_taken();
	test_every_command_is_told();
	test_groups_stand_together_and_say_what_they_are();
	test_every_command_has_an_example_that_works();
	test_all_commands_fit_a_line_each();
	test_a_command_tells_each_option_that_it_takes();
	test_what_an_option_means_to_a_command_goes_first();
	test_the_nearest_is_found();
	test_only_options_that_may_be_are_near();
	return 0;
}
