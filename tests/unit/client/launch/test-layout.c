/* SPDX-License-Identifier: Apache-2.0 */
#include "client/launch/layout.h"

#include <fcntl.h>
#include <sys/file.h>

#include "client/launch/keyring.h"
#include "scratch.h"

static struct ids own_ids(void)
{
	struct id own = { geteuid(), getegid() };

	return (struct ids){ .frontend = own, .authd = own, .stored = own };
}

static struct ids three_ids(void)
{
	return (struct ids){ true, { 61500, 61500 }, { 61501, 61501 }, { 61502, 61502 } };
}

static void test_directories_are_made_with_their_modes(void)
{
	_cleanup_(layout_close) struct layout l = LAYOUT_NONE;
	struct complaint why = { 0 };
	struct ids ids = own_ids();

	assert(layout_open("a/b/c", &l, &why) == 0);
	assert(l.root[0] == '/' && strstr(l.root, "/a/b/c"));
	assert(layout_prepare(&l, &ids, &why) == 0);
	assert(scratch_mode("a/b/c") == (geteuid() == 0 ? 0711 : 0700));
	assert(scratch_mode("a/b/c/auth") == 0700);
	assert(scratch_mode("a/b/c/data") == 0700);
	assert(scratch_mode("a/b/c/run") == 0711);
	assert(scratch_mode("a/b/c/credentials") == 0700);
}

static void test_loose_modes_are_tightened(void)
{
	_cleanup_(layout_close) struct layout l = LAYOUT_NONE;
	struct complaint why = { 0 };
	struct ids ids = own_ids();

	assert(mkdir("loose", 0777) == 0 && chmod("loose", 0777) == 0);
	assert(mkdir("loose/auth", 0777) == 0 && chmod("loose/auth", 0777) == 0);
	scratch_write("loose/coffer.lock", "", 0600);
	assert(layout_open("loose", &l, &why) == 0);
	assert(layout_prepare(&l, &ids, &why) == 0);
	assert(scratch_mode("loose") == (geteuid() == 0 ? 0711 : 0700));
	assert(scratch_mode("loose/auth") == 0700);
}

static void test_directory_of_other_things_keeps_its_mode(void)
{
	_cleanup_(layout_close) struct layout l = LAYOUT_NONE;
	struct complaint why = { 0 };

	assert(mkdir("home", 0750) == 0 && chmod("home", 0750) == 0);
	scratch_write("home/letter", "dear", 0600);
	assert(layout_open("home", &l, &why) == 0);
	assert(scratch_mode("home") == 0750);
}

static void test_second_launcher_is_refused_and_told_who(void)
{
	_cleanup_(layout_close) struct layout first = LAYOUT_NONE;
	struct layout second = LAYOUT_NONE;
	struct complaint why = { 0 };
	char pid[32];

	snprintf(pid, sizeof(pid), "(pid %d)", getpid());
	assert(layout_open("locked", &first, &why) == 0);
	assert(layout_open("locked", &second, &why) == -EBUSY);
	assert(second.root_fd == -1 && second.lock_fd == -1);
	assert(strstr(why.error, pid));
	layout_close(&first);
	assert(layout_open("locked", &second, &why) == 0);
	layout_close(&second);
}

static void test_link_in_place_of_a_directory_is_not_followed(void)
{
	_cleanup_(layout_close) struct layout l = LAYOUT_NONE;
	struct complaint why = { 0 };
	struct ids ids = own_ids();

	assert(mkdir("linked", 0700) == 0 && mkdir("elsewhere", 0755) == 0);
	assert(symlink("../elsewhere", "linked/auth") == 0);
	assert(layout_open("linked", &l, &why) == 0);
	assert(layout_prepare(&l, &ids, &why) < 0);
	assert(strstr(why.error, "linked/auth"));
	assert(scratch_mode("elsewhere") == 0755);
}

static void test_root_of_somebody_else_is_refused(void)
{
	struct layout l = LAYOUT_NONE;
	struct complaint why = { 0 };

	assert(mkdir("theirs", 0777) == 0 && chown("theirs", 1234, 1234) == 0);
	assert(layout_open("theirs", &l, &why) == -EPERM);
	assert(strstr(why.error, "belongs to user 1234"));
}

static void test_owners_are_the_daemons(void)
{
	_cleanup_(layout_close) struct layout l = LAYOUT_NONE;
	struct complaint why = { 0 };
	struct ids ids = three_ids();
	struct stat st;

	assert(layout_open("owned", &l, &why) == 0);
	assert(layout_prepare(&l, &ids, &why) == 0);
	assert(stat("owned/auth", &st) == 0 && st.st_uid == 61501 && st.st_gid == 61501);
	assert(stat("owned/data", &st) == 0 && st.st_uid == 61502 && st.st_gid == 61502);
	assert(stat("owned/run", &st) == 0 && st.st_uid == 0 && st.st_gid == 61500);
	assert(stat("owned/credentials", &st) == 0 && st.st_uid == 0);
}

