/* SPDX-License-Identifier: Apache-2.0 */
#include "client/transfer/outgoing.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "client/shown.h"
#include "client/transfer/exporter.h"

#define REASON_MAX 400

static struct span key_of(const struct outgoing *o)
{
	return (struct span){ o->key, o->key_len };
}

/* --- life ------------------------------------------------------------------------------------ */

/* Nothing is under way for it, and nothing written. */
static void put_down(struct outgoing *o)
{
	operator_cancel(&o->exporter->stored, &o->call);
	landing_drop(&o->exporter->landing, &o->file);
	o->digest = digest_free(o->digest);
	o->exporter->tally->progress.moving -= o->shown;
	o->shown = 0;
}

void outgoing_free(struct outgoing *o)
{
	struct exporter *x = o->exporter;

	put_down(o);
	*(o->before ? &o->before->after : &x->outgoing) = o->after;
	if (o->after)
		o->after->before = o->before;
	x->n_outgoing--;
	free(o);
}

static void fail(struct outgoing *o, const char *format, ...) printf_like(2, 3);
static void fail(struct outgoing *o, const char *format, ...)
{
	char reason[REASON_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	put_down(o);
	tally_failed(o->exporter->tally, key_of(o), "%s", reason);
	outgoing_free(o);
}

static void is_unchanged(struct outgoing *o)
{
	put_down(o);
	tally_unchanged(o->exporter->tally, o->size);
	outgoing_free(o);
}

static void begin_again(struct outgoing *o, uint64_t due_ns)
{
	struct exporter *x = o->exporter;

	put_down(o);
	o->due_ns = due_ns;
	o->next = x->waiting;
	x->waiting = o;
}

/* --- comparing ------------------------------------------------------------------------------- */

/* Whether these can be the object's bytes, by all that stored says of it. */
static bool is_whole(const struct outgoing *o, const struct digest_value *d)
{
	if (d->length != o->size || (digest_is_md5(o->etag) && strcmp(d->etag, o->etag) != 0))
		return false;
	return o->checksum.algorithm == CHECKSUM_NONE || checksum_equal(&d->crc64, &o->checksum);
}

static int sum_file(struct outgoing *o, int fd, struct digest_value *ret)
{
	struct exporter *x = o->exporter;
	_cleanup_(digest_freep) struct digest *d = NULL;
	int r = digest_new(&d);
	ssize_t n = 1;

	while (r == 0 && n && !*x->config->stop) {
		n = read(fd, x->room, sizeof(x->room));
		if (n > 0)
			r = digest_update(d, (struct span){ x->room, (size_t)n });
		else if (n < 0 && errno != EINTR)
			r = -errno;
	}
	if (r == 0 && n)
		r = -EINTR;
	return r == 0 ? digest_finish(d, ret) : r;
}

static void is_different(struct outgoing *o)
{
	o->compares = false;
	if (o->exporter->config->overwrite)
		outgoing_ask(o);
	else
		fail(o, "a file with other contents is there; --overwrite replaces it");
}

/* By the MD5, if its tag has one; else the object must come to be compared with. */
static void compare(struct outgoing *o, int fd, const struct stat *st)
{
	int r;

	if ((uint64_t)st->st_size != o->size) {
		is_different(o);
		return;
	}
	r = sum_file(o, fd, &o->there);
	/* Then everything ends, and it with the rest. */
	if (r == -EINTR)
		return;
	if (r < 0) {
		fail(o, "the file that is there cannot be read: %s", strerrordesc_np(-r));
	} else if (!digest_is_md5(o->etag)) {
		o->compares = true;
		outgoing_ask(o);
	} else if (strcmp(o->there.etag, o->etag) == 0) {
		is_unchanged(o);
	} else {
		is_different(o);
	}
}

static const char *why_not(int r)
{
	switch (-r) {
	case ENOTDIR:
		return "a part of its path is a file or a symbolic link, which another key may be";
	case EISDIR:
		return "a directory is there, which another key may need";
	case ELOOP:
		return "a symbolic link, or something else that is no file, is there";
	case EEXIST:
		return "something is there since a moment ago";
	default:
		return strerrordesc_np(-r);
	}
}

static void look(struct outgoing *o)
{
	_cleanup_(fd_closep) int fd = -1;
	struct stat st;
	int r = landing_find(&o->exporter->landing, key_of(o), &fd, &st);

	if (r == -ENOENT)
		outgoing_ask(o);
	else if (r < 0)
		fail(o, "%s", why_not(r));
	else
		compare(o, fd, &st);
}

/* --- writing --------------------------------------------------------------------------------- */

static int take_bytes(struct outgoing *o, struct span bytes)
{
	int r = digest_update(o->digest, bytes);

	return r == 0 && !o->compares ? fd_write_all(o->file.fd, bytes) : r;
}

static void has_come(struct outgoing *o, const struct digest_value *d)
{
	if (d->length == o->there.length && checksum_equal(&d->sha256, &o->there.sha256))
		is_unchanged(o);
	else
		is_different(o);
}

void outgoing_place(struct exporter *x)
{
	struct landing_file *files[EXPORT_BATCH] = { NULL };
	size_t n = x->n_written;

	for (size_t i = 0; i < n; i++)
		files[i] = &x->written[i]->file;
	x->n_written = 0;
	landing_place(&x->landing, files, n, x->config->overwrite);
	for (size_t i = 0; i < n; i++) {
		struct outgoing *o = x->written[i];

		if (o->file.result < 0) {
			fail(o, "%s", why_not(o->file.result));
			continue;
		}
		put_down(o);
		tally_done(x->tally, o->size);
		outgoing_free(o);
	}
}

static void is_written(struct outgoing *o)
{
	struct exporter *x = o->exporter;

	o->file.key = key_of(o);
	o->file.modified_ns = o->modified_ns;
	x->written[x->n_written++] = o;
	if (x->n_written == EXPORT_BATCH)
		outgoing_place(x);
}

static void finish(struct outgoing *o)
{
	struct digest_value d;
	int r = digest_finish(o->digest, &d);

	o->digest = digest_free(o->digest);
	if (r < 0)
		fail(o, "cannot be summed up: %s", strerrordesc_np(-r));
	else if (!is_whole(o, &d))
		fail(o, "what came are other bytes than stored says: the object is damaged");
	else if (o->compares)
		has_come(o, &d);
	else
		is_written(o);
}

/* A full disk is full for the next one, too. */
static void fail_to_write(struct outgoing *o, int r)
{
	if (r == -ENOSPC || r == -EDQUOT)
		exporter_stop(o->exporter, "%s: %s", o->exporter->config->path,
			      strerrordesc_np(-r));
	else
		fail(o, "cannot be written: %s", strerrordesc_np(-r));
}

/* False where it is given up, or everything is to end. */
static bool copy_extent(struct outgoing *o, const struct ipc_extent *e, int fd)
{
	struct exporter *x = o->exporter;
	uint64_t offset = e->offset, left = e->length;

	while (left && !*x->config->stop) {
		size_t len = (size_t)MIN(left, sizeof(x->room));
		int r = fd_pread_all(fd, x->room, len, offset);

		if (r < 0) {
			fail(o, "what stored has of it cannot be read: %s", strerrordesc_np(-r));
			return false;
		}
		r = take_bytes(o, (struct span){ x->room, len });
		if (r < 0) {
			fail_to_write(o, r);
			return false;
		}
		offset += len;
		left -= len;
		o->shown += len;
		x->tally->progress.moving += len;
		progress_tick(&x->tally->progress);
	}
	return !left;
}

/* --- hearing --------------------------------------------------------------------------------- */

/* What is said of the object itself counts: it may be another by now than was listed. */
static bool take_answer(struct outgoing *o, struct span bytes)
{
	struct answer a;

	if (!answer_decode(bytes, &a) || a.etag.len >= sizeof(o->etag) || a.size == ANSWER_ABSENT ||
	    a.last_modified == ANSWER_ABSENT)
		return false;
	memcpy(o->etag, a.etag.data, a.etag.len);
	o->etag[a.etag.len] = '\0';
	o->size = a.size;
	o->modified_ns = a.last_modified;
	o->checksum = (struct checksum_value){ .algorithm = CHECKSUM_NONE };
	if (a.checksum_algorithm == CHECKSUM_CRC64NVME &&
	    !checksum_parse(CHECKSUM_CRC64NVME, a.checksum, &o->checksum))
		return false;
	return true;
}

static void take_object(struct outgoing *o, const struct ipc_object *m, int *fd)
{
	int r;

	if (o->digest || !take_answer(o, m->answer)) {
		fail(o, OPERATOR_NOT_UNDERSTOOD);
		return;
	}
	r = digest_new(&o->digest);
	if (r == 0 && !o->compares)
		r = landing_begin(&o->exporter->landing, &o->file);
	if (r == 0)
		r = take_bytes(o, m->body);
	if (r < 0)
		fail_to_write(o, r);
	else if (!m->extents)
		finish(o);
}

static void take_extent(struct outgoing *o, const struct ipc_extent *m, int *fd)
{
	int r;

	if (!o->digest) {
		fail(o, OPERATOR_NOT_UNDERSTOOD);
		return;
	}
	if (!copy_extent(o, m, *fd))
		return;
	if (m->last) {
		finish(o);
		return;
	}
	r = operator_next(&o->exporter->stored, &o->call);
	if (r < 0)
		fail(o, "cannot ask for the rest of it: %s", strerrordesc_np(-r));
}

static void take_failed(struct outgoing *o, const struct ipc_failed *m, int *fd)
{
	enum s3_error e = operator_error(m);
	uint64_t due_ns;

	if (operator_may_retry(e, &o->attempts, &due_ns))
		begin_again(o, due_ns);
	else if (e == S3_ERROR_NO_SUCH_KEY)
		fail(o, "it was deleted meanwhile");
	else
		fail(o, "stored says: %s", s3_errors[e].message);
}

static void heard(struct operator_call *c, const struct ipc_message *m, int *fd)
{
	struct outgoing *o = (struct outgoing *)c;

	if (!m)
		begin_again(o, 0);
	else if (m->number == IPC_OBJECT)
		take_object(o, &m->object, fd);
	else if (m->number == IPC_EXTENT)
		take_extent(o, &m->extent, fd);
	else if (m->number == IPC_FAILED)
		take_failed(o, &m->failed, fd);
	else
		fail(o, OPERATOR_NOT_UNDERSTOOD);
}

/* --- beginning ------------------------------------------------------------------------------- */

void outgoing_ask(struct outgoing *o)
{
	struct s3_request r = { .operation = S3_GET_OBJECT,
				.bucket = o->exporter->lister.bucket,
				.key = key_of(o) };
	int e;

	if (!operator_is_open(&o->exporter->stored)) {
		begin_again(o, 0);
		return;
	}
	e = operator_ask(&o->exporter->stored, &o->call, &r, SPAN_NONE);
	if (e < 0)
		fail(o, "cannot ask stored: %s", strerrordesc_np(-e));
}

int outgoing_begin(struct exporter *x, const struct answer *listed)
{
	struct outgoing *o = calloc(1, sizeof(*o));
	const char *reason;

	if (!o)
		return -ENOMEM;
	o->call.heard = heard;
	o->exporter = x;
	o->file.fd = -1;
	o->after = x->outgoing;
	if (o->after)
		o->after->before = o;
	x->outgoing = o;
	x->n_outgoing++;
	memcpy(o->key, listed->key.data, listed->key.len);
	o->key_len = listed->key.len;
	o->size = listed->size;
	if (listed->etag.len < sizeof(o->etag))
		memcpy(o->etag, listed->etag.data, listed->etag.len);
	reason = landing_refuses(key_of(o));
	if (reason)
		fail(o, "%s", reason);
	else
		look(o);
	return 0;
}
