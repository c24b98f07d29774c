/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/body.h"

#include <assert.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "stored/intake.h"

#define LENGTHS_LIMIT (CUTTER_PENDING_MAX * sizeof(uint32_t))
#define HASHES_LIMIT  (32 * MIB)

/* For less than this it is not worth the while to wake the helper. */
#define SHARE_MIN (64 * KIB)

/* --- life ------------------------------------------------------------------------------------ */

static int open_pipe(struct body *b, int *ret_write_fd)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	/* An attempt: the pipes of one uid share 64 MiB. What it has without this is enough to
	 * work. */
	(void)!fcntl(fds[1], F_SETPIPE_SZ, (int)BODY_PIPE_SIZE);
	b->pipe.fd = fds[0];
	*ret_write_fd = fds[1];
	return 0;
}

static int body_open(struct body *b, int *ret_write_fd)
{
	int r = hasher_new(b->terms.methods, &b->terms.wants, &b->hasher);

	if (r == 0 && b->terms.chained)
		r = cutter_init(&b->cutter, b->terms.methods);
	if (r == 0 && span_is_none(b->terms.inside))
		return open_pipe(b, ret_write_fd);
	*ret_write_fd = -1;
	return r;
}

int body_new(const struct body_terms *terms, const struct body_notes *notes, struct body **ret,
	     int *ret_write_fd)
{
	_cleanup_(body_freep) struct body *b = calloc(1, sizeof(*b));
	int r;

	if (!b)
		return -ENOMEM;
	b->terms = *terms;
	b->notes = *notes;
	b->pipe.fd = -1;
	b->target = b->committed = S3_LENGTH_UNKNOWN;
	b->lengths = BUFFER_INIT(LENGTHS_LIMIT);
	b->chunk_hashes = BUFFER_INIT(HASHES_LIMIT);
	b->head = BUFFER_INIT(terms->head_limit);
	atomic_init(&b->moved_ns, clock_boottime_ns());
	pthread_mutex_init(&b->lock, NULL);
	r = body_open(b, ret_write_fd);
	if (r == 0)
		*ret = steal_ptr(b);
	return r;
}

struct body *body_free(struct body *b)
{
	if (!b)
		return NULL;
	fd_close(b->pipe.fd);
	hasher_free(b->hasher);
	cutter_clear(&b->cutter);
	blob_drop(b->blob);
	buffer_clear(&b->head);
	buffer_clear(&b->lengths);
	buffer_clear(&b->chunk_hashes);
	pthread_mutex_destroy(&b->lock);
	free(b);
	return NULL;
}

/* --- what the loop says ---------------------------------------------------------------------- */

int body_expect(struct body *b, struct span lengths)
{
	int r;

	pthread_mutex_lock(&b->lock);
	buffer_append(&b->lengths, lengths);
	r = buffer_error(&b->lengths);
	intake_wake(b);
	pthread_mutex_unlock(&b->lock);
	return r == -ENOMEM ? r : 0;
}

void body_commit(struct body *b, uint64_t length)
{
	pthread_mutex_lock(&b->lock);
	b->target = length;
	intake_wake(b);
	pthread_mutex_unlock(&b->lock);
}

void body_drop(struct body *b)
{
	pthread_mutex_lock(&b->lock);
	b->drop = true;
	intake_wake(b);
	pthread_mutex_unlock(&b->lock);
}

void body_take_hashes(struct body *b, struct buffer *ret)
{
	pthread_mutex_lock(&b->lock);
	*ret = b->chunk_hashes;
	b->chunk_hashes = BUFFER_INIT(HASHES_LIMIT);
	b->hashes_posted = false;
	pthread_mutex_unlock(&b->lock);
}

uint64_t body_moved_ns(const struct body *b)
{
	return atomic_load_explicit(&b->moved_ns, memory_order_relaxed);
}

/* --- keeping bytes --------------------------------------------------------------------------- */

static bool end(struct body *b, enum body_end how)
{
	b->end = how;
	return true;
}

static bool fail(struct body *b, int result)
{
	b->result = result;
	return end(b, BODY_FAILED);
}

