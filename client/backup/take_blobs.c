/* SPDX-License-Identifier: Apache-2.0 */

/* The blobs of a backup: those that the directory has from before are kept, and the others fetched
 * in their order. */

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "client/backup/taking.h"
#include "s3/encoding.h"

/* --- the backup before ----------------------------------------------------------------------- */

static void read_old(struct take *t)
{
	t->has_old = false;
	while (t->before.file && roll_next(&t->before, &t->old) == 1) {
		if (t->old.kind != ROLL_BLOB)
			continue;
		t->has_old = true;
		return;
	}
}

static int check_tenant(struct archiver *a, const struct manifest *before)
{
	if (strcmp(before->canonical_id, a->manifest.canonical_id) == 0)
		return 0;
	complain(a->why, -EEXIST, "%s has a backup of another tenant, %s of the ID %s",
		 a->vault.path, before->tenant, before->canonical_id);
	complaint_hint(a->why, "name another directory");
	return -EEXIST;
}

/* Its list, if that is sound: without, whatever lies there is read once more. */
int take_open_before(struct take *t)
{
	struct archiver *a = t->a;
	struct manifest now = a->manifest, before;
	struct complaint unheard = { 0 }, *why = a->why;
	int r;

	if (faccessat(a->vault.root_fd, MANIFEST_NAME, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	r = manifest_read(a->vault.root_fd, &before, a->why);
	if (r == 0)
		r = check_tenant(a, &before);
	if (r < 0)
		return r;
	a->manifest = before;
	a->why = &unheard;
	r = archiver_open_roll(a, &t->before);
	a->why = why;
	a->manifest = now;
	if (r == 0)
		read_old(t);
	return r == -EINTR ? complain(why, r, "interrupted") : 0;
}

/* The line of the backup before about this blob, or NULL. Both lists ascend. */
static const struct roll_line *find_old(struct take *t, const char *id)
{
	while (t->has_old && strcmp(t->old.blob.id, id) < 0)
		read_old(t);
	return t->has_old && strcmp(t->old.blob.id, id) == 0 ? &t->old : NULL;
}

/* --- what is there --------------------------------------------------------------------------- */

static bool is_same(const struct fingerprint *a, const struct fingerprint *b)
{
	return a->length == b->length && strcmp(a->crc64, b->crc64) == 0;
}

/*
 * 1: the blob is there, and its digest known. What the backup before has vouched for need not be
 * read again, unless that is asked for; what an interrupted run has left is.
 */
static int look(struct take *t, struct roll_line *l)
{
	struct archiver *a = t->a;
	const struct roll_line *old = find_old(t, l->blob.id);
	struct fingerprint print = { 0 };
	_cleanup_(fd_closep) int fd = -1;
	enum fingerprint_side side;
	uint64_t length;
	int r = vault_find_blob(&a->vault, l->blob.id, &fd, &length);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return archiver_blob_failed(a, r, "read", l->blob.id);
	if (length != l->blob.print.length)
		return 0;
	if (old && is_same(&old->blob.print, &l->blob.print) &&
	    !a->invocation->options[OPTION_VERIFY]) {
		l->blob.print = old->blob.print;
		return 1;
	}
	r = fingerprint_take(fd, length, -1, &a->pace, &print, &side);
	if (r < 0 && r != -ENODATA && r != -EIO)
		return archiver_blob_failed(a, r, "read", l->blob.id);
	if (r < 0 || !is_same(&print, &l->blob.print) ||
	    (old && strcmp(print.blake2b, old->blob.print.blake2b) != 0)) {
		t->n_damaged++;
		return 0;
	}
	l->blob.print = print;
	return 1;
}

/* --- copying --------------------------------------------------------------------------------- */

static int complain_of_side(struct archiver *a, int r, enum fingerprint_side side, const char *id)
{
	if (r == -EINTR || side == FINGERPRINT_FROM)
		return archiver_blob_failed(a, r, "read", id);
	complain_errno(a->why, r, "cannot write to %s", a->vault.path);
	complaint_hint(a->why, "what was copied stays: the same command again goes on from here");
	return r;
}

int take_cannot_write(struct archiver *a, int r)
{
	return complain_of_side(a, r, FINGERPRINT_TO, "");
}

int take_file(struct archiver *a, const struct operator_extent *e, int to_fd, const char *what,
	      struct fingerprint *ret)
{
	enum fingerprint_side side = FINGERPRINT_FROM;
	int r = e->offset ? -EPROTO
			  : fingerprint_take(e->fd, e->length, to_fd, &a->pace, ret, &side);

	return r < 0 ? complain_of_side(a, r, side, what) : 0;
}

static int copy_blob(struct take *t, struct entry *e)
{
	struct archiver *a = t->a;
	const struct operator_extent *from = &e->parcel.extents[0];
	_cleanup_(fd_closep) int fd = -1;
	struct fingerprint print;
	const char *id = e->line.blob.id;
	int r;

	if (e->parcel.error || e->parcel.n_extents != 1)
		return complain(a->why, -EREMOTEIO, "stored does not give the blob %s: %s", id,
				parcel_sentence(&e->parcel));
	r = vault_create_blob(&a->vault, id, &fd);
	if (r < 0)
		return complain_of_side(a, r, FINGERPRINT_TO, id);
	r = take_file(a, from, fd, id, &print);
	if (r < 0)
		return r;
	if (!is_same(&print, &e->line.blob.print)) {
		complain(a->why, -EBADMSG, "the blob %s is damaged in the store itself", id);
		complaint_hint(a->why, "some object of the tenant cannot be read; stored's log and "
				       "the disk's say more");
		return -EBADMSG;
	}
	r = vault_keep_blob(&a->vault, id);
	if (r < 0)
		return complain_of_side(a, r, FINGERPRINT_TO, id);
	e->line.blob.print = print;
	t->n_copied++;
	t->copied += print.length;
	return 0;
}

/* --- the window ------------------------------------------------------------------------------ */

bool take_parse_id(const char *text, struct ipc_id *ret)
{
	return hex_decode(span_from_string(text), ret->bytes, sizeof(ret->bytes));
}

static int ask(struct take *t, struct entry *e)
{
	struct ipc_message m = { .number = IPC_FETCH };

	if (!take_parse_id(e->line.blob.id, &m.fetch.blob))
		return -EPROTO;
	return courier_send(&t->a->courier, &e->parcel, &m, -1);
}

static int push(struct take *t, const struct roll_line *l)
{
	struct entry *e = &t->ring[(t->first + t->n) % COURIER_WINDOW];
	int r;

	*e = (struct entry){ .line = *l };
	r = look(t, &e->line);
	e->is_there = r == 1;
	if (r == 0)
		r = ask(t, e);
	if (r >= 0)
		t->n++;
	return r < 0 ? r : 0;
}

static int pop(struct take *t)
{
	struct archiver *a = t->a;
	struct entry *e = &t->ring[t->first];
	int r = 0;

	if (!e->is_there) {
		r = courier_wait(&a->courier, &e->parcel);
		if (r == 0)
			r = copy_blob(t, e);
		courier_drop(&a->courier, &e->parcel);
	}
	if (r < 0)
		return r;
	roll_write(t->list, &e->line);
	a->progress.entries++;
	a->progress.bytes += e->line.blob.print.length;
	progress_tick(&a->progress);
	t->first = (t->first + 1) % COURIER_WINDOW;
	t->n--;
	return 0;
}

void take_drop(struct take *t)
{
	for (; t->n; t->n--, t->first = (t->first + 1) % COURIER_WINDOW)
		if (!t->ring[t->first].is_there)
			courier_drop(&t->a->courier, &t->ring[t->first].parcel);
}

int take_blobs(struct take *t)
{
	struct roll_line l;
	int r = 0, k;

	while (r == 0 && (k = roll_next(&t->now, &l)) == 1) {
		if (*t->a->stop)
			return archiver_blob_failed(t->a, -EINTR, "copy", "");
		if (l.kind == ROLL_BUCKET)
			roll_write(t->list, &l);
		else if (t->n == COURIER_WINDOW)
			r = pop(t);
		if (r == 0 && l.kind == ROLL_BLOB)
			r = push(t, &l);
	}
	while (r == 0 && t->n)
		r = pop(t);
	if (r == 0 && k < 0)
		r = complain(t->a->why, k, OPERATOR_NOT_UNDERSTOOD);
	return r;
}
