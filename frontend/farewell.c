/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/farewell.h"

#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "frontend/connection.h"
#include "frontend/exchange.h"
#include "frontend/worker.h"
#include "s3/date.h"

/* So much of what a refused client still sends is read; the time is DEADLINE_FAREWELL. */
#define LINGER_MAX   (1024 * 1024)
#define LINGER_READ  (64 * 1024)
#define FAREWELL_MAX (64 * 1024)

static void write_head(const struct reply *r, struct buffer *b)
{
	char date[DATE_TEXT_MAX];
	const char *name, *value;
	size_t at = 0;

	buffer_printf(b, "HTTP/1.1 %u %s\r\n", r->status, MHD_get_reason_phrase_for(r->status));
	buffer_printf(b, "Date: %s\r\nConnection: close\r\n",
		      date_format_http((int64_t)(clock_realtime_ns() / NS_PER_S), date));
	while (reply_next_field(r, &at, &name, &value))
		buffer_printf(b, "%s: %s\r\n", name, value);
	buffer_printf(b, "Content-Length: %llu\r\n\r\n", (unsigned long long)r->length);
}

void farewell_say(struct exchange *e)
{
	struct buffer text = BUFFER_INIT(FAREWELL_MAX);

	write_head(&e->reply, &text);
	if (!e->is_head)
		buffer_append(&text, buffer_span(&e->reply.body));
	/* It goes out whole or hardly anybody reads it: nothing else waits in the buffer. */
	if (buffer_error(&text) == 0)
		(void)!send(e->connection->fd, text.data, text.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	buffer_clear(&text);
	shutdown(e->connection->fd, SHUT_WR);
}

void farewell_end(struct exchange *e)
{
	loop_remove(&e->socket);
	/* The silent ones would leave libmicrohttpd waiting for the rest of the body. */
	connection_drop(e->connection);
	exchange_move(e, EXCHANGE_ENDED);
}

static int socket_ready(struct loop_source *s, uint32_t events)
{
	struct exchange *e = (struct exchange *)((char *)s - offsetof(struct exchange, socket));
	uint8_t dropped[LINGER_READ];
	ssize_t n = recv(s->fd, dropped, sizeof(dropped), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0 || (uint64_t)n >= e->linger_left) {
		farewell_end(e);
		return 0;
	}
	e->linger_left -= (uint64_t)n;
	return 0;
}

void farewell_linger(struct exchange *e)
{
	int r;

	exchange_move(e, EXCHANGE_LINGERING);
	e->linger_left = LINGER_MAX;
	e->socket = (struct loop_source){ .fd = e->connection->fd, .ready = socket_ready };
	r = loop_add(&e->connection->worker->loop, &e->socket, EPOLLIN);
	if (r < 0) {
		log_error("linger-failed error=%s", strerrorname_np(-r));
		farewell_end(e);
	}
}
