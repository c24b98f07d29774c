/* SPDX-License-Identifier: Apache-2.0 */
#include "client/transfer/progress.h"

#include <string.h>

#undef NDEBUG
#include <assert.h>

#define LINE(p, s) progress_line(&(p), (s)*NS_PER_S, (char[PROGRESS_LINE_MAX]){ 0 })

static void test_a_line_tells_how_far_how_fast_and_how_long(void)
{
	struct progress p = { .entries = 50,
			      .bytes = 3 * MIB,
			      .moving = MIB,
			      .all_entries = 200,
			      .all_bytes = 16 * MIB };

	assert(strcmp(LINE(p, 4),
		      " 25%  50 of 200 objects, 4.0 MiB of 16.0 MiB, 1.0 MiB/s, 0:12 left") == 0);
	/* What has just begun has no rate yet. */
	assert(strstr(LINE(p, 0), "MiB/s") == NULL);
}

static void test_a_terminal_has_a_bar_that_fits_it(void)
{
	struct progress p = { .is_terminal = true,
			      .columns = 200,
			      .entries = 1,
			      .bytes = 1,
			      .all_entries = 2,
			      .all_bytes = 2 };

	assert(strncmp(LINE(p, 4), "[##########..........]  50%", 27) == 0);
	p.columns = 40;
	assert(strlen(LINE(p, 4)) == 39);
}

static void test_what_is_done_has_no_time_left(void)
{
	struct progress p = { .entries = 2, .bytes = 3, .all_entries = 2, .all_bytes = 2 };

	/* A source may have grown since it was counted. */
	assert(strncmp(LINE(p, 4), "100%  2 of 2 objects", 20) == 0);
	assert(!strstr(LINE(p, 4), "left"));
}

static void test_of_empty_objects_the_number_counts(void)
{
	struct progress p = { .entries = 3, .all_entries = 4 };

	assert(strncmp(LINE(p, 4), " 75%  3 of 4 objects", 20) == 0);
}

static void test_without_a_total_only_what_was_done_is_told(void)
{
	struct progress p = { .is_terminal = true, .columns = 80, .entries = 3, .bytes = 4096 };

	assert(strcmp(LINE(p, 4), "3 objects, 4.0 KiB, 1.0 KiB/s") == 0);
}

int main(void)
{
	test_a_line_tells_how_far_how_fast_and_how_long();
	test_a_terminal_has_a_bar_that_fits_it();
	test_what_is_done_has_no_time_left();
	test_of_empty_objects_the_number_counts();
	test_without_a_total_only_what_was_done_is_told();
	return 0;
}
