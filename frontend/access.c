/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/access.h"

#include "base/clock.h"
#include "base/log.h"
#include "frontend/connection.h"
#include "frontend/exchange.h"

/* Only what authd has let pass is named: of others' paths nothing is kept in the log. */
static const char *operation_name(const struct exchange *e)
{
	return e->granted ? s3_operations[e->grant.request.operation].name : "-";
}

static struct span or_dash(const struct exchange *e, struct span s)
{
	return e->granted && !span_is_none(s) ? s : SPAN("-");
}

void access_log(const struct exchange *e, bool whole)
{
	const struct s3_request *q = &e->grant.request;
	const char *code = e->error ? s3_errors[e->error].code : "-";
	char id[EXCHANGE_ID_TEXT];

	log_info("request id=%s peer=%s op=%s bucket=%s key=%s status=%u error=%s in=%llu out=%llu "
		 "ms=%llu%s",
		 exchange_id_text(e, id), e->connection->peer, operation_name(e),
		 LOG_VALUE(or_dash(e, q->bucket)), LOG_VALUE(or_dash(e, q->key)), e->reply.status,
		 code, (unsigned long long)e->received,
		 (unsigned long long)(e->is_head ? 0 : e->reply.length),
		 (unsigned long long)((clock_boottime_ns() - e->started_ns) / NS_PER_MS),
		 whole ? "" : " aborted");
}
