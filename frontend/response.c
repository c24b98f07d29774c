/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/response.h"

#include "base/log.h"
#include "frontend/dialogue.h"
#include "frontend/exchange.h"
#include "frontend/limit.h"
#include "frontend/worker.h"

/* What is read from the extents at a time. One extent alone goes out by sendfile(2) instead. */
#define READ_SIZE (256 * 1024)

static ssize_t read_extents(void *cls, uint64_t position, char *to, size_t len)
{
	struct exchange *e = cls;
	struct download *d = &e->download;
	bool finished;
	ssize_t n;

	if (!d->n && !d->broken) {
		exchange_move(e, EXCHANGE_STARVED);
		return 0;
	}
	if (d->n && limit_paces(e)) {
		len = MIN(MIN(len, (size_t)PACE_PIECE), (size_t)MIN(d->window[0].length, SIZE_MAX));
		if (limit_holds_piece(e, len))
			return 0;
	}
	n = d->n ? download_read(d, to, len, &finished) : -ENODATA;
	if (n < 0) {
		log_error("download-broken error=%s", strerrorname_np((int)-n));
		return MHD_CONTENT_READER_END_WITH_ERROR;
	}
	limit_count_piece(e, (uint64_t)n);
	if (finished)
		dialogue_want_extent(e);
	return n;
}

/* Of an answer to HEAD, and of 304, only the length is told; nobody comes to read. */
static ssize_t read_nothing(void *cls, uint64_t position, char *to, size_t len)
{
	return MHD_CONTENT_READER_END_WITH_ERROR;
}

static struct MHD_Response *respond_from_download(struct exchange *e)
{
	struct download *d = &e->download;
	struct MHD_Response *m;

	/* What sendfile(2) has begun cannot be held. */
	if (limit_paces(e) || d->n != 1 || d->window[0].length != d->total)
		return MHD_create_response_from_callback(d->total, READ_SIZE, read_extents, e,
							 NULL);
	m = MHD_create_response_from_fd_at_offset64(d->total, d->window[0].fd, d->window[0].offset);
	if (m)
		d->n = 0;
	return m;
}

static struct MHD_Response *respond_from_memory(struct reply *r)
{
	struct MHD_Response *m;

	if (!r->body.len)
		return MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
	m = MHD_create_response_from_buffer(r->body.len, r->body.data, MHD_RESPMEM_MUST_FREE);
	if (m)
		r->body = BUFFER_INIT(REPLY_BODY_MAX);
	return m;
}

static struct MHD_Response *respond(struct exchange *e)
{
	struct reply *r = &e->reply;

	if (e->download.total)
		return respond_from_download(e);
	if (r->length != r->body.len)
		return MHD_create_response_from_callback(r->length, 1, read_nothing, NULL, NULL);
	return respond_from_memory(r);
}

static bool add_fields(struct MHD_Response *m, const struct reply *r)
{
	const char *name, *value;
	size_t at = 0;

	while (reply_next_field(r, &at, &name, &value))
		/* It takes no empty value; a blank in front of a value is no part of it. */
		if (MHD_add_response_header(m, name, *value ? value : " ") == MHD_NO)
			return false;
	return true;
}

/* Of a worker that is about to end nobody should ask anything more. */
static bool add_farewell(struct MHD_Response *m, const struct exchange *e)
{
	return !e->connection->worker->draining ||
	       MHD_add_response_header(m, "Connection", "close") == MHD_YES;
}

enum MHD_Result response_queue(struct exchange *e)
{
	struct MHD_Response *m = respond(e);
	enum MHD_Result r = MHD_NO;

	if (m && add_fields(m, &e->reply) && add_farewell(m, e)) {
		exchange_move(e, EXCHANGE_SENDING);
		r = MHD_queue_response(e->http, e->reply.status, m);
	}
	if (m)
		MHD_destroy_response(m);
	return r;
}
