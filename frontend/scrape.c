/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/scrape.h"

#include "base/log.h"
#include "frontend/connection.h"
#include "frontend/exposition.h"
#include "frontend/headtext.h"
#include "frontend/http.h"
#include "frontend/render/reply.h"
#include "frontend/worker.h"

struct scrape {
	struct connection *connection;
	struct head head;
	struct reply reply;
	uint64_t number; /* of what was asked */
	bool answered;
	bool waits[LINKS_PEERS];
	bool told[LINKS_PEERS];
	struct buffer samples[LINKS_PEERS];
};

/* --- life --------------------------------------------------------------------------------- */

static struct scrape *scrape_new(struct connection *c)
{
	struct scrape *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->connection = c;
	head_init(&s->head);
	s->reply = (struct reply){ .fields = BUFFER_INIT(REPLY_FIELDS_MAX),
				   .body = BUFFER_INIT(EXPOSITION_MAX) };
	for (size_t i = 0; i < LINKS_PEERS; i++)
		s->samples[i] = BUFFER_INIT(IPC_SAMPLES_MAX);
	c->scrape = s;
	c->worker->n_scrapes++;
	connection_join(c, &c->worker->busy);
	connection_set_deadline(c, DEADLINE_MEASURE);
	return s;
}

static void scrape_free(struct scrape *s)
{
	for (size_t i = 0; i < LINKS_PEERS; i++)
		buffer_clear(&s->samples[i]);
	head_clear(&s->head);
	reply_clear(&s->reply);
	s->connection->scrape = NULL;
	s->connection->worker->n_scrapes--;
	free(s);
}

/* --- authd and stored --------------------------------------------------------------------- */

static bool waits(const struct scrape *s)
{
	for (size_t i = 0; i < LINKS_PEERS; i++)
		if (s->waits[i])
			return true;
	return false;
}

static void ask(struct scrape *s)
{
	struct worker *w = s->connection->worker;

	s->number = ++w->last_scrape;
	for (enum links_peer peer = 0; peer < LINKS_PEERS; peer++)
		s->waits[peer] = links_measure(&w->links, peer, s->number) == 0;
}

static void settle(struct scrape *s, enum links_peer peer)
{
	s->waits[peer] = false;
	if (!waits(s))
		connection_wake(s->connection);
}

void scrape_hear(struct scrape *s, enum links_peer peer, uint64_t number, struct span samples)
{
	if (number != s->number || !s->waits[peer])
		return;
	buffer_append(&s->samples[peer], samples);
	s->told[peer] = buffer_error(&s->samples[peer]) == 0;
	settle(s, peer);
}

void scrape_lose(struct scrape *s, enum links_peer peer)
{
	if (s->waits[peer])
		settle(s, peer);
}

void scrape_expire(struct scrape *s)
{
	if (!waits(s)) {
		connection_drop(s->connection);
		return;
	}
	for (size_t i = 0; i < LINKS_PEERS; i++)
		s->waits[i] = false;
	connection_wake(s->connection);
}

/* --- the answer --------------------------------------------------------------------------- */

static void write_exposition(struct scrape *s, struct buffer *to)
{
	struct worker *w = s->connection->worker;
	struct exposition e = { .board = w->config.board,
				.confinement = w->config.confinement,
				.landlock_abi = w->config.landlock_abi };

	worker_post(w);
	for (size_t i = 0; i < LINKS_PEERS; i++) {
		e.told[i] = s->told[i];
		e.samples[i] = buffer_span(&s->samples[i]);
	}
	exposition_write(&e, to);
}

static void write_document(struct scrape *s)
{
	struct reply *r = &s->reply;

	switch (r->status) {
	case 200:
		write_exposition(s, &r->body);
		break;
	case 400:
		buffer_append_string(&r->body, "This is no request of HTTP/1.1.\n");
		break;
	case 401:
		reply_field_string(r, "WWW-Authenticate", "Bearer");
		buffer_append_string(&r->body,
				     "The metrics want `Authorization: Bearer` with their "
				     "token.\n");
		break;
	case 405:
		reply_field_string(r, "Allow", "GET, HEAD");
		buffer_append_string(&r->body, "Metrics can be read, and nothing else.\n");
		break;
	default:
		buffer_append_string(&r->body, "What there is, is at " SCRAPE_TARGET ".\n");
	}
	reply_document(r, r->status == 200 ? EXPOSITION_CONTENT_TYPE : "text/plain");
}

static void count(struct scrape *s)
{
	struct counts *c = worker_counts(s->connection->worker);

	if (s->reply.status == 200)
		meter_add_alone(&c->scrapes[COUNTS_SCRAPE_ANSWERED], 1);
	else if (s->reply.status == 401)
		meter_add_alone(&c->scrapes[COUNTS_SCRAPE_REFUSED], 1);
}

/* A body is never read. Nor does anybody keep a connection for its token not being right. */
static bool persists(const struct scrape *s)
{
	return s->head.persists && !head_has_body(&s->head) && s->reply.status != 400 &&
	       s->reply.status != 401 && !s->connection->worker->draining;
}

static int say(struct scrape *s)
{
	int r = reply_error(&s->reply);

	if (r == 0)
		return http_say(s->connection, &s->head, &s->reply, persists(s), false);
	log_error("scrape-failed error=%s", strerrorname_np(-r));
	return r;
}

static int respond(struct scrape *s)
{
	s->answered = true;
	connection_set_deadline(s->connection, DEADLINE_SEND);
	count(s);
	write_document(s);
	return say(s);
}

/* --- what the connection calls ------------------------------------------------------------ */

static bool is_admitted(const struct scrape *s)
{
	const struct connection *c = s->connection;
	const struct s3_head head = { s->head.method, s->head.target,
				      buffer_span(&s->head.fields) };

	/* By a UNIX socket nobody comes in who is not. */
	if (c->is_local)
		return true;
	return admission_admits_bearer(c->worker->config.admission,
				       s3_head_find(&head, "authorization"));
}

static unsigned int judge(const struct scrape *s)
{
	const struct head *h = &s->head;
	struct span path;

	if (h->error)
		return 400;
	if (!is_admitted(s))
		return 401;
	span_cut(h->target, '?', &path);
	if (!span_equal(path, SPAN(SCRAPE_TARGET)))
		return 404;
	if (!span_equal(h->method, SPAN("GET")) && !span_equal(h->method, SPAN("HEAD")))
		return 405;
	return 200;
}

static void begin(struct connection *c, struct span text)
{
	struct scrape *s = scrape_new(c);

	if (!s) {
		connection_drop(c);
		return;
	}
	headtext_read(text, &s->head);
	if (head_finish(&s->head) < 0) {
		connection_drop(c);
		return;
	}
	s->reply.status = judge(s);
	if (s->reply.status == 200)
		ask(s);
	connection_wake(c);
}

static void step(struct connection *c)
{
	struct scrape *s = c->scrape;
	bool lives_on;
	int r;

	if (waits(s))
		return;
	r = s->answered ? outlet_flush(&c->outlet, c->socket.fd, false) : respond(s);
	if (r < 0)
		connection_drop(c);
	if (r)
		return;
	lives_on = persists(s);
	scrape_free(s);
	http_rest(c, lives_on);
}

static void end(struct connection *c)
{
	scrape_free(c->scrape);
}

const struct http_service scrape_service = {
	.begin = begin,
	.step = step,
	.end = end,
};
