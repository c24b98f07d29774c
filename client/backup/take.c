/* SPDX-License-Identifier: Apache-2.0 */

/* tenant backup: what stored has of a tenant at one moment, copied into a directory. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "client/backup/taking.h"
#include "client/render.h"

/* --- the files ------------------------------------------------------------------------------- */

/* Under its name, as the manifest tells of it. */
static int keep_file(struct archiver *a, int fd, const struct fingerprint *print,
		     struct manifest_file *f)
{
	f->length = print->length;
	memcpy(f->blake2b, print->blake2b, sizeof(f->blake2b));
	return vault_keep(&a->vault, fd, f->name);
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
		return take_cannot_write(a, r);
	r = take_file(a, from, fd, "of the catalog", &print);
	if (r < 0)
		return r;
	r = keep_file(a, fd, &print, f);
	return r < 0 ? take_cannot_write(a, r) : 0;
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
	if (r == 0)
		r = keep_file(a, fd, &print, f);
	return r < 0 ? take_cannot_write(a, r) : 0;
}

static int take_list(struct take *t)
{
	struct archiver *a = t->a;
	struct manifest_file *f = &a->manifest.files[MANIFEST_LIST];
	int fd, r;

	manifest_name_file(MANIFEST_LIST, f->name);
	r = vault_create(&a->vault, f->name, &fd);
	if (r < 0)
		return take_cannot_write(a, r);
	t->list = fdopen(fd, "w+");
	if (!t->list) {
		fd_close(fd);
		return take_cannot_write(a, -ENOMEM);
	}
	r = count_all(t);
	if (r == 0)
		r = take_blobs(t);
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

	return take_parse_id(id, &key) &&
	       bsearch(&key, all->ids, all->n, sizeof(key), compare_ids) != NULL;
}

static int read_named(struct archiver *a, struct named *ret)
{
	const uint64_t n = a->manifest.counts.blobs;
	struct roll_line l;
	struct roll roll;
	int r = archiver_open_roll(a, &roll);

	if (r < 0)
		return r;
	ret->ids = calloc(n + 1, sizeof(*ret->ids));
	while (ret->ids && ret->n <= n && (r = roll_next(&roll, &l)) == 1)
		if (l.kind == ROLL_BLOB && take_parse_id(l.blob.id, &ret->ids[ret->n]))
			ret->n++;
	roll_close(&roll);
	/* What is not known to be named would be taken for what is not. */
	if (!ret->ids)
		r = -ENOMEM;
	else if (r >= 0 && ret->n != n)
		r = -EBADMSG;
	return r < 0 ? complain_errno(a->why, r, "cannot tidy up") : 0;
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
		return take_cannot_write(a, r);
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
		r = take_open_before(t);
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
	take_drop(t);
	roll_close(&t->now);
	roll_close(&t->before);
	if (t->list)
		fclose(t->list);
	if (r == 0)
		tell(t);
	free(t);
	return r == 0 ? RUN_OK : RUN_STOPPED;
}
