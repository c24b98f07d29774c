/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/origin.h"

#include "s3/pairs.h"

struct proxies {
	const struct ip_network *networks;
	size_t n;
};

static bool are_trusted(const struct proxies *p, const struct ip *a)
{
	for (size_t i = 0; i < p->n; i++)
		if (ip_network_has(&p->networks[i], a))
			return true;
	return false;
}

/* Walks to the end of the list: the last who is not trusted, and not behind anything senseless. */
static void follow(const struct proxies *p, const struct origin *peer, struct span list,
		   struct origin *o)
{
	struct span entry;

	while (!span_is_none(list)) {
		struct origin next;

		list = span_cut(list, ',', &entry);
		next.text = span_trim(entry);
		/* A list may have empty entries, which mean nothing (RFC 9110, 5.6.1). */
		if (!next.text.len)
			continue;
		next.has_ip = ip_parse(next.text, &next.ip);
		if (!next.has_ip)
			*o = *peer;
		else if (!are_trusted(p, &next.ip))
			*o = next;
	}
}

struct origin origin_of(struct span peer, struct span fields, const struct ip_network *trusted,
			size_t n_trusted)
{
	const struct proxies proxies = { trusted, n_trusted };
	struct origin itself = { .text = peer }, o;
	struct span name, value;

	itself.has_ip = ip_parse(peer, &itself.ip);
	if (!itself.has_ip || !are_trusted(&proxies, &itself.ip))
		return itself;
	o = itself;
	/* A field that comes several times is one list, in the order of its lines. */
	while (pairs_next(&fields, &name, &value) > 0)
		if (span_equal_nocase(name, SPAN("X-Forwarded-For")))
			follow(&proxies, &itself, value, &o);
	return o;
}
