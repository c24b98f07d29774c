/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Where HTTP is listened for: an address and a port, as operators write them. */

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/defs.h"

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t len;
};

/*
 * Takes `127.0.0.1:9000`, `[::1]:9000`, `localhost:9000`, and `:9000` for every address of the
 * host. Port 0 lets the kernel choose. Other names are refused: which of its addresses a name means
 * is nothing to guess about.
 */
must_check bool address_parse(const char *text, struct address *ret);

/* Whether only this host can reach it. */
bool address_is_loopback(const struct address *a);

/*
 * The URL by which a client on this host reaches it: an address that means "all of them" becomes
 * the loopback one.
 */
#define ADDRESS_URL_MAX 80
const char *address_url(const struct address *a, char buf[static ADDRESS_URL_MAX]);
