/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What was asked of cofferctl: a command, its operand and its options. Commands and options are rows
 * of two tables; what a command needs is checked from its row, and the request for authd is made of
 * what its options are called there.
 */

#include <jansson.h>

#include "client/complaint.h"

#define INVOCATION_SOCKET "/run/coffer/authd-admin.sock"
#define INVOCATION_TENANT "default" /* whose tokens it is about where nobody says */

/*
 * OPTION(SYMBOL, "name", KIND, "member"): the member is authd's, "" where the option is for cofferctl
 * itself. KIND: FLAG takes no value; TEXT; NUMBER from 1 on; SCOPE and PATTERN, which may be given more
 * than once.
 */
#define INVOCATION_OPTIONS(OPTION)                                                                 \
	OPTION(SOCKET, "socket", TEXT, "")                                                         \
	OPTION(JSON, "json", FLAG, "")                                                             \
	OPTION(DATA, "data", TEXT, "")                                                             \
	OPTION(CONFIG, "config", TEXT, "")                                                         \
	OPTION(DISPLAY_NAME, "display-name", TEXT, "display_name")                                 \
	OPTION(EMAIL, "email", TEXT, "email")                                                      \
	OPTION(CANONICAL_ID, "canonical-id", TEXT, "canonical_id")                                 \
	OPTION(TENANT, "tenant", TEXT, "tenant")                                                   \
	OPTION(ACCESS_KEY, "access-key", TEXT, "access_key")                                       \
	OPTION(SECRET_KEY_STDIN, "secret-key-stdin", FLAG, "")                                     \
	OPTION(TTL, "ttl", NUMBER, "ttl_days")                                                     \
	OPTION(SCOPE, "scope", SCOPE, "scopes")                                                    \
	OPTION(BUCKET, "bucket", TEXT, "bucket")                                                   \
	OPTION(PREFIX, "prefix", TEXT, "prefix")                                                   \
	OPTION(RATE, "rate", NUMBER, "rate")                                                       \
	OPTION(FORMAT, "format", TEXT, "")                                                         \
	OPTION(EXCLUDE, "exclude", PATTERN, "")                                                    \
	OPTION(OVERWRITE, "overwrite", FLAG, "")                                                   \
	OPTION(NO_READ_BACK, "no-read-back", FLAG, "")                                             \
	OPTION(DRY_RUN, "dry-run", FLAG, "")                                                       \
	OPTION(QUIET, "quiet", FLAG, "")                                                           \
	OPTION(OPERATOR_SOCKET, "operator-socket", TEXT, "")                                       \
	OPTION(HELP, "help", FLAG, "")                                                             \
	OPTION(VERSION, "version", FLAG, "")

enum invocation_option {
#define OPTION(SYMBOL, ...) OPTION_##SYMBOL,
	INVOCATION_OPTIONS(OPTION)
#undef OPTION
	OPTION_COUNT,
};

enum invocation_command {
	COMMAND_TENANT_CREATE,
	COMMAND_TENANT_LIST,
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
	COMMAND_IMPORT,
	COMMAND_EXPORT,
	COMMAND_STATUS,
	COMMAND_DOCTOR,
	COMMAND_METRICS_TOKEN,
	COMMAND_RELOAD,
	COMMANDS,
};

#define INVOCATION_SCOPES_MAX 8
#define INVOCATION_PATTERNS_MAX 32

struct invocation {
	enum invocation_command command;
	const char *socket;
	const char *operand; /* NULL where the command takes none */
	const char *options[OPTION_COUNT]; /* the value, "" of a FLAG; NULL where not given */
	const char *scopes[INVOCATION_SCOPES_MAX];
	size_t n_scopes;
	const char *patterns[INVOCATION_PATTERNS_MAX];
	size_t n_patterns;
};

enum invocation_outcome {
	INVOCATION_OK = 0,
	INVOCATION_HELP,
	INVOCATION_VERSION,
	INVOCATION_WRONG, /* *why says what; the caller exits with 2 */
};

/* The strings of *ret are those of argv and the environment. */
must_check int invocation_parse(int argc, char *argv[], struct invocation *ret,
				struct complaint *why);

/* True for the commands that are about tokens: what authd refuses of them is told in their own form. */
bool invocation_is_about_tokens(const struct invocation *i);

/*
 * The request for authd, the caller's; NULL where memory ran out or a value is not UTF-8. What does
 * not come from the command line, a secret or a list out of a file, is still missing from it.
 */
json_t *invocation_request(const struct invocation *i);

extern const char invocation_help[];
