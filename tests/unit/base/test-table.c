/* SPDX-License-Identifier: Apache-2.0 */
#include "base/table.h"

#undef NDEBUG
#include <assert.h>

#define MANY 2000

static void test_finds_what_was_added(void)
{
	struct table t = TABLE_INIT(10);
	int a, b;

	assert(!table_find(&t, 1) && !table_remove(&t, 1));
	assert(table_add(&t, 1, &a) == TABLE_OK);
	assert(table_add(&t, 1, &b) == TABLE_EXISTS);
	assert(table_find(&t, 1) == &a && !table_find(&t, 2));
	assert(table_remove(&t, 1) == &a && !table_find(&t, 1) && t.count == 0);
	table_clear(&t);
}

static void test_is_full_at_its_limit(void)
{
	struct table t = TABLE_INIT(3);
	int x;

	for (uint64_t i = 0; i < 3; i++)
		assert(table_add(&t, i, &x) == TABLE_OK);
	assert(table_add(&t, 3, &x) == TABLE_FULL);
	assert(table_remove(&t, 0) == &x);
	assert(table_add(&t, 3, &x) == TABLE_OK);
	table_clear(&t);
}

/* Removal moves entries; compare every step with a plain array as the model. */
static void test_random_use_agrees_with_an_array(void)
{
	struct table t = TABLE_INIT(MANY);
	static int values[MANY];
	bool present[MANY] = { false };
	uint64_t seed = 42;

	for (int step = 0; step < 200000; step++) {
		uint64_t i;

		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
		i = (seed >> 33) % MANY;
		if (seed >> 63)
			assert(table_add(&t, i * 16, &values[i]) == (present[i] ? TABLE_EXISTS : TABLE_OK));
		else
			assert(table_remove(&t, i * 16) == (present[i] ? &values[i] : NULL));
		present[i] = seed >> 63;
		i = (seed >> 20) % MANY;
		assert(table_find(&t, i * 16) == (present[i] ? &values[i] : NULL));
	}
	table_clear(&t);
}

static void test_walk_meets_each_once(void)
{
	struct table t = TABLE_INIT(100);
	int seen[50] = { 0 }, *v;
	size_t at = 0;

	for (uint64_t i = 0; i < 50; i++)
		assert(table_add(&t, i * 1000, &seen[i]) == TABLE_OK);
	while ((v = table_next(&t, &at)))
		(*v)++;
	for (int i = 0; i < 50; i++)
		assert(seen[i] == 1);
	table_clear(&t);
}

int main(void)
{
	test_finds_what_was_added();
	test_is_full_at_its_limit();
	test_random_use_agrees_with_an_array();
	test_walk_meets_each_once();
	return 0;
}
