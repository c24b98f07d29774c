/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What was asked of `coffer up` on its command line. The strings are those of argv. */

#include "client/address.h"
#include "client/complaint.h"

#define OPTIONS_LISTEN_MAX 8
#define OPTIONS_REPEAT_MAX 16
#define OPTIONS_PROXIES_MAX 64

struct options {
	const char *data; /* NULL: the default of whoever starts it */
	const char *credentials; /* NULL: none */
	struct address s3[OPTIONS_LISTEN_MAX];
	size_t n_s3;
	struct address rest[OPTIONS_LISTEN_MAX];
	size_t n_rest;
	bool no_rest; /* `--rest none` */

	/* Handed on to the daemons as they are, which check them. NULL: the daemon's default. */
	const char *domains[OPTIONS_REPEAT_MAX];
	size_t n_domains;
	const char *admin_uids[OPTIONS_REPEAT_MAX];
	size_t n_admin_uids;
	const char *admin_gids[OPTIONS_REPEAT_MAX];
	size_t n_admin_gids;
	const char *proxies[OPTIONS_PROXIES_MAX];
	size_t n_proxies;
	const char *request_rate, *request_burst, *login_failures, *login_pause;
	const char *region, *workers, *durability, *inline_limit, *confine;
};

enum options_outcome {
	OPTIONS_OK = 0,
	OPTIONS_HELP,
	OPTIONS_VERSION,
	OPTIONS_WRONG, /* *why says what; the caller exits with 2 */
};

/* Reads the arguments behind "up"; argv[0] is the program's name. */
must_check int options_parse(int argc, char *argv[], struct options *ret, struct complaint *why);

extern const char options_help[];
