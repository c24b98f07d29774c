/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A session is one worker's channel and the calls under way on it. It opens with the ticket that
 * authd gave the worker, names the channel that grants are for, and lives in one epoch. Its end
 * is the end of all its calls: what was not committed is dropped.
 */

#include "base/table.h"
#include "ipc/channel.h"

#define SESSIONS_MAX 256
#define SESSION_CALLS_MAX 4096		/* under way on one channel; more are told to slow down */
#define SESSION_BODIES_MAX 512		/* of them with a body that comes in */
#define SESSION_QUEUE_HIGH (2 * MIB)	/* answers wait while so many bytes wait for the frontend */
#define SESSION_SWEEP_NS (2 * NS_PER_S)	/* how often deadlines are looked at, and refusals told */

struct call;
struct service;

struct session {
	struct service *service;
	struct channel channel;
	struct ipc_id id;		/* of the channel, once entered */
	struct table calls;
	size_t n_bodies;
	const char *fault;		/* what a message broke, in a word, for the log */
	struct call *telling, **telling_end;	/* answers that are to go out, in order */
	struct session *next, *prev;
};

struct sessions {
	struct service *service;
	struct loop_source listener;
	struct loop_timer sweep;
	struct session *first;
	size_t count;
	uint64_t n_refused;		/* connections, since the last sweep; only the first is told */
};

/* Serves whoever connects to listen_fd, which stays the caller's. */
must_check int sessions_open(struct sessions *s, struct service *service, int listen_fd);

/* A session on a connected socket; takes fd. For the listener, and for tests. */
must_check int session_open(struct sessions *s, int fd);

/* Ends those that have entered, with a word for the log; not from within a message of one of them. */
void sessions_end_entered(struct sessions *s, const char *reason);

/* Sends answers that waited for room; to be called after a flush. True if there were any. */
bool sessions_pump(struct sessions *s);

/* Ends all, and listens no more. */
void sessions_close(struct sessions *s);

/* --- for calls --------------------------------------------------------------------------------- */

/* From within a message of this session: returns CHANNEL_VIOLATION, and the log will have the word. */
must_check int session_violation(struct session *s, const char *fault);

/* The frontend broke the rules: the channel ends now. Not from within a message of this session. */
void session_violated(struct session *s, const char *fault);

/* Sends, and if that fails ends nothing: the channel will. Takes fd, -1 for none. */
void session_send(struct session *s, const struct ipc_message *m, int fd);

/* The call's answer goes out behind those before it: call_tell(), as often as it takes. */
void session_tell(struct session *s, struct call *c);

/* The call is over: its number is free, and nothing more is said about it. */
void session_forget(struct session *s, struct call *c);

/* True, and counted until it is forgotten, if one more body may come in. */
must_check bool session_take_body(struct session *s, struct call *c);