static int begin_blob(struct body *b)
{
	uint64_t length = b->terms.length == S3_LENGTH_UNKNOWN ? 0 : b->terms.length;
	int r = blob_begin(b->terms.store, &b->terms.tenant, length, &b->blob);

	if (r == 0)
		r = fd_write_all(blob_fd(b->blob), buffer_span(&b->head));
	if (r == 0)
		buffer_clear(&b->head);
	return r;
}

static int keep(struct body *b, struct span bytes)
{
	int r;

	if (!b->blob && b->head.len + bytes.len <= b->terms.head_limit) {
		buffer_append(&b->head, bytes);
		return buffer_error(&b->head);
	}
	if (!b->blob) {
		r = begin_blob(b);
		if (r)
			return r;
	}
	return fd_write_all(blob_fd(b->blob), bytes);
}

/* --- cutting --------------------------------------------------------------------------------- */

/* Hashes of whole chunks go on to the loop. */
static int pass_hashes(struct body *b)
{
	bool post;
	int r;

	if (!b->cutter.hashes.len)
		return 0;
	pthread_mutex_lock(&b->lock);
	buffer_append(&b->chunk_hashes, buffer_span(&b->cutter.hashes));
	r = buffer_error(&b->chunk_hashes);
	post = r == 0 && !b->hashes_posted;
	b->hashes_posted |= post;
	pthread_mutex_unlock(&b->lock);
	buffer_reset(&b->cutter.hashes);
	if (post)
		mailbox_post(b->notes.mailbox, &b->notes.hashes);
	return r;
}

/* Bytes that came before the length of their chunk was known are read back from where they are
 * kept. */
static int read_kept(struct body *b, uint64_t offset, size_t len, const struct body_room *room,
		     struct span *ret)
{
	int r;

	if (!b->blob) {
		*ret = (struct span){ b->head.data + offset, len };
		return 0;
	}
	r = fd_pread_all(blob_fd(b->blob), room->data, len, offset);
	if (r == 0)
		*ret = (struct span){ room->data, len };
	return r;
}

static int catch_up(struct body *b, const struct body_room *room)
{
	while (b->cut < b->received && b->cutter.ahead) {
		uint64_t len =
			MIN(MIN(b->received - b->cut, b->cutter.ahead), (uint64_t)room->size);
		struct span bytes;
		int r = read_kept(b, b->cut, (size_t)len, room, &bytes);

		if (r == 0)
			r = cutter_update(&b->cutter, bytes);
		if (r < 0)
			return r;
		b->cut += len;
	}
	return pass_hashes(b);
}

/*
 * The cutter gets bytes as they pass, as far as it knows where their chunks end. Then it has had
 * all that came before them, too: whatever it hears of a chunk's length, it catches up at once.
 */
static int cut_passing(struct body *b, struct span bytes)
{
	size_t n = (size_t)MIN((uint64_t)bytes.len, b->cutter.ahead);
	int r;

	if (!b->terms.chained || !n)
		return 0;
	assert(b->cut == b->received);
	r = cutter_update(&b->cutter, span_first(bytes, n));
	if (r < 0)
		return r;
	b->cut += n;
	return pass_hashes(b);
}

/* --- writing back -------------------------------------------------------------------------- */

bool body_begin_writing(struct body *b)
{
	if (!b->blob || b->writing || b->received - b->written < BODY_PIECE)
		return false;
	b->writing = b->written + BODY_PIECE;
	return true;
}

void body_write(struct body *b)
{
	blob_write_back(b->blob, b->writing);
}

void body_end_writing(struct body *b)
{
	b->written = b->writing;
	b->writing = 0;
	/* Who sends it may have been kept waiting. */
	atomic_store_explicit(&b->moved_ns, clock_boottime_ns(), memory_order_relaxed);
}

bool body_is_ahead(const struct body *b)
{
	return b->writing && b->received - b->written >= BODY_AHEAD_MAX;
}

/* --- taking bytes ---------------------------------------------------------------------------- */

/* Of a body whose length is not known, what comes is reserved as it comes. */
static int reserve(struct body *b, uint64_t bytes)
{
	if (!b->terms.reservation)
		return 0;
	return reservation_grow(b->terms.reservation, bytes, &b->exceeded);
}

