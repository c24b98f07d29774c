/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A session is a frontend worker's channel: it asks, and is answered with grants and denials. What
 * a client did wrong is a denial; only what no sound worker would send ends a session.
 */

#include "authd/chains.h"

#define SESSIONS_MAX 256
#define SESSION_STREAMS_MAX 1024		/* signed streams of one worker */
#define SESSION_GREETING_NS (5 * NS_PER_S)	/* until HELLO must have come */

struct authd;
struct session;

struct sessions {
	struct session *first;
	size_t n;
	size_t n_ready;		/* those that said HELLO */
};

/* Takes fd in every case. LISTENER_FULL, or -errno. */
must_check int session_open(struct authd *a, int fd, pid_t pid);
void sessions_close(struct authd *a);

/* The frontend's, whose parent dials for its workers; 0 where there is none. */
pid_t sessions_pid(const struct authd *a);

/* Bytes that wait for workers. */
uint64_t sessions_queued(const struct authd *a);

/* stored has taken the key of a new epoch: every worker gets a ticket of it. */
void sessions_ticket(struct authd *a);

/* Grants that were sealed no longer open, so no stream under one can end well. */
void sessions_drop_streams(struct authd *a);

/*
 * What became of a stream, as stream_claim() and stream_hash() said it: tells the worker and
 * forgets the stream where it has ended. Not for CHAIN_VIOLATION.
 */
void session_decide(struct stream *s, int outcome);

/* Forgets a stream without a word. */
void session_forget(struct stream *s);

/* For chains_init(). */
void session_stream_expired(struct stream *s);
