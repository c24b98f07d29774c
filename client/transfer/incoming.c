/* SPDX-License-Identifier: Apache-2.0 */
#include "client/transfer/incoming.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/fd.h"
#include "client/transfer/importer.h"
#include "client/transfer/incoming_steps.h"

#define REASON_MAX 400

/* --- states ---------------------------------------------------------------------------------- */

#define TO(state) (1u << INCOMING_##state)

static const unsigned int incoming_moves[INCOMING_STATES] = {
	[INCOMING_WAITING] = TO(LOOKING),
	[INCOMING_LOOKING] =
		TO(WAITING) | TO(SUMMING) | TO(OPENING) | TO(COMMITTING) | TO(FETCHING),
	[INCOMING_SUMMING] = TO(WAITING) | TO(OPENING) | TO(COMMITTING) | TO(FETCHING),
	[INCOMING_OPENING] = TO(WAITING) | TO(STREAMING),
	[INCOMING_STREAMING] = TO(WAITING) | TO(COMMITTING),
	[INCOMING_COMMITTING] = TO(WAITING) | TO(FETCHING),
	[INCOMING_FETCHING] = TO(WAITING) | TO(CHECKING) | TO(OPENING) | TO(COMMITTING),
	[INCOMING_CHECKING] = TO(WAITING) | TO(OPENING) | TO(COMMITTING),
};

void incoming_move(struct incoming *it, enum incoming_state to)
{
	assert(incoming_moves[it->state] & (1u << to));
	it->state = to;
}

/* --- life ------------------------------------------------------------------------------------ */

/* Nothing is under way for it, and nothing kept, but what it is. */
static void put_down(struct incoming *it)
{
	operator_cancel(&it->importer->stored, &it->call);
	mover_drop(&it->importer->mover, it);
	it->importer->tally->progress.moving -= it->shown;
	it->shown = 0;
	while (it->n_extents)
		fd_close(it->extents[--it->n_extents].fd);
}

struct incoming *incoming_free(struct incoming *it)
{
	struct importer *i = it->importer;

	put_down(it);
	*(it->before ? &it->before->after : &i->incoming) = it->after;
	if (it->after)
		it->after->before = it->before;
	i->n_incoming--;
	source_entry_free(it->entry);
	free(it);
	return NULL;
}

static void enter(struct importer *i, struct incoming *it)
{
	it->importer = i;
	it->after = i->incoming;
	if (it->after)
		it->after->before = it;
	i->incoming = it;
	i->n_incoming++;
}

