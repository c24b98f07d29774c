/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Addresses without a port, and networks of them. An IPv4 address is kept as the IPv6 address that
 * stands for it (::ffff:a.b.c.d), and one that came in that form is the IPv4 address it means: so
 * there is one spelling of everybody. Nothing is ever looked up.
 */

#include "base/span.h"

#define IP_LEN 16
#define IP_BITS (8 * IP_LEN)
#define IP_V4_BITS 32

struct ip {
	uint8_t bytes[IP_LEN];
};

/* Takes `192.0.2.7` and `2001:db8::7`: no port, no brackets, no zone. */
must_check bool ip_parse(struct span text, struct ip *ret);

bool ip_is_v4(const struct ip *a);

/* Only the first so many bits of it. */
struct ip ip_mask(const struct ip *a, unsigned int bits);

struct ip_network {
	struct ip first;
	unsigned int bits;	/* of IP_BITS that all of its addresses share */
};

/*
 * Takes `10.0.0.0/8`, `fd00::/8`, or one address. Bits behind the prefix must be zero: with some in
 * it, either the address or the length is not what was meant.
 */
must_check bool ip_network_parse(struct span text, struct ip_network *ret);

/* No network of IPv6 has an IPv4 address in it, not even `::/0`. */
bool ip_network_has(const struct ip_network *n, const struct ip *a);
