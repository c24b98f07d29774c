/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A call is one request under way, from the message that brought its grant to its last answer. It has
 * one holder at a time: the loop, or the thread that does the next piece of work for it. While it
 * is away the loop touches nothing but the members it marks as its own.
 *
 * A handler is what an operation does: handler_<operation>(), on a reader thread, or on the loop where it
 * is known to wait for nothing. It says 0, the enum s3_error the client is told, or -errno; and with 0, in
 * `step`, what comes next. Work that comes later - when the body is there, when the change is committed - it
 * leaves behind in `work` and `settle`.
 */

#include "ipc/answer.h"
#include "ipc/grant.h"
#include "stored/archive.h"
#include "stored/body.h"
#include "stored/change.h"
#include "stored/delivery.h"
#include "stored/gate.h"
#include "stored/items.h"
#include "stored/scrub.h"

struct service;
struct session;

enum call_state {
	CALL_AWAY = 0,	/* a thread has it, or waits for it */
	CALL_RECEIVING,	/* its body comes in; the frontend commits */
	CALL_TELLING,	/* its answer goes out, as fast as the frontend takes it */
	CALL_SENDING,	/* its object goes out; the frontend asks for more */
	CALL_OVER,
	CALL_STATES,
};

enum call_step {
	CALL_ANSWER = 0,	/* what is said in `answer`, `items` and `object` is final */
	CALL_SUBMIT,		/* `change` goes to the store, then settle(), on the loop */
	CALL_RECEIVE,		/* `terms` say which body may come; when it is whole, work() */
	CALL_READ,		/* work() on a reader */
	CALL_FLUSH,		/* work() on a flusher */
	CALL_COPY,		/* work() on a copier */
	CALL_ARCHIVE,		/* work() on the archivist */
};

#define CALL_TRAILER_MAX 64
#define CALL_TEXT_MAX 2048

struct call {
	struct service *service;
	enum call_state state;

	/* The loop's own. */
	struct session *session;	/* NULL: nobody waits for it any more */
	uint64_t number;
	bool counts_as_body;		/* among its session's */
	bool committed;			/* the frontend has said COMMIT, or need not */
	uint64_t length;		/* the number of bytes it committed to */
	char trailer[CALL_TRAILER_MAX];	/* the checksum that came behind them */
	size_t trailer_len;
	bool chain_is_done;		/* authd has sealed it */
	struct buffer lengths;		/* of chunks, said before the body was opened */
	uint64_t deadline_ns;		/* of the body */
	struct turn telling;		/* while it waits among its session's answers */
	size_t told;			/* bytes of items that were sent */
	bool answered;			/* the OBJECT was sent, pieces follow */
	unsigned int credit;		/* pieces that may be sent */
	unsigned int unasked;		/* pieces sent and not yet asked past */
	bool submitted;			/* the store has `change` */

	/* What was asked. Constant. */
	struct grant grant;
	bool has_inside;
	struct span inside;		/* the body that came in the message */
	int command_fd;			/* the document, or file, that came with it, or -1 */
	uint32_t command_len;
	uint64_t most;			/* bytes that a body of its may have */
	bool by_operator;		/* for whom policies of buckets are not made */
	struct archive *archive;	/* of the operator's channel; a reference, or NULL */
	struct ipc_id blob;		/* of it, where one is asked for or brought */
	bool resumes;			/* a restoration */
	struct scrub_position position;	/* where a step of a scrub begins */

