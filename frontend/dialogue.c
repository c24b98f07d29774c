/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/dialogue.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "frontend/administration.h"
#include "frontend/connection.h"
#include "frontend/exchange.h"
#include "frontend/limit.h"
#include "frontend/upload.h"
#include "frontend/worker.h"
#include "ipc/answer.h"
#include "ipc/sealed.h"

static struct links *links_of(const struct exchange *e)
{
	return &e->connection->worker->links;
}

static struct exchange *exchange_of(struct call *c)
{
	return (struct exchange *)((char *)c - offsetof(struct exchange, call));
}

static void become(struct exchange *e, int r, enum exchange_state to)
{
	if (r < 0)
		exchange_give_up(e, r);
	else if (e->state != to)
		exchange_move(e, to);
}

/* An answer that comes later than this has crossed with our own end of the call. */
static bool is_over(const struct exchange *e)
{
	return e->state >= EXCHANGE_REPLYING;
}

/* --- to authd ---------------------------------------------------------------------------- */

void dialogue_ask(struct exchange *e)
{
	struct ipc_ask ask = {
		.request_id = e->id,
		.dialect = (uint8_t)e->connection->http->dialect,
		.peer = span_from_string(e->connection->peer),
		.method = e->head.method,
		.target = e->head.target,
		.fields = buffer_span(&e->head.fields),
	};

	become(e, links_ask(links_of(e), &e->call, &ask), EXCHANGE_ASKING);
}

static int tell_lengths(struct exchange *e)
{
	struct ipc_message m = { .number = IPC_LENGTHS,
				 .lengths = { e->call.number, buffer_span(&e->body.lengths) } };

	return links_tell_stored(links_of(e), &e->call, &m, -1);
}

static int tell_chain(struct exchange *e, bool last)
{
	struct body *b = &e->body;
	struct span signature = { b->trailer_signature, sizeof(b->trailer_signature) };
	struct ipc_message m = {
		.number = IPC_CHAIN,
		.chain = { .call = e->call.number,
			   .last = last,
			   .chunks = buffer_span(&b->chunks),
			   .trailer = buffer_span(&b->trailer),
			   .trailer_signature = b->trailer.len && last ? signature : SPAN("") }
	};

	if (!last)
		m.chain.trailer = SPAN("");
	return links_tell_authd(links_of(e), &e->call, &m);
}

int dialogue_tell_chunks(struct exchange *e, bool last)
{
	struct body *b = &e->body;
	int r = 0;

	/* Gathered bytes are told of together with the call they travel in: stored does not know it
	 * yet. */
	if (!b->chained || (!e->call.at_stored && !last))
		return 0;
	if (b->lengths.len)
		r = tell_lengths(e);
	if (r == 0 && (b->chunks.len || last))
		r = tell_chain(e, last);
	buffer_reset(&b->lengths);
	buffer_reset(&b->chunks);
	return r;
}

void dialogue_administer(struct exchange *e)
{
	struct ipc_administer m = {
		.request_id = e->id,
		.peer = span_from_string(e->connection->peer),
		.method = e->head.method,
		.target = e->head.target,
		.fields = buffer_span(&e->head.fields),
		.body = buffer_span(&e->body.gathered),
	};

	become(e, links_administer(links_of(e), &e->call, &m), EXCHANGE_ADMINISTERING);
}

/* --- to stored --------------------------------------------------------------------------- */

static int tell_call(struct exchange *e, bool has_body)
{
	struct ipc_message m = { .number = IPC_CALL,
				 .call = {
					 .call = e->call.number,
					 .grant = buffer_span(&e->sealed),
					 .has_body = has_body,
					 .body = has_body ? buffer_span(&e->body.gathered)
							  : SPAN(""),
				 } };

	return links_tell_stored(links_of(e), &e->call, &m, -1);
}

