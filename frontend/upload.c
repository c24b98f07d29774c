/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/upload.h"

#include "base/fd.h"
#include "frontend/connection.h"
#include "frontend/dialogue.h"
#include "frontend/exchange.h"
#include "frontend/limit.h"
#include "frontend/worker.h"

/*
 * Who asks first is told now that he may. Who has begun to send has not waited. Where there is no
 * body, RFC 9110, 10.1.1, lets it be left out; but botocore 1.29 that hears the final answer in its
 * place takes the status of that for the status of its next answer, too.
 */
static int admit(struct exchange *e)
{
	struct connection *c = e->connection;
	bool has_begun = head_has_body(&e->head) && c->inlet.kept.len;

	if (e->admitted)
		return 0;
	e->admitted = true;
	if (!e->head.expects_continue || e->head.http_1_0 || has_begun)
		return 0;
	return outlet_send(&c->outlet, c->socket.fd, SPAN("HTTP/1.1 100 Continue\r\n\r\n"),
			   SPAN_NONE, false);
}

/* Nothing comes from the client: what it asked for can be told at once. */
static void begin_without_body(struct exchange *e)
{
	int r = body_finish(&e->body);

	if (r)
		exchange_give_up(e, r);
	else if (admit(e) < 0)
		exchange_end(e);
	else
		dialogue_tell(e);
}

void upload_begin(struct exchange *e)
{
	body_begin(&e->body, &e->grant.request, e->connection->worker->links.inline_limit);
	if (e->body.place == BODY_PIPE)
		dialogue_open(e);
	else if (!head_has_body(&e->head))
		begin_without_body(e);
	else if (e->head.framing == HEAD_LENGTH && !e->body.framed &&
		 e->head.content_length > e->body.limit)
		exchange_give_up(e, (int)e->body.too_long);
	else
		exchange_move(e, EXCHANGE_RECEIVING);
}

void upload_open(struct exchange *e, int *fd)
{
	e->body.pipe_fd = steal_fd(*fd);
	exchange_move(e, EXCHANGE_RECEIVING);
}

static int pipe_ready(struct loop_source *s, uint32_t events)
{
	struct exchange *e = (struct exchange *)((char *)s - offsetof(struct exchange, pipe));
	int r;

	/* stored closed its end, or died: body_drain() finds out which, and what is left is
	 * dropped. */
	r = body_drain(&e->body);
	if (r == 0 && body_is_full(&e->body))
		return 0;
	loop_remove(&e->pipe);
	if (r < 0)
		exchange_give_up(e, r);
	else
		exchange_move(e, EXCHANGE_RECEIVING);
	return 0;
}

static void stall(struct exchange *e)
{
	int r;

	e->pipe = (struct loop_source){ .fd = e->body.pipe_fd, .ready = pipe_ready };
	r = loop_add(&e->connection->worker->loop, &e->pipe, EPOLLOUT);
	if (r < 0)
		exchange_give_up(e, r);
	else
		exchange_move(e, EXCHANGE_STALLED);
}

/* --- from the client ---------------------------------------------------------------------- */

/* Takes bytes off *bytes; with the pipe full, the exchange is STALLED and the rest comes again. */
static void hand_over(struct exchange *e, struct span *bytes)
{
	int r = body_take(&e->body, bytes);

	if (r == 0)
		r = dialogue_tell_chunks(e, false);
	if (r)
		exchange_give_up(e, r);
	else if (body_is_full(&e->body))
		stall(e);
}

/* The client has sent everything. */
static void conclude(struct exchange *e)
{
	int r = body_finish(&e->body);

	if (r)
		exchange_give_up(e, r);
	else if (e->state == EXCHANGE_COLLECTING)
		dialogue_administer(e);
	else
		dialogue_tell(e);
}

/* Where its end is nobody knows: it is the last on its connection. */
static void refuse(struct exchange *e)
{
	exchange_abandon(e);
	exchange_refuse(e, S3_ERROR_INVALID_REQUEST,
			SPAN("The chunks of the request's body are malformed."));
}

/* Returns how much of the data was used. What nobody wants any more is heard to its end all the
 * same. */
static size_t take_data(struct exchange *e, struct span data)
{
	struct span rest = limit_paces(e) ? span_first(data, MIN(data.len, PACE_PIECE)) : data;
	size_t all = rest.len;

	if (limit_holds_body(e, all))
		return 0;
	e->received += all;
	hand_over(e, &rest);
	if (!exchange_is_suspended(e->state) && !exchange_takes_body(e))
		rest = span_skip(rest, rest.len);
	e->received -= rest.len;
	limit_count_body(e, all - rest.len);
	return all - rest.len;
}

static void take(struct exchange *e, struct span *bytes)
{
	uint64_t most = e->body.n_pieces + BODY_PIECES_MAX;
	struct span data;
	int r = TRANSFER_DATA;

	while (r == TRANSFER_DATA && exchange_takes_body(e) && e->body.n_pieces < most) {
		r = transfer_next(&e->transfer, bytes, &data);
		if (r == TRANSFER_DATA)
			transfer_use(&e->transfer, bytes, take_data(e, data));
		else if (r == TRANSFER_OVER)
			conclude(e);
		else if (r == TRANSFER_MALFORMED)
			refuse(e);
	}
}

/* To be received at a time: of what stands behind the body no more than behind a head. */
static size_t most_of(const struct transfer *t)
{
	uint64_t behind = t->chunked ? INLET_HEAD_PIECE : 0;

	return (size_t)MIN(t->left, (uint64_t)INLET_PIECE) + (size_t)behind;
}

static int flush(struct exchange *e)
{
	struct connection *c = e->connection;

	return outlet_is_empty(&c->outlet) ? 0 : outlet_flush(&c->outlet, c->socket.fd, false);
}

void upload_receive(struct exchange *e)
{
	struct connection *c = e->connection;
	struct span bytes;
	int r = admit(e);

	/* It may have ended while the pipe was full: what comes now is the next request. */
	if (r >= 0 && e->transfer.state == TRANSFER_AT_END) {
		conclude(e);
		return;
	}
	if (r >= 0)
		r = flush(e);
	if (r >= 0)
		r = connection_read(c, most_of(&e->transfer), &bytes);
	if (r < 0 || r == INLET_ENDED)
		exchange_end(e);
	if (r)
		return;
	take(e, &bytes);
	connection_keep(c, bytes);
	if (exchange_takes_body(e) && inlet_is_promising(&c->inlet))
		connection_wake(c);
}

bool upload_skip(struct exchange *e)
{
	struct connection *c = e->connection;
	struct span bytes, data;
	int r;

	if (e->transfer.state == TRANSFER_AT_END)
		return true;
	r = connection_read(c, most_of(&e->transfer), &bytes);
	if (r == INLET_ENDED || r < 0)
		exchange_end(e);
	if (r)
		return false;
	/* Of a body whose length is known: nobody else's is skipped. */
	if (transfer_next(&e->transfer, &bytes, &data) == TRANSFER_DATA) {
		e->received += data.len;
		transfer_use(&e->transfer, &bytes, data.len);
	}
	connection_keep(c, bytes);
	if (e->transfer.state == TRANSFER_AT_END)
		return true;
	connection_wake(c);
	return false;
}
