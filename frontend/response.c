/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/response.h"

#include "base/log.h"
#include "frontend/connection.h"
#include "frontend/dialogue.h"
#include "frontend/exchange.h"
#include "frontend/limit.h"
#include "frontend/render/head.h"
#include "frontend/worker.h"

/* Of one answer in one step of the worker, and with one call. */
#define RESPONSE_PIECE (512 * KIB)

/* Of an answer to HEAD, and of 204 and 304, only the head is sent. */
static bool has_body(const struct exchange *e)
{
	return !e->is_head && render_head_allows_body(e->reply.status);
}

static bool has_files(const struct exchange *e)
{
	return has_body(e) && e->download.total > 0;
}

/* What is sent at once, and not piece by piece. */
static uint64_t answer_in_memory(const struct exchange *e)
{
	return e->is_head || e->download.total ? 0 : e->reply.body.len;
}

/* Of a worker that is about to end nobody should ask anything more. */
bool response_persists(const struct exchange *e)
{
	return e->head.persists && !e->connection->worker->draining;
}

uint64_t response_taken(const struct exchange *e)
{
	const struct connection *c = e->connection;
	uint64_t on_the_way = outlet_unacknowledged(c->socket.fd);

	return c->outlet.sent - MIN(on_the_way, c->outlet.sent);
}

static void go_on(struct exchange *e, int r)
{
	if (r < 0)
		exchange_end(e);
	else if (r == OUTLET_SENT && !has_files(e))
		exchange_finish(e);
}

/* Whoever reads a head believes it: what another body left over would be taken for the next reply.
 */
static bool is_as_said(const struct exchange *e)
{
	return !has_body(e) || e->reply.length == e->reply.body.len + e->download.total;
}

void response_begin(struct exchange *e)
{
	if (!is_as_said(e)) {
		log_error("reply-misfit id=%s", e->id_text);
		exchange_end(e);
		return;
	}
	if (limit_holds_reply(e, answer_in_memory(e)))
		return;
	exchange_move(e, EXCHANGE_SENDING);
	go_on(e, http_say(e->connection, &e->head, &e->reply, response_persists(e), has_files(e)));
}

/* --- objects ------------------------------------------------------------------------------ */

static void break_off(struct exchange *e, int r)
{
	if (r == -ENODATA)
		log_error("download-broken error=%s", strerrorname_np(-r));
	exchange_end(e);
}

/* How much of what is there goes at once; 0: nothing for now. */
static size_t piece_of(struct exchange *e)
{
	const struct download *d = &e->download;
	uint64_t len = MIN(d->window[0].length, RESPONSE_PIECE);

	if (!limit_paces(e))
		return (size_t)len;
	len = MIN(len, PACE_PIECE);
	return limit_holds_piece(e, len) ? 0 : (size_t)len;
}

/* Returns what was sent; 0 where it does not go on now. */
static size_t send_piece(struct exchange *e)
{
	struct connection *c = e->connection;
	struct download *d = &e->download;
	size_t len, n;
	int r;

	/* Bandwidth is asked for by who could use it. */
	len = c->outlet.writable ? piece_of(e) : 0;
	if (!len)
		return 0;
	r = outlet_send_file(&c->outlet, c->socket.fd, d->window[0].fd, d->window[0].offset, len,
			     &n);
	if (r < 0)
		break_off(e, r);
	if (r)
		return 0;
	limit_count_piece(e, n);
	if (download_sent(d, n))
		dialogue_want_extent(e);
	return n;
}

static void send_files(struct exchange *e)
{
	struct download *d = &e->download;
	size_t sent = 0, n = 1;

	while (d->n && n && sent < RESPONSE_PIECE) {
		n = send_piece(e);
		sent += n;
	}
	if (e->state != EXCHANGE_SENDING || !n)
		return;
	if (d->n)
		connection_yield(e->connection);
	else if (download_has_all(d))
		exchange_finish(e);
	else if (d->broken)
		break_off(e, -ENODATA);
	else
		exchange_move(e, EXCHANGE_STARVED);
}

void response_send(struct exchange *e)
{
	struct connection *c = e->connection;
	int r = OUTLET_SENT;

	if (!outlet_is_empty(&c->outlet))
		r = outlet_flush(&c->outlet, c->socket.fd, has_files(e));
	if (r == OUTLET_SENT && has_files(e))
		send_files(e);
	else
		go_on(e, r);
}
