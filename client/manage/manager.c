/* SPDX-License-Identifier: Apache-2.0 */
#include "client/manage/manager.h"

#include "base/clock.h"

#define STEP_MS 100
#define DAMAGES_BYTES_MAX (1 * MIB) /* of those that one step finds */

/* --- life ------------------------------------------------------------------------------------ */

int manager_open(struct manager *m, const struct operator_target *t,
		 const volatile sig_atomic_t *stop, struct complaint *why)
{
	*m = (struct manager){ .target = *t, .stop = stop, .why = why };
	return operator_begin(&m->stored, &m->target, why);
}

void manager_close(struct manager *m)
{
	operator_clear(&m->stored);
}

int manager_step(struct manager *m)
{
	int r;

	if (!operator_is_open(&m->stored)) {
		r = operator_open_again(&m->stored, m->stop, m->why);
		if (r != OPERATOR_OK)
			return r < 0 ? r : -ENOTCONN;
	}
	r = operator_step(&m->stored, STEP_MS);
	return r < 0 ? complain_errno(m->why, r, "cannot speak to stored") : 0;
}

/* --- one thing ------------------------------------------------------------------------------- */

struct question {
	struct operator_call call; /* first */
	struct manager_reply reply;
	bool answered;
	const struct s3_request *request; /* with: */
	struct span document;
	/* or: */
	const struct ipc_message *message;
	struct buffer *items; /* NULL: none are expected */
	unsigned int times, attempts;
	uint64_t due_ns;
};

static void take_opening(struct manager_reply *to, const struct answer *a)
{
	to->is_public = a->is_public == 1;
	to->blocks = a->blocks == ANSWER_ABSENT ? 0 : (unsigned int)a->blocks;
	if (span_is_none(a->document))
		return;
	to->document = span_to_string(a->document);
	if (!to->document)
		to->error = S3_ERROR_INTERNAL_ERROR;
}

static void take_answer(struct question *q, struct span bytes)
{
	struct answer a;

	q->answered = true;
	if (!answer_decode(bytes, &a)) {
		q->reply.error = S3_ERROR_INTERNAL_ERROR;
		return;
	}
	q->reply.figures = (struct manager_figures){
		.objects = a.objects,
		.bytes = a.bytes,
		.uploads = a.uploads,
		.upload_bytes = a.upload_bytes,
		.quota_bytes = a.quota_bytes,
		.quota_objects = a.quota_objects,
		.wrong_objects = a.wrong_objects,
		.wrong_bytes = a.wrong_bytes,
		.wrong_uploads = a.wrong_uploads,
		.wrong_upload_bytes = a.wrong_upload_bytes,
	};
	take_opening(&q->reply, &a);
	q->reply.created_ns = a.created == ANSWER_ABSENT ? 0 : a.created;
	if (a.position.len) {
		memcpy(q->reply.position, a.position.data, a.position.len);
		q->reply.position_len = a.position.len;
	}
	if (a.region.len < sizeof(q->reply.region))
		memcpy(q->reply.region, a.region.len ? a.region.data : "", a.region.len);
}

static void heard(struct operator_call *c, const struct ipc_message *m, int *fd)
{
	struct question *q = (struct question *)c;

	if (!m)
		return;
	if (m->number == IPC_DONE) {
		take_answer(q, m->done.answer);
	} else if (m->number == IPC_ITEMS && q->items) {
		buffer_append(q->items, m->items.items);
	} else if (m->number == IPC_FAILED) {
		q->reply.error = operator_error(&m->failed);
		memcpy(q->reply.detail, m->failed.detail.data,
		       MIN(m->failed.detail.len, sizeof(q->reply.detail) - 1));
		q->answered = !operator_may_retry(q->reply.error, &q->attempts, &q->due_ns);
	}
}

static int ask_if_due(struct manager *m, struct question *q)
{
	int e;

	if (q->call.number || !operator_is_open(&m->stored) || clock_boottime_ns() < q->due_ns)
		return 0;
	q->reply = (struct manager_reply){ .repeated = q->times++ > 0 };
	if (q->items)
		buffer_clear(q->items);
	e = q->request ? operator_ask(&m->stored, &q->call, q->request, q->document)
		       : operator_say(&m->stored, &q->call, q->message, -1);
	return e < 0 ? complain_errno(m->why, e, "cannot speak to stored") : 0;
}

static int converse(struct manager *m, struct question *q, struct manager_reply *ret)
{
	int e = 0;

	while (e == 0 && !q->answered && !manager_is_to_stop(m)) {
		e = ask_if_due(m, q);
		if (e == 0)
			e = manager_step(m);
	}
	operator_cancel(&m->stored, &q->call);
	if (e == 0 && !q->answered)
		return complain(m->why, -EINTR, "interrupted");
	if (e == 0)
		*ret = q->reply;
	else
		free(q->reply.document);
	return e;
}

int manager_ask(struct manager *m, const struct s3_request *r, struct manager_reply *ret)
{
	struct question q = { .call.heard = heard, .request = r };

	return converse(m, &q, ret);
}

int manager_command(struct manager *m, const struct s3_request *r, struct span document,
		    struct manager_reply *ret)
{
	struct question q = { .call.heard = heard, .request = r, .document = document };

	return converse(m, &q, ret);
}

int manager_say(struct manager *m, const struct ipc_message *what, struct manager_reply *ret)
{
	struct question q = { .call.heard = heard, .message = what };

	return converse(m, &q, ret);
}

/* Those of a step that was lost on the way come again with the next attempt. */
int manager_scrub(struct manager *m, struct span bucket, struct span position,
		  struct manager_reply *ret, int (*each)(void *context, const struct answer *item),
		  void *context)
{
	_cleanup_(buffer_clear) struct buffer items = BUFFER_INIT(DAMAGES_BYTES_MAX);
	const struct ipc_message what = { .number = IPC_SCRUB,
					  .scrub = { .bucket = bucket, .position = position } };
	struct question q = { .call.heard = heard, .message = &what, .items = &items };
	int r = converse(m, &q, ret), k = 0;
	struct answer a;
	struct span rest;

	if (r == 0 && buffer_error(&items))
		return complain_errno(m->why, buffer_error(&items), "cannot say what is damaged");
	rest = buffer_span(&items);
	while (r == 0 && (k = answer_next_item(&rest, &a)) == 1)
		r = each(context, &a);
	return r == 0 && k < 0 ? complain(m->why, -EPROTO, OPERATOR_NOT_UNDERSTOOD) : r;
}

/* --- lists ----------------------------------------------------------------------------------- */

int manager_list(struct manager *m, enum lister_of of, struct span bucket, enum s3_error *ret,
		 int (*each)(void *context, const struct answer *item), void *context)
{
	struct lister l;
	struct answer a;
	int r = 0;

	lister_init(&l, &m->stored, of, bucket, SPAN_NONE);
	while (r == 0 && !l.error && !lister_is_through(&l) && !manager_is_to_stop(m)) {
		r = lister_ask(&l);
		if (r < 0)
			complain_errno(m->why, r, "cannot speak to stored");
		else
			r = manager_step(m);
		while (r == 0 && lister_next(&l, &a))
			r = each(context, &a);
	}
	if (r == 0 && !l.error && !lister_is_through(&l))
		r = complain(m->why, -EINTR, "interrupted");
	if (r == 0)
		*ret = l.error;
	lister_clear(&l);
	return r;
}
