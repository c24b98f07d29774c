/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/access.h"

#include "base/clock.h"
#include "base/log.h"
#include "frontend/connection.h"
#include "frontend/dialect.h"
#include "frontend/exchange.h"
#include "frontend/worker.h"
#include "s3/date.h"

bool access_form_parse(const char *text, enum access_form *ret)
{
	static const char *const names[] = {
		[ACCESS_KV] = "kv", [ACCESS_JSON] = "json", [ACCESS_NONE] = "none"
	};

	for (enum access_form f = 0; f < ARRAY_SIZE(names); f++) {
		if (strcmp(text, names[f]))
			continue;
		*ret = f;
		return true;
	}
	return false;
}

/* The journal has the time of each line. Whoever reads JSON often has nothing but the line. */
static void note_time(struct record *r)
{
	char text[DATE_TEXT_MAX];

	if (r->form == RECORD_JSON)
		record_string(r, "time", date_format_iso8601(clock_realtime_ns(), text));
}

static void note_who(struct record *r, const struct exchange *e)
{
	record_string(r, "id", e->id_text);
	record_string(r, "peer", e->connection->peer);
	if (!e->granted)
		return;
	record_text(r, "tenant", e->grant.principal.tenant_name);
	record_text(r, "credential", e->grant.principal.credential);
}

static void note_outcome(struct record *r, const struct exchange *e, bool whole)
{
	record_number(r, "status", e->reply.status);
	if (e->error)
		record_string(r, "error", s3_errors[e->error].code);
	record_number(r, "in", e->received);
	record_number(r, "out", e->is_head ? 0 : e->reply.length);
	if (!whole)
		record_true(r, "aborted");
}

/* All of it; until authd had ruled; until the answer was ready, and its first byte could go. */
static void note_times(struct record *r, const struct exchange *e, uint64_t now_ns)
{
	record_ms(r, "ms", now_ns - e->started_ns);
	if (e->judged_ns)
		record_ms(r, "authd_ms", e->judged_ns - e->started_ns);
	if (e->answered_ns)
		record_ms(r, "answer_ms", e->answered_ns - e->started_ns);
}

static void note_what(struct record *r, const struct s3_request *q)
{
	record_string(r, "op", s3_operations[q->operation].name);
	if (!span_is_none(q->bucket))
		record_text(r, "bucket", q->bucket);
	if (!span_is_none(q->key))
		record_text(r, "key", q->key);
}

void access_log(const struct exchange *e, bool whole, uint64_t now_ns)
{
	enum access_form form = e->connection->worker->config.access;
	struct record r;

	if (form == ACCESS_NONE)
		return;
	record_begin(&r, form == ACCESS_JSON ? RECORD_JSON : RECORD_KV, "request");
	note_time(&r);
	note_who(&r, e);
	record_string(&r, "dialect", exchange_dialect(e)->socket);
	note_outcome(&r, e, whole);
	note_times(&r, e, now_ns);
	if (e->granted)
		note_what(&r, &e->grant.request);
	log_gather(LOG_LEVEL_INFO, &r);
}
