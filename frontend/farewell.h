/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A refusal while the client is still sending its body. Closing a connection with unread bytes resets it, so that
 * many clients would never see the answer. So: the answer is sent, marked as the last on this connection, our side
 * is shut down, and what the client still sends is read and dropped, up to a bound in bytes and in time. Then the
 * connection closes.
 */

struct exchange;

/* Begins with e->reply; the exchange is in FAREWELL. */
void farewell_say(struct exchange *e);

/* Goes on with it; LINGERING when it has gone. */
void farewell_send(struct exchange *e);

/* Reads and drops a piece of what the client sends. */
void farewell_linger(struct exchange *e);
