/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The line between the parent and a worker: one byte a packet, both ways. A worker has neither
 * socket() nor connect(), so it asks the parent to dial, and gets the connected socket. The parent
 * believes no more of a worker than that it wants to be connected.
 */

#include "base/defs.h"

enum line_word {
	LINE_AUTHD = 'a',	/* worker: dial authd for me; parent: here is the descriptor */
	LINE_STORED = 's',	/* the same for stored */
	LINE_READY = 'r',	/* worker: both channels are open */
};

/* A connected pair; the first end is the parent's. */
must_check int line_open(int ret[static 2]);

/* pass_fd is -1 or stays the caller's. -EAGAIN where the other end does not read. */
must_check int line_say(int fd, enum line_word word, int pass_fd);

/*
 * 0: *ret is a word, and *ret_fd its descriptor or -1, the caller's; -EAGAIN: nothing waits;
 * -ENOTCONN: the other end is gone; -EPROTO: it was no word.
 */
must_check int line_hear(int fd, enum line_word *ret, int *ret_fd);
