/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/upload.h"

#include "base/fd.h"
#include "frontend/connection.h"
#include "frontend/dialogue.h"
#include "frontend/exchange.h"
#include "frontend/worker.h"

/* Nothing comes from the client: what it asked for can be told at once. */
static void begin_without_body(struct exchange *e)
{
	int r = body_finish(&e->body);

	if (r)
		exchange_give_up(e, r);
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

void upload_take(struct exchange *e, struct span *bytes)
{
	int r = body_take(&e->body, bytes);

	if (r == 0)
		r = dialogue_tell_chunks(e, false);
	if (r)
		exchange_give_up(e, r);
	else if (body_is_full(&e->body))
		stall(e);
}

void upload_end(struct exchange *e)
{
	int r = body_finish(&e->body);

	if (r)
		exchange_give_up(e, r);
	else if (e->state == EXCHANGE_COLLECTING)
		dialogue_administer(e);
	else
		dialogue_tell(e);
}
