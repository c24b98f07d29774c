/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* tenant backup, in two files: what is taken in all (take.c), and its blobs (take_blobs.c). */

#include "client/backup/archiver.h"
#include "client/backup/identities.h"

/* A blob on its way into the list, which has them in order. */
struct entry {
	struct roll_line line;
	bool is_there;
	struct parcel parcel;
};

struct take {
	struct archiver *a;
	struct roll now;		/* stored's list */
	struct roll before;	/* of the backup before; none where its file is NULL */
	struct roll_line old;	/* its next blob, */
	bool has_old;		/* where there is one */
	FILE *list;		/* the list of this backup */
	struct entry ring[COURIER_WINDOW];
	size_t first, n;
	uint64_t n_copied, copied, n_damaged;
	struct envelope envelope;	/* what the tenant's identities go into, */
	bool wanted;		/* if they do */
};

/*
 * The backup before, if there is one: another tenant's is refused. Its list is what vouches for the blobs that are
 * there; one that is not sound vouches for none. -errno with *why, as of all of these.
 */
must_check int take_open_before(struct take *t);

/* All lines of stored's list go into that of this backup, and blobs that are not there are fetched. */
must_check int take_blobs(struct take *t);

/* What is still under way is given up. */
void take_drop(struct take *t);

/* From stored's file into one of ours; `what` it is, where it cannot be read. */
must_check int take_file(struct archiver *a, const struct operator_extent *e, int to_fd, const char *what,
			 struct fingerprint *ret);

/* "cannot write to DIR: ..." */
int take_cannot_write(struct archiver *a, int r);

/* The text of an id, which a list has; false where it is none. */
must_check bool take_parse_id(const char *text, struct ipc_id *ret);
