/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/recipient.h"

#undef NDEBUG
#include <assert.h>

static const struct recipient someone = { { 7, 0, 255, 1, [31] = 9 } };

static void test_a_text_stands_for_its_key(void)
{
	char text[RECIPIENT_TEXT_SIZE];
	struct recipient back;

	recipient_format(&someone, text);
	assert(strlen(text) == RECIPIENT_TEXT_LEN);
	assert(recipient_parse(span_from_string(text), &back));
	assert(memcmp(back.key, someone.key, sizeof(back.key)) == 0);
}

static void test_no_mistyped_character_goes_unnoticed(void)
{
	static const char typed[] = "ABCabc019+/=_ ";
	char text[RECIPIENT_TEXT_SIZE];
	struct recipient back;

	recipient_format(&someone, text);
	for (size_t i = 0; i < RECIPIENT_TEXT_LEN; i++) {
		char right = text[i];

		for (size_t n = 0; n < sizeof(typed) - 1; n++) {
			text[i] = typed[n];
			assert(recipient_parse(span_from_string(text), &back) ==
			       (typed[n] == right));
		}
		text[i] = right;
	}
}

static void test_characters_that_change_places_are_noticed(void)
{
	char text[RECIPIENT_TEXT_SIZE];
	struct recipient back;

	recipient_format(&someone, text);
	for (size_t i = 0; i + 1 < RECIPIENT_TEXT_LEN; i++) {
		char first = text[i];

		if (first == text[i + 1])
			continue;
		text[i] = text[i + 1];
		text[i + 1] = first;
		assert(!recipient_parse(span_from_string(text), &back));
		text[i + 1] = text[i];
		text[i] = first;
	}
}

static void test_what_is_too_short_or_too_long_is_none(void)
{
	char text[RECIPIENT_TEXT_SIZE + 1];
	struct recipient back;

	recipient_format(&someone, text);
	for (size_t n = 0; n < RECIPIENT_TEXT_LEN; n++)
		assert(!recipient_parse((struct span){ text, n }, &back));
	text[RECIPIENT_TEXT_LEN] = 'A';
	assert(!recipient_parse((struct span){ text, RECIPIENT_TEXT_LEN + 1 }, &back));
}

int main(void)
{
	test_a_text_stands_for_its_key();
	test_no_mistyped_character_goes_unnoticed();
	test_characters_that_change_places_are_noticed();
	test_what_is_too_short_or_too_long_is_none();
	return 0;
}
