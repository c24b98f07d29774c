/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/landlock.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "policy/landlock_abi.h"

static const uint64_t granted[] = {
	[LANDLOCK_NO_PATHS] = 0,
	[LANDLOCK_FILES] = LL_FS_READ_FILE | LL_FS_WRITE_FILE | LL_FS_TRUNCATE | LL_FS_READ_DIR |
			   LL_FS_MAKE_REG | LL_FS_REMOVE_FILE,
	[LANDLOCK_TREE] = LL_FS_READ_FILE | LL_FS_WRITE_FILE | LL_FS_TRUNCATE | LL_FS_READ_DIR |
			  LL_FS_MAKE_REG | LL_FS_REMOVE_FILE | LL_FS_MAKE_DIR | LL_FS_REMOVE_DIR |
			  LL_FS_REFER,
};

/* Everything that a kernel of this ABI can take away. */
static struct ll_ruleset all_of(int abi)
{
	struct ll_ruleset all = { .handled_fs = LL_FS_ABI_1 | LL_FS_REFER };

	if (abi >= 3)
		all.handled_fs |= LL_FS_TRUNCATE;
	if (abi >= 4)
		all.handled_net = LL_NET_BIND_TCP | LL_NET_CONNECT_TCP;
	if (abi >= 5)
		all.handled_fs |= LL_FS_IOCTL_DEV;
	if (abi >= 6)
		all.scoped = LL_SCOPE_ABSTRACT_UNIX_SOCKET | LL_SCOPE_SIGNAL;
	return all;
}

int landlock_abi(int *ret)
{
	long r = syscall(SYS_landlock_create_ruleset, NULL, 0, LL_CREATE_RULESET_VERSION);

	if (r < 0)
		return -errno;
	*ret = (int)r;
	return 0;
}

static int allow_directory(int ruleset_fd, const char *directory, uint64_t allowed)
{
	_cleanup_(fd_closep) int fd = -1;
	struct ll_path_beneath rule;

	fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rule = (struct ll_path_beneath){ .allowed = allowed, .parent_fd = fd };
	if (syscall(SYS_landlock_add_rule, ruleset_fd, LL_RULE_PATH_BENEATH, &rule, 0) < 0)
		return -errno;
	return 0;
}

int landlock_apply(int abi, enum landlock_access access, const char *directory)
{
	_cleanup_(fd_closep) int fd = -1;
	struct ll_ruleset all = all_of(abi);
	int r;

	if (abi < LANDLOCK_ABI_REQUIRED)
		return -EOPNOTSUPP;
	/* A kernel that knows a shorter struct takes this one, since what it does not know is 0. */
	fd = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
	if (fd < 0)
		return -errno;
	if (granted[access]) {
		r = allow_directory(fd, directory, granted[access] & all.handled_fs);
		if (r < 0)
			return r;
	}
	return syscall(SYS_landlock_restrict_self, fd, 0) < 0 ? -errno : 0;
}
