/* SPDX-License-Identifier: Apache-2.0 */
#include "client/transfer/mover.h"

#include <unistd.h>

#include "base/fd.h"
#include "client/transfer/importer.h"
#include "client/transfer/incoming.h"

#define ROOM_SIZE (256 * KIB)

static struct mover *mover_of(struct loop_source *s)
{
	return (struct mover *)((char *)s - offsetof(struct mover, pipe));
}

/* --- life ------------------------------------------------------------------------------------ */

int mover_init(struct mover *m, struct importer *i)
{
	*m = (struct mover){ .importer = i, .end = &m->first, .reader.fd = -1, .pipe.fd = -1 };
	m->room = malloc(ROOM_SIZE);
	return m->room ? 0 : -ENOMEM;
}

/* What was begun for the first ends here, whatever it was. */
static void put_down(struct mover *m)
{
	source_close(&m->reader);
	m->digest = digest_free(m->digest);
	loop_remove(&m->pipe);
	m->pipe.fd = fd_close(m->pipe.fd);
	m->pending = SPAN_NONE;
	m->moved = 0;
}

void mover_clear(struct mover *m)
{
	put_down(m);
	free(m->room);
}

void mover_add(struct mover *m, struct incoming *it)
{
	it->next = NULL;
	*m->end = it;
	m->end = &it->next;
}

void mover_drop(struct mover *m, struct incoming *it)
{
	struct incoming **at = &m->first;

	while (*at && *at != it)
		at = &(*at)->next;
	if (!*at)
		return;
	if (m->first == it)
		put_down(m);
	*at = it->next;
	if (m->end == &it->next)
		m->end = at;
}

/* --- reading the source ---------------------------------------------------------------------- */

static void fail(struct mover *m, const char *what, int r)
{
	incoming_fail(m->first, "%s: %s", what, strerrordesc_np(-r));
}

static bool begin_to_read(struct mover *m)
{
	int r = digest_new(&m->digest);

	if (r == 0)
		r = source_open(m->importer->source, m->first->entry, &m->reader);
	if (r < 0)
		fail(m, "cannot be read", r);
	return r == 0;
}

/* The next bytes of it, in the room; none at the end. False where that has failed. */
static bool read_some(struct mover *m, struct span *ret)
{
	size_t len = 0;
	int r = source_read(&m->reader, m->room, ROOM_SIZE, &len);

	if (r == 0)
		r = digest_update(m->digest, (struct span){ m->room, len });
	if (r < 0) {
		fail(m, "cannot be read", r);
		return false;
	}
	m->moved += len;
	incoming_show(m->first, len);
	if (m->moved > m->reader.size) {
		incoming_fail(m->first, "grew while it was read");
		return false;
	}
	*ret = (struct span){ m->room, len };
	return true;
}

/* All of it was read, and nobody wrote to it meanwhile. */
static bool finish_reading(struct mover *m, struct digest_value *ret)
{
	int r = digest_finish(m->digest, ret);

	if (r < 0)
		fail(m, "cannot be summed up", r);
	else if (m->moved != m->reader.size || source_has_changed(&m->reader))
		incoming_fail(m->first, "changed while it was read");
	else
		return true;
	return false;
}

static bool sum_up(struct mover *m)
{
	struct incoming *it = m->first;
	struct digest_value v;
	struct span bytes;

	if (!m->digest && !begin_to_read(m))
		return true;
	if (!read_some(m, &bytes) || bytes.len)
		return true;
	if (!finish_reading(m, &v))
		return true;
	mover_drop(m, it);
	incoming_summed(it, &v);
	return true;
}

/* --- filling a pipe -------------------------------------------------------------------------- */

static void commit(struct mover *m)
{
	struct incoming *it = m->first;
	struct digest_value v;

	if (!finish_reading(m, &v))
		return;
	mover_drop(m, it);
	incoming_commit(it, &v);
}

/* stored reads no more: it is about to say why, of this one or of all. */
static void stop_filling(struct mover *m)
{
	loop_remove(&m->pipe);
}

static void write_some(struct mover *m)
{
	ssize_t n = write(m->pipe.fd, m->pending.data, m->pending.len);

	if (n >= 0)
		m->pending = span_skip(m->pending, (size_t)n);
	else if (errno == EPIPE)
		stop_filling(m);
	else if (errno != EAGAIN && errno != EINTR)
		fail(m, "cannot be sent", -errno);
}

static int on_writable(struct loop_source *s, uint32_t events)
{
	struct mover *m = mover_of(s);

	if (m->pending.len)
		write_some(m);
	else if (read_some(m, &m->pending) && !m->pending.len)
		commit(m);
	return 0;
}

/* The file may be another by now than when its source named it: its length now counts. */
static bool open_pipe(struct mover *m)
{
	if (m->digest)
		return false;
	if (begin_to_read(m))
		incoming_open_pipe(m->first, m->reader.size);
	return true;
}

void mover_take_pipe(struct mover *m, struct incoming *it, int fd)
{
	int r;

	m->pipe = (struct loop_source){ .fd = fd, .ready = on_writable };
	r = loop_add(&m->importer->stored.loop, &m->pipe, EPOLLOUT);
	if (r < 0)
		fail(m, "cannot be sent", r);
}

/* --- reading what came back ------------------------------------------------------------------ */

static int check_piece(struct mover *m, struct operator_extent *e)
{
	size_t len = (size_t)MIN(e->length, ROOM_SIZE);
	int r = m->digest ? 0 : digest_new(&m->digest);

	if (r == 0)
		r = fd_pread_all(e->fd, m->room, len, e->offset);
	if (r == 0)
		r = digest_update(m->digest, (struct span){ m->room, len });
	incoming_show(m->first, len);
	e->offset += len;
	e->length -= len;
	return r;
}

static void drop_extent(struct incoming *it)
{
	fd_close(it->extents[0].fd);
	it->n_extents--;
	memmove(it->extents, it->extents + 1, it->n_extents * sizeof(it->extents[0]));
}

static void finish_checking(struct mover *m)
{
	struct incoming *it = m->first;
	struct digest_value v;
	int r = digest_finish(m->digest, &v);

	mover_drop(m, it);
	if (r < 0)
		incoming_fail(it, "cannot be summed up: %s", strerrordesc_np(-r));
	else
		incoming_checked(it, &v);
}

/* False while the next extent is to come. */
static bool check(struct mover *m)
{
	struct incoming *it = m->first;
	struct operator_extent *e = &it->extents[0];
	bool last;
	int r;

	if (!it->n_extents)
		return false;
	r = check_piece(m, e);
	if (r < 0) {
		fail(m, "what stored has of it cannot be read", r);
		return true;
	}
	if (e->length)
		return true;
	last = e->last;
	drop_extent(it);
	if (last)
		finish_checking(m);
	else if (operator_next(&m->importer->stored, &it->call) < 0)
		incoming_fail(it, "cannot ask for the rest of it");
	return true;
}

bool mover_work(struct mover *m)
{
	if (!m->first)
		return false;
	switch (m->first->state) {
	case INCOMING_SUMMING:
		return sum_up(m);
	case INCOMING_OPENING:
		return open_pipe(m);
	case INCOMING_CHECKING:
		return check(m);
	case INCOMING_STREAMING:
		return false;
	case INCOMING_WAITING:
	case INCOMING_LOOKING:
	case INCOMING_COMMITTING:
	case INCOMING_FETCHING:
	case INCOMING_STATES:
		break;
	}
	return false;
}
