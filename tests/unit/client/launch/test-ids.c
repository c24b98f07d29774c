/* SPDX-License-Identifier: Apache-2.0 */
#include "client/launch/ids.h"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "scratch.h"

static int choose(struct ids *ret, struct complaint *why)
{
	_cleanup_(fd_closep) int fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	assert(fd >= 0);
	return ids_choose(fd, "here", ret, why);
}

static void test_unmapped_ids_are_not_free(void)
{
	struct id_set whole = { 0 }, some = { 0 }, none = { 0 };

	id_set_add_unmapped(&whole, "         0          0 4294967295\n");
	id_set_add_unmapped(&some,
			    "         0       1000          1\n     61184     100000         10\n");
	id_set_add_unmapped(&none, "         0       1000          1\n");
	assert(!id_set_has(&whole, IDS_DYNAMIC_MIN) && !id_set_has(&whole, IDS_DYNAMIC_MAX));
	assert(!id_set_has(&some, 61184) && !id_set_has(&some, 61193) && id_set_has(&some, 61194));
	assert(id_set_has(&none, IDS_DYNAMIC_MIN) && id_set_has(&none, IDS_DYNAMIC_MAX));
}

static void test_ids_outside_the_range_are_ignored(void)
{
	struct id_set set = { 0 };

	id_set_add(&set, 0);
	id_set_add(&set, IDS_DYNAMIC_MIN - 1);
	id_set_add(&set, IDS_DYNAMIC_MAX + 1);
	id_set_add(&set, UINT64_MAX);
	for (uint64_t id = IDS_DYNAMIC_MIN; id <= IDS_DYNAMIC_MAX; id++)
		assert(!id_set_has(&set, id));
}

/* A process that is not dumpable belongs to root in /proc: its ids must be found all the same. */
static void test_ids_of_processes_are_not_free(void)
{
	static const uid_t id = 64321;
	struct id_set set = { 0 };
	int ready[2], status;
	pid_t pid;
	char c;

	assert(pipe2(ready, O_CLOEXEC) == 0);
	pid = fork();
	if (pid == 0) {
		if (setresuid(id, id, id) == 0)
			(void)!write(ready[1], "x", 1);
		pause();
	}
	assert(pid > 0 && read(ready[0], &c, 1) == 1);
	assert(id_set_add_processes(&set) == 0);
	assert(id_set_has(&set, id));
	kill(pid, SIGKILL);
	assert(waitpid(pid, &status, 0) == pid);
	fd_close(ready[0]);
	fd_close(ready[1]);
}

static void test_without_root_all_three_are_the_caller(void)
{
	struct complaint why = { 0 };
	struct ids ids;

	assert(choose(&ids, &why) == 0);
	assert(!ids.separate);
	assert(ids.frontend.uid == geteuid() && ids.authd.uid == geteuid());
	assert(ids.stored.uid == geteuid() && ids.stored.gid == getegid());
}

static void test_root_gets_three_different_ids(void)
{
	struct complaint why = { 0 };
	struct ids ids;

	assert(choose(&ids, &why) == 0);
	assert(ids.separate);
	assert(ids.frontend.uid != ids.authd.uid && ids.authd.uid != ids.stored.uid);
	assert(ids.frontend.uid != ids.stored.uid);
	assert(ids.frontend.uid && ids.authd.uid && ids.stored.uid);
}

static void test_owners_are_remembered(void)
{
	struct complaint why = { 0 };
	struct ids ids;

	assert(mkdir("auth", 0700) == 0 && chown("auth", 61500, 61500) == 0);
	assert(mkdir("data", 0700) == 0 && chown("data", 61501, 61501) == 0);
	assert(mkdir("run", 0711) == 0 && chown("run", 0, 61502) == 0);
	assert(choose(&ids, &why) == 0);
	assert(ids.authd.uid == 61500 && ids.stored.uid == 61501 && ids.frontend.uid == 61502);
	assert(ids.authd.gid == 61500 && ids.stored.gid == 61501 && ids.frontend.gid == 61502);
}

static void test_foreign_owner_is_named(void)
{
	struct complaint why = { 0 };
	struct ids ids;

	assert(chown("data", 1234, 1234) == 0);
	assert(choose(&ids, &why) == -EPERM);
	assert(strstr(why.error, "here/data belongs to user 1234"));
	assert(why.hint[0]);
}

static void test_one_owner_for_two_is_refused(void)
{
	struct complaint why = { 0 };
	struct ids ids;

	assert(chown("data", 61500, 61500) == 0);
	assert(choose(&ids, &why) == -EPERM);
	assert(strstr(why.error, "share"));
}

static void test_without_root_a_foreign_owner_is_named(void)
{
	struct complaint why = { 0 };
	struct ids ids;

	assert(chown("auth", 61500, 61500) == 0);
	assert(seteuid(1234) == 0);
	assert(choose(&ids, &why) == -EPERM);
	assert(strstr(why.error, "belongs to user 61500, and you are user 1234"));
	assert(seteuid(0) == 0);
}

int main(void)
{
	_cleanup_(scratch_clear) struct scratch s = scratch_make();

	test_unmapped_ids_are_not_free();
	test_ids_outside_the_range_are_ignored();
	if (geteuid() != 0) {
		test_without_root_all_three_are_the_caller();
		return 0;
	}
	test_ids_of_processes_are_not_free();
	assert(seteuid(1234) == 0);
	test_without_root_all_three_are_the_caller();
	assert(seteuid(0) == 0);
	/* Users of that name decide before anything that is remembered. */
	if (getpwnam("coffer-authd"))
		return 0;
	test_root_gets_three_different_ids();
	test_owners_are_remembered();
	test_foreign_owner_is_named();
	test_one_owner_for_two_is_refused();
	test_without_root_a_foreign_owner_is_named();
	return 0;
}
