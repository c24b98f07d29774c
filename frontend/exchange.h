/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An exchange is one request and its answer: a state machine that the client pushes from one side and the links to
 * authd and stored from the other. Its moves are one table, in exchange.c; the list below says in which states its
 * client is left alone, and what ends the wait.
 *
 *   HEADING -> CHECKING -> REPLYING -> SENDING, for a health check
 *   HEADING -> [COLLECTING] -> ADMINISTERING -> REPLYING -> SENDING, for the admin API
 *   HEADING -> ASKING -> READING ------------------------------> REPLYING -> SENDING
 *                     -> [OPENING] -> RECEIVING -> [CHAINING] -> WRITING -> REPLYING -> SENDING
 *   refused while the body is still coming: FAREWELL
 */

#include "base/loop.h"
#include "frontend/body.h"
#include "frontend/download.h"
#include "frontend/head.h"
#include "frontend/links.h"
#include "frontend/pace.h"
#include "frontend/render/reply.h"
#include "frontend/rendering.h"
#include "frontend/transfer.h"
#include "ipc/grant.h"
#include "s3/administration.h"

struct answer;
struct connection;
struct dialect;
struct http_service;
struct worker;

/*
 * STATE(SYMBOL, suspended, DEADLINE)
 *
 * Suspended: neither is read from the client nor sent to it, until somebody else moves the exchange on.
 */
#define EXCHANGE_STATES(STATE)                                                                     \
	STATE(HEADING, false, HEAD)	/* the head is here, and nothing has come of it yet */     \
	STATE(CHECKING, true, ASK)	/* authd and stored are to say that they are there */      \
	STATE(ASKING, true, ASK)	/* authd has the head */                                   \
	STATE(OPENING, true, CALL)	/* stored is to hand out a pipe */                         \
	STATE(RECEIVING, false, BODY)	/* the client sends its body */                            \
	STATE(STALLED, true, STALL)	/* the pipe is full */                                     \
	STATE(THROTTLED, true, NONE)	/* the tenant's bandwidth is used up: the body waits */    \
	STATE(CHAINING, true, ASK)	/* authd walks the signatures of the chunks */             \
	STATE(READING, true, CALL)	/* stored looks something up */                            \
	STATE(WRITING, true, CHANGE)	/* stored makes something durable */                       \
	STATE(COLLECTING, false, BODY)	/* the client sends the body of an admin request */        \
	STATE(ADMINISTERING, true, CHANGE) /* authd has all of it, and makes something durable */  \
	STATE(REPLYING, false, REPLY)	/* the reply is ready; the rest of the body is dropped */  \
	STATE(HELD, true, NONE)		/* the tenant's bandwidth is used up: so the reply waits, */ \
	STATE(SENDING, false, SEND)	/* the client takes the reply */                           \
	STATE(STARVED, true, CALL)	/* more of the object is to come from stored */            \
	STATE(PACED, true, NONE)	/* or what is left of it */                                \
	STATE(FAREWELL, false, FAREWELL) /* the client takes a refusal; its body is still coming */ \
	STATE(ENDED, false, NONE)	/* nothing more happens; the connection closes */

enum exchange_state {
#define STATE(SYMBOL, ...) EXCHANGE_##SYMBOL,
	EXCHANGE_STATES(STATE)
#undef STATE
	EXCHANGE_STATE_COUNT,
};

#define EXCHANGE_ITEMS_MAX (8 * 1024 * 1024)
#define EXCHANGE_ID_TEXT 17

struct exchange {
	struct call call;
	struct connection *connection;
	enum exchange_state state;
	uint64_t id;
	char id_text[EXCHANGE_ID_TEXT];	/* the same as clients see it, and the log */
	uint64_t started_ns;
	uint64_t judged_ns;	/* when authd's word came; 0: it has not */
	uint64_t answered_ns;	/* when the answer was ready; 0: it is not */

	/* What the client sent. */
	struct head head;
	struct transfer transfer;	/* how far its body has come */
	bool admitted;		/* the client was told to send its body, where it waits for that */
	bool is_head;		/* HEAD: no answer has a body */
	uint64_t received;	/* of the body, without the framing of HTTP */
	uint64_t progress;	/* bytes that had moved when the deadline was last set, either way */
	bool is_measured;	/* it is that of the answer */

	/* What became of it. */
	struct buffer sealed;	/* the grant; empty until there is one */
	struct grant grant;	/* borrows from sealed */
	bool granted;
	struct body body;
	struct buffer items;
	struct rendering rendering;
	struct download download;
	struct reply reply;
	enum s3_error error;	/* what the client was told, for the log */
	uint32_t retry_after_s;	/* when it may come again, as authd said; 0: the usual */
	const char *allowed;	/* the methods that the target takes, where that is ours to say */
	bool administers;	/* it is the admin API's: no grant, and another dialect */
	bool has_admin_body;	/* and room of its worker for that, until it ends */
	char methods[ADMINISTRATION_METHODS_MAX];	/* what `allowed` is then */

	struct pace_part part;	/* of what its tenant may have at a time */
	struct loop_source pipe;	/* while STALLED */
};

/* By which the doors of S3 and REST are served. */
extern const struct http_service exchange_service;

/* True if the table has that move. */
bool exchange_may_move(enum exchange_state from, enum exchange_state to);
bool exchange_is_suspended(enum exchange_state s);

/* The only way to another state; wakes the connection where that leaves the client alone no longer, and sets
 * the deadline. */
void exchange_move(struct exchange *e, enum exchange_state to);

/*
 * The reply is written: gets it to the client, whatever the state and however much of the body is
 * still coming.
 */
void exchange_deliver(struct exchange *e);

/* Appends who answers to which request, as every reply says it. */
void exchange_sign(struct exchange *e);

/* Delivers what was written; where that went wrong, it is a failure of ours. */
void exchange_conclude(struct exchange *e);

/* Writes a refusal and delivers it. detail may be SPAN_NONE. */
void exchange_refuse(struct exchange *e, enum s3_error error, struct span detail);

/* The same for what stored said of the object; answer may be NULL. */
void exchange_refuse_with(struct exchange *e, enum s3_error error, struct span detail,
			  const struct answer *answer);

/* Nobody waits for the call any more: ends it at authd and stored. */
void exchange_abandon(struct exchange *e);

/*
 * Abandons the call and refuses: with an enum s3_error (> 0), or for a failure of ours (< 0), which
 * is logged here. That a link is down is neither: the client is told to come again.
 */
void exchange_give_up(struct exchange *e, int r);

/* The client sends its body, and somebody wants it. */
bool exchange_takes_body(const struct exchange *e);

/* The deadline of its state has passed. */
void exchange_expire(struct exchange *e);

/* The client is gone, or to go: nothing more happens. */
void exchange_end(struct exchange *e);

/* The client has all of the reply: the request is over, and the exchange gone. */
void exchange_finish(struct exchange *e);

/* The same of one that was refused before it had sent everything: what is still to come is dropped. */
void exchange_part(struct exchange *e);

/* How its client is spoken to. */
const struct dialect *exchange_dialect(const struct exchange *e);
