/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#undef NDEBUG
#include <assert.h>
#include <stdalign.h>

static void test_what_is_given_is_zero_aligned_and_stays(void)
{
	_cleanup_(arena_clear) struct arena a = ARENA_INIT(MIB);
	uint8_t *given[300];

	for (size_t i = 0; i < ARRAY_SIZE(given); i++) {
		given[i] = arena_array(&a, i + 1, 3);
		assert(given[i] && (uintptr_t)given[i] % alignof(max_align_t) == 0);
		for (size_t j = 0; j < 3 * (i + 1); j++)
			assert(given[i][j] == 0);
		memset(given[i], (int)i, 3 * (i + 1));
	}
	for (size_t i = 0; i < ARRAY_SIZE(given); i++)
		for (size_t j = 0; j < 3 * (i + 1); j++)
			assert(given[i][j] == (uint8_t)i);
}

static void test_more_than_the_limit_is_not_given(void)
{
	_cleanup_(arena_clear) struct arena a = ARENA_INIT(64);

	assert(!arena_array(&a, 65, 1));
	assert(!arena_array(&a, SIZE_MAX, 2) && !arena_array(&a, SIZE_MAX, 1));
	assert(arena_array(&a, 4, 16));
	assert(!arena_array(&a, 1, 1));
	arena_clear(&a);
	assert(arena_array(&a, 1, 64));
}

static void test_what_is_larger_than_a_block_has_its_own(void)
{
	_cleanup_(arena_clear) struct arena a = ARENA_INIT(MIB);
	uint8_t *large = arena_array(&a, 100, KIB);

	assert(large && !large[0] && !large[100 * KIB - 1]);
	memset(large, 1, 100 * KIB);
	assert(arena_array(&a, 1, 1));
}

static void test_copies_are_not_what_they_are_of(void)
{
	_cleanup_(arena_clear) struct arena a = ARENA_INIT(64);
	char text[] = "abc";
	struct span copy;

	assert(arena_copy(&a, SPAN(text), &copy));
	text[0] = 'x';
	assert(span_equal(copy, SPAN("abc")));
	assert(arena_copy(&a, SPAN(""), &copy) && !span_is_none(copy) && !copy.len);
	assert(arena_copy(&a, SPAN_NONE, &copy) && span_is_none(copy));
	assert(!arena_copy(&a, (struct span){ text, 65 }, &copy));
}

int main(void)
{
	test_what_is_given_is_zero_aligned_and_stays();
	test_more_than_the_limit_is_not_given();
	test_what_is_larger_than_a_block_has_its_own();
	test_copies_are_not_what_they_are_of();
	return 0;
}
