/* SPDX-License-Identifier: Apache-2.0 */

/* Who is let in: root, and who was named. */

#undef NDEBUG
#include <assert.h>
#include <stdio.h>

#include "ipc/peer_list.h"

#define STRANGER 4000

static bool has(const struct peer_list *l, uid_t uid, gid_t gid)
{
	const struct peer p = { .pid = 1, .uid = uid, .gid = gid };

	return peer_list_has(l, &p);
}

static void test_t75_of_nobody_named_there_is_root_alone(void)
{
	const struct peer_list l = { 0 };

	assert(has(&l, 0, 0) && has(&l, 0, STRANGER));
	/* Nor is who has root's group root. */
	assert(!has(&l, STRANGER, 0) && !has(&l, STRANGER, STRANGER));
}

static void test_t75_who_is_named_is_let_in_and_nobody_else(void)
{
	struct peer_list l = { 0 };

	assert(peer_list_add_uid(&l, "1001") && peer_list_add_uid(&l, "1002"));
	assert(peer_list_add_gid(&l, "2001") && peer_list_add_gid(&l, "2002"));
	assert(has(&l, 0, STRANGER));
	assert(has(&l, 1001, STRANGER) && has(&l, 1002, STRANGER));
	assert(has(&l, STRANGER, 2001) && has(&l, STRANGER, 2002));
	assert(!has(&l, 1000, 2000) && !has(&l, 1003, 2003));
	/* A user's number is no group's. */
	assert(!has(&l, 2001, 1001));
}

static void test_names_of_the_host_are_known(void)
{
	struct peer_list l = { 0 };

	assert(peer_list_add_uid(&l, "root") && l.uids[0] == 0);
	assert(peer_list_add_gid(&l, "root") && l.gids[0] == 0);
	assert(has(&l, STRANGER, 0));
}

static void test_what_is_nobody_is_not_taken(void)
{
	struct peer_list l = { 0 };

	assert(!peer_list_add_uid(&l, "") && !peer_list_add_uid(&l, "no such user"));
	assert(!peer_list_add_gid(&l, "-1") && !peer_list_add_gid(&l, "4294967295"));
	assert(l.n_uids == 0 && l.n_gids == 0);
}

static void test_there_are_only_so_many(void)
{
	struct peer_list l = { 0 };
	char text[16];

	for (int i = 1; i <= PEER_LIST_MAX; i++) {
		snprintf(text, sizeof(text), "%d", i);
		assert(peer_list_add_uid(&l, text) && peer_list_add_gid(&l, text));
	}
	assert(!peer_list_add_uid(&l, "4000") && !peer_list_add_gid(&l, "4000"));
	assert(has(&l, PEER_LIST_MAX, STRANGER) && has(&l, STRANGER, PEER_LIST_MAX));
	assert(!has(&l, 4000, 4000));
}

int main(void)
{
	test_t75_of_nobody_named_there_is_root_alone();
	test_t75_who_is_named_is_let_in_and_nobody_else();
	test_names_of_the_host_are_known();
	test_what_is_nobody_is_not_taken();
	test_there_are_only_so_many();
	return 0;
}
