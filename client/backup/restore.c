/* SPDX-License-Identifier: Apache-2.0 */

/*
 * tenant restore: a new tenant of what a backup holds. It has nothing until stored has it all; what
 * was interrupted is gone on with, and what cannot be is taken back.
 */

#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "client/backup/archiver.h"
#include "client/backup/identities.h"
#include "client/departure.h"
#include "s3/encoding.h"

struct restore {
	struct archiver *a;
	char tenant[64];
	bool made; /* by this run */
	bool resumes; /* it was there: stored must have an unfinished restoration of it */
	struct buffer sealed; /* the identities */
	bool taken; /* stored has begun: what there is can be gone on with */
	struct parcel ring[COURIER_WINDOW];
	struct roll_line lines[COURIER_WINDOW]; /* whose they are */
	size_t first, n;
};

/* --- the tenant ------------------------------------------------------------------------------ */

static bool has_text(const json_t *tenant, const char *member, const char *text)
{
	const char *is = json_string_value(json_object_get(tenant, member));

	return is && strcmp(is, text) == 0;
}

/* Which tenants of this host have the name that is wanted, and the ID that the backup's had. */
struct namesakes {
	bool name, id;
	bool both; /* one */
};

static int look_for(struct restore *r, struct namesakes *ret)
{
	json_t *answer = NULL, *tenant;
	int e = archiver_ask(r->a, json_pack("{s:s}", "do", "tenant.list"), &answer);
	size_t i;

	json_array_foreach(json_object_get(answer, "tenants"), i, tenant)
	{
		bool name = has_text(tenant, "name", r->tenant),
		     id = has_text(tenant, "canonical_id", r->a->manifest.canonical_id);

		ret->name |= name;
		ret->id |= id;
		ret->both |= name && id;
	}
	json_decref(answer);
	return e;
}

static int make_tenant(struct restore *r, bool with_id)
{
	const struct manifest *m = &r->a->manifest;
	json_t *request = json_pack("{s:s, s:s}", "do", "tenant.create", "name", r->tenant),
	       *answer = NULL;
	int e = 0;

	if (with_id)
		e = json_object_set_new(request, "canonical_id", json_string(m->canonical_id));
	if (m->display_name[0])
		e |= json_object_set_new(request, "display_name", json_string(m->display_name));
	if (m->email[0])
		e |= json_object_set_new(request, "email", json_string(m->email));
	if (e) {
		json_decref(request);
		return complain_errno(r->a->why, -ENOMEM, "cannot ask authd");
	}
	e = archiver_ask(r->a, request, &answer);
	json_decref(answer);
	r->made = e == 0;
	return e;
}

/* Whether an earlier run came to no more than making it. */
static int is_bare(struct restore *r, bool *ret)
{
	json_t *answer = NULL;
	int e = archiver_ask(
		r->a, json_pack("{s:s, s:s}", "do", "tenant.show", "name", r->tenant), &answer);

	*ret = archiver_is_nobodys(answer);
	json_decref(answer);
	return e;
}

/* Such a tenant was not made for this backup, unless a third one had the ID and it got one of its own. */
static int refuse_other(struct restore *r)
{
	complain(r->a->why, -EEXIST, "the tenant %s is there, and has another ID than the backup's",
		 r->tenant);
	complaint_hint(r->a->why, "--name gives the restored one another name");
	return -EEXIST;
}

static int go_on_with_tenant(struct restore *r, const struct namesakes *found)
{
	bool bare = false;
	int e = found->both ? is_bare(r, &bare) : found->id ? 0 : refuse_other(r);

	r->resumes = !bare;
	return e;
}

static int prepare_tenant(struct restore *r)
{
	const char *named = r->a->invocation->options[OPTION_NAME];
	struct namesakes found = { 0 };
	int e;

	if (snprintf(r->tenant, sizeof(r->tenant), "%s", named ? named : r->a->manifest.tenant) >=
	    (int)sizeof(r->tenant))
		return complain(r->a->why, -EINVAL, "the tenant's name is too long");
	e = look_for(r, &found);
	if (e < 0)
		return e;
	return found.name ? go_on_with_tenant(r, &found) : make_tenant(r, !found.id);
}

