/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The body of an exchange between the client and stored's pipe. */

#include "base/span.h"

struct exchange;

/*
 * The grant is here: decides what to do with the body, and begins. Moves the exchange on, to where
 * it waits for the client, for stored, or is refused.
 */
void upload_begin(struct exchange *e);

/* stored has handed out a pipe. Takes *fd. */
void upload_open(struct exchange *e, int *fd);

/* Takes a piece of what the client sends; where that was the end of the body, goes on to what follows it. */
void upload_receive(struct exchange *e);

/* Reads a piece of a body that nobody wants. True where nothing is left of it. */
must_check bool upload_skip(struct exchange *e);
