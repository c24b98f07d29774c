/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/scrape.h"

#include "base/log.h"
#include "frontend/connection.h"
#include "frontend/exposition.h"
#include "frontend/worker.h"

struct scrape {
	struct connection *connection;
	struct MHD_Connection *http;
	unsigned int status;
	uint64_t number; /* of what was asked */
	bool suspended;
	bool admitted; /* the next callback is the one that may answer */
	bool waits[LINKS_PEERS];
	bool told[LINKS_PEERS];
	struct buffer samples[LINKS_PEERS];
};

/* --- life --------------------------------------------------------------------------------- */

static struct scrape *scrape_new(struct connection *c, struct MHD_Connection *http)
{
	struct scrape *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->connection = c;
	s->http = http;
	for (size_t i = 0; i < LINKS_PEERS; i++)
		s->samples[i] = BUFFER_INIT(IPC_SAMPLES_MAX);
	c->scrape = s;
	c->worker->n_scrapes++;
	connection_join(c, &c->worker->busy);
	connection_set_deadline(c, DEADLINE_MEASURE, 0);
	return s;
}

static void scrape_free(struct scrape *s)
{
	for (size_t i = 0; i < LINKS_PEERS; i++)
		buffer_clear(&s->samples[i]);
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

static void resume(struct scrape *s)
{
	if (!s->suspended)
		return;
	s->suspended = false;
	http_resume(s->connection->http, s->http);
}

static void ask(struct scrape *s)
{
	struct worker *w = s->connection->worker;

	s->number = ++w->last_scrape;
	for (enum links_peer peer = 0; peer < LINKS_PEERS; peer++)
		s->waits[peer] = links_measure(&w->links, peer, s->number) == 0;
	if (!waits(s))
		return;
	s->suspended = true;
	MHD_suspend_connection(s->http);
}

static void settle(struct scrape *s, enum links_peer peer)
{
	s->waits[peer] = false;
	if (!waits(s))
		resume(s);
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
	resume(s);
}

void scrape_stop(struct scrape *s)
{
	connection_drop(s->connection);
	scrape_expire(s);
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

static void write_document(struct scrape *s, struct buffer *to)
{
	switch (s->status) {
	case MHD_HTTP_OK:
		write_exposition(s, to);
		break;
	case MHD_HTTP_UNAUTHORIZED:
		buffer_append_string(to, "The metrics want `Authorization: Bearer` with their "
					 "token.\n");
		break;
	case MHD_HTTP_METHOD_NOT_ALLOWED:
		buffer_append_string(to, "Metrics can be read, and nothing else.\n");
		break;
	default:
		buffer_append_string(to, "What there is, is at " SCRAPE_TARGET ".\n");
	}
}

static bool add_fields(struct MHD_Response *m, unsigned int status)
{
	if (status == MHD_HTTP_UNAUTHORIZED &&
	    (MHD_add_response_header(m, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer") == MHD_NO ||
	     MHD_add_response_header(m, MHD_HTTP_HEADER_CONNECTION, "close") == MHD_NO))
		return false;
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED &&
	    MHD_add_response_header(m, MHD_HTTP_HEADER_ALLOW, "GET, HEAD") == MHD_NO)
		return false;
	return MHD_add_response_header(m, MHD_HTTP_HEADER_CONTENT_TYPE,
				       status == MHD_HTTP_OK ? EXPOSITION_CONTENT_TYPE
							     : "text/plain") == MHD_YES;
}

static void count(struct scrape *s)
{
	struct counts *c = worker_counts(s->connection->worker);

	if (s->status == MHD_HTTP_OK)
		meter_add_alone(&c->scrapes[COUNTS_SCRAPE_ANSWERED], 1);
	else if (s->status == MHD_HTTP_UNAUTHORIZED)
		meter_add_alone(&c->scrapes[COUNTS_SCRAPE_REFUSED], 1);
}

static enum MHD_Result respond(struct scrape *s)
{
	struct buffer text = BUFFER_INIT(EXPOSITION_MAX);
	struct MHD_Response *m = NULL;
	enum MHD_Result r = MHD_NO;

	connection_set_deadline(s->connection, DEADLINE_SEND, 0);
	count(s);
	write_document(s, &text);
	if (buffer_error(&text) == 0)
		m = MHD_create_response_from_buffer(text.len, text.data, MHD_RESPMEM_MUST_FREE);
	if (!m) {
		log_error("scrape-failed error=%s",
			  strerrorname_np(text.error ? -text.error : ENOMEM));
		buffer_clear(&text);
		return MHD_NO;
	}
	if (add_fields(m, s->status))
		r = MHD_queue_response(s->http, s->status, m);
	MHD_destroy_response(m);
	return r;
}

/* --- libmicrohttpd's callbacks ------------------------------------------------------------ */

static bool is_admitted(const struct scrape *s)
{
	const struct connection *c = s->connection;
	const char *field;

	/* By a UNIX socket nobody comes in who is not. */
	if (c->is_local)
		return true;
	field = MHD_lookup_connection_value(s->http, MHD_HEADER_KIND,
					    MHD_HTTP_HEADER_AUTHORIZATION);
	return admission_admits_bearer(c->worker->config.admission, span_from_string(field));
}

static unsigned int judge(const struct scrape *s, const char *url, const char *method)
{
	if (!is_admitted(s))
		return MHD_HTTP_UNAUTHORIZED;
	if (strcmp(url, SCRAPE_TARGET))
		return MHD_HTTP_NOT_FOUND;
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return MHD_HTTP_METHOD_NOT_ALLOWED;
	return MHD_HTTP_OK;
}

static struct scrape *begin(struct MHD_Connection *http, const char *url, const char *method)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(http, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct connection *c = info ? info->socket_context : NULL;
	struct scrape *s = c ? scrape_new(c, http) : NULL;

	if (!s)
		return NULL;
	s->status = judge(s, url, method);
	if (s->status == MHD_HTTP_OK)
		ask(s);
	return s;
}

/*
 * Called with the head, again after a suspension, and at the end of a body, of which there is none.
 * An answer that is queued before that end costs the connection: that of a stranger, who could hold
 * it by a body that never comes.
 */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *http, const char *url,
				  const char *method, const char *version, const char *data,
				  size_t *data_len, void **context)
{
	struct scrape *s = *context;

	if (*data_len)
		return MHD_NO;
	if (s && s->admitted)
		return respond(s);
	if (!s)
		*context = s = begin(http, url, method);
	if (!s)
		return MHD_NO;
	if (s->status == MHD_HTTP_UNAUTHORIZED)
		return respond(s);
	s->admitted = !s->suspended;
	return MHD_YES;
}

static void on_end(void *cls, struct MHD_Connection *http, void **context,
		   enum MHD_RequestTerminationCode why)
{
	struct scrape *s = *context;
	struct connection *c = s ? s->connection : NULL;

	*context = NULL;
	if (!s)
		return;
	scrape_free(s);
	worker_rest(c->worker, c);
}

/* Nothing is kept of the request line: the first callback has it. */
static void *on_target(void *cls, const char *target, struct MHD_Connection *http)
{
	return NULL;
}

const struct http_service scrape_service = {
	.target = on_target,
	.request = on_request,
	.end = on_end,
	.connections_max = SCRAPE_CONNECTIONS_MAX,
};
