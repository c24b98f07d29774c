/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/limit.h"

#include "base/clock.h"
#include "frontend/connection.h"
#include "frontend/exchange.h"
#include "frontend/worker.h"

static void go(struct pace_part *p)
{
	struct exchange *e = (struct exchange *)((char *)p - offsetof(struct exchange, part));

	exchange_move(e, e->state == EXCHANGE_THROTTLED ? EXCHANGE_RECEIVING
			 : e->state == EXCHANGE_HELD	? EXCHANGE_REPLYING
							: EXCHANGE_SENDING);
}

static enum presence_way way_of(const struct exchange *e)
{
	return s3_operations[e->grant.request.operation].body == S3_BODY_OBJECT ? PRESENCE_IN
										: PRESENCE_OUT;
}

/* Like authd's refusals: authd and stored have nothing of it under way any more. */
static bool refuse(struct exchange *e, enum counts_limit limit, struct span sentence)
{
	counts_limit(worker_counts(e->connection->worker), &e->grant.principal, limit);
	exchange_abandon(e);
	e->retry_after_s = PACE_COME_AGAIN_S;
	exchange_refuse(e, S3_ERROR_SLOW_DOWN, sentence);
	return false;
}

bool limit_admits(struct exchange *e)
{
	struct paces *paces = &e->connection->worker->paces;
	int r;

	if (!e->grant.limits.bandwidth && !e->grant.limits.parallel)
		return true;
	e->part.go = go;
	r = paces_join(paces, &e->grant, way_of(e), clock_boottime_ns(), &e->part);
	if (r < 0) {
		exchange_give_up(e, r);
		return false;
	}
	switch ((enum pace_outcome)r) {
	case PACE_JOINED:
		return true;
	case PACE_PARALLEL:
		return refuse(e, COUNTS_LIMIT_PARALLEL,
			      SPAN("The tenant's limit of requests under way is reached."));
	case PACE_BANDWIDTH:
		return refuse(e, COUNTS_LIMIT_BANDWIDTH,
			      SPAN("The tenant's limit of bandwidth is reached, and too many "
				   "requests wait for it."));
	case PACE_NO_ROOM:
		exchange_abandon(e);
		exchange_refuse(e, S3_ERROR_SLOW_DOWN, SPAN_NONE);
		return false;
	}
	return false;
}

static bool holds(struct exchange *e, enum presence_way way, uint64_t len, enum exchange_state in)
{
	if (!limit_paces(e) || pace_may_move(&e->part, way, len, clock_boottime_ns()))
		return false;
	exchange_move(e, in);
	return true;
}

bool limit_holds_body(struct exchange *e, size_t len)
{
	return holds(e, PRESENCE_IN, len, EXCHANGE_THROTTLED);
}

bool limit_holds_reply(struct exchange *e, uint64_t len)
{
	return holds(e, PRESENCE_OUT, len, EXCHANGE_HELD);
}

bool limit_holds_piece(struct exchange *e, uint64_t len)
{
	return holds(e, PRESENCE_OUT, len, EXCHANGE_PACED);
}

void limit_count_body(struct exchange *e, size_t len)
{
	pace_moved(&e->part, PRESENCE_IN, len);
}

void limit_count_piece(struct exchange *e, uint64_t len)
{
	pace_moved(&e->part, PRESENCE_OUT, len);
}

bool limit_paces(const struct exchange *e)
{
	return e->part.pace && e->grant.limits.bandwidth;
}

void limit_release(struct exchange *e)
{
	pace_leave(&e->part);
}
