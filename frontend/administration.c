/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/administration.h"

#include "frontend/connection.h"
#include "frontend/dialogue.h"
#include "frontend/exchange.h"
#include "frontend/render/admin.h"
#include "frontend/worker.h"

_Static_assert(ADMINISTRATION_BODY_MAX <= IPC_ADMINISTER_MAX, "a body fits into its message");

static int find(struct exchange *e)
{
	_cleanup_(buffer_clear) struct buffer decoded = BUFFER_INIT(S3_TARGET_MAX);
	struct administration_target t = { 0 };
	int r = administration_find(e->head.method, e->head.target, &decoded, &t);

	memcpy(e->methods, t.methods, sizeof(e->methods));
	e->allowed = e->methods;
	if (r < 0)
		return r;
	switch ((enum administration_outcome)r) {
	case ADMINISTRATION_OK:
		break;
	case ADMINISTRATION_NOWHERE:
		return S3_ERROR_ADMIN_NO_SUCH_RESOURCE;
	case ADMINISTRATION_NO_METHOD:
		return S3_ERROR_METHOD_NOT_ALLOWED;
	case ADMINISTRATION_MALFORMED:
		return S3_ERROR_INVALID_URI;
	}
	if (e->head.framing == HEAD_LENGTH && e->head.content_length > ADMINISTRATION_BODY_MAX)
		return S3_ERROR_ADMIN_BODY_TOO_LARGE;
	return 0;
}

/* 0, or there is no room for one more body. */
static int take_room(struct exchange *e)
{
	struct worker *w = e->connection->worker;

	if (!head_has_body(&e->head))
		return 0;
	if (w->n_admin_bodies >= ADMINISTRATION_BODIES_MAX)
		return S3_ERROR_SLOW_DOWN;
	w->n_admin_bodies++;
	e->has_admin_body = true;
	return 0;
}

void administration_serve(struct exchange *e)
{
	int r = find(e);

	if (!r)
		r = take_room(e);
	if (r) {
		exchange_give_up(e, r);
		return;
	}
	body_gather(&e->body, ADMINISTRATION_BODY_MAX, S3_ERROR_ADMIN_BODY_TOO_LARGE);
	if (e->has_admin_body)
		exchange_move(e, EXCHANGE_COLLECTING);
	else
		dialogue_administer(e);
}

void administration_release(struct exchange *e)
{
	if (e->has_admin_body)
		e->connection->worker->n_admin_bodies--;
	e->has_admin_body = false;
}

void administration_answer(struct exchange *e, unsigned int status, uint32_t retry_after_s,
			   struct span document)
{
	reply_reset(&e->reply, status);
	exchange_sign(e);
	render_admin_answer(retry_after_s, document, &e->reply);
	exchange_conclude(e);
}
