/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * From where a request comes: the peer of its connection, unless that is a proxy which the operator
 * trusts. Then it is whom that proxy, and those before it as far as they are trusted too, say they
 * speak for in X-Forwarded-For. Anybody can send that field; each honest proxy appends to it, so it
 * is believed from its end, and no further than the first who is not trusted.
 */

#include "base/ip.h"

#define ORIGIN_TEXT_MAX 64	/* bytes: what ASK has of a peer, and more than any address */

struct origin {
	struct ip ip;		/* zeros where the peer has no address that can be read */
	bool has_ip;
	struct span text;	/* borrowed: as it came */
};

/* A field of a trusted proxy with something else in it than addresses counts for nothing. */
struct origin origin_of(struct span peer, struct span fields, const struct ip_network *trusted,
			size_t n_trusted);
