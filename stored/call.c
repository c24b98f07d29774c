/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/call.h"

#include <assert.h>

#include "base/fd.h"
#include "stored/call_life.h"
#include "stored/handler.h"
#include "stored/reception.h"
#include "stored/reply.h"
#include "stored/service.h"
#include "stored/shortcut.h"

#define LENGTHS_LIMIT (CUTTER_PENDING_MAX * sizeof(uint32_t))

/* --- states ---------------------------------------------------------------------------------- */

#define TO(state) (1u << (state))

static const uint8_t call_moves[CALL_STATES] = {
	[CALL_AWAY] = TO(CALL_AWAY) | TO(CALL_RECEIVING) | TO(CALL_TELLING) | TO(CALL_SENDING) |
		      TO(CALL_OVER),
	[CALL_RECEIVING] = TO(CALL_AWAY) | TO(CALL_TELLING) | TO(CALL_OVER),
	[CALL_TELLING] = TO(CALL_AWAY) | TO(CALL_SENDING) | TO(CALL_OVER),
	[CALL_SENDING] = TO(CALL_AWAY) | TO(CALL_OVER),
};

void call_move(struct call *c, enum call_state to)
{
	assert(call_moves[c->state] & TO(to));
	c->state = to;
}

/* --- life ------------------------------------------------------------------------------------ */

int call_new(struct service *s, struct span sealed, struct span inside, int command_fd,
	     struct call **ret)
{
	_cleanup_(fd_closep) int fd = command_fd;
	struct call *c = malloc(sizeof(*c) + sealed.len + inside.len);

	if (!c)
		return -ENOMEM;
	memset(c, 0, offsetof(struct call, text));
	c->text[0] = '\0';
	c->service = s;
	memcpy(c->memory, sealed.data, sealed.len);
	if (inside.len)
		memcpy(c->memory + sealed.len, inside.data, inside.len);
	c->inside = (struct span){ c->memory + sealed.len, inside.len };
	c->command_fd = steal_fd(fd);
	c->lengths = BUFFER_INIT(LENGTHS_LIMIT);
	c->items = ITEMS_INIT;
	c->credit = c->wanted = DELIVERY_WINDOW;
	answer_init(&c->answer);
	s->n_calls++;
	*ret = c;
	return 0;
}

/* authd keeps the chain of a signed stream until it is done, or hears that it never will be. */
static void forget_chain(struct call *c)
{
	if (s3_payload_is_chained(call_request(c)->payload) && !c->chain_is_done)
		authority_unchain(&c->service->authority, &c->grant.id);
}

struct call *call_free(struct call *c)
{
	if (!c)
		return NULL;
	c->service->n_calls--;
	forget_chain(c);
	fd_close(c->command_fd);
	buffer_clear(&c->lengths);
	free(c->document);
	body_free(c->body);
	change_free(c->change);
	reservation_free(c->reservation);
	items_clear(&c->items);
	delivery_clear(&c->delivery);
	object_free(c->object);
	gate_put(c->gate);
	gate_put(c->source_gate);
	archive_free(c->archive);
	free(c);
	return NULL;
}

void call_over(struct call *c)
{
	call_move(c, CALL_OVER);
	call_free(c);
}

void call_conclude(struct call *c, int result)
{
	c->result = result;
	call_move(c, CALL_TELLING);
	session_tell(c->session, c);
}

void call_abandon(struct call *c)
{
	c->session = NULL;
	switch (c->state) {
	case CALL_AWAY:
		break;
	case CALL_RECEIVING:
		body_drop(c->body);
		break;
	case CALL_TELLING:
	case CALL_SENDING:
		call_over(c);
		break;
	case CALL_OVER:
	case CALL_STATES:
		assert(false);
	}
}

void call_refuse_now(struct call *c, enum s3_error error)
{
	reply_refusal(c, error);
	session_forget(c->session, c);
	call_abandon(c);
}

int call_change(struct call *c, enum change_kind kind)
{
	const struct s3_request *r = call_request(c);
	int e;

	c->change = change_free(c->change);
	e = change_new(kind, call_owner(c), r->bucket, r->key, &c->change);
	if (e == 0)
		c->change->reservation = steal_ptr(c->reservation);
	return e;
}

/* --- away ------------------------------------------------------------------------------------ */

static void on_returned(struct task *t);

static void on_committed(struct change *change)
{
	struct call *c = change->context;

	c->task.run = on_returned;
	mailbox_post(&c->service->mailbox, &c->task);
}

/*
 * Nothing of a suspended tenant is changed any more, however long ago that was let in: when authd
 * has heard that it is suspended, all changes are on their way to the catalog. What administrators
 * do may be.
 */
static int submit_unless_suspended(struct call *c)
{
	struct service *service = c->service;
	struct suspensions *s = &service->suspensions;
	int r;

	if (c->by_operator)
		return store_submit(service->store, c->change);
	if (!suspensions_hold_off(s, call_owner(c))) {
		c->refusal = S3_ERROR_ACCESS_DENIED;
		return S3_ERROR_ACCESS_DENIED;
	}
	/* From here on the call may be gone. */
	r = store_submit(service->store, c->change);
	suspensions_let_go(s);
	return r;
}

/* From any thread. The call may be back on the loop, and gone, before this returns. */
static void submit(struct call *c)
{
	int r;

	c->submitted = true;
	c->change->context = c;
	c->change->done = on_committed;
	r = submit_unless_suspended(c);
	if (r == 0)
		return;
	c->change->result = r;
	on_committed(c->change);
}

