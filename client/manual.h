/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What cofferctl can be asked, with the words that teach it: its commands, in groups, and their options.
 * A new command is a symbol here and a row in manual.c; what is checked of a command line, the help, the
 * manual page and what shells complete are made of the rows.
 */

#include "base/defs.h"

#define MANUAL_SOCKET "/run/coffer/authd-admin.sock"
#define MANUAL_TENANT "default" /* whose it is about where nobody says */

enum manual_option {
	OPTION_DISPLAY_NAME,
	OPTION_EMAIL,
	OPTION_CANONICAL_ID,
	OPTION_WITH_DATA,
	OPTION_TTL,
	OPTION_SCOPE,
	OPTION_FORMAT,
	OPTION_TENANT,
	OPTION_USER,
	OPTION_ADMINISTRATOR,
	OPTION_FILE,
	OPTION_REMOVE,
	OPTION_BLOCK,
	OPTION_BUCKET,
	OPTION_PREFIX,
	OPTION_RATE,
	OPTION_ACCESS_KEY,
	OPTION_SECRET_KEY_STDIN,
	OPTION_EXCLUDE,
	OPTION_OVERWRITE,
	OPTION_NO_READ_BACK,
	OPTION_DRY_RUN,
	OPTION_WITH_OBJECTS,
	OPTION_RECOUNT,
	OPTION_BYTES,
	OPTION_OBJECTS,
	OPTION_RATE_OF_TENANT,
	OPTION_BURST,
	OPTION_BANDWIDTH,
	OPTION_PARALLEL,
	OPTION_OLDER_THAN,
	OPTION_READ_RATE,
	OPTION_YES,
	OPTION_INTERVAL,
	OPTION_ONCE,
	OPTION_METRICS_SOCKET,
	OPTION_VERIFY,
	OPTION_TO_HOST,
	OPTION_PASSPHRASE_FILE,
	OPTION_WITHOUT_IDENTITIES,
	OPTION_SKIP_EXISTING,
	OPTION_SUSPENDED,
	OPTION_TO_SOCKET,
	OPTION_NAME,
	OPTION_QUIET,
	OPTION_OPERATOR_SOCKET,
	OPTION_DATA,
	OPTION_CONFIG,
	OPTION_ENDPOINT,
	OPTION_CREDENTIALS,
	OPTION_CA_FILE,
	OPTION_INSECURE_HTTP,
	/* Those of every command. */
	OPTION_SOCKET,
	OPTION_JSON,
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_COUNT,
};

/* A set of options. */
#define MANUAL_BIT(SYMBOL) (UINT64_C(1) << OPTION_##SYMBOL)
_Static_assert(OPTION_COUNT <= 64, "a set of options is one word");

/* Those of commands that can go to a server far away, as a tenant's administrator. */
#define MANUAL_REMOTE                                                                              \
	(MANUAL_BIT(ENDPOINT) | MANUAL_BIT(CREDENTIALS) | MANUAL_BIT(CA_FILE) |                    \
	 MANUAL_BIT(INSECURE_HTTP))

/* And those of the same commands that only the host's own operator has a say in. */
#define MANUAL_LOCAL                                                                               \
	(MANUAL_BIT(SOCKET) | MANUAL_BIT(TENANT) | MANUAL_BIT(ADMINISTRATOR) |                     \
	 MANUAL_BIT(ACCESS_KEY) | MANUAL_BIT(SECRET_KEY_STDIN))

#define MANUAL_COMMON (MANUAL_BIT(SOCKET) | MANUAL_BIT(JSON) | MANUAL_BIT(HELP) | MANUAL_BIT(VERSION))

enum manual_option_kind {
	OPTION_KIND_FLAG,	/* takes no value */
	OPTION_KIND_TEXT,
	OPTION_KIND_NUMBER,	/* a whole one, from 1 on */
	OPTION_KIND_DURATION,	/* base/duration.h */
	OPTION_KIND_SIZE,	/* base/size.h, or "none" */
	OPTION_KIND_COUNT,	/* a whole number, or "none" */
	OPTION_KIND_CHOICE,	/* yes or no */
	OPTION_KIND_LIMIT,	/* a whole number, "none" or "default" */
	OPTION_KIND_SIZE_LIMIT,	/* likewise with base/size.h */
	OPTION_KIND_SCOPE,	/* one of a few words; may be repeated */
	OPTION_KIND_PATTERN,	/* may be repeated */
};

struct manual_option_row {
	const char *name;	/* without its hyphens */
	enum manual_option_kind kind;
	const char *argument;	/* "DAYS", or a choice as "read|write"; NULL for a FLAG */
	const char *member;	/* what authd calls it; NULL where it is for cofferctl itself */
	const char *meaning;	/* with its range and default */
};

