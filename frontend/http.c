/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/http.h"

#include "frontend/connection.h"
#include "frontend/farewell.h"
#include "frontend/headtext.h"
#include "frontend/render/head.h"
#include "frontend/worker.h"

/* From its first byte on, a head has its time, and no more than that. */
static void await_rest(struct connection *c, struct span bytes)
{
	if (!c->is_heading) {
		c->is_heading = true;
		connection_join(c, worker_idle_of(c->worker, c->http));
		connection_set_deadline(c, DEADLINE_HEAD);
	}
	connection_keep(c, bytes);
	if (c->inlet.readable)
		connection_wake(c);
}

static void begin(struct connection *c, struct span bytes, size_t len)
{
	c->is_heading = false;
	c->heard = 0;
	c->http->service->begin(c, span_first(bytes, len));
	connection_keep(c, span_skip(bytes, len));
}

/* The next head, or more of it. */
static void hear(struct connection *c)
{
	struct span bytes;
	size_t len;
	int r = c->is_heading ? inlet_read_more(&c->inlet, c->socket.fd, &bytes)
			      : connection_read(c, INLET_HEAD_PIECE, &bytes);

	if (r == INLET_DRY)
		return;
	if (r) {
		connection_drop(c);
		return;
	}
	len = headtext_len(bytes, &c->heard);
	if (!len && bytes.len > HEAD_BYTES_MAX)
		len = bytes.len;
	if (len)
		begin(c, bytes, len);
	else
		await_rest(c, bytes);
}

void http_step(struct connection *c)
{
	if (c->exchange || c->scrape)
		c->http->service->step(c);
	else if (c->linger_left)
		farewell_linger(c);
	else
		hear(c);
}

int http_say(struct connection *c, const struct head *h, const struct reply *r, bool persists,
	     bool more)
{
	const struct render_connection in = { .persists = persists,
					      .is_old = h->http_1_0,
					      .date = worker_date(c->worker) };
	bool has_body = render_head_allows_body(r->status) && !span_equal(h->method, SPAN("HEAD"));
	struct buffer *text = &c->worker->text;

	buffer_reset(text);
	render_head(r, &in, text);
	if (text->error)
		return buffer_error(text);
	return outlet_send(&c->outlet, c->socket.fd, buffer_span(text),
			   has_body ? buffer_span(&r->body) : SPAN_NONE, more);
}

void http_part(struct connection *c)
{
	farewell_part(c);
	connection_join(c, worker_idle_of(c->worker, c->http));
	connection_set_deadline(c, DEADLINE_FAREWELL);
	connection_wake(c);
}

/* Who has sent more than will be heard has the answer before that all the same. */
void http_rest(struct connection *c, bool persists)
{
	bool is_promising = inlet_is_promising(&c->inlet);

	if (persists)
		worker_rest(c->worker, c);
	else if (is_promising)
		http_part(c);
	else
		connection_drop(c);
	if (persists && is_promising)
		connection_wake(c);
}