static void test_barring_ancestor_is_named(void)
{
	_cleanup_(layout_close) struct layout l = LAYOUT_NONE;
	struct complaint why = { 0 };
	struct ids ids = three_ids();

	assert(mkdir("outer", 0755) == 0 && mkdir("outer/closed", 0700) == 0);
	assert(layout_open("outer/closed/inner/d", &l, &why) == 0);
	assert(layout_check_way(&l, &ids, &why) == -EACCES);
	assert(strstr(why.error, "/outer/closed bars user 61500"));
	assert(strstr(why.hint, "chmod o+x /tmp/"));
	assert(chmod("outer/closed", 0711) == 0);
	assert(layout_check_way(&l, &ids, &why) == 0);
}

static void test_keyring_key_stays_and_its_copy_goes(void)
{
	_cleanup_(layout_close) struct layout l = LAYOUT_NONE;
	struct ids ids = geteuid() == 0 ? three_ids() : own_ids();
	uint8_t kept[KEYRING_KEY_LEN + 1], copy[KEYRING_KEY_LEN + 1], again[KEYRING_KEY_LEN + 1];
	struct complaint why = { 0 };
	struct stat st;
	FILE *f;

	assert(layout_open("keyed", &l, &why) == 0 && layout_prepare(&l, &ids, &why) == 0);
	assert(keyring_hand_over(&l, &ids, &why) == 0);
	assert((f = fopen("keyed/credentials/keyring-key", "r")));
	assert(fread(kept, 1, sizeof(kept), f) == KEYRING_KEY_LEN && fclose(f) == 0);
	assert((f = fopen("keyed/run/credentials-authd/keyring-key", "r")));
	assert(fread(copy, 1, sizeof(copy), f) == KEYRING_KEY_LEN && fclose(f) == 0);
	assert(memcmp(kept, copy, KEYRING_KEY_LEN) == 0);
	assert(scratch_mode("keyed/credentials/keyring-key") == 0600);
	assert(scratch_mode("keyed/run/credentials-authd") == 0500);
	assert(stat("keyed/run/credentials-authd/keyring-key", &st) == 0);
	assert((st.st_mode & 07777) == 0400 && st.st_uid == ids.authd.uid);

	assert(keyring_hand_over(&l, &ids, &why) == 0);
	assert((f = fopen("keyed/run/credentials-authd/keyring-key", "r")));
	assert(fread(again, 1, sizeof(again), f) == KEYRING_KEY_LEN && fclose(f) == 0);
	assert(memcmp(kept, again, KEYRING_KEY_LEN) == 0);

	assert(keyring_take_back(&l) == 0);
	assert(access("keyed/run/credentials-authd", F_OK) < 0 && errno == ENOENT);
	assert(keyring_take_back(&l) == 0);
}

/* authd owns the directory of its copy: a link it leaves there must lead root nowhere. */
static void test_planted_link_is_not_written_through(void)
{
	_cleanup_(layout_close) struct layout l = LAYOUT_NONE;
	struct complaint why = { 0 };
	struct ids ids = own_ids();
	struct stat st;

	assert(layout_open("planted", &l, &why) == 0 && layout_prepare(&l, &ids, &why) == 0);
	assert(mkdir("planted/run/credentials-authd", 0700) == 0);
	scratch_write("victim", "precious", 0600);
	assert(symlink("../../../victim", "planted/run/credentials-authd/keyring-key") == 0);
	assert(keyring_hand_over(&l, &ids, &why) == 0);
	assert(stat("victim", &st) == 0 && st.st_size == 8);
	assert(chmod("planted/run/credentials-authd", 0700) == 0);
	scratch_write("planted/run/credentials-authd/extra", "", 0600);
	assert(keyring_hand_over(&l, &ids, &why) == -ENOTEMPTY);
	assert(strstr(why.error, "run/credentials-authd"));
	assert(chmod("planted/run/credentials-authd", 0700) == 0);
}

static void test_lost_keyring_key_is_not_made_anew(void)
{
	_cleanup_(layout_close) struct layout l = LAYOUT_NONE;
	struct complaint why = { 0 };
	struct ids ids = own_ids();

	assert(layout_open("lost", &l, &why) == 0 && layout_prepare(&l, &ids, &why) == 0);
	scratch_write("lost/auth/auth.db", "", 0600);
	assert(keyring_hand_over(&l, &ids, &why) == -ENOKEY);
	assert(strstr(why.error, "credentials/keyring-key is missing"));
	assert(access("lost/credentials/keyring-key", F_OK) < 0);
	scratch_write("lost/credentials/keyring-key", "too short", 0600);
	assert(keyring_hand_over(&l, &ids, &why) == -EINVAL);
}

int main(void)
{
	_cleanup_(scratch_clear) struct scratch s = scratch_make();

	test_directories_are_made_with_their_modes();
	test_loose_modes_are_tightened();
	test_directory_of_other_things_keeps_its_mode();
	test_second_launcher_is_refused_and_told_who();
	test_link_in_place_of_a_directory_is_not_followed();
	test_keyring_key_stays_and_its_copy_goes();
	test_planted_link_is_not_written_through();
	test_lost_keyring_key_is_not_made_anew();
	if (geteuid() != 0)
		return 0;
	test_root_of_somebody_else_is_refused();
	test_owners_are_the_daemons();
	test_barring_ancestor_is_named();
	return 0;
}
