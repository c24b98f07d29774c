/* SPDX-License-Identifier: Apache-2.0 */
#include "client/incoming.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/fd.h"
#include "client/importer.h"
#include "client/shown.h"
#include "ipc/answer.h"
#include "s3/names.h"

#define REASON_MAX 400
#define NOT_UNDERSTOOD "stored's answer is not understood"
#define RETRY_FIRST_NS (200 * NS_PER_MS)

/* --- states ---------------------------------------------------------------------------------- */

#define TO(state) (1u << INCOMING_##state)

static const unsigned int incoming_moves[INCOMING_STATES] = {
	[INCOMING_WAITING] = TO(LOOKING),
	[INCOMING_LOOKING] = TO(WAITING) | TO(SUMMING) | TO(OPENING) | TO(COMMITTING) | TO(FETCHING),
	[INCOMING_SUMMING] = TO(WAITING) | TO(OPENING) | TO(COMMITTING) | TO(FETCHING),
	[INCOMING_OPENING] = TO(WAITING) | TO(STREAMING),
	[INCOMING_STREAMING] = TO(WAITING) | TO(COMMITTING),
	[INCOMING_COMMITTING] = TO(WAITING) | TO(FETCHING),
	[INCOMING_FETCHING] = TO(WAITING) | TO(CHECKING) | TO(OPENING) | TO(COMMITTING),
	[INCOMING_CHECKING] = TO(WAITING) | TO(OPENING) | TO(COMMITTING),
};

static void incoming_move(struct incoming *it, enum incoming_state to)
{
	assert(incoming_moves[it->state] & (1u << to));
	it->state = to;
}

/* --- life ------------------------------------------------------------------------------------ */