static int tell_command(struct exchange *e)
{
	struct ipc_message m = { .number = IPC_COMMAND,
				 .command = { e->call.number, buffer_span(&e->sealed),
					      (uint32_t)e->body.gathered.len } };
	int fd = body_to_memfd(&e->body);

	return fd < 0 ? fd : links_tell_stored(links_of(e), &e->call, &m, fd);
}

static int tell_commit(struct exchange *e, struct span seal)
{
	struct ipc_message m = { .number = IPC_COMMIT,
				 .commit = {
					 .call = e->call.number,
					 .length = e->body.length,
					 .seal = seal,
					 .trailer = span_from_string(e->body.checksum),
				 } };

	return links_tell_stored(links_of(e), &e->call, &m, -1);
}

/* An object's bytes are with stored, or travel with this; what is left is the word that counts. */
static void tell_object(struct exchange *e)
{
	const struct body *b = &e->body;
	int r = 0;

	if (b->place == BODY_INSIDE)
		r = tell_call(e, true);
	if (r == 0 && b->chained) {
		r = dialogue_tell_chunks(e, true);
		become(e, r, EXCHANGE_CHAINING);
		return;
	}
	/* A body inside is an object by itself, unless a trailer is still to be held against it. */
	if (r == 0 && (b->framed || b->place == BODY_PIPE))
		r = tell_commit(e, SPAN(""));
	become(e, r, EXCHANGE_WRITING);
}

static enum exchange_state state_of_operation(const struct exchange *e)
{
	return s3_operations[e->grant.request.operation].access == S3_ACCESS_WRITE
		       ? EXCHANGE_WRITING
		       : EXCHANGE_READING;
}

void dialogue_open(struct exchange *e)
{
	become(e, tell_call(e, false), EXCHANGE_OPENING);
}

void dialogue_tell(struct exchange *e)
{
	switch (s3_operations[e->grant.request.operation].body) {
	case S3_BODY_NONE:
		become(e, tell_call(e, false), state_of_operation(e));
		break;
	case S3_BODY_COMMAND:
		become(e, tell_command(e), EXCHANGE_WRITING);
		break;
	case S3_BODY_OBJECT:
		tell_object(e);
		break;
	}
}

void dialogue_want_extent(struct exchange *e)
{
	struct ipc_message m = { .number = IPC_NEXT, .next = { e->call.number } };

	/* Where it does not go out, the link is gone, and the download hears of it. */
	if (e->call.at_stored)
		(void)!links_tell_stored(links_of(e), &e->call, &m, -1);
}

/* --- from authd -------------------------------------------------------------------------- */

/* The seal is stored's to check; what the grant says of the request is ours to read. */
static bool open_grant(struct exchange *e, struct span sealed)
{
	struct span tag, contents;
	uint64_t epoch;

	buffer_append(&e->sealed, sealed);
	if (e->sealed.error || !sealed_split(buffer_span(&e->sealed), &epoch, &tag, &contents))
		return false;
	e->granted = grant_decode(contents, &e->grant);
	return e->granted;
}

static void on_granted(struct call *c, struct span sealed)
{
	struct exchange *e = exchange_of(c);

	if (e->state != EXCHANGE_ASKING)
		return;
	e->judged_ns = clock_boottime_ns();
	if (!open_grant(e, sealed)) {
		exchange_give_up(e, -EBADMSG);
		return;
	}
	c->at_authd = s3_payload_is_chained(e->grant.request.payload);
	if (limit_admits(e))
		upload_begin(e);
}

static void on_denied(struct call *c, enum s3_error error, struct span detail, uint32_t retry_after)
{
	struct exchange *e = exchange_of(c);

	if (is_over(e))
		return;
	if (!e->judged_ns)
		e->judged_ns = clock_boottime_ns();
	/* Late in a chained stream, stored has an upload open that must not stay. */
	exchange_abandon(e);
	e->retry_after_s = retry_after;
	exchange_refuse(e, error, detail);
}

