/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/exchange.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "frontend/access.h"
#include "frontend/administration.h"
#include "frontend/connection.h"
#include "frontend/dialect.h"
#include "frontend/dialogue.h"
#include "frontend/farewell.h"
#include "frontend/headtext.h"
#include "frontend/http.h"
#include "frontend/limit.h"
#include "frontend/pages.h"
#include "frontend/response.h"
#include "frontend/upload.h"
#include "frontend/worker.h"
#include "s3/target.h"

/* A refused request's body that is no larger is read to its end, and the connection lives on. */
#define SKIPPED_BODY_MAX (64 * 1024)

/* --- the table --------------------------------------------------------------------------- */

#define TO(state) (1u << EXCHANGE_##state)

/* Every state leads to ENDED: the client may vanish at any time. */
static const uint32_t exchange_moves[EXCHANGE_STATE_COUNT] = {
	[EXCHANGE_HEADING] = TO(CHECKING) | TO(ASKING) | TO(COLLECTING) | TO(ADMINISTERING) |
			     TO(REPLYING) | TO(FAREWELL) | TO(ENDED),
	[EXCHANGE_CHECKING] = TO(REPLYING) | TO(FAREWELL) | TO(ENDED),
	[EXCHANGE_ASKING] = TO(OPENING) | TO(RECEIVING) | TO(READING) | TO(WRITING) | TO(REPLYING) |
			    TO(FAREWELL) | TO(ENDED),
	[EXCHANGE_OPENING] = TO(RECEIVING) | TO(REPLYING) | TO(FAREWELL) | TO(ENDED),
	[EXCHANGE_RECEIVING] = TO(STALLED) | TO(THROTTLED) | TO(CHAINING) | TO(READING) |
			       TO(WRITING) | TO(REPLYING) | TO(FAREWELL) | TO(ENDED),
	[EXCHANGE_STALLED] = TO(RECEIVING) | TO(REPLYING) | TO(FAREWELL) | TO(ENDED),
	[EXCHANGE_THROTTLED] = TO(RECEIVING) | TO(REPLYING) | TO(FAREWELL) | TO(ENDED),
	[EXCHANGE_CHAINING] = TO(WRITING) | TO(REPLYING) | TO(ENDED),
	[EXCHANGE_READING] = TO(REPLYING) | TO(ENDED),
	[EXCHANGE_WRITING] = TO(REPLYING) | TO(ENDED),
	[EXCHANGE_COLLECTING] = TO(ADMINISTERING) | TO(REPLYING) | TO(FAREWELL) | TO(ENDED),
	[EXCHANGE_ADMINISTERING] = TO(REPLYING) | TO(ENDED),
	[EXCHANGE_REPLYING] = TO(SENDING) | TO(HELD) | TO(ENDED),
	[EXCHANGE_HELD] = TO(REPLYING) | TO(ENDED),
	[EXCHANGE_SENDING] = TO(STARVED) | TO(PACED) | TO(ENDED),
	[EXCHANGE_STARVED] = TO(SENDING) | TO(ENDED),
	[EXCHANGE_PACED] = TO(SENDING) | TO(ENDED),
	[EXCHANGE_FAREWELL] = TO(ENDED),
	[EXCHANGE_ENDED] = 0,
};

static const struct exchange_row {
	bool suspended;
	enum deadline deadline;
} exchange_rows[EXCHANGE_STATE_COUNT] = {
#define STATE(SYMBOL, suspended, deadline) [EXCHANGE_##SYMBOL] = { suspended, DEADLINE_##deadline },
	EXCHANGE_STATES(STATE)
#undef STATE
};

bool exchange_may_move(enum exchange_state from, enum exchange_state to)
{
	return exchange_moves[from] & 1u << to;
}

bool exchange_is_suspended(enum exchange_state s)
{
	return exchange_rows[s].suspended;
}

static bool waits_for_bandwidth(enum exchange_state s)
{
	return s == EXCHANGE_THROTTLED || s == EXCHANGE_HELD || s == EXCHANGE_PACED;
}

/*
 * What moves from now on is held against the deadline. An answer that waited for more of itself
 * goes on as it was.
 */
static void note_progress(struct exchange *e, enum exchange_state from)
{
	if (from == EXCHANGE_REPLYING)
		e->is_measured = false;
	else if (exchange_takes_body(e))
		e->progress = e->received;
}

void exchange_move(struct exchange *e, enum exchange_state to)
{
	enum exchange_state from = e->state;

	assert(exchange_may_move(from, to));
	if (waits_for_bandwidth(from))
		pace_withdraw(&e->part);
	e->state = to;
	note_progress(e, from);
	connection_set_deadline(e->connection, exchange_rows[to].deadline);
	if (!exchange_is_suspended(to))
		connection_wake(e->connection);
}

/* --- life -------------------------------------------------------------------------------- */

