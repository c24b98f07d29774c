/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/health.h"

#include "frontend/connection.h"
#include "frontend/exchange.h"
#include "frontend/render.h"
#include "frontend/worker.h"

/* "bucket.domain" with or without a port, in any case. */
static bool is_below(struct span host, struct span domain)
{
	struct span name, tail;

	span_cut(host, ':', &name);
	if (name.len <= domain.len + 1)
		return false;
	tail = span_skip(name, name.len - domain.len - 1);
	return span_bytes(tail)[0] == '.' && span_equal_nocase(span_skip(tail, 1), domain);
}

bool health_is_asked(const struct head *h, const char *const *domains)
{
	if (!span_equal(h->target, SPAN(HEALTH_TARGET)))
		return false;
	if (!span_equal(h->method, SPAN("GET")) && !span_equal(h->method, SPAN("HEAD")))
		return false;
	for (; domains && *domains; domains++)
		if (is_below(h->host, span_from_string(*domains)))
			return false;
	return true;
}

static const char *json_bool(bool b)
{
	return b ? "true" : "false";
}

void health_answer(struct exchange *e)
{
	struct worker *w = e->connection->worker;
	bool authd = links_authd_is_open(&w->links), stored = links_stored_is_open(&w->links);
	char id[EXCHANGE_ID_TEXT];

	reply_reset(&e->reply, authd && stored ? 200 : 503);
	render_ids(&(struct render_ids){ exchange_id_text(e, id), w->host_id }, &e->reply);
	reply_field_string(&e->reply, "Cache-Control", "no-store");
	if (e->reply.status == 503)
		reply_field_u64(&e->reply, "Retry-After", RENDER_RETRY_AFTER_S);
	buffer_printf(&e->reply.body,
		      "{\"status\":\"%s\",\"service\":\"coffer\",\"version\":\"%s\","
		      "\"confinement\":\"%s\",\"authd\":%s,\"stored\":%s}\n",
		      authd && stored ? "healthy" : "degraded", COFFER_VERSION, w->config.confinement,
		      json_bool(authd), json_bool(stored));
	reply_document(&e->reply, "application/json");
	exchange_deliver(e);
}
