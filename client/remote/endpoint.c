/* SPDX-License-Identifier: Apache-2.0 */
#include "client/remote/endpoint.h"

#include <arpa/inet.h>
#include <stdio.h>

#define HTTP_PORT  80
#define HTTPS_PORT 443

/* "https://", in any case, off the front. */
static bool take_scheme(struct span *rest, bool *ret_is_tls)
{
	static const struct {
		struct span prefix;
		bool is_tls;
	} schemes[] = { { SPAN("https://"), true }, { SPAN("http://"), false } };

	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		if (!span_starts_with_nocase(*rest, schemes[i].prefix))
			continue;
		*rest = span_skip(*rest, schemes[i].prefix.len);
		*ret_is_tls = schemes[i].is_tls;
		return true;
	}
	return false;
}

static bool is_name(struct span host)
{
	for (size_t i = 0; i < host.len; i++) {
		uint8_t c = ascii_lower(span_bytes(host)[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '.' &&
		    c != '_')
			return false;
	}
	return host.len > 0 && host.len <= ENDPOINT_HOST_MAX;
}

/* Names but this one may come to mean any address, even 127.0.0.1.example. */
static bool is_loopback_name(const char *host)
{
	struct in_addr a;

	return strcmp(host, "localhost") == 0 ||
	       (inet_pton(AF_INET, host, &a) == 1 && ntohl(a.s_addr) >> 24 == IN_LOOPBACKNET);
}

/* "[::1]" or a name or IPv4 address, off the front. */
static bool take_host(struct span *rest, struct endpoint *e)
{
	const char *from = rest->data;
	bool is_v6 = rest->len && from[0] == '[';
	size_t len = 0;
	char host[ENDPOINT_HOST_MAX + 1];
	struct in6_addr a;

	while (len < rest->len && from[len] != (is_v6 ? ']' : ':') && from[len] != '/')
		len++;
	if (is_v6 && (len == rest->len || from[len] != ']' || len > INET6_ADDRSTRLEN))
		return false;
	if (!is_v6 && !is_name(span_first(*rest, len)))
		return false;
	snprintf(host, sizeof(host), "%.*s", (int)(is_v6 ? len - 1 : len), from + is_v6);
	if (is_v6 && inet_pton(AF_INET6, host, &a) != 1)
		return false;
	e->is_loopback = is_v6 ? IN6_IS_ADDR_LOOPBACK(&a) : is_loopback_name(host);
	snprintf(e->authority, sizeof(e->authority), is_v6 ? "[%s]" : "%s", host);
	*rest = span_skip(*rest, len + is_v6);
	return true;
}

/* ":9000", perhaps with a slash behind, and then nothing. */
static bool take_port(struct span rest, struct endpoint *e)
{
	uint64_t usual = e->is_tls ? HTTPS_PORT : HTTP_PORT, port = usual;
	size_t len = strlen(e->authority);

	if (rest.len && span_bytes(rest)[rest.len - 1] == '/')
		rest.len--;
	if (rest.len && (span_bytes(rest)[0] != ':' || !span_to_u64(span_skip(rest, 1), &port) ||
			 port == 0 || port > UINT16_MAX))
		return false;
	if (port != usual)
		snprintf(e->authority + len, sizeof(e->authority) - len, ":%u", (unsigned int)port);
	return true;
}

bool endpoint_parse(const char *text, struct endpoint *ret)
{
	struct span rest = span_from_string(text);
	struct endpoint e = { 0 };

	if (!take_scheme(&rest, &e.is_tls) || !take_host(&rest, &e) || !take_port(rest, &e))
		return false;
	*ret = e;
	return true;
}