static struct exchange *exchange_free(struct exchange *e)
{
	if (!e)
		return NULL;
	links_end(&e->connection->worker->links, &e->call);
	limit_release(e);
	administration_release(e);
	rendering_clear(e);
	loop_remove(&e->pipe);
	head_clear(&e->head);
	buffer_clear(&e->sealed);
	body_clear(&e->body);
	buffer_clear(&e->items);
	download_clear(&e->download);
	reply_clear(&e->reply);
	free(e);
	return NULL;
}

static struct exchange *exchange_new(struct connection *c)
{
	struct exchange *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->connection = c;
	e->id = worker_next_request_id(c->worker);
	snprintf(e->id_text, sizeof(e->id_text), "%016" PRIX64, e->id);
	e->started_ns = clock_boottime_ns();
	head_init(&e->head);
	e->sealed = BUFFER_INIT(IPC_GRANT_MAX);
	e->items = BUFFER_INIT(EXCHANGE_ITEMS_MAX);
	e->rendering.answer = BUFFER_INIT(IPC_ITEMS_MAX);
	body_init(&e->body);
	reply_init(&e->reply);
	c->exchange = e;
	connection_join(c, &c->worker->busy);
	return e;
}

void exchange_abandon(struct exchange *e)
{
	links_end(&e->connection->worker->links, &e->call);
	rendering_clear(e);
	loop_remove(&e->pipe);
	body_clear(&e->body);
	body_init(&e->body);
}

const struct dialect *exchange_dialect(const struct exchange *e)
{
	return e->administers ? &dialect_admin : &dialects[e->connection->http->dialect];
}

/* --- getting an answer to the client ----------------------------------------------------- */

static bool body_is_over(const struct exchange *e)
{
	return e->transfer.state == TRANSFER_AT_END;
}

/* So little is left of the body that reading it costs less than a new connection, if it comes. */
static bool body_can_be_skipped(const struct exchange *e)
{
	if (e->error == S3_ERROR_REQUEST_TIMEOUT)
		return false;
	if (e->head.framing != HEAD_LENGTH || (e->head.expects_continue && !e->admitted))
		return false;
	return e->head.content_length - e->received <= SKIPPED_BODY_MAX;
}

void exchange_deliver(struct exchange *e)
{
	e->answered_ns = clock_boottime_ns();
	loop_remove(&e->pipe);
	if (!e->head.error && (body_is_over(e) || body_can_be_skipped(e))) {
		exchange_move(e, EXCHANGE_REPLYING);
		return;
	}
	exchange_move(e, EXCHANGE_FAREWELL);
	farewell_say(e);
}

void exchange_sign(struct exchange *e)
{
	struct render_ids ids = { e->id_text, e->connection->worker->host_id };

	exchange_dialect(e)->ids(&ids, &e->reply);
}

void exchange_conclude(struct exchange *e)
{
	int r = reply_error(&e->reply);

	if (r < 0)
		exchange_give_up(e, r);
	else
		exchange_deliver(e);
}

void exchange_refuse_with(struct exchange *e, enum s3_error error, struct span detail,
			  const struct answer *answer)
{
	struct render_error in = {
		.error = error,
		.detail = detail,
		.target = e->head.target,
		.request = e->granted ? &e->grant.request : NULL,
		.answer = answer,
		.retry_after_s = e->retry_after_s,
		.allowed = e->allowed,
		.ids = { e->id_text, e->connection->worker->host_id },
	};

	e->error = error;
	exchange_dialect(e)->error(&in, &e->reply);
	exchange_deliver(e);
}

void exchange_refuse(struct exchange *e, enum s3_error error, struct span detail)
{
	exchange_refuse_with(e, error, detail, NULL);
}

static enum s3_error error_of_failure(struct exchange *e, int r)
{
	if (r == -ENOTCONN || r == -EBUSY || r == -ENOBUFS)
		return S3_ERROR_SERVICE_UNAVAILABLE;
	log_error("request-failed id=%s error=%s", e->id_text, strerrorname_np(-r));
	return S3_ERROR_INTERNAL_ERROR;
}

void exchange_give_up(struct exchange *e, int r)
{
	exchange_abandon(e);
	exchange_refuse(e, r > 0 ? (enum s3_error)r : error_of_failure(e, r), SPAN_NONE);
}

/* --- time -------------------------------------------------------------------------------- */

bool exchange_takes_body(const struct exchange *e)
{
	return e->state == EXCHANGE_RECEIVING || e->state == EXCHANGE_COLLECTING;
}

/* A client that sends fast enough gets another period. */
static void expire_body(struct exchange *e)
{
	if (e->received - e->progress >= DEADLINE_BODY_BYTES) {
		e->progress = e->received;
		connection_set_deadline(e->connection, DEADLINE_BODY);
		return;
	}
	exchange_give_up(e, S3_ERROR_REQUEST_TIMEOUT);
}

static uint64_t enough_of_an_answer(const struct exchange *e)
{
	uint64_t ms = e->connection->worker->config.deadlines_ms[DEADLINE_SEND];

	return MAX(ms * DEADLINE_SEND_RATE / 1000, UINT64_C(1));
}

