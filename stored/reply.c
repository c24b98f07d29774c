/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/reply.h"

#include "base/fd.h"
#include "base/log.h"
#include "stored/session.h"

static void say(struct call *c, const struct ipc_message *m, int fd)
{
	session_send(c->session, m, fd);
}

void reply_pipe(struct call *c, int write_fd)
{
	say(c, &(struct ipc_message){ .number = IPC_PIPE, .pipe = { .call = c->number } },
	    write_fd);
}

bool reply_items(struct call *c)
{
	struct span items;

	if (!items_next(&c->items, &c->told, &items))
		return false;
	say(c,
	    &(struct ipc_message){ .number = IPC_ITEMS,
				   .items = { .call = c->number, .items = items } },
	    -1);
	return true;
}

static void reply_done(struct call *c, struct span answer)
{
	say(c,
	    &(struct ipc_message){ .number = IPC_DONE,
				   .done = { .call = c->number, .answer = answer } },
	    -1);
}

static void reply_object(struct call *c, struct span answer)
{
	struct span body = span_is_none(c->object_body) ? SPAN("") : c->object_body;

	say(c,
	    &(struct ipc_message){ .number = IPC_OBJECT,
				   .object = { .call = c->number,
					       .answer = answer,
					       .body = body,
					       .extents = c->object_extents } },
	    -1);
}

void reply_answer(struct call *c)
{
	_cleanup_(buffer_clear) struct buffer answer = BUFFER_INIT(IPC_ITEMS_MAX);

	answer_encode(&c->answer, &answer);
	if (buffer_error(&answer)) {
		reply_failure(c, buffer_error(&answer));
		return;
	}
	if (c->is_object)
		reply_object(c, buffer_span(&answer));
	else
		reply_done(c, buffer_span(&answer));
}

bool reply_pieces(struct call *c)
{
	struct delivery *d = &c->delivery;
	bool last = false;

	for (unsigned int i = 0; i < d->n_pieces; i++) {
		struct delivery_piece *p = &d->pieces[i];

		last = p->last;
		say(c,
		    &(struct ipc_message){ .number = IPC_EXTENT,
					   .extent = { .call = c->number,
						       .offset = p->offset,
						       .length = p->len,
						       .last = p->last } },
		    steal_fd(p->fd));
	}
	c->unasked += d->n_pieces;
	c->credit -= d->n_pieces;
	d->n_pieces = 0;
	return last;
}

/* What a client hears of a failure of ours: whether the same request may work later. */
static enum s3_error error_of_failure(int errno_)
{
	switch (errno_) {
	case ENOSPC:
	case EDQUOT:
		return S3_ERROR_INSUFFICIENT_STORAGE;
	case ENOMEM:
	case EMFILE:
	case ENFILE:
	case EAGAIN:
	case EROFS:
		return S3_ERROR_SERVICE_UNAVAILABLE;
	default:
		return S3_ERROR_INTERNAL_ERROR;
	}
}

static enum s3_error blame(const struct call *c, int result)
{
	if (result > 0)
		return (enum s3_error)result;
	log_error("call-failed request=%016llX operation=%s errno=%d",
		  (unsigned long long)c->grant.request_id,
		  s3_operations[c->grant.request.operation].name, -result);
	return error_of_failure(-result);
}

static void reply_failed(struct call *c, enum s3_error error, const char *detail,
			 struct span answer)
{
	say(c,
	    &(struct ipc_message){ .number = IPC_FAILED,
				   .failed = { .call = c->number,
					       .error = (uint16_t)error,
					       .detail = span_from_string(detail),
					       .answer = answer } },
	    -1);
}

void reply_refusal(struct call *c, enum s3_error error)
{
	reply_failed(c, error, NULL, SPAN_NONE);
}

void reply_failure(struct call *c, int result)
{
	_cleanup_(buffer_clear) struct buffer answer = BUFFER_INIT(IPC_ITEMS_MAX);

	/* Of the object only what 304, 412 and 416 tell about it, and only if that is known. */
	answer_encode(&c->answer, &answer);
	if (buffer_error(&answer))
		buffer_clear(&answer);
	reply_failed(c, blame(c, result), c->detail, buffer_span(&answer));
}
