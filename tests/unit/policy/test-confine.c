/* SPDX-License-Identifier: Apache-2.0 */
#undef NDEBUG

/* The steps: their order, what they refuse, and what the kernel says of who has taken them. */

#include "policy/confine.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "policy/identity.h"
#include "policy/limits.h"

#define TEST_UID 61231

static struct confine ready(enum process p)
{
	struct confine c = CONFINE_INIT(p);

	if (getuid() == 0)
		c.uid = c.gid = TEST_UID;
	c.directory = p == PROCESS_AUTHD || p == PROCESS_STORED ? "/tmp" : NULL;
	return c;
}

/* Runs f in a child, so that what it gives up is not given up by the test. */
static int in_child(void (*f)(void))
{
	int status;
	pid_t pid = fork();

	assert(pid >= 0);
	if (pid == 0) {
		f();
		_exit(0);
	}
	assert(waitpid(pid, &status, 0) == pid);
	return status;
}

static void *wait_forever(void *argument)
{
	for (;;)
		sleep(1);
	return argument;
}

static void test_steps_out_of_order_are_refused(void)
{
	struct confine c = ready(PROCESS_AUTHD);

	assert(confine_enclose(&c) == -EPROTO);
	assert(confine_filter(&c) == -EPROTO);
	assert(confine_worker(&c) == -EPROTO);
	assert(confine_drop(&c) == 0);
	assert(confine_drop(&c) == -EPROTO);
	assert(confine_filter(&c) == -EPROTO);
}

static void test_a_thread_before_landlock_is_refused(void)
{
	struct confine c = ready(PROCESS_STORED);
	pthread_t t;

	c.mode = CONFINE_DEGRADED;
	assert(confine_drop(&c) == 0);
	assert(pthread_create(&t, NULL, wait_forever, NULL) == 0);
	assert(confine_enclose(&c) == -EPROTO);
}

static void test_only_the_parent_has_workers(void)
{
	struct confine c = ready(PROCESS_STORED);

	c.step = CONFINE_FILTERED;
	assert(confine_worker(&c) == -EPROTO);
}

static void test_root_is_refused(void)
{
	struct confine c = CONFINE_INIT(PROCESS_AUTHD);

	if (getuid() != 0)
		return;
	assert(confine_drop(&c) == -EPERM);
	assert(strstr(confine_missing(&c), "root"));
}

static void test_root_is_said_where_it_is_degraded(void)
{
	struct confine c = CONFINE_INIT(PROCESS_AUTHD);

	if (getuid() != 0)
		return;
	c.mode = CONFINE_DEGRADED;
	assert(confine_drop(&c) == 0);
	assert(strstr(confine_missing(&c), "root"));
	assert(confine_grade(&c) == CONFINE_LESS);
}

static void test_ids_cannot_come_back(void)
{
	struct confine c = ready(PROCESS_AUTHD);
	gid_t groups[8] = { TEST_UID + 1, 0 };

	if (getuid() != 0)
		return;
	assert(setgroups(2, groups) == 0);
	assert(confine_drop(&c) == 0);
	assert(getuid() == TEST_UID && geteuid() == TEST_UID && getegid() == TEST_UID);
	assert(getgroups(8, groups) == 0);
	assert(setuid(0) < 0 && setgid(0) < 0 && setresuid(-1, -1, 0) < 0);
}

static void test_foreign_ids_are_refused_without_root(void)
{
	struct confine c = ready(PROCESS_AUTHD);

	if (getuid() == 0)
		assert(setresgid(TEST_UID, TEST_UID, TEST_UID) == 0 &&
		       setresuid(TEST_UID, TEST_UID, TEST_UID) == 0);
	c.uid = c.gid = TEST_UID + 1;
	c.mode = CONFINE_DEGRADED;
	assert(confine_drop(&c) == -EPERM);
}

static void test_the_parents_death_is_still_heard(void)
{
	struct confine c = ready(PROCESS_AUTHD);
	int signal_number = 0;

	assert(prctl(PR_SET_PDEATHSIG, SIGTERM) == 0);
	assert(confine_drop(&c) == 0);
	assert(prctl(PR_GET_PDEATHSIG, &signal_number) == 0);
	assert(signal_number == SIGTERM);
}

