/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/identity.h"

#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* root's way back to capabilities, closed. Only who holds CAP_SETPCAP can do it, and need. */
#define SECURE_FOR_GOOD                                                                            \
	(SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_KEEP_CAPS_LOCKED |                          \
	 SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

static int empty_bounding_set(void)
{
	for (unsigned long capability = 0; capability < 64; capability++) {
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0)
			continue;
		if (errno == EINVAL) /* the last one that this kernel knows came before it */
			break;
		return -errno;
	}
	return prctl(PR_SET_SECUREBITS, SECURE_FOR_GOOD, 0, 0, 0) < 0 ? -errno : 0;
}

static int change_ids(uid_t uid, gid_t gid)
{
	int parents_death = 0;

	if (prctl(PR_GET_PDEATHSIG, &parents_death, 0, 0, 0) < 0)
		return -errno;
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return -errno;
	/* The kernel forgets this signal when ids change; then a launcher that is killed would
	 * leave its daemons running. */
	return prctl(PR_SET_PDEATHSIG, parents_death, 0, 0, 0) < 0 ? -errno : 0;
}

/*
 * Who has none is asked for nothing: a service manager that starts a process without capabilities
 * may well take capset(2) from it, too.
 */
static int empty_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return -errno;
	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	if (memcmp(data, none, sizeof(none)) == 0)
		return 0;
	return syscall(SYS_capset, &header, none) < 0 ? -errno : 0;
}

/* What the kernel says now, and that the way back, tried, is closed. */
static int check_ids(uid_t uid, gid_t gid)
{
	uid_t uids[3];
	gid_t gids[3];

	if (getresuid(&uids[0], &uids[1], &uids[2]) < 0 ||
	    getresgid(&gids[0], &gids[1], &gids[2]) < 0)
		return -errno;
	for (int i = 0; i < 3; i++)
		if (uids[i] != uid || gids[i] != gid)
			return -EPERM;
	if ((uid != 0 && setuid(0) == 0) || (gid != 0 && setgid(0) == 0))
		return -EPERM;
	return 0;
}

int identity_drop(uid_t uid, gid_t gid)
{
	pid_t parent = getppid();
	int r;

	/* Without CAP_SETPCAP there is nothing in the set that could be had. */
	r = empty_bounding_set();
	if (r < 0 && r != -EPERM)
		return r;
	if (uid != IDENTITY_KEEP) {
		r = change_ids(uid, gid);
		if (r < 0)
			return r;
	}
	r = empty_capabilities();
	if (r < 0)
		return r;
	if (getppid() != parent)
		return -ESRCH;
	return uid == IDENTITY_KEEP ? check_ids(getuid(), getgid()) : check_ids(uid, gid);
}