/* The loop hears of it when the pool's thread has done its turn. */
static void come_back(struct call *c)
{
	c->task.run = on_returned;
	mailbox_leave(&c->service->mailbox, &c->task);
}

/* On a thread: work, and hand a change over at once rather than by way of the loop. */
static void on_work(struct task *t)
{
	struct call *c = task_owner(t, struct call, task);

	c->step = CALL_ANSWER;
	c->result = c->work(c);
	if (c->result == 0 && c->step == CALL_SUBMIT)
		submit(c);
	else
		come_back(c);
}

bool call_is_brief(const struct call *c)
{
	enum s3_operation o = call_request(c)->operation;

	return !c->answered && (o == S3_GET_OBJECT || o == S3_HEAD_OBJECT);
}

/* Who is popular must not pay for his visitors. */
void call_send_away(struct call *c, struct pool *p)
{
	uint64_t cost = call_is_brief(c) ? TASK_BRIEF : TASK_LONG;

	call_move(c, CALL_AWAY);
	c->task.run = on_work;
	if (pool_submit(p, &c->task, call_tenant(c), cost) != POOL_TAKEN)
		call_conclude(c, S3_ERROR_SLOW_DOWN);
}

/* --- answering ------------------------------------------------------------------------------- */

/* The frontend has had its last answer. */
static void finish(struct call *c)
{
	session_forget(c->session, c);
	call_over(c);
}

/* Who is not to know which keys there are hears what he would hear of a key that he may not have.
 */
int call_shown(struct call *c, int result)
{
	bool tells_key = result == S3_ERROR_NO_SUCH_KEY || result == S3_ERROR_NO_SUCH_VERSION;
	bool tells_bucket = result == S3_ERROR_NO_SUCH_BUCKET;

	if ((!tells_key || !c->hides_keys) && (!tells_bucket || !c->grant.principal.anonymous))
		return result;
	c->detail = NULL;
	return S3_ERROR_ACCESS_DENIED;
}

bool call_tell(struct call *c)
{
	if (c->result)
		reply_failure(c, call_shown(c, c->result));
	else if (reply_items(c))
		return false;
	else
		reply_answer(c);
	return true;
}

/* --- sending --------------------------------------------------------------------------------- */

static int open_more(struct call *c)
{
	return delivery_open(&c->delivery, c->service->store, c->object, c->wanted);
}

static void open_pieces(struct call *c)
{
	c->wanted = c->credit;
	c->work = open_more;
	call_send_away(c, c->service->readers);
}

static void deliver(struct call *c)
{
	if (reply_pieces(c))
		finish(c);
	else if (c->credit)
		open_pieces(c);
	else
		call_move(c, CALL_SENDING);
}

void call_told(struct call *c)
{
	c->answered = true;
	if (c->result == 0 && c->object_extents)
		deliver(c);
	else
		finish(c);
}

int call_more(struct call *c)
{
	if (!c->unasked)
		return session_violation(c->session, "next-without-extent");
	c->unasked--;
	c->credit++;
	if (c->state == CALL_SENDING)
		open_pieces(c);
	return 0;
}

/* --- going on -------------------------------------------------------------------------------- */

static void go_on(struct call *c)
{
	if (c->result) {
		call_conclude(c, c->result);
		return;
	}
	switch (c->step) {
	case CALL_ANSWER:
		if (c->answered)
			deliver(c);
		else
			call_conclude(c, 0);
		break;
	case CALL_SUBMIT:
		submit(c);
		break;
	case CALL_RECEIVE:
		reception_begin(c);
		break;
	case CALL_READ:
		call_send_away(c, c->service->readers);
		break;
	case CALL_FLUSH:
		call_send_away(c, c->service->flushers);
		break;
	case CALL_COPY:
		call_send_away(c, c->service->copiers);
		break;
	case CALL_ARCHIVE:
		call_send_away(c, c->service->archivists);
		break;
	}
}

/* Also of one that nobody waits for any more: it was tried. */
static void note_refusal(struct call *c)
{
	struct service *s = c->service;

	if (!c->refusal)
		return;
	s->figures.refusals[c->refusal]++;
	authority_refused(&s->authority, &c->grant, c->refusal,
			  c->gate ? call_request(c)->bucket : SPAN(""));
	c->refusal = S3_ERROR_NONE;
}

static void on_returned(struct task *t)
{
	struct call *c = task_owner(t, struct call, task);

	note_refusal(c);
	shortcut_remember(c);
	if (!c->session) {
		call_over(c);
		return;
	}
	if (c->submitted) {
		c->submitted = false;
		c->step = CALL_ANSWER;
		c->result = c->settle(c);
		if (c->result == S3_ERROR_QUOTA_EXCEEDED)
			c->result = call_refuse_quota(c, c->change->exceeded);
	}
	go_on(c);
}

/* --- begun ------------------------------------------------------------------------------------ */

void call_begin(struct call *c)
{
	c->committed = c->has_inside && !s3_payload_is_framed(call_request(c)->payload);
	c->length = c->inside.len;
	tenants_note(&c->service->tenants, &c->grant.principal);
	if (c->work) {
		call_send_away(c, c->service->readers);
		return;
	}
	c->work = handler_run;
	if (shortcut_take(c))
		go_on(c);
	else
		call_send_away(c, c->service->readers);
}
