/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Where a server is, as --endpoint says it. Nothing is looked up. */

#include "base/span.h"

#define ENDPOINT_HOST_MAX 253	/* of a name of DNS */
#define ENDPOINT_FORM	  "http://HOST:PORT or https://HOST:PORT"

/* The longest: [HOST]:PORT with its NUL. */
#define ENDPOINT_AUTHORITY_SIZE (ENDPOINT_HOST_MAX + sizeof("[]:65535"))

struct endpoint {
	bool is_tls;
	bool is_loopback;	/* what is said there stays on this host */
	char authority[ENDPOINT_AUTHORITY_SIZE];	/* the Host of a request: no port where it is the usual one */
};

/*
 * Takes a scheme, a host and perhaps a port, with at most one slash behind. No user, path or query: the
 * path is ours, and a secret has no place there. False leaves *ret alone.
 */
must_check bool endpoint_parse(const char *text, struct endpoint *ret);

static inline const char *endpoint_scheme(const struct endpoint *e)
{
	return e->is_tls ? "https" : "http";
}
