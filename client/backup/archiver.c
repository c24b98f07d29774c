/* SPDX-License-Identifier: Apache-2.0 */
#include "client/backup/archiver.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "client/admin.h"
#include "client/render.h"

/* --- whom they ask --------------------------------------------------------------------------- */

int archiver_ask(struct archiver *a, json_t *request, json_t **ret)
{
	struct admin admin;
	int r = request ? 0 : complain(a->why, -EINVAL, "a name is not valid UTF-8");

	if (r == 0)
		r = admin_open(a->invocation->socket, &admin, a->why);
	if (r == 0) {
		r = admin_call(&admin, request, ret, a->why);
		admin_close(&admin);
	}
	json_decref(request);
	return r == ADMIN_REFUSED ? -EACCES : r;
}

int archiver_find_tenant(struct archiver *a, const char *name, json_t **ret)
{
	json_t *answer = NULL, *tenant, *found = NULL;
	int r = archiver_ask(a, json_pack("{s:s}", "do", "tenant.list"), &answer);
	size_t i;

	json_array_foreach(json_object_get(answer, "tenants"), i, tenant)
	{
		const char *is = json_string_value(json_object_get(tenant, "name"));

		if (is && strcmp(is, name) == 0)
			found = tenant;
	}
	if (r == 0)
		*ret = json_incref(found);
	json_decref(answer);
	return r;
}

bool archiver_is_nobodys(const json_t *shown)
{
	const json_t *tenant = json_object_get(shown, "tenant");

	return !json_integer_value(json_object_get(tenant, "users")) &&
	       !json_integer_value(json_object_get(tenant, "keys")) &&
	       !json_integer_value(json_object_get(tenant, "tokens"));
}

int archiver_open_courier(struct archiver *a, const char *tenant, enum operator_purpose purpose)
{
	const struct operator_target target = {
		.admin_socket = a->invocation->socket,
		.operator_socket = a->operator_socket,
		.tenant = tenant,
		.purpose = purpose,
	};

	return courier_open(&a->courier, &target, a->stop, a->why);
}

/* --- what lies there ------------------------------------------------------------------------- */

static int complain_of_file(struct archiver *a, int r, const char *name)
{
	if (r == -EBADMSG || r == -ENODATA || r == -ENOENT)
		return complain(a->why, -EBADMSG, "the backup is damaged: %s %s", name,
				r == -ENOENT ? "is missing" : "is not what it was");
	if (r == -EINTR)
		return complain(a->why, r, "interrupted");
	return complain_errno(a->why, r, "cannot read %s", name);
}

int archiver_open_file(struct archiver *a, enum manifest_files which, int *ret_fd)
{
	const struct manifest_file *f = &a->manifest.files[which];
	_cleanup_(fd_closep) int fd = -1;
	enum fingerprint_side side;
	struct fingerprint print;
	int r = vault_find(&a->vault, f, &fd);

	if (r == 0)
		r = fingerprint_take(fd, f->length, -1, &a->pace, &print, &side);
	if (r == 0 && strcmp(print.blake2b, f->blake2b) != 0)
		r = -EBADMSG;
	if (r < 0)
		return complain_of_file(a, r, f->name);
	*ret_fd = steal_fd(fd);
	return 0;
}

int archiver_open_roll(struct archiver *a, struct roll *ret)
{
	struct manifest_counts counts;
	struct roll roll;
	int fd, r = archiver_open_file(a, MANIFEST_LIST, &fd);

	if (r < 0)
		return r;
	r = roll_open(fd, true, &roll);
	if (r < 0)
		return complain_of_file(a, r, a->manifest.files[MANIFEST_LIST].name);
	r = roll_count(&roll, &counts);
	if (r == 0 && memcmp(&counts, &a->manifest.counts, sizeof(counts)) != 0)
		r = -EBADMSG;
	if (r < 0) {
		roll_close(&roll);
		return complain_of_file(a, r, a->manifest.files[MANIFEST_LIST].name);
	}
	roll_rewind(&roll);
	*ret = roll;
	return 0;
}

int archiver_blob_failed(struct archiver *a, int r, const char *doing, const char *id)
{
	if (r == -EINTR) {
		complain(a->why, r, "interrupted");
		complaint_hint(a->why, "the same command again goes on from here");
		return r;
	}
	return complain_errno(a->why, r, "cannot %s the blob %s", doing, id);
}

int archiver_check_blob(struct archiver *a, const struct roll_line *l, int *ret_fd)
{
	_cleanup_(fd_closep) int fd = -1;
	struct fingerprint print = { 0 };
	enum fingerprint_side side;
	uint64_t length;
	int r = vault_find_blob(&a->vault, l->blob.id, &fd, &length);

	if (r == -ENOENT)
		return complain(a->why, -EBADMSG,
				"the backup is damaged: the blob " VAULT_BLOBS
				"/%.2s/%s is missing",
				l->blob.id, l->blob.id);
	if (r == 0 && length == l->blob.print.length)
		r = fingerprint_take(fd, length, -1, &a->pace, &print, &side);
	if (r < 0 && r != -ENODATA)
		return archiver_blob_failed(a, r, "read", l->blob.id);
	if (memcmp(&print, &l->blob.print, sizeof(print)) != 0)
		return complain(a->why, -EBADMSG,
				"the backup is damaged: the blob " VAULT_BLOBS
				"/%.2s/%s is not what it was",
				l->blob.id, l->blob.id);
	if (ret_fd)
		*ret_fd = steal_fd(fd);
	return 0;
}

/* --- from beginning to end ------------------------------------------------------------------- */

void archiver_tell(struct archiver *a, const char *outcome, const char *tenant)
{
	const struct manifest *m = &a->manifest;
	char bytes[RENDER_BYTES_MAX];

	a->answer = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I}", "tenant", tenant, "taken", m->taken,
			      "buckets", (json_int_t)m->counts.buckets, "objects",
			      (json_int_t)m->counts.objects, "blobs", (json_int_t)m->counts.blobs,
			      "blob_bytes", (json_int_t)m->counts.blob_bytes);
	if (a->invocation->options[OPTION_JSON])
		return;
	progress_hide(&a->progress);
	printf("%s: tenant %s as of %s, %" PRIu64 " objects in %" PRIu64 " buckets, %" PRIu64
	       " blobs of %s\n",
	       outcome, tenant, m->taken, m->counts.objects, m->counts.buckets, m->counts.blobs,
	       render_bytes(m->counts.blob_bytes, bytes));
}

int archiver_run(const struct invocation *i, const volatile sig_atomic_t *stop,
		 struct complaint *why, int (*run)(struct archiver *a), json_t **ret_answer)
{
	struct archiver a = { .invocation = i, .stop = stop, .why = why, .vault = VAULT_NONE };
	int r;

	a.operator_socket =
		operator_socket(i->options[OPTION_OPERATOR_SOCKET], i->socket, a.beside);
	a.pace = (struct pace){ &a.progress, stop };
	progress_begin(&a.progress, i->options[OPTION_QUIET] != NULL);
	a.progress.what = "blobs";
	r = run(&a);
	progress_hide(&a.progress);
	courier_close(&a.courier);
	vault_close(&a.vault);
	*ret_answer = a.answer;
	return r;
}
