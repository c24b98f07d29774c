/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A session is one channel to stored and the calls under way on it: a frontend worker's, or an
 * operator's. It opens with what authd sealed for it, and lives in one epoch. Its end is the end of all
 * its calls: what was not committed is dropped. What one role may say and the other may not is in
 * worker.c and operator.c; what both say of calls under way is here.
 */

#include <sys/types.h>

#include "base/table.h"
#include "ipc/channel.h"
#include "s3/errors.h"
#include "stored/figures.h"
#include "stored/shares.h"

#define SESSION_QUEUE_HIGH (512 * KIB)	/* answers wait while so many bytes wait for the peer */
#define SESSION_SWEEP_NS (2 * NS_PER_S)	/* how often deadlines are looked at */

struct call;
struct errand;
struct peer;
struct service;
struct service_config;
struct session;

struct session_role {
	const char *name;
	enum figures_peer peer;
	bool (*admits)(const struct service_config *c, const struct peer *p);
	size_t most;		/* channels at a time */
	enum ipc_direction incoming;
	size_t calls_max;	/* under way on one channel; more are told to slow down */
	size_t bodies_max;	/* of them with a body that comes in */
	bool many_tenants;	/* that share both numbers, as stored/shares.h says */
	uint64_t body_most;	/* bytes of one body */
	uint64_t greeting_ns;	/* how long it may take to enter; 0: for ever */
	uint64_t idle_ns;	/* and to ask for something, without an errand of its own; 0: for ever */

	/* What only this role says. 0, session_violation(), or -errno; fds as in channel.h. */
	int (*message)(struct session *s, const struct ipc_message *m, int *fds);
};

struct session {
	struct service *service;
	const struct session_role *role;
	struct channel channel;
	uid_t uid;			/* of the peer */
	struct ipc_id id;		/* of the channel, once entered */
	struct errand *errand;		/* what an operator came for, once entered */
	uint64_t moved_ns;		/* when something was last said, or done */
	struct table calls;
	struct shares under_way, bodies;	/* calls, and those of them that have a body */
	const char *fault;		/* what a message broke, in a word, for the log */
	struct turns telling;		/* answers that are to go out; tenants have their turns */
	struct call *told;		/* the one that has gone out by half */
	struct session *next, *prev;
};

struct sessions {
	struct service *service;
	struct loop_timer sweep;
	struct session *first;
};

void sessions_open(struct sessions *s, struct service *service);

/* A session on a connected socket; takes fd. */
must_check int session_open(struct sessions *s, const struct session_role *role, int fd, uid_t uid);

size_t sessions_count(const struct sessions *s, const struct session_role *role);

/* Ends those that have entered, with a word for the log; not from within a message of one of them. */
void sessions_end_entered(struct sessions *s, const char *reason);

/* Sends answers that waited for room; to be called after a flush. True if there were any. */
bool sessions_pump(struct sessions *s);

/* Ends all. */
void sessions_close(struct sessions *s);

/* --- for roles: from within a message of this session ------------------------------------------- */

/* What was shown is authd's: the channel is open and goes by this id. */
must_check int session_enter(struct session *s, const struct ipc_id *id);

/* What was shown is not good any more, as an honest peer may meet. */
must_check int session_say_stale(struct session *s);

/* Whether what a message says of the body in it can be: one there is, and not too large. */
bool session_takes_inside(const struct session *s, uint8_t has_body, struct span body);

/* Its grant is open: puts the call among those under way and begins it. Takes c. */
must_check int session_admit(struct session *s, struct call *c);

/* Answers a call that never began. Takes c. */
void session_refuse(struct session *s, struct call *c, enum s3_error error);

/* --- for calls --------------------------------------------------------------------------------- */

/* From within a message of this session: returns CHANNEL_VIOLATION, and the log will have the word. */
must_check int session_violation(struct session *s, const char *fault);

/* The peer broke the rules: the channel ends now. Not from within a message of this session. */
void session_violated(struct session *s, const char *fault);

/* Sends, and if that fails ends nothing: the channel will. Takes fd, -1 for none. */
void session_send(struct session *s, const struct ipc_message *m, int fd);

/* The call's answer goes out when its tenant's turn has come: call_tell(), as often as it takes. */
void session_tell(struct session *s, struct call *c);

/* The call is over: its number is free, and nothing more is said about it. */
void session_forget(struct session *s, struct call *c);

/* True, and counted until it is forgotten, if one more body of its tenant may come in. */
must_check bool session_take_body(struct session *s, struct call *c);
