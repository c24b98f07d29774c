/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The body of an exchange between libmicrohttpd's callbacks and stored's pipe. */

#include "base/span.h"

struct exchange;

/*
 * The grant is here: decides what to do with the body, and begins. Moves the exchange on, to where
 * it waits for the client, for stored, or is refused.
 */
void upload_begin(struct exchange *e);

/* stored has handed out a pipe. Takes *fd. */
void upload_open(struct exchange *e, int *fd);

/* Takes bytes off *bytes; with the pipe full, the exchange is STALLED and the rest comes again. */
void upload_take(struct exchange *e, struct span *bytes);

/* The client has sent everything. */
void upload_end(struct exchange *e);
