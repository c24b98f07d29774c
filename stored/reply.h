/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What is said to the frontend about a call, as messages. The loop's thread only. */

#include "stored/call.h"

/* Write the body here. Takes write_fd. */
void reply_pipe(struct call *c, int write_fd);

/* The next message of items; false where there is none. */
must_check bool reply_items(struct call *c);

/* That it is done; or the object, with its body where it is inside. */
void reply_answer(struct call *c);

/* Opened pieces of the object. Returns true with the last. */
must_check bool reply_pieces(struct call *c);

/* The same of a call that somebody has in hand: nothing but the error. */
void reply_refusal(struct call *c, enum s3_error error);

/* `result` is an enum s3_error, or -errno, of which the client hears that it was our failure. */
void reply_failure(struct call *c, int result);
