/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ip.h"

#include <arpa/inet.h>

static const uint8_t v4_prefix[IP_LEN - 4] = { [10] = 0xff, [11] = 0xff };

static struct ip from_v4(const struct in_addr *v4)
{
	struct ip a;

	memcpy(a.bytes, v4_prefix, sizeof(v4_prefix));
	memcpy(a.bytes + sizeof(v4_prefix), v4, sizeof(*v4));
	return a;
}

bool ip_parse(struct span text, struct ip *ret)
{
	char copy[INET6_ADDRSTRLEN];
	struct in_addr v4;

	/* What stops at a zero byte would take only what stands before it. */
	if (!text.len || text.len >= sizeof(copy) || memchr(text.data, 0, text.len))
		return false;
	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	if (inet_pton(AF_INET, copy, &v4) == 1) {
		*ret = from_v4(&v4);
		return true;
	}
	return inet_pton(AF_INET6, copy, ret->bytes) == 1;
}

bool ip_is_v4(const struct ip *a)
{
	return memcmp(a->bytes, v4_prefix, sizeof(v4_prefix)) == 0;
}

struct ip ip_mask(const struct ip *a, unsigned int bits)
{
	struct ip masked = { 0 };

	memcpy(masked.bytes, a->bytes, bits / 8);
	if (bits % 8)
		masked.bytes[bits / 8] = a->bytes[bits / 8] & (uint8_t)(0xff00 >> bits % 8);
	return masked;
}

static bool ip_equal(const struct ip *a, const struct ip *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

bool ip_network_parse(struct span text, struct ip_network *ret)
{
	struct ip_network n;
	struct span address, length = span_cut(text, '/', &address);
	struct ip masked;
	uint64_t bits;

	if (!ip_parse(address, &n.first))
		return false;
	n.bits = ip_is_v4(&n.first) ? IP_V4_BITS : IP_BITS;
	if (!span_is_none(length)) {
		if (!span_to_u64(length, &bits) || bits > n.bits)
			return false;
		n.bits = (unsigned int)bits;
	}
	if (ip_is_v4(&n.first))
		n.bits += IP_BITS - IP_V4_BITS;
	masked = ip_mask(&n.first, n.bits);
	if (!ip_equal(&masked, &n.first))
		return false;
	*ret = n;
	return true;
}

bool ip_network_has(const struct ip_network *n, const struct ip *a)
{
	struct ip masked = ip_mask(a, n->bits);

	return ip_is_v4(&n->first) == ip_is_v4(a) && ip_equal(&masked, &n->first);
}
