/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Everything that a server can be told, once: the options of `coffer up`, its --help, what
 * coffer.conf may hold, the example of it and docs/configuration.md all come from these rows. To
 * add a setting is to add its row; a daemon that is named in the row is started with it.
 */

#include <stdio.h>

#include "base/defs.h"

enum setting {
	SETTING_DATA,
	SETTING_DURABILITY,
	SETTING_INLINE_LIMIT,
	SETTING_OBJECT_MEMORY,
	SETTING_UPLOADS_EXPIRE,
	SETTING_S3,
	SETTING_REST,
	SETTING_METRICS,
	SETTING_DOMAIN,
	SETTING_REGION,
	SETTING_REQUEST_RATE,
	SETTING_REQUEST_BURST,
	SETTING_LOGIN_FAILURES,
	SETTING_LOGIN_PAUSE,
	SETTING_TENANT_RATE,
	SETTING_TENANT_BURST,
	SETTING_TENANT_BANDWIDTH,
	SETTING_TENANT_PARALLEL,
	SETTING_TRUSTED_PROXY,
	SETTING_ADMIN_UID,
	SETTING_ADMIN_GID,
	SETTING_CREDENTIALS,
	SETTING_METRICS_TOKEN,
	SETTING_METRICS_UID,
	SETTING_METRICS_GID,
	SETTING_ACCESS_LOG,
	SETTING_AUDIT_LOG,
	SETTING_WORKERS,
	SETTING_CONFINE,
	SETTINGS,
};

enum setting_type {
	SETTING_TEXT,		/* any, but not none */
	SETTING_HASH,		/* 64 hexadecimal digits */
	SETTING_WORD,		/* one of those in `argument`, between bars */
	SETTING_NUMBER,		/* from `least` to `most` */
	SETTING_SIZE_OR_NONE,	/* base/size.h, from `least` to `most` */
	SETTING_DURATION_OR_NONE,	/* base/duration.h; 0 is none, too */
	SETTING_LISTEN,		/* an address and a port */
	SETTING_LISTEN_OR_NONE,
	SETTING_NETWORK,	/* of addresses, or one */
	SETTING_USER,		/* by name or number; so is a group */
	SETTING_GROUP,
};

enum setting_daemon {
	SETTING_FOR_AUTHD = 1 << 0,
	SETTING_FOR_STORED = 1 << 1,
	SETTING_FOR_FRONTEND = 1 << 2,
	SETTING_FOR_ALL = SETTING_FOR_AUTHD | SETTING_FOR_STORED | SETTING_FOR_FRONTEND,
};

#define SETTING_TIMES_MAX 64

struct setting_row {
	const char *section, *key;	/* of coffer.conf; the option is `--key` */
	enum setting_type type;
	uint64_t least, most;
	unsigned int times;		/* how often it may be given, SETTING_TIMES_MAX at most */
	unsigned int daemons;		/* that are started with it; 0: it is the launcher's own */
	bool live;			/* authd takes another value while it runs */
	const char *fallback;		/* its value where none is given, or NULL */
	const char *otherwise;		/* in words what holds then, where there is no fallback */
	const char *argument;		/* what stands for the value in help */
	const char *help;		/* no capital letter in front, no stop behind */
};

extern const struct setting_row settings[SETTINGS];

/* SETTINGS where there is none of that name. */
enum setting setting_find(const char *key);

/* Whether it may be that value; what it may be is said by setting_takes(). */
bool setting_admits(enum setting s, const char *value);
#define SETTING_TAKES_MAX 160
const char *setting_takes(enum setting s, char buf[static SETTING_TAKES_MAX]);

/* What holds where nothing is said, for people; "" where that is nothing. */
const char *setting_default(enum setting s);
