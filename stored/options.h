/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What coffer-stored is told on its command line. Strings are borrowed from argv. */

#include <sys/types.h>

#include "ipc/peer_list.h"
#include "policy/confine.h"
#include "stored/durable.h"

#define OPTIONS_INLINE_LIMIT (16 * KIB)
#define OPTIONS_OBJECT_MEMORY (32 * MIB)
#define OPTIONS_OBJECT_MEMORY_LEAST (64 * KIB)
#define OPTIONS_OBJECT_MEMORY_MOST GIB
#define OPTIONS_REGION "us-east-1"
#define OPTIONS_UPLOADS_EXPIRE_NS (7 * 24 * 3600 * NS_PER_S)

struct options {
	const char *data_dir;
	const char *authd_path;
	const char *region;		/* NULL: not said, and any goes */
	uid_t frontend_uid;
	uid_t authd_uid;		/* (uid_t)-1: not said */
	struct peer_list admins;	/* who may be an operator */
	uid_t uid;			/* (uid_t)-1: stays who it is */
	gid_t gid;
	uint32_t inline_limit;
	uint64_t object_memory;		/* 0: none */
	uint64_t uploads_expire_ns;	/* 0: never */
	enum durability durability;
	enum confine_mode confine;
};

/* Says on stderr what is wrong; false then. `--help` and `--version` end the process. */
must_check bool options_parse(int argc, char **argv, struct options *ret);
