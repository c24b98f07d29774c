/* SPDX-License-Identifier: Apache-2.0 */
#include "client/shown.h"

#undef NDEBUG
#include <assert.h>

static void test_what_a_terminal_would_obey_is_written_out(void)
{
	static const struct {
		struct span text;
		const char *shown;
	} cases[] = {
		{ SPAN("a b/c.txt"), "a b/c.txt" },
		{ SPAN("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xbb"),
		  "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xbb" },
		{ SPAN("\x1b[2J\n\t\x7f"), "\\x1b[2J\\x0a\\x09\\x7f" },
		{ SPAN("c1 \xc2\x9b"), "c1 \\xc2\\x9b" },
		{ SPAN("bad \xff\xc3"), "bad \\xff\\xc3" },
		{ SPAN("nul \0 x"), "nul \\x00 x" },
		{ SPAN("\\x41"), "\\x5cx41" },
		{ SPAN(""), "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert(strcmp(SHOWN(cases[i].text), cases[i].shown) == 0);
}

static void test_what_is_too_long_is_cut(void)
{
	char text[2 * SHOWN_MAX];

	memset(text, 'x', sizeof(text));
	assert(strlen(SHOWN(((struct span){ text, sizeof(text) }))) < SHOWN_MAX);
	assert(strstr(SHOWN(((struct span){ text, sizeof(text) })), "xxx..."));
	memset(text, '\n', sizeof(text));
	assert(strstr(SHOWN(((struct span){ text, sizeof(text) })), "\\x0a..."));
}

int main(void)
{
	test_what_a_terminal_would_obey_is_written_out();
	test_what_is_too_long_is_cut();
	return 0;
}
