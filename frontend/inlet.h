/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What comes from a client. It is received into room that all connections of a worker share, and only what
 * was not used of it is kept: a connection that waits for its next request has no memory here.
 *
 * The loop tells once of something that comes (EPOLLET), and `readable` remembers it until the socket is
 * found empty.
 */

#include "base/buffer.h"

/* Received at a time: of a body, so much goes to stored in one go. */
#define INLET_PIECE (128 * KIB)

/* Likewise, where a head is to come, or may come: what stands behind it is kept for as long as its request takes. */
#define INLET_HEAD_PIECE (32 * KIB)

struct inlet {
	struct buffer kept;
	size_t at;	/* what stands before this was used */
	bool readable;
	bool ended;	/* behind what there is to receive nothing comes any more */
};

enum inlet_outcome {
	INLET_BYTES = 0,
	INLET_DRY,	/* nothing is here: the loop will tell */
	INLET_ENDED,	/* nor will anything come: the client has closed its side, or is gone */
};

void inlet_init(struct inlet *in);
void inlet_clear(struct inlet *in);

/*
 * *ret is what was kept, or what has come, at least a byte of it and at most `most`, and stays until inlet_keep(), which
 * must follow. `room` has INLET_PIECE bytes. -ENOMEM, or an outcome.
 */
must_check int inlet_read(struct inlet *in, int fd, uint8_t *room, size_t most, struct span *ret);

/* What was kept was looked at, and is not enough: *ret is that with more behind it. Otherwise the same. */
must_check int inlet_read_more(struct inlet *in, int fd, struct span *ret);

/* `rest`, the end of what inlet_read() gave, was not used. -ENOMEM. */
must_check int inlet_keep(struct inlet *in, struct span rest);

/* Whether inlet_read() might have something to give. */
static inline bool inlet_is_promising(const struct inlet *in)
{
	return in->kept.len || in->readable;
}
