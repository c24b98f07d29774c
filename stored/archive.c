/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/archive.h"

#include <stdatomic.h>
#include <stdio.h>

#include "base/log.h"
#include "stored/call.h"
#include "stored/restoration.h"
#include "stored/service.h"
#include "stored/snapshot.h"

struct archive {
	_Atomic unsigned int refs;
	_Atomic bool stop;
	bool begun; /* the loop's */

	/* Each set once, by the thread that made it; NULL before. */
	struct snapshot *_Atomic snapshot;
	struct restoration *_Atomic restoration;
};

/* --- life ------------------------------------------------------------------------------------ */

int archive_new(struct archive **ret)
{
	struct archive *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	atomic_store(&a->refs, 1);
	*ret = a;
	return 0;
}

struct archive *archive_ref(struct archive *a)
{
	atomic_fetch_add(&a->refs, 1);
	return a;
}

struct archive *archive_free(struct archive *a)
{
	if (!a || atomic_fetch_sub(&a->refs, 1) != 1)
		return NULL;
	snapshot_free(atomic_load(&a->snapshot));
	restoration_free(atomic_load(&a->restoration));
	free(a);
	return NULL;
}

bool archive_begin(struct archive *a)
{
	bool first = !a->begun;

	a->begun = true;
	return first;
}

void archive_stop(struct archive *a)
{
	if (a)
		atomic_store(&a->stop, true);
}

const _Atomic bool *archive_stopped(const struct archive *a)
{
	return &a->stop;
}

/* --- a backup -------------------------------------------------------------------------------- */

static void tell_files(struct call *c, const struct snapshot_file files[static SNAPSHOT_FILES])
{
	struct delivery *d = &c->delivery;

	_Static_assert(SNAPSHOT_FILES <= DELIVERY_WINDOW, "they go out at once");
	for (size_t i = 0; i < SNAPSHOT_FILES; i++) {
		d->pieces[d->n_pieces++] = (struct delivery_piece){
			.fd = files[i].fd,
			.len = files[i].length,
			.last = i == SNAPSHOT_FILES - 1,
		};
		c->object_extents += files[i].length;
	}
	c->is_object = true;
}

static int take_snapshot(struct call *c)
{
	struct snapshot_file files[SNAPSHOT_FILES];
	struct archive *a = c->archive;
	struct snapshot *s;
	int r = store_take_snapshot(c->service->store, call_tenant(c), &a->stop, files, &s);

	if (r)
		return r;
	atomic_store(&a->snapshot, s);
	tell_files(c, files);
	log_info("snapshot-taken tenant=%s catalog-bytes=%llu",
		 LOG_VALUE(c->grant.principal.tenant_name),
		 (unsigned long long)files[SNAPSHOT_CATALOG].length);
	return 0;
}

int archive_snapshot(struct call *c)
{
	return call_go_on(c, CALL_ARCHIVE, take_snapshot);
}

int archive_fetch(struct call *c)
{
	struct snapshot *s = atomic_load(&c->archive->snapshot);
	struct delivery_piece *p = &c->delivery.pieces[0];
	int r;

	if (!s)
		return S3_ERROR_INVALID_REQUEST;
	r = snapshot_open_blob(s, &c->blob, &p->fd, &p->len);
	if (r)
		return r;
	p->last = true;
	c->delivery.n_pieces = 1;
	c->object_extents = p->len;
	c->is_object = true;
	return 0;
}

/* --- a restoration --------------------------------------------------------------------------- */

static int begin_restoration(struct call *c)
{
	const struct principal *p = &c->grant.principal;
	struct archive *a = c->archive;
	const struct restoration_terms terms = {
		.tenant = p->tenant,
		.owner_id = p->canonical_id,
		.owner_name = p->display_name,
		.catalog_fd = c->command_fd,
		.resumes = c->resumes,
		.stop = &a->stop,
	};
	struct restoration *restoration;
	int r;

	_Static_assert(RESTORATION_DETAIL_MAX <= CALL_TEXT_MAX, "the sentence fits");
	r = store_begin_restoration(c->service->store, &terms, c->text, &restoration);
	if (r == 0)
		atomic_store(&a->restoration, restoration);
	else if (c->text[0])
		c->detail = c->text;
	log_info("restoration-%s tenant=%s", r == 0 ? "begun" : "refused",
		 LOG_VALUE(p->tenant_name));
	return r;
}

int archive_receive_catalog(struct call *c)
{
	return call_go_on(c, CALL_ARCHIVE, begin_restoration);
}

/* *ret is NULL, and what is said, where there is none yet. */
static int find_restoration(struct call *c, struct restoration **ret)
{
	*ret = atomic_load(&c->archive->restoration);
	return *ret ? 0
		    : call_say(c, S3_ERROR_INVALID_REQUEST, "There is no catalog to go on with.");
}

static int receive_blob(struct call *c)
{
	struct restoration *restoration;
	int r = find_restoration(c, &restoration);

	return r ? r : restoration_take_blob(restoration, &c->blob, c->command_fd);
}

int archive_receive_blob(struct call *c)
{
	return call_go_on(c, CALL_FLUSH, receive_blob);
}

static int settle_adoption(struct call *c)
{
	int r = c->change->result;

	log_info("restoration-%s tenant=%s", r == 0 ? "finished" : "not-finished",
		 LOG_VALUE(c->grant.principal.tenant_name));
	if (r != S3_ERROR_BUCKET_ALREADY_EXISTS)
		return r;
	snprintf(c->text, sizeof(c->text), "Another tenant has a bucket of the name %s.",
		 c->change->adopt.taken);
	c->detail = c->text;
	return r;
}

static int finish_restoration(struct call *c)
{
	struct restoration *restoration;
	int r = find_restoration(c, &restoration);

	if (r == 0)
		r = restoration_finish(restoration);
	if (r == S3_ERROR_INVALID_REQUEST && !c->detail)
		return call_say(c, r, "Not all of it has come.");
	if (r == 0)
		r = call_change(c, CHANGE_ADOPT);
	if (r)
		return r;
	c->change->adopt.restoration = restoration;
	return call_submit(c, settle_adoption);
}

int archive_adopt(struct call *c)
{
	return call_go_on(c, CALL_ARCHIVE, finish_restoration);
}