/* Nothing has come to it that a client could have: it is as if it had never been. */
static void take_tenant_back(struct restore *r)
{
	json_t *request = json_pack("{s:s, s:s, s:b}", "do", "tenant.delete", "name", r->tenant,
				    "data", true),
	       *answer = NULL;
	struct complaint unheard = { 0 };
	struct admin admin;

	if (request && admin_open(r->a->invocation->socket, &admin, &unheard) == 0) {
		if (admin_call(&admin, request, &answer, &unheard) == ADMIN_OK)
			(void)!departure_wait(&admin, answer, &unheard);
		admin_close(&admin);
	}
	json_decref(request);
	json_decref(answer);
}

/* --- the catalog ----------------------------------------------------------------------------- */

static int refuse(struct restore *r, const struct parcel *p)
{
	complain(r->a->why, -EREMOTEIO, "the tenant %s cannot be restored: %s", r->tenant,
		 parcel_sentence(p));
	if (p->error == S3_ERROR_BUCKET_NOT_EMPTY)
		complaint_hint(r->a->why, "--name gives the restored one another name");
	else if (p->error == S3_ERROR_BUCKET_ALREADY_EXISTS)
		complaint_hint(r->a->why, "names of buckets are the whole host's: the others must "
					  "go first");
	else if (p->error == S3_ERROR_INSUFFICIENT_STORAGE)
		complaint_hint(r->a->why, "the same command again goes on from here");
	return -EREMOTEIO;
}

static int converse(struct restore *r, const struct ipc_message *m, int fd)
{
	struct courier *c = &r->a->courier;
	struct parcel p;
	int e = courier_send(c, &p, m, fd);

	if (e == 0)
		e = courier_wait(c, &p);
	if (e == 0 && p.error)
		e = refuse(r, &p);
	courier_drop(c, &p);
	return e;
}

static int send_catalog(struct restore *r, int fd)
{
	int e = converse(r,
			 &(struct ipc_message){ .number = IPC_RECEIVE_CATALOG,
						.receive_catalog.resumes = r->resumes },
			 fd);

	r->taken = e == 0;
	return e;
}

/* --- the blobs ------------------------------------------------------------------------------- */

static int pop(struct restore *r)
{
	struct archiver *a = r->a;
	struct parcel *p = &r->ring[r->first];
	const struct roll_line *l = &r->lines[r->first];
	int e = courier_wait(&a->courier, p);

	if (e == 0 && p->error)
		e = complain(a->why, -EREMOTEIO, "stored does not take the blob %s: %s", l->blob.id,
			     parcel_sentence(p));
	courier_drop(&a->courier, p);
	r->first = (r->first + 1) % COURIER_WINDOW;
	r->n--;
	if (e < 0)
		return e;
	a->progress.entries++;
	a->progress.bytes += l->blob.print.length;
	progress_tick(&a->progress);
	return 0;
}

/* Its bytes are looked at here as well: what a catalog says of them, it says of itself. */
static int push(struct restore *r, const struct roll_line *l)
{
	struct ipc_message m = { .number = IPC_RECEIVE_BLOB };
	size_t at = (r->first + r->n) % COURIER_WINDOW;
	int fd, e = archiver_check_blob(r->a, l, &fd);

	if (e < 0)
		return e;
	if (!hex_decode(span_from_string(l->blob.id), m.receive_blob.blob.bytes,
			sizeof(m.receive_blob.blob.bytes))) {
		fd_close(fd);
		return -EPROTO;
	}
	e = courier_send(&r->a->courier, &r->ring[at], &m, fd);
	if (e == 0) {
		r->lines[at] = *l;
		r->n++;
	}
	return e;
}

static void drop_all(struct restore *r)
{
	for (; r->n; r->n--, r->first = (r->first + 1) % COURIER_WINDOW)
		courier_drop(&r->a->courier, &r->ring[r->first]);
}