	/* The holder's. */
	struct task task;
	enum call_step step;
	int (*work)(struct call *c);
	int (*settle)(struct call *c);	/* makes of change->result what the call has come to */
	int result;
	unsigned int attempts;
	const char *detail;		/* in place of the error's own sentence: a literal, or `text` */
	const struct gate *gate, *source_gate;	/* of the buckets asked for; NULL: nobody's, or not asked */
	enum s3_error refusal;		/* what he was not allowed to, and authd has not heard of yet */
	bool admitted;			/* what handler_run() checks first holds */
	bool hides_keys;		/* a key that is missing is told as one that is forbidden */
	uint8_t *document;		/* the command, once it was read and checked */
	struct body_terms terms;
	struct reservation *reservation;	/* for what its change will add */
	struct body *body;
	struct change *change;
	struct answer answer;
	char checksum_text[CHECKSUM_TEXT_MAX];
	struct items items;
	struct object *object;
	bool is_object;			/* the answer is an OBJECT */
	struct span object_body;	/* with this inside, */
	uint64_t object_extents;	/* or so many bytes in extents */
	struct delivery delivery;
	unsigned int wanted;		/* pieces to open */

	/* From here on nothing is zeroed but the first byte, so that it is an empty string. */
	char text[CALL_TEXT_MAX];	/* what the answer borrows and nobody else keeps */
	uint8_t memory[];		/* what grant and inside point to */
};

/* --- the loop's -------------------------------------------------------------------------------- */

/*
 * Takes the grant and the body out of the message into memory of its own; the grant is not yet
 * opened. Takes command_fd, -1 for none, in every case.
 */
must_check int call_new(struct service *s, struct span sealed, struct span inside, int command_fd,
			struct call **ret);

/* Of one that was not begun, or is over. NULL is fine. */
struct call *call_free(struct call *c);
DEFINE_CLEANUP(struct call *, call_free)

/* Its grant is open and it is in its session's table: it goes to `work`, or where that is NULL its handler. */
void call_begin(struct call *c);

/* The frontend wants more of the object: 0 or CHANNEL_VIOLATION. */
must_check int call_more(struct call *c);

/* Nobody waits for it any more: it is over as soon as whoever has it gives it back. */
void call_abandon(struct call *c);

/* Sends the next message of its answer; true with the last. Then its session calls call_told(). */
must_check bool call_tell(struct call *c);
void call_told(struct call *c);

/* --- the handlers' ----------------------------------------------------------------------------- */

static inline const struct s3_request *call_request(const struct call *c)
{
	return &c->grant.request;
}

/* Who asks: in his turn, and of his share. Of nobody in particular the id is zeros. */
static inline const struct ipc_id *call_tenant(const struct call *c)
{
	return &c->grant.principal.tenant;
}

/* Whose the bucket is: on his behalf it is worked on, once the handler runs. */
static inline const struct ipc_id *call_owner(const struct call *c)
{
	return c->gate ? &c->gate->owner : &c->grant.principal.tenant;
}

/* Likewise of the source of a copy. */
static inline const struct ipc_id *call_source_owner(const struct call *c)
{
	return c->source_gate ? &c->source_gate->owner : &c->grant.principal.tenant;
}

/* Returns the error, with a literal sentence of its own. */
static inline int call_say(struct call *c, enum s3_error error, const char *sentence)
{
	c->detail = sentence;
	return (int)error;
}

/* The same of a quota: which; to others than the owner only that there is one. */
static inline int call_refuse_quota(struct call *c, enum quota_limit limit)
{
	bool is_own = ipc_id_equal(call_owner(c), call_tenant(c));

	return call_say(c, S3_ERROR_QUOTA_EXCEEDED, is_own ? quota_sentence(limit) : NULL);
}

/* The next step: do this on that kind of thread. Returns 0. */
static inline int call_go_on(struct call *c, enum call_step step, int (*work)(struct call *))
{
	c->step = step;
	c->work = work;
	return 0;
}

/* The next step: this change, and then to settle what became of it. Returns 0. */
static inline int call_submit(struct call *c, int (*settle)(struct call *))
{
	c->step = CALL_SUBMIT;
	c->settle = settle;
	return 0;
}

/* It looks at one object, and hardly ever has to wait for the disk. */
bool call_is_brief(const struct call *c);

/* What the client is told of a failure. */
int call_shown(struct call *c, int result);

/* A change of this kind to the bucket and key of the request; the call's. */
must_check int call_change(struct call *c, enum change_kind kind);
