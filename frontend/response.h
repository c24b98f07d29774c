/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* An exchange's reply on its way to the client: head and body from memory, or a head and stretches of files. */

#include "base/defs.h"

struct exchange;

/* Of a REPLYING exchange, which is SENDING then, or HELD. */
void response_begin(struct exchange *e);

/* A piece of it, in SENDING. With the last one the exchange is gone. */
void response_send(struct exchange *e);

/* Whether the connection is to live on behind it. */
bool response_persists(const struct exchange *e);

/* How much the client has taken of this reply and those before it on the connection. */
uint64_t response_taken(const struct exchange *e);
