/* SPDX-License-Identifier: Apache-2.0 */
#undef NDEBUG

/*
 * What is taken away depends on what the kernel knows. A newer kernel does as an older one when it
 * is asked for no more than that, so each ABI up to the running one is tried here.
 */

#include "policy/landlock.h"

#include <assert.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NEWEST_ABI 7

static char root[] = "/tmp/cf-landlock-XXXXXX";
static char own[64], outside[64];

static void in_child(void (*f)(int abi), int abi)
{
	int status;
	pid_t pid = fork();

	assert(pid >= 0);
	if (pid == 0) {
		assert(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
		f(abi);
		_exit(0);
	}
	assert(waitpid(pid, &status, 0) == pid);
	assert(status == 0);
}

static int open_in(const char *directory, const char *name, int flags)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, flags | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

static int move(const char *from, const char *to)
{
	char a[128], b[128];

	snprintf(a, sizeof(a), "%s/%s", own, from);
	snprintf(b, sizeof(b), "%s/%s", own, to);
	return rename(a, b) < 0 ? -errno : 0;
}

static void test_no_paths(int abi)
{
	assert(landlock_apply(abi, LANDLOCK_NO_PATHS, NULL) == 0);
	assert(open_in(own, "file", O_RDONLY) == -EACCES);
	assert(open_in(own, "new", O_WRONLY | O_CREAT) == -EACCES);
	assert(open_in(outside, "file", O_RDONLY) == -EACCES);
	assert(open("/", O_RDONLY | O_DIRECTORY) < 0 && errno == EACCES);
}

static void test_files(int abi)
{
	assert(landlock_apply(abi, LANDLOCK_FILES, own) == 0);
	assert(open_in(own, "file", O_RDWR | O_TRUNC) >= 0);
	assert(open_in(own, "new", O_WRONLY | O_CREAT) >= 0);
	assert(move("new", "newer") == 0);
	assert(open_in(own, ".", O_RDONLY | O_DIRECTORY) >= 0);
	assert(open_in(own, "../outside/file", O_RDONLY) == -EACCES);
	assert(mkdir(strcat(strcpy((char[128]){ 0 }, own), "/made"), 0700) < 0 && errno == EACCES);
	assert(move("newer", "sub/newer") == -EXDEV);
	assert(unlink(strcat(strcpy((char[128]){ 0 }, own), "/newer")) == 0);
}

static void test_tree(int abi)
{
	char path[128];

	assert(landlock_apply(abi, LANDLOCK_TREE, own) == 0);
	snprintf(path, sizeof(path), "%s/made", own);
	assert(mkdir(path, 0700) == 0 && rmdir(path) == 0);
	assert(move("file", "sub/file") == 0 && move("sub/file", "file") == 0);
	assert(open_in(own, "../outside/file", O_RDONLY) == -EACCES);
	snprintf(path, sizeof(path), "%s/link", own);
	assert(symlink("/etc/passwd", path) < 0 && errno == EACCES);
}

static void test_truncation(int abi)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/file", outside);
	assert(landlock_apply(abi, LANDLOCK_TREE, own) == 0);
	assert((truncate(path, 0) < 0 && errno == EACCES) == (abi >= 3));
	snprintf(path, sizeof(path), "%s/file", own);
	assert(truncate(path, 0) == 0);
}

static void test_devices(int abi)
{
	int fd;

	assert(landlock_apply(abi, LANDLOCK_TREE, "/dev") == 0);
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	assert(fd >= 0 && ioctl(fd, TCGETS, NULL) < 0);
	assert(errno == (abi >= 5 ? EACCES : ENOTTY));
}

static void test_tcp(int abi)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(9) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert(fd >= 0);
	assert(landlock_apply(abi, LANDLOCK_TREE, own) == 0);
	assert(connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0);
	assert((errno == EACCES) == (abi >= 4));
	address.sin_port = 0;
	assert((bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) == (abi >= 4));
}

static void test_signals(int abi)
{
	assert(landlock_apply(abi, LANDLOCK_NO_PATHS, NULL) == 0);
	assert((kill(getppid(), 0) < 0 && errno == EPERM) == (abi >= 6));
	assert(kill(getpid(), 0) == 0);
}

static void test_a_second_domain_takes_away_more(int abi)
{
	assert(landlock_apply(abi, LANDLOCK_TREE, own) == 0);
	assert(open_in(own, "file", O_RDONLY) >= 0);
	assert(landlock_apply(abi, LANDLOCK_NO_PATHS, NULL) == 0);
	assert(open_in(own, "file", O_RDONLY) == -EACCES);
}

static void test_a_missing_directory_is_an_error(int abi)
{
	assert(landlock_apply(abi, LANDLOCK_TREE, "/nonexistent") == -ENOENT);
	assert(landlock_apply(abi, LANDLOCK_FILES, "/etc/passwd") == -ENOTDIR);
	assert(open_in(outside, "file", O_RDONLY) >= 0);
}

static void make_files(void)
{
	char sub[96];

	assert(mkdtemp(root));
	snprintf(own, sizeof(own), "%s/own", root);
	snprintf(outside, sizeof(outside), "%s/outside", root);
	snprintf(sub, sizeof(sub), "%s/sub", own);
	assert(mkdir(own, 0700) == 0 && mkdir(outside, 0700) == 0 && mkdir(sub, 0700) == 0);
	assert(open_in(own, "file", O_WRONLY | O_CREAT) >= 0);
	assert(open_in(outside, "file", O_WRONLY | O_CREAT) >= 0);
}

static void remove_files(void)
{
	static const char *const made[] = { "own/file", "own/sub", "own", "outside/file",
					    "outside" };
	char path[128];

	for (size_t i = 0; i < ARRAY_SIZE(made); i++) {
		snprintf(path, sizeof(path), "%s/%s", root, made[i]);
		assert(remove(path) == 0);
	}
	assert(rmdir(root) == 0);
}

int main(void)
{
	static void (*const tests[])(int abi) = {
		test_no_paths,
		test_files,
		test_tree,
		test_truncation,
		test_devices,
		test_tcp,
		test_signals,
		test_a_second_domain_takes_away_more,
		test_a_missing_directory_is_an_error,
	};
	int abi;

	assert(landlock_abi(&abi) == 0);
	assert(landlock_apply(1, LANDLOCK_NO_PATHS, NULL) == -EOPNOTSUPP);
	make_files();
	for (int try = LANDLOCK_ABI_REQUIRED; try <= MIN(abi, NEWEST_ABI); try++)
		for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
			in_child(tests[i], try);
	remove_files();
	return 0;
}
