/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How one daemon is started: its program, arguments, environment, and the sockets it is given.
 * Arguments are for everyone to see in /proc, so nothing secret is among them, and the environment
 * has only what is listed here.
 */

#include "client/daemon.h"
#include "client/launch/listeners.h"

#define COMMAND_STRINGS_MAX 256

/* Owned strings with a NULL behind them. One that did not fit or had no memory sets `error`. */
struct strings {
	char *v[COMMAND_STRINGS_MAX + 1];
	size_t n;
	int error;
};

#define COMMAND_SOCKETS_MAX (3 * OPTIONS_LISTEN_MAX + 1)

struct command {
	const char *name; /* as operators know it: "authd" */
	char *program;
	unsigned int start_ms; /* to say READY=1 */
	struct strings args, environment;
	int sockets[COMMAND_SOCKETS_MAX];
	size_t n_sockets;
};

/*
 * Finds the directory that `program` (such as "coffer-authd") is in: $COFFER_LIBEXEC, else beside
 * this program in a build directory, else where `make install` puts it. -ENOENT says where it
 * looked.
 */
must_check int command_find_program(const char *program, char **ret, struct complaint *why);

struct command_context {
	const struct options *options;
	const struct ids *ids;
	const struct layout *layout;
	const struct listeners *listeners;
};

must_check int command_authd(const struct command_context *c, struct command *ret,
			     struct complaint *why);
must_check int command_stored(const struct command_context *c, struct command *ret,
			      struct complaint *why);
must_check int command_frontend(const struct command_context *c, struct command *ret,
				struct complaint *why);

void command_clear(struct command *c);

/*
 * Becomes that daemon, started with `args` and what the settings have for it; environment and
 * descriptors stay. Returns only where that fails.
 */
must_check int command_become(enum daemon daemon, char *const args[], const struct values *v,
			      struct complaint *why);
