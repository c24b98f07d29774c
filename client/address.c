/* SPDX-License-Identifier: Apache-2.0 */
#include "client/address.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/span.h"

static bool parse_v6(const char *host, in_port_t port, struct address *ret)
{
	struct address a = { .v6 = { .sin6_family = AF_INET6, .sin6_port = port },
			     .len = sizeof(a.v6) };

	if (inet_pton(AF_INET6, host, &a.v6.sin6_addr) != 1)
		return false;
	*ret = a;
	return true;
}

static bool parse_v4(const char *host, in_port_t port, struct address *ret)
{
	struct address a = { .v4 = { .sin_family = AF_INET, .sin_port = port },
			     .len = sizeof(a.v4) };

	if (strcmp(host, "localhost") == 0)
		host = "127.0.0.1";
	if (inet_pton(AF_INET, host, &a.v4.sin_addr) != 1)
		return false;
	*ret = a;
	return true;
}

static bool parse_host(struct span host, in_port_t port, struct address *ret)
{
	const uint8_t *bytes = span_bytes(host);
	char text[INET6_ADDRSTRLEN];

	if (host.len == 0)
		return parse_v6("::", port, ret);
	if (host.len >= sizeof(text))
		return false;
	if (bytes[0] == '[' && bytes[host.len - 1] == ']') {
		memcpy(text, bytes + 1, host.len - 2);
		text[host.len - 2] = '\0';
		return parse_v6(text, port, ret);
	}
	memcpy(text, bytes, host.len);
	text[host.len] = '\0';
	return parse_v4(text, port, ret);
}

bool address_parse(const char *text, struct address *ret)
{
	const char *colon = strrchr(text, ':');
	uint64_t port;

	if (!colon || !span_to_u64(span_from_string(colon + 1), &port) || port > UINT16_MAX)
		return false;
	return parse_host((struct span){ text, (size_t)(colon - text) }, htons((in_port_t)port),
			  ret);
}

bool address_is_loopback(const struct address *a)
{
	if (a->any.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr);
	return ntohl(a->v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

const char *address_url(const struct address *a, char buf[static ADDRESS_URL_MAX])
{
	char host[INET6_ADDRSTRLEN] = "";

	if (a->any.sa_family == AF_INET6) {
		struct in6_addr to = a->v6.sin6_addr;

		if (IN6_IS_ADDR_UNSPECIFIED(&to))
			to = in6addr_loopback;
		inet_ntop(AF_INET6, &to, host, sizeof(host));
		snprintf(buf, ADDRESS_URL_MAX, "http://[%s]:%u", host, ntohs(a->v6.sin6_port));
	} else {
		struct in_addr to = a->v4.sin_addr;

		if (to.s_addr == htonl(INADDR_ANY))
			to.s_addr = htonl(INADDR_LOOPBACK);
		inet_ntop(AF_INET, &to, host, sizeof(host));
		snprintf(buf, ADDRESS_URL_MAX, "http://%s:%u", host, ntohs(a->v4.sin_port));
	}
	return buf;
}
