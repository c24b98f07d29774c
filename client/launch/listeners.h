/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* All sockets of one `coffer up`, by what they are for, and where they lie in the data directory. */

#include "client/launch/layout.h"
#include "client/options.h"

struct listeners {
	int s3[OPTIONS_LISTEN_MAX];
	struct address s3_bound[OPTIONS_LISTEN_MAX];
	size_t n_s3;
	int rest[OPTIONS_LISTEN_MAX];
	struct address rest_bound[OPTIONS_LISTEN_MAX];
	size_t n_rest;
	int metrics_tcp[OPTIONS_LISTEN_MAX];
	struct address metrics_bound[OPTIONS_LISTEN_MAX];
	size_t n_metrics;
	int metrics, authd_frontend, authd_stored, authd_admin, stored_frontend, stored_operator;
	int notify;
};

#define LISTENERS_AUTHD_FRONTEND  "run/authd-frontend.sock"
#define LISTENERS_AUTHD_STORED	  "run/authd-stored.sock"
#define LISTENERS_AUTHD_ADMIN	  "run/authd-admin.sock"
#define LISTENERS_STORED_FRONTEND "run/stored-frontend.sock"
#define LISTENERS_STORED_OPERATOR "run/stored-operator.sock"
#define LISTENERS_METRICS	  "run/metrics.sock"
#define LISTENERS_NOTIFY	  "run/notify.sock"

/* On failure nothing is left open. */
must_check int listeners_open(const struct layout *l, const struct options *o,
			      struct listeners *ret, struct complaint *why);

/* Closes all and removes the socket files. */
void listeners_close(struct listeners *s, const struct layout *l);
