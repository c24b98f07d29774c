/* SPDX-License-Identifier: Apache-2.0 */

/* tenant backup: what stored has of a tenant at one moment, and of that what the directory has not
 * got. */

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "client/backup/archiver.h"
#include "client/backup/identities.h"
#include "client/render.h"
#include "s3/encoding.h"

/* A blob on its way into the list, which has them in order. */
struct entry {
	struct roll_line line;
	bool is_there;
	struct parcel parcel;
};

struct take {
	struct archiver *a;
	struct roll now; /* stored's list */
	struct roll before; /* of the backup before; none where its file is NULL */
	struct roll_line old; /* its next blob, */
	bool has_old; /* where there is one */
	FILE *list; /* the list of this backup */
	struct entry ring[COURIER_WINDOW];
	size_t first, n;
	uint64_t n_copied, copied, n_damaged;
	struct envelope envelope; /* what the tenant's identities go into, */
	bool wanted; /* if they do */
};

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
static int open_before(struct take *t)
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

/* From stored's file into one of ours. */
static int copy_file(struct archiver *a, const struct operator_extent *e, int to_fd,
		     const char *what, struct fingerprint *ret)
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
	r = copy_file(a, from, fd, id, &print);
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

static bool parse_id(const char *text, struct ipc_id *ret)
{
	return hex_decode(span_from_string(text), ret->bytes, sizeof(ret->bytes));
}

static int ask(struct take *t, struct entry *e)
{
	struct ipc_message m = { .number = IPC_FETCH };

	if (!parse_id(e->line.blob.id, &m.fetch.blob))
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

static void drop_all(struct take *t)
{
	for (; t->n; t->n--, t->first = (t->first + 1) % COURIER_WINDOW)
		if (!t->ring[t->first].is_there)
			courier_drop(&t->a->courier, &t->ring[t->first].parcel);
}

static int take_lines(struct take *t)
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

/* --- the files ------------------------------------------------------------------------------- */

static int complain_of_write(struct archiver *a, int r)
{
	return complain_of_side(a, r, FINGERPRINT_TO, "");
}

static int take_catalog(struct archiver *a, const struct operator_extent *from)
{
	struct manifest_file *f = &a->manifest.files[MANIFEST_CATALOG];
	_cleanup_(fd_closep) int fd = -1;
	struct fingerprint print;
	int r;

	manifest_name_file(MANIFEST_CATALOG, f->name);
	r = vault_create(&a->vault, f->name, &fd);
	if (r < 0)
		return complain_of_write(a, r);
	r = copy_file(a, from, fd, "of the catalog", &print);
	if (r < 0)
		return r;
	f->length = print.length;
	memcpy(f->blake2b, print.blake2b, sizeof(f->blake2b));
	r = vault_keep(&a->vault, fd, f->name);
	return r < 0 ? complain_of_write(a, r) : 0;
}

static int count_all(struct take *t)
{
	struct archiver *a = t->a;
	int r = roll_count(&t->now, &a->manifest.counts);

	if (r < 0)
		return complain(a->why, r, OPERATOR_NOT_UNDERSTOOD);
	roll_rewind(&t->now);
	a->progress.all_entries = a->manifest.counts.blobs;
	a->progress.all_bytes = a->manifest.counts.blob_bytes;
	return 0;
}

static int finish_list(struct take *t, int fd)
{
	struct archiver *a = t->a;
	struct manifest_file *f = &a->manifest.files[MANIFEST_LIST];
	enum fingerprint_side side;
	struct fingerprint print;
	off_t length = fflush(t->list) == 0 ? lseek(fd, 0, SEEK_END) : -1;
	int r = length < 0 ? -errno : 0;

	if (r == 0)
		r = fingerprint_take(fd, (uint64_t)length, -1, &a->pace, &print, &side);
	if (r == 0) {
		f->length = print.length;
		memcpy(f->blake2b, print.blake2b, sizeof(f->blake2b));
		r = vault_keep(&a->vault, fd, f->name);
	}
	return r < 0 ? complain_of_write(a, r) : 0;
}

static int take_list(struct take *t)
{
	struct archiver *a = t->a;
	struct manifest_file *f = &a->manifest.files[MANIFEST_LIST];
	int fd, r;

	manifest_name_file(MANIFEST_LIST, f->name);
	r = vault_create(&a->vault, f->name, &fd);
	if (r < 0)
		return complain_of_write(a, r);
	t->list = fdopen(fd, "w+");
	if (!t->list) {
		fd_close(fd);
		return complain_of_write(a, -ENOMEM);
	}
	r = count_all(t);
	if (r == 0)
		r = take_lines(t);
	if (r == 0)
		r = finish_list(t, fd);
	return r;
}

static int take_snapshot(struct take *t)
{
	struct archiver *a = t->a;
	struct parcel p;
	int r = courier_send(&a->courier, &p, &(struct ipc_message){ .number = IPC_SNAPSHOT }, -1);

	if (r == 0)
		r = courier_wait(&a->courier, &p);
	if (r == 0 && (p.error || p.n_extents != COURIER_EXTENTS_MAX))
		r = complain(a->why, -EREMOTEIO, "stored makes no snapshot: %s",
			     parcel_sentence(&p));
	if (r == 0)
		r = take_catalog(a, &p.extents[0]);
	if (r == 0)
		r = roll_open(steal_fd(p.extents[1].fd), false, &t->now);
	courier_drop(&a->courier, &p);
	return r == -ENOMEM ? complain_errno(a->why, r, "cannot go on") : r;
}

/* --- the end --------------------------------------------------------------------------------- */

struct named {
	struct ipc_id *ids; /* ascending */
	size_t n;
};

static int compare_ids(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ipc_id));
}

