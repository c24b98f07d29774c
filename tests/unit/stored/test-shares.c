/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/shares.h"

#undef NDEBUG
#include <assert.h>

static const struct ipc_id flooding = { { 1 } }, second = { { 2 } }, third = { { 3 } };

static size_t take_until_refused(struct shares *s, const struct ipc_id *tenant)
{
	size_t n = 0;

	while (shares_take(s, tenant))
		n++;
	return n;
}

static void test_who_has_many_leaves_room_for_who_comes_next(void)
{
	struct shares s = SHARES_INIT(60, true);

	assert(take_until_refused(&s, &flooding) == 30);
	assert(take_until_refused(&s, &second) == 15);
	assert(shares_take(&s, &third) && s.count == 46);
	shares_clear(&s);
}

static void test_what_is_given_back_can_be_taken_again(void)
{
	struct shares s = SHARES_INIT(60, true);

	for (int round = 0; round < 3; round++) {
		assert(take_until_refused(&s, &flooding) == 30);
		shares_give_back(&s, &flooding);
		assert(shares_take(&s, &flooding) && !shares_take(&s, &flooding));
		for (int i = 0; i < 30; i++)
			shares_give_back(&s, &flooding);
		assert(s.count == 0 && s.taken.count == 0);
	}
	shares_clear(&s);
}

static void test_where_they_are_not_shared_one_may_have_all(void)
{
	struct shares s = SHARES_INIT(60, false);

	assert(take_until_refused(&s, &flooding) == 60 && !shares_take(&s, &second));
	shares_clear(&s);
}

int main(void)
{
	test_who_has_many_leaves_room_for_who_comes_next();
	test_what_is_given_back_can_be_taken_again();
	test_where_they_are_not_shared_one_may_have_all();
	return 0;
}