/* Nothing is under way for it, and nothing kept, but what it is. */
static void put_down(struct incoming *it)
{
	operator_cancel(&it->importer->operator, &it->call);
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

static void finish(struct incoming *it)
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
static void begin_again(struct incoming *it, uint64_t due_ns)
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

static struct span key_of(const struct incoming *it)
{
	return (struct span){ it->key, it->key_len };
}

static struct s3_request request_for(const struct incoming *it, enum s3_operation o)
{
	return (struct s3_request){
		.operation = o,
		.bucket = span_from_string(it->importer->config->target.bucket),
		.key = key_of(it),
	};
}

/* A channel that ends tells its calls; who asks only then is told here. */
static void ask(struct incoming *it, const struct s3_request *r, struct span body)
{
	struct operator *o = &it->importer->operator;
	int e;

	if (!operator_is_open(o)) {
		begin_again(it, 0);
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
	return it->entry->size <= it->importer->operator.inline_limit;
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

static void put(struct incoming *it)
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
	r = operator_commit(&it->importer->operator, &it->call, d->length, span_from_string(text));
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

static void verify(struct incoming *it)
{
	if (it->importer->config->read_back)
		fetch(it);
	else
		finish(it);
}

/* There is something else under the key. */
static void take_place_of(struct incoming *it)
{
	if (it->importer->config->overwrite)
		put(it);
	else
		incoming_fail(it, "its key is there with other contents; --overwrite replaces them");
}

static bool is_etag_of_whole(const char *etag)
{
	uint8_t md5[DIGEST_MD5_LEN];
	unsigned int parts;

	return etag_parse(span_from_string(etag), md5, &parts) && parts == 0;
}

void incoming_summed(struct incoming *it, const struct digest_value *d)
{
	it->digest = *d;
	it->was_there = true;
	/* The tag of an object that came in parts says nothing of it as a whole: only reading does. */
	if (!is_etag_of_whole(it->etag))
		fetch(it);
	else if (strcmp(it->etag, d->etag) == 0)
		verify(it);
	else
		take_place_of(it);
}

static void sum_up(struct incoming *it)
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
		finish(it);
	else if (it->was_there && !is_etag_of_whole(it->etag))
		take_place_of(it);
	else
		incoming_fail(it, "what stored gives back are other bytes: the object is damaged");
}

/* --- hearing --------------------------------------------------------------------------------- */

static bool keep_etag(struct incoming *it, struct span etag)
{
	if (etag.len >= sizeof(it->etag))
		return false;
	memcpy(it->etag, etag.data, etag.len);
	it->etag[etag.len] = '\0';
	return true;
}

static void only_looked(struct incoming *it, bool is_there, bool is_same_size)
{
	it->was_there = is_there && is_same_size;
	if (!is_there || is_same_size || it->importer->config->overwrite)
		finish(it);
	else
		incoming_fail(it, "its key is there with another size; --overwrite replaces it");
}

static void found(struct incoming *it, const struct answer *a)
{
	bool is_same_size = a->size == it->entry->size;

	if (it->importer->config->dry_run)
		only_looked(it, true, is_same_size);
	else if (!keep_etag(it, a->etag))
		incoming_fail(it, NOT_UNDERSTOOD);
	else if (is_same_size)
		sum_up(it);
	else
		take_place_of(it);
}

static void fetched(struct incoming *it, const struct ipc_object *m)
{
	struct digest_value d;
	int r;

	if (m->extents) {
		incoming_move(it, INCOMING_CHECKING);
		mover_add(&it->importer->mover, it);
		return;
	}
	r = digest_of(m->body, &d);
	if (r < 0)
		incoming_fail(it, "cannot be summed up: %s", strerrordesc_np(-r));
	else
		incoming_checked(it, &d);
}

static void take_object(struct incoming *it, const struct ipc_object *m, int *fd)
{
	struct answer a;

	if (!answer_decode(m->answer, &a))
		incoming_fail(it, NOT_UNDERSTOOD);
	else if (it->state == INCOMING_LOOKING)
		found(it, &a);
	else if (it->state == INCOMING_FETCHING)
		fetched(it, m);
	else
		incoming_fail(it, NOT_UNDERSTOOD);
}

static void take_extent(struct incoming *it, const struct ipc_extent *m, int *fd)
{
	if (it->n_extents == INCOMING_EXTENTS_MAX) {
		incoming_fail(it, "stored sends more of it than was asked for");
		return;
	}
	it->extents[it->n_extents++] = (struct operator_extent){
		.fd = steal_fd(*fd), .offset = m->offset, .length = m->length, .last = m->last
	};
}

static void take_pipe(struct incoming *it, const struct ipc_pipe *m, int *fd)
{
	if (it->state != INCOMING_OPENING) {
		incoming_fail(it, NOT_UNDERSTOOD);
		return;
	}
	incoming_move(it, INCOMING_STREAMING);
	mover_take_pipe(&it->importer->mover, it, steal_fd(*fd));
}

/* It is an object, durably, and has the checksum that was asked for; what else is said must fit. */
static void take_done(struct incoming *it, const struct ipc_done *m, int *fd)
{
	struct answer a;

	if (it->state != INCOMING_COMMITTING || !answer_decode(m->answer, &a) ||
	    !keep_etag(it, a.etag))
		incoming_fail(it, NOT_UNDERSTOOD);
	else if (strcmp(it->etag, it->digest.etag) != 0 || a.size != it->digest.length)
		incoming_fail(it, "stored has other bytes than were read");
	else
		verify(it);
}

/* Nothing is listed. */
static void take_items(struct incoming *it, const struct ipc_items *m, int *fd)
{
	incoming_fail(it, NOT_UNDERSTOOD);
}

/* --- hearing that it did not work ------------------------------------------------------------ */

static bool is_passing(enum s3_error e)
{
	return e == S3_ERROR_SLOW_DOWN || e == S3_ERROR_SERVICE_UNAVAILABLE ||
	       e == S3_ERROR_INTERNAL_ERROR || e == S3_ERROR_REQUEST_TIMEOUT;
}

/* What is not about this object, and would be said of the next one, too. */
static bool concerns_all(enum s3_error e)
{
	return e == S3_ERROR_INSUFFICIENT_STORAGE || e == S3_ERROR_NO_SUCH_BUCKET ||
	       e == S3_ERROR_ACCESS_DENIED;
}

static bool is_new(const struct incoming *it, enum s3_error e)
{
	if (it->state != INCOMING_LOOKING)
		return false;
	/* A dry run makes no bucket. */
	return e == S3_ERROR_NO_SUCH_KEY ||
	       (e == S3_ERROR_NO_SUCH_BUCKET && it->importer->config->dry_run);
}

static void try_later(struct incoming *it)
{
	begin_again(it, clock_boottime_ns() + (RETRY_FIRST_NS << it->attempts++));
}

static void take_failed(struct incoming *it, const struct ipc_failed *m, int *fd)
{
	enum s3_error e = m->error < S3_ERROR_COUNT ? m->error : S3_ERROR_INTERNAL_ERROR;
	const char *says = s3_errors[e].message;

	if (is_new(it, e) && it->importer->config->dry_run)
		only_looked(it, false, false);
	else if (is_new(it, e))
		put(it);
	else if (it->state == INCOMING_FETCHING && e == S3_ERROR_PRECONDITION_FAILED)
		incoming_fail(it, "somebody has replaced it meanwhile");
	else if (concerns_all(e))
		importer_stop(it->importer, "stored says of %s: %s", SHOWN(key_of(it)), says);
	else if ((is_passing(e) || e == S3_ERROR_PRECONDITION_FAILED) &&
		 it->attempts < IMPORT_ATTEMPTS_MAX)
		try_later(it);
	else
		incoming_fail(it, "stored says: %s", says);
}

static void heard(struct operator_call *c, const struct ipc_message *m, int *fd)
{
	struct incoming *it = (struct incoming *)c;

	if (!m) {
		begin_again(it, 0);
		return;
	}
	switch ((int)m->number) {
#define MESSAGE(SYMBOL, symbol, ...)                                                               \
	case IPC_##SYMBOL:                                                                         \
		take_##symbol(it, &m->symbol, fd);                                                 \
		break;
		MESSAGE(PIPE, pipe)
		MESSAGE(DONE, done)
		MESSAGE(FAILED, failed)
		MESSAGE(OBJECT, object)
		MESSAGE(EXTENT, extent)
		MESSAGE(ITEMS, items)
#undef MESSAGE
	}
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
	it->call.heard = heard;
	it->entry = e;
	enter(i, it);
	if (e->reason)
		incoming_fail(it, "%s", e->reason);
	else if (!take_key(it))
		incoming_fail(it, "with the prefix its key would have more than %d bytes", S3_KEY_MAX);
	else
		incoming_look(it);
	return 0;
}
