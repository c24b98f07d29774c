/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An operator's channel to stored: a grant from authd's admin socket opens it, requests go out, and
 * what comes back is handed to who asked. Everything happens in operator_step(). When the channel
 * ends, as it does with each new epoch, everybody under way is told, and it can be opened again.
 */

#include <limits.h>
#include <signal.h>

#include "base/table.h"
#include "client/complaint.h"
#include "ipc/channel.h"
#include "ipc/operator.h"
#include "s3/request.h"

#define OPERATOR_UNDER_WAY_MAX 64	/* requests at a time, of those that stored allows */
#define OPERATOR_ENTRY_NS (10 * NS_PER_S)	/* for stored to let us in */
#define OPERATOR_PATIENCE_NS (60 * NS_PER_S)	/* for a server that has gone away */
#define OPERATOR_ATTEMPTS_MAX 6		/* at what stored says it cannot do just now */
#define OPERATOR_RETRY_FIRST_NS (200 * NS_PER_MS)	/* before the second; doubles from there */

#define OPERATOR_NOT_UNDERSTOOD "stored's answer is not understood"

struct operator_target {
	const char *admin_socket, *operator_socket;
	const char *tenant, *bucket;	/* no bucket, NULL, to manage them all */
	enum operator_purpose purpose;
};

/* One request under way; part of what asks. */
struct operator_call {
	uint64_t number;	/* 0: none is */

	/*
	 * What comes back: PIPE, DONE, FAILED, OBJECT, EXTENT or ITEMS; or NULL: the channel has ended,
	 * and nothing more comes. A descriptor is kept by stealing it.
	 */
	void (*heard)(struct operator_call *c, const struct ipc_message *m, int *fd);
};

/* What an EXTENT brings, kept. */
struct operator_extent {
	int fd;
	uint64_t offset, length;
	bool last;
};

enum operator_state {
	OPERATOR_CLOSED = 0,
	OPERATOR_PRESENTING,
	OPERATOR_ENTERED,
};

struct operator_channel {
	const struct operator_target *target;
	enum operator_state state;
	struct loop loop;
	struct channel_group group;
	struct channel channel;
	struct table calls;
	uint64_t last;		/* the number of the call before */
	uint32_t inline_limit;	/* bodies up to here may go inside */
};

/*
 * stored's socket as somebody has named it, or else, with NULL, where it lies: beside authd's. Returns
 * buf or the name.
 */
const char *operator_socket(const char *named, const char *admin_socket, char buf[static PATH_MAX]);

/* What is said; INTERNAL_ERROR where it is no error that there is. */
enum s3_error operator_error(const struct ipc_failed *m);

/*
 * Whether it may be another answer a moment later, and when to ask again after so many attempts: at
 * most OPERATOR_ATTEMPTS_MAX of them, and *attempts counts. CLOCK_BOOTTIME.
 */
bool operator_may_retry(enum s3_error e, unsigned int *attempts, uint64_t *ret_due_ns);

must_check int operator_init(struct operator_channel *o, const struct operator_target *t);
void operator_clear(struct operator_channel *o);

enum operator_outcome {
	OPERATOR_OK = 0,
	OPERATOR_AWAY,		/* authd or stored is: worth trying again; *why says what happened */
	OPERATOR_REFUSED,	/* it will not be different the next time; *why has authd's words */
};

/* Asks for a grant and waits to be let in. The channel must be closed. */
must_check int operator_open(struct operator_channel *o, struct complaint *why);

/*
 * The same after the channel has ended, with patience: a server that was there a moment ago is likely
 * to be there again. It is said on standard error that this is waited for. OPERATOR_AWAY: it has not
 * come back, or *stop is not 0.
 */
must_check int operator_open_again(struct operator_channel *o, const volatile sig_atomic_t *stop,
				   struct complaint *why);

/* Init and open, for who does not wait: -ENOTCONN, -EACCES where it is refused, -errno; with *why. */
must_check int operator_begin(struct operator_channel *o, const struct operator_target *t,
			      struct complaint *why);

static inline bool operator_is_open(const struct operator_channel *o)
{
	return o->state == OPERATOR_ENTERED;
}

/* Sends what waits, waits at most so long for something to come, and hands it out. */
must_check int operator_step(struct operator_channel *o, int at_most_ms);

/* A body that is SPAN_NONE does not go inside. The call must not be under way. */
must_check int operator_ask(struct operator_channel *o, struct operator_call *c,
			    const struct s3_request *r, struct span body);

/*
 * The same of what is no request: USAGE and what follows it in ipc/schema.h. Its `call` is not read. Takes fd, -1
 * where the message has none.
 */
must_check int operator_say(struct operator_channel *o, struct operator_call *c,
			    const struct ipc_message *what, int fd);

/* All bytes are in the pipe; the checksum is the one that the request announced. */
must_check int operator_commit(struct operator_channel *o, const struct operator_call *c, uint64_t length,
			       struct span checksum);

/* More extents. */
must_check int operator_next(struct operator_channel *o, const struct operator_call *c);

/* Gives it up: nothing more is heard. */
void operator_cancel(struct operator_channel *o, struct operator_call *c);