extern const struct manual_option_row manual_options[OPTION_COUNT];

bool manual_may_repeat(enum manual_option o);

enum manual_group {
	GROUP_TENANT,
	GROUP_USER,
	GROUP_POLICY,
	GROUP_KEY,
	GROUP_TOKEN,
	GROUP_BUCKET,
	GROUP_UPLOADS,
	GROUP_OBJECTS,
	GROUP_HOST,
	GROUP_SERVER,
	GROUPS,
};

struct manual_group_row {
	const char *word;	/* the first of its commands' two words; NULL where they have one each */
	const char *title;
	const char *text;	/* what it is about */
};

extern const struct manual_group_row manual_groups[GROUPS];

/* In the order in which they are told, those of a group together. */
enum manual_command {
	COMMAND_TENANT_CREATE,
	COMMAND_TENANT_LIST,
	COMMAND_TENANT_SHOW,
	COMMAND_TENANT_UPDATE,
	COMMAND_TENANT_SUSPEND,
	COMMAND_TENANT_RESUME,
	COMMAND_TENANT_DELETE,
	COMMAND_TENANT_USAGE,
	COMMAND_TENANT_QUOTA,
	COMMAND_TENANT_BACKUP,
	COMMAND_TENANT_VERIFY,
	COMMAND_TENANT_RESTORE,
	COMMAND_TENANT_MOVE,
	COMMAND_TENANT_LIMITS,
	COMMAND_USER_CREATE,
	COMMAND_USER_LIST,
	COMMAND_USER_SHOW,
	COMMAND_USER_UPDATE,
	COMMAND_USER_DELETE,
	COMMAND_POLICY_PUT,
	COMMAND_POLICY_GET,
	COMMAND_POLICY_DELETE,
	COMMAND_KEY_CREATE,
	COMMAND_KEY_LIST,
	COMMAND_KEY_DISABLE,
	COMMAND_KEY_ENABLE,
	COMMAND_KEY_DELETE,
	COMMAND_TOKEN_ADD,
	COMMAND_TOKEN_LIST,
	COMMAND_TOKEN_REFRESH,
	COMMAND_TOKEN_DELETE,
	COMMAND_TOKEN_IMPORT,
	COMMAND_BUCKET_LIST,
	COMMAND_BUCKET_SHOW,
	COMMAND_BUCKET_DELETE,
	COMMAND_BUCKET_QUOTA,
	COMMAND_BUCKET_POLICY,
	COMMAND_BUCKET_ACCESS,
	COMMAND_UPLOADS_LIST,
	COMMAND_UPLOADS_ABORT,
	COMMAND_IMPORT,
	COMMAND_EXPORT,
	COMMAND_HOST_KEY,
	COMMAND_STATUS,
	COMMAND_SCRUB,
	COMMAND_TOP,
	COMMAND_DOCTOR,
	COMMAND_METRICS_TOKEN,
	COMMAND_RELOAD,
	COMMANDS,
};

/* What an option means to one command, where its own row is not exact enough. */
struct manual_meaning {
	enum manual_option option;
	const char *meaning;
};

#define MANUAL_MEANINGS_MAX 8

struct manual_command_row {
	enum manual_group group;
	const char *word;	/* behind the group's, where that has one */
	const char *order;	/* what authd calls it; NULL where it is not asked */
	const char *question;	/* the order where no option of its own is given, NULL where that is the same */
	const char *operand;	/* "NAME"; "[NAME]" where it may be left out; NULL where there is none */
	const char *second;	/* another operand behind that; NULL where there is none */
	const char *member;	/* the operand as authd calls it; NULL where it is not for authd */
	uint64_t needs, takes;	/* options beside MANUAL_COMMON */
	uint64_t needs_remote;	/* with --endpoint, beside what of `needs` is not MANUAL_LOCAL */
	bool of_default_tenant;	/* where no other is named */
	const char *brief;	/* one line of the list of commands */
	const char *text;	/* what else there is to know; an end of line begins a paragraph */
	const char *examples;	/* a line each */
	struct manual_meaning meanings[MANUAL_MEANINGS_MAX]; /* up to one that says nothing */
};

extern const struct manual_command_row manual_commands[COMMANDS];

#define MANUAL_NAME_MAX 64

/* As it is typed: "token add", "status". Returns buf. */
const char *manual_name(enum manual_command c, char buf[static MANUAL_NAME_MAX]);

/* The name of a command, or the word of a group, that `typed` was most likely meant to be; NULL: none is near. */
const char *manual_nearest(const char *typed, char buf[static MANUAL_NAME_MAX]);

/* Likewise of an option, without its hyphens, among those of a set. */
const char *manual_nearest_option(const char *typed, uint64_t among);
