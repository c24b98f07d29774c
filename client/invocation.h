/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What was asked of cofferctl: a command, its operand and its options. What a command takes and needs
 * is checked from its row in client/manual.h, and the request for authd is made of what its options are
 * called there.
 */

#include <jansson.h>

#include "client/complaint.h"
#include "client/manual.h"

#define INVOCATION_SCOPES_MAX 8
#define INVOCATION_NONE "none" /* of a limit: there is none */
#define INVOCATION_DEFAULT "default" /* of a limit: as the configuration says */
#define INVOCATION_PATTERNS_MAX 32

struct invocation {
	enum manual_command command;
	const char *socket;
	const char *endpoint; /* asked in place of the socket; NULL: that is asked */
	const char *operand, *second; /* NULL where the command takes none */
	const char *options[OPTION_COUNT]; /* the value, "" of a FLAG; NULL where not given */
	const char *scopes[INVOCATION_SCOPES_MAX];
	size_t n_scopes;
	const char *patterns[INVOCATION_PATTERNS_MAX];
	size_t n_patterns;
};

enum invocation_outcome {
	INVOCATION_OK = 0,
	INVOCATION_HELP,
	INVOCATION_HELP_GROUP,		/* of that which ret->command is in */
	INVOCATION_HELP_COMMAND,	/* of ret->command */
	INVOCATION_VERSION,
	INVOCATION_WRONG,		/* *why says what; the caller exits with 2 */
};

/*
 * The strings of *ret are those of argv and the environment. Whoever asks for help gets it, whatever
 * else is wrong with the options.
 */
must_check int invocation_parse(int argc, char *argv[], struct invocation *ret,
				struct complaint *why);

/* True for the commands that are about tokens: what authd refuses of them is told in their own form. */
bool invocation_is_about_tokens(const struct invocation *i);

/*
 * The request for authd, the caller's; NULL where memory ran out or a value is not UTF-8. What does
 * not come from the command line, a secret or a list out of a file, is still missing from it.
 */
json_t *invocation_request(const struct invocation *i);