static void test_limits_are_as_named(void)
{
	struct confine c = ready(PROCESS_AUTHD);
	struct rlimit limit;

	assert(confine_drop(&c) == 0);
	assert(getrlimit(RLIMIT_CORE, &limit) == 0);
	assert(limit.rlim_cur == 0 && limit.rlim_max == 0);
	assert(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	assert(limit.rlim_cur == limit.rlim_max && limit.rlim_cur <= LIMITS_FILES_AUTHD);
	assert(prctl(PR_GET_DUMPABLE) == 0);
}

/* A change of ids does it, too; a process that systemd starts as its uid makes none. */
static void test_it_is_not_dumpable_without_a_change_of_ids(void)
{
	struct confine c = CONFINE_INIT(PROCESS_AUTHD);

	if (getuid() == 0)
		assert(setresgid(TEST_UID, TEST_UID, TEST_UID) == 0 &&
		       setresuid(TEST_UID, TEST_UID, TEST_UID) == 0);
	assert(prctl(PR_SET_DUMPABLE, 1) == 0);
	assert(confine_drop(&c) == 0);
	assert(prctl(PR_GET_DUMPABLE) == 0);
}

static void test_a_hard_limit_below_is_kept(void)
{
	struct confine c = ready(PROCESS_STORED);
	struct rlimit limit = { 512, 1024 };

	if (getuid() == 0)
		assert(setresuid(TEST_UID, TEST_UID, TEST_UID) == 0);
	c.uid = c.gid = IDENTITY_KEEP;
	assert(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	assert(confine_drop(&c) == 0);
	assert(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	assert(limit.rlim_cur == 1024 && limit.rlim_max == 1024);
}

static void test_a_directory_that_is_not_there_is_an_error(void)
{
	struct confine c = ready(PROCESS_STORED);

	c.directory = "/nonexistent";
	assert(confine_drop(&c) == 0);
	assert(confine_enclose(&c) == -ENOENT);
}

/* From now on the call says `error`, as far as the child can see. */
static void refuse_call(int number, int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_SIZE(code), code };

	assert(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	assert(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0);
}

/* A kernel without this call. */
static void hide_call(int number)
{
	refuse_call(number, ENOSYS);
}

/* As a service manager starts it: with its uid, without capabilities and the calls for them. */
static void test_who_has_no_capabilities_need_not_give_them_up(void)
{
	struct confine c = CONFINE_INIT(PROCESS_AUTHD);

	if (getuid() == 0)
		assert(setresgid(TEST_UID, TEST_UID, TEST_UID) == 0 &&
		       setresuid(TEST_UID, TEST_UID, TEST_UID) == 0);
	refuse_call(SYS_capset, EPERM);
	refuse_call(SYS_setuid, EPERM);
	refuse_call(SYS_setgid, EPERM);
	assert(confine_drop(&c) == 0);
}

static void test_who_has_capabilities_and_cannot_give_them_up_does_not_start(void)
{
	struct confine c = ready(PROCESS_AUTHD);

	if (getuid() != 0)
		return;
	c.uid = c.gid = IDENTITY_KEEP;
	c.mode = CONFINE_DEGRADED;
	refuse_call(SYS_capset, EPERM);
	assert(confine_drop(&c) == -EPERM);
}

static void test_without_landlock_it_does_not_start(void)
{
	struct confine c = ready(PROCESS_AUTHD);

	hide_call(SYS_landlock_create_ruleset);
	assert(confine_drop(&c) == 0);
	assert(confine_enclose(&c) == -ENOSYS);
	assert(strcmp(confine_missing(&c), "Landlock: Function not implemented") == 0);
}

static void test_without_landlock_it_is_degraded(void)
{
	struct confine c = ready(PROCESS_AUTHD);

	c.mode = CONFINE_DEGRADED;
	hide_call(SYS_landlock_create_ruleset);
	assert(confine_drop(&c) == 0);
	assert(confine_enclose(&c) == 0);
	assert(confine_filter(&c) == 0);
	assert(confine_grade(&c) == CONFINE_LESS);
	assert(strcmp(confine_grade_name(confine_grade(&c)), "degraded") == 0);
	assert(strcmp(confine_missing(&c), "Landlock: Function not implemented") == 0);
}

static void test_without_seccomp_it_does_not_start(void)
{
	struct confine c = ready(PROCESS_FRONTEND_PARENT);

	hide_call(SYS_seccomp);
	assert(confine_drop(&c) == 0);
	assert(confine_enclose(&c) == 0);
	assert(confine_filter(&c) < 0);
	assert(strstr(confine_missing(&c), "seccomp: "));
}

/* What is left where seccomp is missing still holds. */

static void test_without_seccomp_there_are_still_no_new_tasks(void)
{
	struct confine c = ready(PROCESS_STORED);

	c.mode = CONFINE_DEGRADED;
	hide_call(SYS_seccomp);
	assert(confine_drop(&c) == 0);
	assert(confine_enclose(&c) == 0);
	assert(confine_filter(&c) == 0);
	assert(fork() < 0 && errno == EAGAIN);
}

static void test_without_seccomp_a_worker_still_reaches_nobody(void)
{
	struct confine c = ready(PROCESS_FRONTEND_PARENT);
	int status;
	pid_t pid;

	c.mode = CONFINE_DEGRADED;
	hide_call(SYS_seccomp);
	assert(confine_drop(&c) == 0);
	assert(confine_enclose(&c) == 0);
	assert(confine_filter(&c) == 0);
	pid = fork();
	assert(pid >= 0);
	if (pid == 0) {
		assert(kill(getppid(), 0) == 0);
		assert(confine_worker(&c) == 0);
		assert(c.landlock_abi < 6 || (kill(getppid(), 0) < 0 && errno == EPERM));
		_exit(0);
	}
	assert(waitpid(pid, &status, 0) == pid && status == 0);
}

static void test_root_has_no_way_back_to_capabilities(void)
{
	struct confine c = ready(PROCESS_AUTHD);
	int bits;

	if (getuid() != 0)
		return;
	assert(confine_drop(&c) == 0);
	bits = prctl(PR_GET_SECUREBITS);
	assert(bits & SECBIT_NOROOT && bits & SECBIT_NOROOT_LOCKED);
	assert(bits & SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED && bits & SECBIT_KEEP_CAPS_LOCKED);
}

static void test_one_uid_is_said(void)
{
	struct confine c = ready(PROCESS_AUTHD);

	assert(confine_grade(&c) == CONFINE_FULL);
	c.shares_uid = true;
	assert(strcmp(confine_grade_name(confine_grade(&c)), "one-uid") == 0);
}

static void test_modes_have_names(void)
{
	enum confine_mode mode = CONFINE_DEGRADED;

	assert(confine_mode_parse("strict", &mode) && mode == CONFINE_STRICT);
	assert(confine_mode_parse("degraded", &mode) && mode == CONFINE_DEGRADED);
	assert(!confine_mode_parse("none", &mode) && mode == CONFINE_DEGRADED);
	assert(!confine_mode_parse("", &mode));
}

/* What /proc says of one thread, in the lines that matter. */
static void check_status(const char *path, bool dropped_bounding)
{
	static const char *const empty = "0000000000000000\n";
	char line[4096], name[64];
	int seen = 0;
	FILE *file = fopen(path, "r");

	assert(file);
	while (fgets(line, sizeof(line), file)) {
		const char *value = strchr(line, ':');

		assert(value && sscanf(line, "%63[^:]", name) == 1);
		value += strspn(value, ":\t ");
		if (strcmp(name, "Seccomp") == 0)
			seen += strcmp(value, "2\n") == 0;
		else if (strcmp(name, "NoNewPrivs") == 0)
			seen += strcmp(value, "1\n") == 0;
		else if (strcmp(name, "CapBnd") == 0)
			seen += !dropped_bounding || strcmp(value, empty) == 0;
		else if (strncmp(name, "Cap", 3) == 0)
			seen += strcmp(value, empty) == 0;
	}
	fclose(file);
	/* Seccomp, NoNewPrivs, CapInh, CapPrm, CapEff, CapBnd, CapAmb */
	assert(seen == 7);
}

static void confine_and_wait(enum process p, int threads, int ready_fd)
{
	struct confine c = ready(p);
	pthread_t t;

	assert(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
	assert(confine_drop(&c) == 0);
	assert(confine_enclose(&c) == 0);
	for (int i = 0; i < threads; i++)
		assert(pthread_create(&t, NULL, wait_forever, NULL) == 0);
	assert(confine_filter(&c) == 0);
	assert(confine_missing(&c)[0] == '\0');
	assert(c.landlock_abi >= 2);
	assert(write(ready_fd, "r", 1) == 1);
	for (;;)
		sleep(1);
}

/* The threads' numbers come from outside: not even /proc/self is open to who is confined. */
static int check_threads(pid_t pid)
{
	char path[300];
	struct dirent *entry;
	int n = 0;
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	directory = opendir(path);
	assert(directory);
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%s/status", (int)pid, entry->d_name);
		check_status(path, getuid() == 0);
		n++;
	}
	closedir(directory);
	return n;
}

static void test_every_thread_is_confined(enum process p, int threads)
{
	int fds[2];
	char c;
	pid_t pid;

	assert(pipe2(fds, O_CLOEXEC) == 0);
	pid = fork();
	assert(pid >= 0);
	if (pid == 0)
		confine_and_wait(p, threads, fds[1]);
	close(fds[1]);
	assert(read(fds[0], &c, 1) == 1);
	close(fds[0]);
	assert(check_threads(pid) == threads + 1);
	assert(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
}

int main(void)
{
	static void (*const tests[])(void) = {
		test_steps_out_of_order_are_refused,
		test_a_thread_before_landlock_is_refused,
		test_only_the_parent_has_workers,
		test_root_is_refused,
		test_root_is_said_where_it_is_degraded,
		test_ids_cannot_come_back,
		test_foreign_ids_are_refused_without_root,
		test_the_parents_death_is_still_heard,
		test_limits_are_as_named,
		test_it_is_not_dumpable_without_a_change_of_ids,
		test_a_hard_limit_below_is_kept,
		test_a_directory_that_is_not_there_is_an_error,
		test_who_has_no_capabilities_need_not_give_them_up,
		test_who_has_capabilities_and_cannot_give_them_up_does_not_start,
		test_without_landlock_it_does_not_start,
		test_without_landlock_it_is_degraded,
		test_without_seccomp_it_does_not_start,
		test_without_seccomp_there_are_still_no_new_tasks,
		test_without_seccomp_a_worker_still_reaches_nobody,
		test_root_has_no_way_back_to_capabilities,
		test_one_uid_is_said,
		test_modes_have_names,
	};

	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		assert(in_child(tests[i]) == 0);
	test_every_thread_is_confined(PROCESS_FRONTEND_PARENT, 0);
	test_every_thread_is_confined(PROCESS_AUTHD, 1);
	test_every_thread_is_confined(PROCESS_STORED, 6);
	return 0;
}
