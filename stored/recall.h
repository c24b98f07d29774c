/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What was looked up lately, and is still as it was (store_is_current()): small objects with their bodies, and the
 * heads of any. Stored's loop answers from here by itself, without a thread and without the catalog. What holds blobs
 * is not kept, or they could not be swept.
 *
 * Who asks must have been allowed before: that something is here tells that somebody has read it.
 *
 * Tenants share the room. Each may have the same part of it, and more where others leave theirs: what has to go is of a
 * tenant that has asked for nothing for a while, or else of the one that wants more than its part, its least recently
 * used first. The loop's thread.
 */

#include "stored/store.h"

#define RECALL_OBJECT_MAX (16 * KIB)	/* bytes of one, all told */
#define RECALL_TENANTS_MAX 1024		/* who have something here */
#define RECALL_IDLE_NS (60 * NS_PER_S)	/* after so long a tenant's part is the others' */

/* Versions are not among them: who names one reads the catalog. */
struct recall_name {
	const struct ipc_id *tenant;	/* whose bucket it is */
	struct span bucket, key;
};

struct recall_figures {
	uint64_t hits, misses;		/* of recall_find() */
	size_t count, bytes, tenants;	/* what there is */
};

struct recall;

/* At most so many bytes, what it takes to find them included; 0: nothing is ever kept. */
must_check int recall_new(struct store *s, size_t bytes_max, struct recall **ret);
struct recall *recall_free(struct recall *r);

/* A reference to it, for the caller; NULL where it is not here, or has changed. With its body, or perhaps without. */
struct object *recall_find(struct recall *r, const struct recall_name *name, bool with_body,
			   uint64_t now_ns);

/* Keeps a reference of its own, if the object is one that can be kept; instead of what was here under that name;
 * but a head not instead of what is as it was, with its body. */
void recall_add(struct recall *r, const struct recall_name *name, bool with_body, struct object *o,
		uint64_t now_ns);

struct recall_figures recall_figures(const struct recall *r);
