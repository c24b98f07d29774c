/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/farewell.h"

#include <sys/socket.h>

#include "frontend/connection.h"
#include "frontend/exchange.h"
#include "frontend/http.h"

/* So much of what a refused client still sends is read; the time is DEADLINE_FAREWELL. */
#define LINGER_MAX (1024 * 1024)

void farewell_say(struct exchange *e)
{
	if (http_say(e->connection, &e->head, &e->reply, false, false) < 0)
		exchange_end(e);
}

void farewell_send(struct exchange *e)
{
	struct connection *c = e->connection;
	int r = outlet_flush(&c->outlet, c->socket.fd, false);

	if (r < 0)
		exchange_end(e);
	else if (r == OUTLET_SENT)
		exchange_part(e);
}

void farewell_part(struct connection *c)
{
	shutdown(c->socket.fd, SHUT_WR);
	c->linger_left = LINGER_MAX;
}

void farewell_linger(struct connection *c)
{
	struct span bytes;
	int r = connection_read(c, INLET_PIECE, &bytes);

	if (r == INLET_DRY)
		return;
	if (r || bytes.len >= c->linger_left) {
		connection_drop(c);
		return;
	}
	c->linger_left -= bytes.len;
	connection_keep(c, span_skip(bytes, bytes.len));
	connection_wake(c);
}