/*
 * Likewise one that reads fast enough. How much it has taken is asked for here only, and not when
 * the answer begins: asking costs a system call, and hardly any answer comes to this.
 */
static void expire_answer(struct exchange *e)
{
	uint64_t taken = response_taken(e);

	if (e->is_measured && taken < e->progress + enough_of_an_answer(e)) {
		exchange_end(e);
		return;
	}
	e->is_measured = true;
	e->progress = taken;
	connection_set_deadline(e->connection, DEADLINE_SEND);
}

void exchange_expire(struct exchange *e)
{
	switch (e->state) {
	case EXCHANGE_CHECKING:
	case EXCHANGE_ASKING:
	case EXCHANGE_OPENING:
	case EXCHANGE_STALLED:
	case EXCHANGE_CHAINING:
	case EXCHANGE_READING:
	case EXCHANGE_WRITING:
	case EXCHANGE_ADMINISTERING:
		exchange_give_up(e, S3_ERROR_SERVICE_UNAVAILABLE);
		break;
	case EXCHANGE_RECEIVING:
	case EXCHANGE_COLLECTING:
		expire_body(e);
		break;
	case EXCHANGE_STARVED:
		e->download.broken = true;
		exchange_move(e, EXCHANGE_SENDING);
		break;
	case EXCHANGE_SENDING:
		expire_answer(e);
		break;
	case EXCHANGE_HEADING:
	case EXCHANGE_THROTTLED:
	case EXCHANGE_HELD:
	case EXCHANGE_PACED:
	case EXCHANGE_REPLYING:
	case EXCHANGE_FAREWELL:
	case EXCHANGE_ENDED:
	case EXCHANGE_STATE_COUNT:
		exchange_end(e);
		break;
	}
}

void exchange_end(struct exchange *e)
{
	loop_remove(&e->pipe);
	connection_drop(e->connection);
	if (e->state != EXCHANGE_ENDED)
		exchange_move(e, EXCHANGE_ENDED);
}

/* --- what the connection calls ----------------------------------------------------------- */

static struct transfer transfer_of(const struct head *h)
{
	switch (h->framing) {
	case HEAD_CHUNKED:
		return transfer_of_chunks();
	case HEAD_LENGTH:
		return transfer_of_length(h->content_length);
	case HEAD_NO_BODY:
		break;
	}
	return transfer_of_length(0);
}

/* The head is here: refuses it, answers it here, or asks authd. */
static void begin(struct connection *c, struct span text)
{
	struct exchange *e = exchange_new(c);
	int r;

	if (!e) {
		connection_drop(c);
		return;
	}
	headtext_read(text, &e->head);
	r = head_finish(&e->head);
	e->transfer = transfer_of(&e->head);
	e->is_head = span_equal(e->head.method, SPAN("HEAD"));
	e->administers = pages_are_administration(e);
	if (r < 0)
		exchange_give_up(e, r);
	else if (r > 0)
		exchange_refuse(e, r, span_from_string(e->head.why));
	else if (!pages_serve(e))
		dialogue_ask(e);
}

/* The rest of the body comes before the reply. */
static void reply(struct exchange *e)
{
	if (upload_skip(e))
		response_begin(e);
}

/* In the others there is nothing to do for the client. */
static void (*const steps[EXCHANGE_STATE_COUNT])(struct exchange *e) = {
	[EXCHANGE_RECEIVING] = upload_receive, [EXCHANGE_COLLECTING] = upload_receive,
	[EXCHANGE_REPLYING] = reply,	       [EXCHANGE_SENDING] = response_send,
	[EXCHANGE_FAREWELL] = farewell_send,
};

static void step(struct connection *c)
{
	if (steps[c->exchange->state])
		steps[c->exchange->state](c->exchange);
}

static void note_end(const struct exchange *e, bool whole)
{
	uint64_t now = clock_boottime_ns();
	struct counts_request r = {
		.grant = e->granted ? &e->grant : NULL,
		.dialect = e->connection->http->dialect,
		.status = e->reply.status,
		.error = e->error,
		.whole = whole,
		.received = e->received,
		.sent = e->is_head ? 0 : e->reply.length,
		.answer_ns = e->answered_ns ? e->answered_ns - e->started_ns : 0,
		.ns = now - e->started_ns,
	};

	counts_note(worker_counts(e->connection->worker), &r);
	access_log(e, whole, now);
}

/* The exchange is gone, and the connection without one. */
static void leave(struct exchange *e, bool whole)
{
	note_end(e, whole);
	e->connection->exchange = NULL;
	exchange_free(e);
}

void exchange_finish(struct exchange *e)
{
	struct connection *c = e->connection;
	bool persists = response_persists(e);

	leave(e, true);
	http_rest(c, persists);
}

void exchange_part(struct exchange *e)
{
	struct connection *c = e->connection;

	leave(e, true);
	http_part(c);
}

static void end(struct connection *c)
{
	leave(c->exchange, false);
}

const struct http_service exchange_service = {
	.begin = begin,
	.step = step,
	.end = end,
};
