/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What each kind of change does to a catalog, inside the transaction that its committer opened. An
 * apply_*() decides everything, writes the change's outputs and returns its result; what it did so
 * far is undone by the caller if that is not 0. It may be run again from the start. ERASE_TENANT and
 * ADOPT are never among them, and -EINVAL here: erase_catalog() and bucket_index.c do them, without a
 * transaction of the catalog.
 */

#include "stored/change.h"
#include "stored/engine/catalog.h"
#include "stored/engine/rows.h"

/* What the ledger has to know of it. */
enum work_done {
	WORK_NOTHING = 0,
	WORK_POSTED,
	WORK_BUCKET_DELETED,
	WORK_QUOTA,
};

struct work {
	struct catalog *catalog;
	struct database *db; /* the catalog's writer */
	struct change *change; /* whose memory may be used */
	uint64_t now_ms;
	bool made_dead; /* blobs became dead: the sweep has something to do */
	struct span missing; /* with NO_SUCH_BUCKET: which */

	/* What it has done to the one bucket that it changes: */
	enum work_done done;
	uint64_t bucket; /* its id, or with WORK_QUOTA also LEDGER_TENANT */
	struct posting posting, counted; /* as in ledger_post() */
	struct quota quota;
};

#define CHANGE(SYMBOL, symbol, more)                                                               \
	must_check int apply_##symbol(struct work *w, struct change *c);
CHANGES(CHANGE)
#undef CHANGE

/* --- shared by them ------------------------------------------------------------------------ */

/* NO_SUCH_BUCKET, with w->missing. */
must_check int work_find_bucket(struct work *w, struct span name, struct bucket *ret);

/* What stands under a name, and is replaced or deleted. */
struct standing {
	uint64_t instance; /* 0: nothing */
	uint64_t size;
};

/* Whether the object may be replaced or deleted: PRECONDITION_FAILED, NO_SUCH_KEY. */
must_check int work_check_condition(struct work *w, const struct object_name *n,
				    const struct condition *condition, struct standing *ret);

/* Counts what is done to a bucket, the same one throughout a change. */
void work_post(struct work *w, uint64_t bucket, const struct ledger_row *row,
	       const struct posting *p);

/* The packed body, extents and parts of a new object, each SPAN_NONE where it has none. */
struct body_row {
	struct span body, extents, parts;
};

/*
 * Puts row and body under the name, and lets go of what stood there. Sets row->instance.
 */
must_check int work_put(struct work *w, const struct object_name *n, struct object_row *row,
			const struct body_row *body, const struct standing *before);

/* Lets go of an object that stands there: of its body's row and its blobs, not of its own row. */
must_check int work_release(struct work *w, const struct object_name *n,
			    const struct standing *before);

must_check int work_insert_blob(struct work *w, const struct change_data *data);
must_check int work_refer_to_blob(struct work *w, const struct ipc_id *blob);
must_check int work_release_blob(struct work *w, const struct ipc_id *blob);

/*
 * The object that is to be copied: NO_SUCH_BUCKET, NO_SUCH_KEY, NO_SUCH_VERSION,
 * PRECONDITION_FAILED, INVALID_REQUEST (too large), -ESTALE. Its spans live as long as the change.
 */
must_check int work_find_source(struct work *w, const struct change_source *s,
				struct object_row *ret);

/* An upload's rows, all of them; its blobs are let go but for those of the n parts in `kept`. */
must_check int work_delete_upload(struct work *w, uint64_t bucket, struct span key, struct span id,
				  const struct change_part_claim *kept, size_t n);

void work_made(const struct object_row *row, struct change_made *ret);