void incoming_fail(struct incoming *it, const char *format, ...)
{
	char reason[REASON_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	put_down(it);
	tally_failed(it->importer->tally, it->entry->name, "%s", reason);
	incoming_free(it);
}

void incoming_finish(struct incoming *it)
{
	put_down(it);
	if (it->was_there)
		tally_unchanged(it->importer->tally, it->entry->size);
	else
		tally_done(it->importer->tally, it->entry->size);
	incoming_free(it);
}

void incoming_show(struct incoming *it, uint64_t bytes)
{
	struct importer *i = it->importer;
	/* What is read back is read twice; each time is half of the way. */
	uint64_t share = i->config->read_back ? bytes / 2 : bytes;

	it->shown += share;
	i->tally->progress.moving += share;
}

/* From the start, since what stored has of it by now nobody knows. */
void incoming_begin_again(struct incoming *it, uint64_t due_ns)
{
	struct importer *i = it->importer;

	put_down(it);
	incoming_move(it, INCOMING_WAITING);
	it->was_there = false;
	it->due_ns = due_ns;
	it->next = i->waiting;
	i->waiting = it;
}

/* --- asking ---------------------------------------------------------------------------------- */

struct span incoming_key(const struct incoming *it)
{
	return (struct span){ it->key, it->key_len };
}

static struct s3_request request_for(const struct incoming *it, enum s3_operation o)
{
	return (struct s3_request){
		.operation = o,
		.bucket = span_from_string(it->importer->config->target.bucket),
		.key = incoming_key(it),
	};
}

/* A channel that ends tells its calls; who asks only then is told here. */
static void ask(struct incoming *it, const struct s3_request *r, struct span body)
{
	struct operator_channel *o = &it->importer->stored;
	int e;

	if (!operator_is_open(o)) {
		incoming_begin_again(it, 0);
		return;
	}
	e = operator_ask(o, &it->call, r, body);
	if (e < 0)
		incoming_fail(it, "cannot ask stored: %s", strerrordesc_np(-e));
}

void incoming_look(struct incoming *it)
{
	struct s3_request r = request_for(it, S3_HEAD_OBJECT);

	incoming_move(it, INCOMING_LOOKING);
	ask(it, &r, SPAN_NONE);
}

/* Only where it was not yet there when it was looked for, unless it may be replaced. */
static struct s3_request request_to_put(const struct incoming *it, uint64_t length)
{
	struct s3_request r = request_for(it, S3_PUT_OBJECT);

	r.length = length;
	r.checksum_algorithm = CHECKSUM_CRC64NVME;
	if (!it->importer->config->overwrite)
		r.headers[S3_HEADER_IF_NONE_MATCH] = SPAN("*");
	return r;
}

/* The whole of a small source, into the importer's room. False where it failed. */
static bool read_whole(struct incoming *it, struct span *ret)
{
	struct importer *i = it->importer;
	struct source_reader reader;
	size_t len = 0, n = 1;
	bool changed;
	int r = source_open(i->source, it->entry, &reader);

	if (r < 0) {
		incoming_fail(it, "cannot be read: %s", strerrordesc_np(-r));
		return false;
	}
	while (r == 0 && n && len < sizeof(i->room)) {
		r = source_read(&reader, i->room + len, sizeof(i->room) - len, &n);
		len += n;
	}
	changed = len != it->entry->size || source_has_changed(&reader);
	source_close(&reader);
	*ret = (struct span){ i->room, len };
	if (r == 0 && !changed)
		r = digest_of(*ret, &it->digest);
	if (r < 0)
		incoming_fail(it, "cannot be read: %s", strerrordesc_np(-r));
	else if (changed)
		incoming_fail(it, "changed while it was read");
	return r == 0 && !changed;
}

static bool is_small(const struct incoming *it)
{
	return it->entry->size <= it->importer->stored.inline_limit;
}

static void put_inside(struct incoming *it)
{
	struct s3_request r;
	struct span body;

	if (!read_whole(it, &body))
		return;
	r = request_to_put(it, body.len);
	r.checksum = it->digest.crc64;
	incoming_move(it, INCOMING_COMMITTING);
	ask(it, &r, body);
}

void incoming_put(struct incoming *it)
{
	it->was_there = false;
	if (is_small(it)) {
		put_inside(it);
		return;
	}
	incoming_move(it, INCOMING_OPENING);
	mover_add(&it->importer->mover, it);
}

void incoming_open_pipe(struct incoming *it, uint64_t length)
{
	struct s3_request r = request_to_put(it, length);

	it->entry->size = length;
	r.payload = S3_PAYLOAD_STREAMING_UNSIGNED_TRAILER;
	r.trailer = CHECKSUM_CRC64NVME;
	ask(it, &r, SPAN_NONE);
}

void incoming_commit(struct incoming *it, const struct digest_value *d)
{
	char text[CHECKSUM_TEXT_MAX];
	int r;

	it->digest = *d;
	incoming_move(it, INCOMING_COMMITTING);
	checksum_format(&d->crc64, 0, text);
	r = operator_commit(&it->importer->stored, &it->call, d->length, span_from_string(text));
	if (r < 0)
		incoming_fail(it, "cannot be sent: %s", strerrordesc_np(-r));
}

/* --- comparing ------------------------------------------------------------------------------- */

static void fetch(struct incoming *it)
{
	struct s3_request r = request_for(it, S3_GET_OBJECT);

	/* Of what was put or found here, and nothing that somebody has put there since. */
	r.headers[S3_HEADER_IF_MATCH] = span_from_string(it->etag);
	incoming_move(it, INCOMING_FETCHING);
	ask(it, &r, SPAN_NONE);
}

void incoming_verify(struct incoming *it)
{
	if (it->importer->config->read_back)
		fetch(it);
	else
		incoming_finish(it);
}

/* There is something else under the key. */
void incoming_take_place(struct incoming *it)
{
	if (it->importer->config->overwrite)
		incoming_put(it);
	else
		incoming_fail(it,
			      "its key is there with other contents; --overwrite replaces them");
}

void incoming_summed(struct incoming *it, const struct digest_value *d)
{
	it->digest = *d;
	it->was_there = true;
	/* The tag of one that came in parts says nothing of it as a whole: only reading does. */
	if (!digest_is_md5(it->etag))
		fetch(it);
	else if (strcmp(it->etag, d->etag) == 0)
		incoming_verify(it);
	else
		incoming_take_place(it);
}

void incoming_sum_up(struct incoming *it)
{
	struct span body;

	if (!is_small(it)) {
		incoming_move(it, INCOMING_SUMMING);
		mover_add(&it->importer->mover, it);
		return;
	}
	if (read_whole(it, &body)) {
		struct digest_value d = it->digest;

		incoming_summed(it, &d);
	}
}

void incoming_checked(struct incoming *it, const struct digest_value *d)
{
	if (d->length == it->digest.length && checksum_equal(&d->sha256, &it->digest.sha256))
		incoming_finish(it);
	else if (it->was_there && !digest_is_md5(it->etag))
		incoming_take_place(it);
	else
		incoming_fail(it, "what stored gives back are other bytes: the object is damaged");
}

/* --- beginning ------------------------------------------------------------------------------- */

static bool take_key(struct incoming *it)
{
	struct span prefix = it->importer->config->prefix, key = it->entry->key;

	if (prefix.len + key.len > sizeof(it->key))
		return false;
	memcpy(it->key, prefix.data, prefix.len);
	memcpy(it->key + prefix.len, key.data, key.len);
	it->key_len = prefix.len + key.len;
	return true;
}

int incoming_begin(struct importer *i, struct source_entry *e)
{
	struct incoming *it = calloc(1, sizeof(*it));

	if (!it) {
		source_entry_free(e);
		return -ENOMEM;
	}
	it->call.heard = incoming_heard;
	it->entry = e;
	enter(i, it);
	if (e->reason)
		incoming_fail(it, "%s", e->reason);
	else if (!take_key(it))
		incoming_fail(it, "with the prefix its key would have more than %d bytes",
			      S3_KEY_MAX);
	else
		incoming_look(it);
	return 0;
}
