/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What was asked of cofferctl: a command, its operand and its options. */

#include <jansson.h>

#include "client/complaint.h"

#define INVOCATION_SOCKET "/run/coffer/authd-admin.sock"

enum invocation_command {
	COMMAND_TENANT_CREATE,
	COMMAND_TENANT_LIST,
	COMMAND_KEY_CREATE,
	COMMAND_KEY_LIST,
	COMMAND_KEY_DISABLE,
	COMMAND_KEY_ENABLE,
	COMMAND_KEY_DELETE,
	COMMAND_STATUS,
	COMMANDS,
};

struct invocation {
	enum invocation_command command;
	const char *socket;
	const char *operand; /* NULL where the command takes none */
	const char *display_name, *email, *canonical_id, *tenant, *access_key;
	bool secret_key_stdin;
	bool json;
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

/*
 * The request for authd, the caller's; NULL where memory ran out or a value is not UTF-8.
 * secret_key is NULL where authd is to make one up.
 */
json_t *invocation_request(const struct invocation *i, const char *secret_key);

extern const char invocation_help[];
