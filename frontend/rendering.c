/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/rendering.h"

#include "frontend/connection.h"
#include "frontend/dialect.h"
#include "frontend/exchange.h"
#include "frontend/worker.h"

#define RENDERING_COST 1 /* of each: a tenant has one in a turn */

static struct worker *worker_of(const struct exchange *e)
{
	return e->connection->worker;
}

struct turns rendering_turns(void)
{
	/* Twice what may be under way: a tenant that is alone may have all of it. */
	return TURNS_INIT(2 * LINKS_CALLS_MAX);
}

static void write_reply(struct exchange *e, const struct answer *a, size_t items_at_once)
{
	struct render in = { .request = &e->grant.request,
			     .answer = a,
			     .items = buffer_span(&e->items),
			     .items_at_once = items_at_once };

	exchange_dialect(e)->operation(&in, &e->reply);
	if (!e->reply.progress.more)
		exchange_sign(e);
}

void rendering_write(struct exchange *e, const struct answer *a)
{
	write_reply(e, a, 0);
}

/* True where more is to be written. */
static bool go_on(struct exchange *e, struct span answer, size_t items_at_once)
{
	struct answer a;

	if (e->items.error || !answer_decode(answer, &a)) {
		exchange_give_up(e, -EBADMSG);
		return false;
	}
	write_reply(e, &a, items_at_once);
	if (e->reply.progress.more && !reply_error(&e->reply))
		return true;
	exchange_conclude(e);
	return false;
}

static bool wait_for_turn(struct exchange *e, struct span answer)
{
	uint64_t owner = ipc_id_number(&e->grant.principal.tenant);
	struct rendering *r = &e->rendering;

	buffer_append(&r->answer, answer);
	r->waits = !buffer_error(&r->answer) &&
		   turns_add(&worker_of(e)->renderings, &r->turn, owner, RENDERING_COST);
	return r->waits;
}

void rendering_begin(struct exchange *e, struct span answer)
{
	if (e->items.len <= RENDERING_AT_ONCE)
		(void)go_on(e, answer, 0);
	else if (!wait_for_turn(e, answer))
		exchange_give_up(e, -ENOBUFS);
}

void rendering_clear(struct exchange *e)
{
	struct rendering *r = &e->rendering;

	if (r->waits)
		turns_remove(&worker_of(e)->renderings, &r->turn);
	r->waits = false;
	buffer_clear(&r->answer);
}

bool rendering_is_due(const struct worker *w)
{
	return turns_are_ready(&w->renderings);
}

void rendering_step(struct worker *w)
{
	struct turn *t = turns_take(&w->renderings, RENDERING_COST, 1);
	struct exchange *e;

	if (!t)
		return;
	e = (struct exchange *)((char *)t - offsetof(struct exchange, rendering.turn));
	e->rendering.waits = false;
	if (!go_on(e, buffer_span(&e->rendering.answer), RENDERING_ITEMS))
		return;
	turns_put_back(&w->renderings, t);
	e->rendering.waits = true;
}
