/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What clients were told. Whatever they can see is a slot with a number in it: 0, it is not there. A change
 * moves some slots to other numbers, all at once or not at all; that it begins, and that it was acknowledged,
 * are notes in the history. From a number follows everything else, such as an object's bytes: for stored contents.h
 * says how, for authd desk.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORY_TENANTS_MAX 12
#define STORY_BUCKETS	  3	/* of a tenant; what follows is in the first */
#define STORY_KEYS	  8
#define STORY_PARTS	  2
#define STORY_USERS	  2
#define STORY_SECRETS	  3	/* access keys: the last is the first user's, the others the tenant's */
#define STORY_TOKENS	  2
#define STORY_CLAIMS_MAX  56	/* slots of a tenant, for when it goes */
#define STORY_PENDING_MAX 16

enum story_kind {
	/* What stored has. */
	STORY_BUCKET,		/* 1: is there */
	STORY_POLICY,		/* a document */
	STORY_QUOTA,		/* of so many objects */
	STORY_KEY,		/* an object */
	STORY_UPLOAD,		/* 1: one of that key is under way */
	STORY_PART,		/* of that upload */
	/* What authd has. */
	STORY_TENANT,		/* 1: is there */
	STORY_TITLE,		/* its display name */
	STORY_SUSPENSION,	/* 1: its credentials are refused */
	STORY_USER,		/* 1: is there */
	STORY_RIGHTS,		/* a policy of that user's */
	STORY_SECRET,		/* of an access key: odd, it is disabled */
	STORY_TOKEN,		/* odd: of which the hash is known */
	STORY_KINDS,
};

struct slot {
	unsigned int tenant;
	enum story_kind kind;
	unsigned int index;	/* which of its kind; of an upload or a part: of which key */
	unsigned int part;	/* from 0 */
};

#define STORY_SLOTS_EACH                                                                           \
	(STORY_BUCKETS + 2 + STORY_KEYS * (2 + STORY_PARTS) + 3 + 2 * STORY_USERS +                \
	 STORY_SECRETS + STORY_TOKENS)
#define STORY_SLOTS	 (STORY_TENANTS_MAX * STORY_SLOTS_EACH)

unsigned int slot_number(struct slot s);
struct slot slot_of(unsigned int number);

/* "key 3 of tenant 0" */
const char *slot_text(struct slot s, char buf[static 64]);

struct story_claim {
	uint32_t slot;
	uint64_t value;
};

enum note_kind {
	NOTE_BEGINS = 1,
	NOTE_ENDS,
	NOTE_UNDONE,	/* it has not happened, and does not any more */
};

struct note {
	uint32_t kind;
	uint32_t change;	/* a number of its own */
	uint32_t erases;	/* 1 + the tenant that goes with all it has */
	uint32_t n;
	struct story_claim claims[STORY_CLAIMS_MAX];
};

struct story {
	uint64_t told[STORY_SLOTS];
	struct note pending[STORY_PENDING_MAX];
	size_t n_pending;
	unsigned int n_acknowledged;
	bool erased[STORY_TENANTS_MAX];	/* or about to be */
	unsigned int n_tenants;		/* that anything was told about */
};

void story_follow(struct story *s, const struct note *n);
