/* SPDX-License-Identifier: Apache-2.0 */
#include "base/account.h"

#undef NDEBUG
#include <assert.h>

static const struct {
	const char *text;
	uid_t id;
} known[] = { { "0", 0 }, { "61184", 61184 }, { "4294967294", UINT32_MAX - 1 }, { "root", 0 } };

static const char *const nobody[] = {
	"", " ", "4294967295", "99999999999", "-1", "0x10", "12a", "no such user", "root ",
};

static void test_an_account_is_known_by_number_and_by_name(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		uid_t uid = 7;
		gid_t gid = 7;

		assert(account_uid(known[i].text, &uid) && uid == known[i].id);
		assert(account_gid(known[i].text, &gid) && gid == known[i].id);
	}
}

static void test_what_names_nobody_is_refused(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(nobody); i++) {
		uid_t uid = 7;
		gid_t gid = 7;

		assert(!account_uid(nobody[i], &uid) && uid == 7);
		assert(!account_gid(nobody[i], &gid) && gid == 7);
	}
}

int main(void)
{
	test_an_account_is_known_by_number_and_by_name();
	test_what_names_nobody_is_refused();
	return 0;
}
