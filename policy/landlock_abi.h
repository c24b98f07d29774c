/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The kernel's interface of Landlock up to ABI 7, as numbers that never change. Kernel headers are
 * often older than the kernel that runs, and what that one can do is asked at run time; so all of
 * it stands here, under names of our own.
 */

#include <linux/types.h>

#define LL_CREATE_RULESET_VERSION (1U << 0)
#define LL_RULE_PATH_BENEATH 1

/* ABI 1 */
#define LL_FS_EXECUTE (1ULL << 0)
#define LL_FS_WRITE_FILE (1ULL << 1)
#define LL_FS_READ_FILE (1ULL << 2)
#define LL_FS_READ_DIR (1ULL << 3)
#define LL_FS_REMOVE_DIR (1ULL << 4)
#define LL_FS_REMOVE_FILE (1ULL << 5)
#define LL_FS_MAKE_CHAR (1ULL << 6)
#define LL_FS_MAKE_DIR (1ULL << 7)
#define LL_FS_MAKE_REG (1ULL << 8)
#define LL_FS_MAKE_SOCK (1ULL << 9)
#define LL_FS_MAKE_FIFO (1ULL << 10)
#define LL_FS_MAKE_BLOCK (1ULL << 11)
#define LL_FS_MAKE_SYM (1ULL << 12)
#define LL_FS_ABI_1 ((1ULL << 13) - 1)

#define LL_FS_REFER (1ULL << 13)	/* ABI 2, Linux 5.19 */
#define LL_FS_TRUNCATE (1ULL << 14)	/* ABI 3, Linux 6.2 */
#define LL_NET_BIND_TCP (1ULL << 0)	/* ABI 4, Linux 6.7 */
#define LL_NET_CONNECT_TCP (1ULL << 1)
#define LL_FS_IOCTL_DEV (1ULL << 15)	/* ABI 5, Linux 6.10 */
#define LL_SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0)	/* ABI 6, Linux 6.12 */
#define LL_SCOPE_SIGNAL (1ULL << 1)

struct ll_ruleset {
	__u64 handled_fs;
	__u64 handled_net;	/* ABI 4 */
	__u64 scoped;		/* ABI 6 */
};

struct ll_path_beneath {
	__u64 allowed;
	__s32 parent_fd;
} __attribute__((packed));