/* Bytes that came, and what became of each half of the work. */
struct portion {
	struct body *body;
	struct span bytes;
	int digested, kept;
};

static void digest(void *context)
{
	struct portion *p = context;

	p->digested = hasher_update_md5(p->body->hasher, p->bytes);
}

/* All but MD5, which takes as long as all of this or longer. */
static void keep_and_check(void *context)
{
	struct portion *p = context;

	p->kept = keep(p->body, p->bytes);
	if (p->kept == 0)
		p->kept = hasher_update_others(p->body->hasher, p->bytes);
	if (p->kept == 0)
		p->kept = cut_passing(p->body, p->bytes);
}

static int take(struct body *b, struct span bytes, struct body_room *room)
{
	struct portion p = { b, bytes, 0, 0 };
	int r = reserve(b, b->received + bytes.len);

	if (r)
		return r;
	if (bytes.len < SHARE_MIN) {
		digest(&p);
		keep_and_check(&p);
	} else {
		helper_share(&room->helper, keep_and_check, digest, &p);
	}
	r = p.kept ? p.kept : p.digested;
	if (r)
		return r;
	b->received += bytes.len;
	atomic_store_explicit(&b->moved_ns, clock_boottime_ns(), memory_order_relaxed);
	return 0;
}

/* Whoever commits has sent all: nothing may wait behind what was committed to. */
static bool has_more(const struct body *b)
{
	uint8_t byte;

	return !b->pipe_ended && read(b->pipe.fd, &byte, 1) > 0;
}

/* Whether it has come to its end, now that bytes came or the loop said something. */
static bool settle(struct body *b)
{
	int r;

	if (b->received > b->terms.most)
		return end(b, BODY_EXCESSIVE);
	if (b->committed == S3_LENGTH_UNKNOWN)
		return false;
	if (b->received > b->committed)
		return end(b, BODY_LONG);
	if (b->received < b->committed)
		return b->pipe_ended ? end(b, BODY_SHORT) : false;
	if (has_more(b))
		return end(b, BODY_LONG);
	/* A seal over chunks that nobody has hashed cannot be authd's. */
	if (b->terms.chained && (b->cut < b->received || !cutter_is_even(&b->cutter)))
		return end(b, BODY_ABSURD);
	r = hasher_finish(b->hasher, &b->hashes);
	return r < 0 ? fail(b, r) : end(b, BODY_WHOLE);
}

static bool receive_inside(struct body *b, struct body_room *room)
{
	int r = take(b, b->terms.inside, room);

	b->pipe_ended = true;
	return r ? fail(b, r) : settle(b);
}

bool body_receive(struct body *b, struct body_room *room)
{
	ssize_t n;
	int r;

	if (b->pipe_ended)
		return false;
	if (!span_is_none(b->terms.inside))
		return receive_inside(b, room);
	n = read(b->pipe.fd, room->data, room->size);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? false : fail(b, -errno);
	if (n == 0) {
		b->pipe_ended = true;
		return settle(b);
	}
	r = take(b, (struct span){ room->data, (size_t)n }, room);
	return r ? fail(b, r) : settle(b);
}

static int hear_lengths(struct body *b, struct buffer *lengths, const struct body_room *room)
{
	int r;

	if (!b->terms.chained || buffer_error(lengths) == -EMSGSIZE)
		return CUTTER_ABSURD;
	r = cutter_expect(&b->cutter, buffer_span(lengths));
	return r == CUTTER_OK ? catch_up(b, room) : r;
}

bool body_attend(struct body *b, const struct body_room *room)
{
	_cleanup_(buffer_clear) struct buffer lengths = BUFFER_INIT(LENGTHS_LIMIT);
	bool drop;
	int r = 0;

	pthread_mutex_lock(&b->lock);
	lengths = b->lengths;
	b->lengths = BUFFER_INIT(LENGTHS_LIMIT);
	b->committed = b->target;
	drop = b->drop;
	pthread_mutex_unlock(&b->lock);
	if (drop)
		return end(b, BODY_DROPPED);
	if (lengths.len || buffer_error(&lengths))
		r = hear_lengths(b, &lengths, room);
	if (r < 0)
		return fail(b, r);
	return r > 0 ? end(b, BODY_ABSURD) : settle(b);
}
