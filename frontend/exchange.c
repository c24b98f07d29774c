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
#include "frontend/limit.h"
#include "frontend/mhdhead.h"
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
	[EXCHANGE_CHECKING] = TO(REPLYING) | TO(LINGERING) | TO(ENDED),
	[EXCHANGE_ASKING] = TO(OPENING) | TO(RECEIVING) | TO(READING) | TO(WRITING) | TO(REPLYING) |
			    TO(LINGERING) | TO(ENDED),
	[EXCHANGE_OPENING] = TO(RECEIVING) | TO(REPLYING) | TO(LINGERING) | TO(ENDED),
	[EXCHANGE_RECEIVING] = TO(STALLED) | TO(THROTTLED) | TO(CHAINING) | TO(READING) |
			       TO(WRITING) | TO(REPLYING) | TO(FAREWELL) | TO(ENDED),
	[EXCHANGE_STALLED] = TO(RECEIVING) | TO(REPLYING) | TO(LINGERING) | TO(ENDED),
	[EXCHANGE_THROTTLED] = TO(RECEIVING) | TO(REPLYING) | TO(LINGERING) | TO(ENDED),
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
	[EXCHANGE_FAREWELL] = TO(LINGERING) | TO(ENDED),
	[EXCHANGE_LINGERING] = TO(ENDED),
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

/* A large answer may take its time, but not any time. */
static uint64_t extra_time(const struct exchange *e, enum exchange_state s)
{
	return s == EXCHANGE_SENDING ? e->reply.length / DEADLINE_SEND_RATE * NS_PER_S : 0;
}

static bool waits_for_bandwidth(enum exchange_state s)
{
	return s == EXCHANGE_THROTTLED || s == EXCHANGE_HELD || s == EXCHANGE_PACED;
}

void exchange_move(struct exchange *e, enum exchange_state to)
{
	bool was = exchange_is_suspended(e->state), is = exchange_is_suspended(to);

	assert(exchange_may_move(e->state, to));
	if (waits_for_bandwidth(e->state))
		pace_withdraw(&e->part);
	e->state = to;
	e->progress = e->received;
	connection_set_deadline(e->connection, exchange_rows[to].deadline, extra_time(e, to));
	if (is && !was)
		MHD_suspend_connection(e->http);
	if (was && !is)
		http_resume(e->connection->http, e->http);
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
	loop_remove(&e->socket);
	free(e->target);
	head_clear(&e->head);
	buffer_clear(&e->sealed);
	body_clear(&e->body);
	buffer_clear(&e->items);
	download_clear(&e->download);
	reply_clear(&e->reply);
	free(e);
	return NULL;
}
DEFINE_CLEANUP(struct exchange *, exchange_free)

static struct exchange *exchange_new(struct connection *c, const char *target,
				     struct MHD_Connection *http)
{
	_cleanup_(exchange_freep) struct exchange *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->connection = c;
	e->http = http;
	e->id = worker_next_request_id(c->worker);
	snprintf(e->id_text, sizeof(e->id_text), "%016" PRIX64, e->id);
	e->started_ns = clock_boottime_ns();
	e->target_at = target;
	head_init(&e->head);
	e->sealed = BUFFER_INIT(IPC_GRANT_MAX);
	e->items = BUFFER_INIT(EXCHANGE_ITEMS_MAX);
	e->rendering.answer = BUFFER_INIT(IPC_ITEMS_MAX);
	body_init(&e->body);
	reply_init(&e->reply);
	e->target = strdup(target);
	if (!e->target)
		return NULL;
	c->exchange = e;
	connection_join(c, &c->worker->busy);
	connection_set_deadline(c, DEADLINE_HEAD, 0);
	return steal_ptr(e);
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
	switch (e->head.framing) {
	case HEAD_NO_BODY:
		return true;
	case HEAD_LENGTH:
		return e->received == e->head.content_length || e->body_ended;
	case HEAD_CHUNKED:
		return e->body_ended;
	}
	return true;
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
	farewell_say(e);
	if (exchange_is_suspended(e->state))
		farewell_linger(e);
	else
		exchange_move(e, EXCHANGE_FAREWELL);
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
		.target = span_from_string(e->target),
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

static bool takes_body(const struct exchange *e)
{
	return e->state == EXCHANGE_RECEIVING || e->state == EXCHANGE_COLLECTING;
}

bool exchange_waits_for_client(const struct exchange *e)
{
	return e->state == EXCHANGE_HEADING || takes_body(e);
}

/* A client that sends fast enough gets another period. */
static void expire_body(struct exchange *e)
{
	if (e->received - e->progress >= DEADLINE_BODY_BYTES) {
		e->progress = e->received;
		connection_set_deadline(e->connection, DEADLINE_BODY, 0);
		return;
	}
	exchange_give_up(e, S3_ERROR_REQUEST_TIMEOUT);
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
	case EXCHANGE_LINGERING:
		farewell_end(e);
		break;
	case EXCHANGE_HEADING:
	case EXCHANGE_THROTTLED:
	case EXCHANGE_HELD:
	case EXCHANGE_PACED:
	case EXCHANGE_REPLYING:
	case EXCHANGE_SENDING:
	case EXCHANGE_FAREWELL:
	case EXCHANGE_ENDED:
	case EXCHANGE_STATE_COUNT:
		connection_drop(e->connection);
		break;
	}
}

