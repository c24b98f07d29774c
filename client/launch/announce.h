/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What `coffer up` says on stdout once it serves: what runs where, how confined, how to use it. */

#include <stdio.h>

#include "client/address.h"
#include "client/launch/firstrun.h"
#include "client/launch/ids.h"
#include "client/launch/memory.h"

struct announcement {
	const struct address *s3, *rest, *metrics;
	size_t n_s3, n_rest, n_metrics;
	const char *data;
	const struct memory *memory; /* NULL: data is on a disk, and stays */
	const struct ids *ids;
	pid_t frontend_pid, authd_pid, stored_pid;
	const char *confinement; /* authd's word: "full", "one-uid", "degraded" */
	const char *region;
	const char *credentials_path; /* NULL: none */
	const char *admin_socket;
	const char *cofferctl; /* how to call it */
	enum firstrun_key key;
	const struct pair *pair;
	enum firstrun_token token;
	const char *token_text;
	bool show_secret;
};

void announce(FILE *to, const struct announcement *a);
