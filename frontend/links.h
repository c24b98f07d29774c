/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The two channels of a worker: to authd, who says what may happen, and to stored, who does it. A
 * channel that dies is asked for again; what was under way on it ends with `lost`. Requests are
 * calls: numbers that no channel ever sees twice.
 *
 * Handshakes: authd is told HELLO and answers WELCOME, then a TICKET, again in every new epoch. The
 * ticket opens the channel to stored; a stale one is exchanged for the next.
 */

#include "base/table.h"
#include "ipc/channel.h"
#include "s3/errors.h"

#define LINKS_CALLS_MAX 65536	/* under way at once */

/* One request at authd and stored; part of whoever makes it. */
struct call {
	uint64_t number;	/* 0: not begun */
	bool at_authd;		/* owes a word; whoever is granted a chained stream sets it again */
	bool at_stored;
};

/* What becomes of a call. Bytes are valid until the function returns; a descriptor is kept by
 * stealing it. `last`: nothing more will come from there. */
struct links_handler {
	void (*granted)(struct call *c, struct span sealed);	/* last, but where chunks follow */
	void (*denied)(struct call *c, enum s3_error error, struct span detail,
		       uint32_t retry_after);						/* last */
	void (*chained)(struct call *c, struct span seal);				/* last */
	void (*administered)(struct call *c, uint16_t status, uint32_t retry_after,
			     struct span document);					/* last */

	void (*pipe)(struct call *c, int *fd);
	void (*done)(struct call *c, struct span answer);				/* last */
	void (*failed)(struct call *c, enum s3_error error, struct span detail,
		       struct span answer);						/* last */
	void (*object)(struct call *c, struct span answer, struct span body, uint64_t extents);
	void (*extent)(struct call *c, int *fd, uint64_t offset, uint64_t length, bool last);
	void (*items)(struct call *c, struct span items);

	/* The channel on which this call was under way has ended. last */
	void (*lost)(struct call *c);
};

enum links_peer {
	LINKS_AUTHD,
	LINKS_STORED,
};
#define LINKS_PEERS 2

struct links_config {
	struct loop *loop;
	struct channel_group *group;
	const struct links_handler *handler;
	/* Asks for a connected socket, which comes through links_connected(). */
	void (*dial)(void *context, enum links_peer peer);
	/* Both are open, or one is not any more. */
	void (*changed)(void *context);
	/* The answer to links_ping(). */
	void (*heard)(void *context, enum links_peer peer, uint64_t number);
	/* The answer to links_measure(): sound samples, valid until this returns. */
	void (*measured)(void *context, enum links_peer peer, uint64_t number, struct span samples);
	/* A channel has ended. */
	void (*ended)(void *context, enum links_peer peer, enum channel_end end);
	void *context;
};

struct links {
	struct links_config config;
	struct channel authd;
	struct channel stored;
	struct table calls;
	uint64_t last_number;
	struct buffer ticket;		/* empty: none yet */
	bool ticket_shown;		/* to this channel of stored's */
	bool entering;			/* stored has not answered yet */
	uint32_t inline_limit;		/* what stored takes inside a message */
};

/* Asks for both channels at once. */
void links_init(struct links *l, const struct links_config *config);

/* Closes both; calls under way hear nothing. */
void links_clear(struct links *l);

/* Takes fd. */
void links_connected(struct links *l, enum links_peer peer, int fd);

static inline bool links_authd_is_open(const struct links *l)
{
	return channel_is_open(&l->authd) && l->authd.phase == IPC_PHASE_READY;
}

static inline bool links_stored_is_open(const struct links *l)
{
	return channel_is_open(&l->stored) && l->stored.phase == IPC_PHASE_READY;
}

/* Asks the peer to say that number. -ENOTCONN, or the channel's failure. */
must_check int links_ping(struct links *l, enum links_peer peer, uint64_t number);

/* Asks the peer for its figures. The same. */
must_check int links_measure(struct links *l, enum links_peer peer, uint64_t number);

/* How much waits for the peer, in bytes. */
size_t links_queued(const struct links *l, enum links_peer peer);

/*
 * Begins a call with an ASK, whose `call` is filled in. The call must stay where it is until
 * links_end(). -EBUSY: too much is under way; -ENOTCONN: there is nobody to ask.
 */
must_check int links_ask(struct links *l, struct call *c, const struct ipc_ask *ask);

/* The same with an ADMINISTER. */
must_check int links_administer(struct links *l, struct call *c, const struct ipc_administer *m);

/*
 * Queues a message of this call, whose `call` field the caller has filled in. CALL and COMMAND
 * begin the call at stored. Takes fd. -ENOTCONN: the channel is not open; -EBUSY: too much waits
 * there for a call to begin.
 */
must_check int links_tell_authd(struct links *l, struct call *c, const struct ipc_message *m);
must_check int links_tell_stored(struct links *l, struct call *c, const struct ipc_message *m,
				 int fd);

/* Ends the call wherever it is under way, with FORGET and CANCEL; of one not begun, nothing. */
void links_end(struct links *l, struct call *c);