void exchange_stop(struct exchange *e)
{
	loop_remove(&e->pipe);
	loop_remove(&e->socket);
	e->download.broken = true;
	connection_drop(e->connection);
	if (e->state != EXCHANGE_ENDED)
		exchange_move(e, EXCHANGE_ENDED);
}

/* --- libmicrohttpd's callbacks ----------------------------------------------------------- */

static void *on_target(void *cls, const char *target, struct MHD_Connection *http)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(http, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct connection *c = info ? info->socket_context : NULL;

	/* Without a connection or memory the request's first callback ends it. */
	return c && target ? exchange_new(c, target, http) : NULL;
}

/* The head is here: refuses it, answers it here, or asks authd. */
static void begin(struct exchange *e, const char *method, const char *version)
{
	int r;

	e->head_seen = true;
	e->is_head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
	head_begin(&e->head, span_from_string(method), span_from_string(e->target),
		   span_from_string(version));
	mhdhead_read(e->http, method, (struct span){ e->target_at, e->head.target.len }, version,
		     &e->head);
	r = head_finish(&e->head);
	e->administers = pages_are_administration(e);
	if (r < 0)
		exchange_give_up(e, r);
	else if (r > 0)
		exchange_refuse(e, r, span_from_string(e->head.why));
	else if (!pages_serve(e))
		dialogue_ask(e);
}

static enum MHD_Result on_body(struct exchange *e, struct span *bytes)
{
	size_t all = bytes->len;

	if (takes_body(e)) {
		if (limit_holds_body(e, all))
			return MHD_YES;
		e->received += all;
		upload_take(e, bytes);
		/* Only after a suspension does libmicrohttpd come again with what was left unread. */
		if (!exchange_is_suspended(e->state))
			*bytes = span_skip(*bytes, bytes->len);
		e->received -= bytes->len;
		limit_count_body(e, all - bytes->len);
		return MHD_YES;
	}
	if (e->state == EXCHANGE_REPLYING) {
		e->received += all;
		*bytes = span_skip(*bytes, all);
		return MHD_YES;
	}
	/*
	 * libmicrohttpd 0.9.75 goes on to the next HTTP chunk in its buffer although the last one
	 * suspended the connection: what is left unread here comes again after the suspension.
	 */
	if (exchange_is_suspended(e->state))
		return MHD_YES;
	if (e->state != EXCHANGE_FAREWELL)
		return MHD_NO;
	farewell_linger(e);
	return MHD_YES;
}

/* What is sent at once, and not piece by piece. */
static uint64_t answer_in_memory(const struct exchange *e)
{
	return e->is_head || e->download.total ? 0 : e->reply.body.len;
}

/* The body is over, or there never was one: the last callback, and again after each suspension. */
static enum MHD_Result on_body_end(struct exchange *e)
{
	e->body_ended = true;
	if (takes_body(e))
		upload_end(e);
	if (e->state == EXCHANGE_REPLYING && !limit_holds_reply(e, answer_in_memory(e)))
		return response_queue(e);
	if (e->state == EXCHANGE_FAREWELL)
		farewell_linger(e);
	return exchange_is_suspended(e->state) ? MHD_YES : MHD_NO;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *http, const char *url,
				  const char *method, const char *version, const char *data,
				  size_t *data_len, void **context)
{
	struct exchange *e = *context;
	struct span bytes = { data, *data_len };
	enum MHD_Result r;

	if (!e || e->state == EXCHANGE_ENDED)
		return MHD_NO;
	if (bytes.len) {
		r = on_body(e, &bytes);
		*data_len = bytes.len;
		return r;
	}
	if (!e->head_seen)
		begin(e, method, version);
	else if (e->admitted)
		return on_body_end(e);
	/*
	 * Before the body, once for each suspension. A reply queued here would cost the connection,
	 * so it waits for the call at the body's end, which follows at once where there is none.
	 */
	if (e->state == EXCHANGE_FAREWELL)
		farewell_linger(e);
	e->admitted = !exchange_is_suspended(e->state);
	return MHD_YES;
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

static void on_end(void *cls, struct MHD_Connection *http, void **context,
		   enum MHD_RequestTerminationCode why)
{
	struct exchange *e = *context;
	struct connection *c = e ? e->connection : NULL;

	*context = NULL;
	if (!e)
		return;
	note_end(e, why == MHD_REQUEST_TERMINATED_COMPLETED_OK);
	c->exchange = NULL;
	exchange_free(e);
	worker_rest(c->worker, c);
}

const struct http_service exchange_service = {
	.target = on_target,
	.request = on_request,
	.end = on_end,
};