static int send_blobs(struct restore *r, struct roll *roll)
{
	struct roll_line l;
	int e = 0, k;

	r->a->progress.all_entries = r->a->manifest.counts.blobs;
	r->a->progress.all_bytes = r->a->manifest.counts.blob_bytes;
	while (e == 0 && (k = roll_next(roll, &l)) == 1) {
		if (l.kind != ROLL_BLOB)
			continue;
		if (r->n == COURIER_WINDOW)
			e = pop(r);
		if (e == 0)
			e = push(r, &l);
	}
	while (e == 0 && r->n)
		e = pop(r);
	return e ? e : k;
}

/* --- all of it ------------------------------------------------------------------------------- */

static int order(struct restore *r, const char *what)
{
	json_t *answer = NULL;
	int e = archiver_ask(r->a, json_pack("{s:s, s:s}", "do", what, "name", r->tenant), &answer);

	json_decref(answer);
	return e;
}

/*
 * Before the objects, so that what is in the way is told before all of them have come. Until these
 * have, whoever has a key is refused, and not told that there is nothing.
 */
static int give_identities(struct restore *r)
{
	int e = order(r, "tenant.suspend");

	return e == 0 ? identities_give(r->a, r->tenant, &r->sealed) : e;
}

/* It is all there, whatever becomes of this. */
static int let_in(struct restore *r)
{
	int e = r->a->invocation->options[OPTION_SUSPENDED] ? 0 : order(r, "tenant.resume");

	if (e < 0)
		complaint_hint(r->a->why,
			       "all of it is restored; `cofferctl tenant resume %s` lets it in",
			       r->tenant);
	return e;
}

static int restore_all(struct restore *r, struct roll *roll, int catalog_fd)
{
	_cleanup_(fd_closep) int fd = catalog_fd;
	int e = prepare_tenant(r);

	if (e == 0)
		e = archiver_open_courier(r->a, r->tenant, OPERATOR_RESTORE);
	if (e == 0)
		e = send_catalog(r, steal_fd(fd));
	if (e == 0)
		e = give_identities(r);
	if (e == 0)
		e = send_blobs(r, roll);
	if (e == 0)
		e = converse(r, &(struct ipc_message){ .number = IPC_ADOPT }, -1);
	return e == 0 ? let_in(r) : e;
}

/* Before anything is asked for, so that what is damaged changes nothing. */
static int open_all(struct restore *r, struct roll *ret_roll, int *ret_catalog_fd)
{
	struct archiver *a = r->a;
	int e = vault_open(a->invocation->operand, false, &a->vault, a->why);

	if (e == 0)
		e = manifest_read(a->vault.root_fd, &a->manifest, a->why);
	if (e == 0)
		e = identities_open(a, &r->sealed);
	if (e == 0)
		e = archiver_open_file(a, MANIFEST_CATALOG, ret_catalog_fd);
	if (e == 0) {
		e = archiver_open_roll(a, ret_roll);
		if (e < 0)
			fd_close(*ret_catalog_fd);
	}
	return e;
}

int tenant_restore(struct archiver *a)
{
	struct restore *r = calloc(1, sizeof(*r));
	struct roll roll = { 0 };
	int catalog_fd, e;

	if (!r) {
		complain_errno(a->why, -ENOMEM, "cannot begin");
		return RUN_STOPPED;
	}
	r->a = a;
	r->sealed = BUFFER_INIT(ENVELOPE_MAX);
	e = open_all(r, &roll, &catalog_fd);
	if (e == 0)
		e = restore_all(r, &roll, catalog_fd);
	drop_all(r);
	roll_close(&roll);
	if (e == 0)
		archiver_tell(a, "restored", r->tenant);
	else if (r->made && !r->taken)
		take_tenant_back(r);
	buffer_clear(&r->sealed);
	free(r);
	return e == 0 ? RUN_OK : RUN_STOPPED;
}