static void on_chained(struct call *c, struct span seal)
{
	struct exchange *e = exchange_of(c);

	if (e->state == EXCHANGE_CHAINING)
		become(e, tell_commit(e, seal), EXCHANGE_WRITING);
}

static void on_administered(struct call *c, uint16_t status, uint32_t retry_after,
			    struct span document)
{
	struct exchange *e = exchange_of(c);

	if (is_over(e))
		return;
	e->judged_ns = clock_boottime_ns();
	administration_answer(e, status, retry_after, document);
}

/* --- from stored ------------------------------------------------------------------------- */

static void on_pipe(struct call *c, int *fd)
{
	struct exchange *e = exchange_of(c);

	if (e->state == EXCHANGE_OPENING)
		upload_open(e, fd);
}

static void on_done(struct call *c, struct span answer)
{
	struct exchange *e = exchange_of(c);

	if (!is_over(e))
		rendering_begin(e, answer);
}

static void on_failed(struct call *c, enum s3_error error, struct span detail, struct span answer)
{
	struct exchange *e = exchange_of(c);
	struct answer a;

	if (is_over(e)) {
		e->download.broken = true;
		if (e->state == EXCHANGE_STARVED)
			exchange_move(e, EXCHANGE_SENDING);
		return;
	}
	answer_init(&a);
	if (answer.len && !answer_decode(answer, &a))
		answer_init(&a);
	exchange_refuse_with(e, error, detail, &a);
}

static void on_object(struct call *c, struct span answer, struct span body, uint64_t extents)
{
	struct exchange *e = exchange_of(c);
	bool has_bytes = e->grant.request.operation == S3_GET_OBJECT;
	struct answer a;

	if (e->state != EXCHANGE_READING)
		return;
	if (!answer_decode(answer, &a)) {
		exchange_give_up(e, -EBADMSG);
		return;
	}
	rendering_write(e, &a);
	if (has_bytes && e->reply.length != body.len + extents) {
		exchange_give_up(e, -EBADMSG);
		return;
	}
	download_init(&e->download, extents);
	buffer_append(&e->reply.body, body);
	if (!extents)
		exchange_conclude(e);
}

/* The head waits for the first: where that cannot be had, it is still an error that is told. */
static void on_extent(struct call *c, int *fd, uint64_t offset, uint64_t length, bool last)
{
	struct exchange *e = exchange_of(c);

	if (!download_add(&e->download, fd, offset, length) ||
	    last != download_has_all(&e->download)) {
		e->download.broken = true;
		log_error("extent-misfit offset=%llu length=%llu", (unsigned long long)offset,
			  (unsigned long long)length);
	}
	if (e->state == EXCHANGE_READING)
		exchange_conclude(e);
	else if (e->state == EXCHANGE_STARVED)
		exchange_move(e, EXCHANGE_SENDING);
}

static void on_items(struct call *c, struct span items)
{
	struct exchange *e = exchange_of(c);
	struct span rest = items;
	struct answer item;
	int r;

	do
		r = answer_next_item(&rest, &item);
	while (r > 0);
	/* The error stays with the buffer until DONE asks for it. */
	if (r < 0)
		e->items.error = r;
	buffer_append(&e->items, items);
}

static void on_lost(struct call *c)
{
	struct exchange *e = exchange_of(c);

	if (!is_over(e)) {
		exchange_refuse(e, S3_ERROR_SERVICE_UNAVAILABLE, SPAN_NONE);
		return;
	}
	e->download.broken = true;
	if (e->state == EXCHANGE_STARVED)
		exchange_move(e, EXCHANGE_SENDING);
}

const struct links_handler dialogue_handler = {
	.granted = on_granted,
	.denied = on_denied,
	.chained = on_chained,
	.administered = on_administered,
	.pipe = on_pipe,
	.done = on_done,
	.failed = on_failed,
	.object = on_object,
	.extent = on_extent,
	.items = on_items,
	.lost = on_lost,
};
