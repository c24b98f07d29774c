/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What goes to a client: text, which is copied where the socket does not take it at once, a body in memory,
 * which is borrowed, and stretches of files. `writable` is to the socket's room what `readable` of an inlet is
 * to its bytes, but that here only the socket's refusal is believed.
 */

#include "base/buffer.h"

#define OUTLET_TEXT_MAX (64 * KIB)

struct outlet {
	struct buffer text;
	size_t at;		/* what stands before this has gone */
	struct span body;	/* behind the text */
	bool writable;
	uint64_t sent;		/* in all; the socket has taken it */
};

enum outlet_outcome {
	OUTLET_SENT = 0,
	OUTLET_FULL,	/* the loop will tell when there is room; then outlet_flush() */
};

void outlet_init(struct outlet *o);
void outlet_clear(struct outlet *o);

/*
 * Sends both. `body` must stay until all is sent. `more`: a file follows. Only where nothing of an earlier body is
 * left. An outcome or -errno: the client is gone, or there is no memory.
 */
must_check int outlet_send(struct outlet *o, int fd, struct span text, struct span body, bool more);

/* Goes on with what is left of that. */
must_check int outlet_flush(struct outlet *o, int fd, bool more);

/* Sends from a file, at most so much; *ret_len says how much. Nothing else may be left. */
must_check int outlet_send_file(struct outlet *o, int fd, int file_fd, uint64_t offset, size_t len,
				size_t *ret_len);

/* How much of what was sent the client has not acknowledged. */
uint64_t outlet_unacknowledged(int fd);

static inline bool outlet_is_empty(const struct outlet *o)
{
	return o->at == o->text.len && !o->body.len;
}