static bool is_named(void *context, const char *id)
{
	const struct named *all = context;
	struct ipc_id key;

	return parse_id(id, &key) &&
	       bsearch(&key, all->ids, all->n, sizeof(key), compare_ids) != NULL;
}

static int read_named(struct archiver *a, struct named *ret)
{
	struct roll_line l;
	struct roll roll;
	int r = archiver_open_roll(a, &roll), k;

	if (r < 0)
		return r;
	ret->ids = calloc(a->manifest.counts.blobs + 1, sizeof(*ret->ids));
	while (ret->ids && (k = roll_next(&roll, &l)) == 1)
		if (l.kind == ROLL_BLOB && parse_id(l.blob.id, &ret->ids[ret->n]))
			ret->n++;
	roll_close(&roll);
	return ret->ids ? 0 : complain_errno(a->why, -ENOMEM, "cannot tidy up");
}

/* The manifest is there: the backup is made, whatever becomes of this. */
static int prune(struct archiver *a)
{
	struct named named = { 0 };
	int r = read_named(a, &named);

	if (r == 0) {
		r = vault_prune(&a->vault, &a->manifest, is_named, &named);
		if (r < 0)
			complain_errno(a->why, r, "the backup is made, but %s cannot be tidied up",
				       a->vault.path);
	}
	free(named.ids);
	return r;
}

static int finish(struct archiver *a)
{
	int r = vault_flush(&a->vault);

	if (r == 0)
		r = manifest_write(a->vault.root_fd, &a->manifest);
	if (r < 0)
		return complain_of_write(a, r);
	return prune(a);
}

/* --- all of it ------------------------------------------------------------------------------- */

static bool take_text(const json_t *tenant, const char *member, char *to, size_t size)
{
	const json_t *value = json_object_get(tenant, member);
	const char *text = json_is_string(value) ? json_string_value(value) : "";

	return snprintf(to, size, "%s", text) < (int)size;
}

static int describe_tenant(struct archiver *a)
{
	struct manifest *m = &a->manifest;
	const char *name = a->invocation->operand;
	json_t *tenant = NULL;
	time_t now = time(NULL);
	struct tm at;
	int r = archiver_find_tenant(a, name, &tenant);

	if (r < 0)
		return r;
	if (!tenant)
		return complain(a->why, -ENOENT, "There is no tenant %s.", name);
	if (!take_text(tenant, "name", m->tenant, sizeof(m->tenant)) ||
	    !take_text(tenant, "canonical_id", m->canonical_id, sizeof(m->canonical_id)) ||
	    !take_text(tenant, "display_name", m->display_name, sizeof(m->display_name)) ||
	    !take_text(tenant, "email", m->email, sizeof(m->email)))
		r = complain(a->why, -EPROTO, "authd's answer is not understood");
	json_decref(tenant);
	gmtime_r(&now, &at);
	strftime(m->taken, sizeof(m->taken), "%Y-%m-%dT%H:%M:%SZ", &at);
	return r;
}

static int take_all(struct take *t)
{
	struct archiver *a = t->a;
	int r = describe_tenant(a);

	if (r == 0)
		r = vault_open(a->invocation->second, true, &a->vault, a->why);
	if (r == 0)
		r = open_before(t);
	if (r == 0)
		r = archiver_open_courier(a, a->manifest.tenant, OPERATOR_BACKUP);
	if (r == 0)
		r = take_snapshot(t);
	if (r == 0)
		r = take_list(t);
	/* Last, so that of a key that is made meanwhile nothing is there that it did. */
	if (r == 0 && t->wanted)
		r = identities_take(a, &t->envelope);
	return r == 0 ? finish(a) : r;
}

static void tell(const struct take *t)
{
	struct archiver *a = t->a;
	const struct manifest *m = &a->manifest;
	char all[RENDER_BYTES_MAX], copied[RENDER_BYTES_MAX];

	a->answer = json_pack(
		"{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "tenant", m->tenant, "taken",
		m->taken, "buckets", (json_int_t)m->counts.buckets, "objects",
		(json_int_t)m->counts.objects, "blobs", (json_int_t)m->counts.blobs, "blob_bytes",
		(json_int_t)m->counts.blob_bytes, "copied_blobs", (json_int_t)t->n_copied,
		"copied_bytes", (json_int_t)t->copied, "damaged_blobs", (json_int_t)t->n_damaged);
	if (a->invocation->options[OPTION_JSON])
		return;
	progress_hide(&a->progress);
	printf("backed up %s: %" PRIu64 " objects in %" PRIu64 " buckets, %" PRIu64
	       " blobs of %s; copied %" PRIu64 " of them, %s\n",
	       m->tenant, m->counts.objects, m->counts.buckets, m->counts.blobs,
	       render_bytes(m->counts.blob_bytes, all), t->n_copied,
	       render_bytes(t->copied, copied));
	if (!t->wanted)
		printf("without users, keys and tokens: nobody can use what is restored until he "
		       "is given a "
		       "key\n");
	if (t->n_damaged)
		printf("%" PRIu64 " blobs of the backup were damaged, and copied anew\n",
		       t->n_damaged);
}

int tenant_backup(struct archiver *a)
{
	struct take *t = calloc(1, sizeof(*t));
	int r;

	if (!t) {
		complain_errno(a->why, -ENOMEM, "cannot begin");
		return RUN_STOPPED;
	}
	t->a = a;
	r = identities_choose(a, &t->envelope, &t->wanted);
	if (r != RUN_OK) {
		free(t);
		return r;
	}
	r = take_all(t);
	drop_all(t);
	roll_close(&t->now);
	roll_close(&t->before);
	if (t->list)
		fclose(t->list);
	if (r == 0)
		tell(t);
	free(t);
	return r == 0 ? RUN_OK : RUN_STOPPED;
}
