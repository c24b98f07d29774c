/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An operator's channel on which a tenant is copied: messages go out, several at a time, and each is waited for
 * in its turn. When the channel ends, so does the run: what it has done stays, and another goes on with it.
 */

#include "client/transfer/operator.h"

#define COURIER_WINDOW 16	/* messages under way */
#define COURIER_EXTENTS_MAX 2
#define COURIER_DETAIL_MAX (IPC_DETAIL_MAX + 1)

struct courier {
	struct operator_target target;
	struct operator_channel stored;
	const volatile sig_atomic_t *stop;
	struct complaint *why;
};

/* One message under way. Zeroed it is none. */
struct parcel {
	struct operator_call call;	/* first */
	bool answered, lost;
	enum s3_error error;		/* with `answered`; NONE: it was done */
	char detail[COURIER_DETAIL_MAX];	/* stored's own sentence about that, or empty */
	struct operator_extent extents[COURIER_EXTENTS_MAX];
	size_t n_extents;
};

/* The target's strings outlive it. -errno with *why; to be closed in any case. */
must_check int courier_open(struct courier *c, const struct operator_target *t,
			    const volatile sig_atomic_t *stop, struct complaint *why);
void courier_close(struct courier *c);

/* Sends it; takes fd, -1 for none. The message's call is not read. -errno with *why. */
must_check int courier_send(struct courier *c, struct parcel *p, const struct ipc_message *m, int fd);

/* Until it is answered. -EINTR where it is to stop; -ENOTCONN where nothing will come; with *why. */
must_check int courier_wait(struct courier *c, struct parcel *p);

/* Gives it up, closes what came with it. */
void courier_drop(struct courier *c, struct parcel *p);

/* What stored has said of it: its own sentence, or that of the error. */
const char *parcel_sentence(const struct parcel *p);
