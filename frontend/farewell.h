/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The last answer on a connection whose client is still sending: a refusal while the body comes, or an answer with
 * more requests behind it that nobody will hear. Closing a connection with unread bytes resets it, so that many
 * clients would never see the answer. So: the answer is sent, marked as the last on this connection, our side is
 * shut down, and what the client still sends is read and dropped, up to a bound in bytes and in time. Then the
 * connection closes.
 */

struct connection;
struct exchange;

/* Begins with e->reply; the exchange is in FAREWELL. */
void farewell_say(struct exchange *e);

/* In the connection's steps behind that: goes on with it. When it has gone, the exchange is over, and gone. */
void farewell_send(struct exchange *e);

/* All is said on that connection: our side is shut down. */
void farewell_part(struct connection *c);

/* Reads and drops a piece of what the client sends behind that; at its end the connection is dropped. */
void farewell_linger(struct connection *c);
