/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A refusal while the client is still sending its body. libmicrohttpd takes no response then, and
 * closing a connection with unread bytes resets it, so that many clients would never see the
 * answer. So: the answer is written to the socket, our side is shut down, and what the client still
 * sends is read and dropped, up to a bound in bytes and in time. Then the connection closes.
 */

struct exchange;

/* Writes e->reply to the socket, marked as the last on this connection. */
void farewell_say(struct exchange *e);

/* Reads on, with the connection suspended: in a callback of libmicrohttpd, or suspended already. */
void farewell_linger(struct exchange *e);

/* Enough: the exchange ends, and the connection with it. */
void farewell_end(struct exchange *e);
