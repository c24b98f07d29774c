/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/health.h"

#include "frontend/connection.h"
#include "frontend/exchange.h"
#include "frontend/render/json.h"
#include "frontend/render/render.h"
#include "frontend/worker.h"

/* What is amiss, or NULL. */
static const char *reason_of(bool authd, bool stored)
{
	if (!authd && !stored)
		return "coffer-authd and coffer-stored do not answer";
	if (!authd)
		return "coffer-authd does not answer";
	return stored ? NULL : "coffer-stored does not answer";
}

/* To clients of REST what the service said that Coffer takes over; to others more. */
static json_t *document(const struct exchange *e, bool authd, bool stored, const char *reason)
{
	json_t *root = json_pack("{s:s, s:s, s:s}", "status", reason ? "degraded" : "healthy",
				 "service", "coffer", "version", COFFER_VERSION);
	json_t *more = json_pack("{s:s, s:b, s:b}", "confinement",
				 e->connection->worker->config.confinement, "authd", authd,
				 "stored", stored);
	bool is_rest = e->connection->http->dialect == S3_DIALECT_REST;

	if ((!is_rest && json_object_update(root, more) < 0) ||
	    (reason && json_object_set_new(root, "reason", json_string(reason)) < 0)) {
		json_decref(root);
		root = NULL;
	}
	json_decref(more);
	return root;
}

static void answer(struct exchange *e, bool authd, bool stored)
{
	const char *reason = reason_of(authd, stored);

	reply_reset(&e->reply, reason ? 503 : 200);
	exchange_sign(e);
	reply_field_string(&e->reply, "Cache-Control", "no-store");
	if (reason)
		reply_field_u64(&e->reply, "Retry-After", RENDER_RETRY_AFTER_S);
	json_document(&e->reply, document(e, authd, stored, reason));
	exchange_conclude(e);
}

void health_answer(struct exchange *e)
{
	struct pulse *p = &e->connection->worker->pulse;
	enum pulse_beat authd = pulse_take(p, LINKS_AUTHD, e->started_ns);
	enum pulse_beat stored = pulse_take(p, LINKS_STORED, e->started_ns);

	if (authd != PULSE_ASKED && stored != PULSE_ASKED)
		answer(e, authd == PULSE_THERE, stored == PULSE_THERE);
	else if (e->state != EXCHANGE_CHECKING)
		exchange_move(e, EXCHANGE_CHECKING);
}
