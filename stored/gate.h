/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A gate is what stands between a bucket and who asks for something in it: whose it is, its policy, and
 * its public access block. Gates are read once and kept, compiled, for as long as nothing has changed
 * (store_stamp()) and others do not need the room. One that was given out stays as it is.
 *
 * Any thread.
 */

#include "s3/policy/evaluate.h"
#include "s3/public_access.h"
#include "stored/store.h"

#define GATES_MAX 4096			/* kept */
#define GATES_POLICIES_MAX (32 * MIB)	/* bytes of their policies in all, as text and compiled */
#define GATE_BRIEF_STEPS (8 * KIB)	/* as policy_match() counts them; some 15 us */

struct gate {
	struct ipc_id owner;			/* the bucket's tenant */
	struct span owner_id, owner_name;	/* of a bucket that ever had a policy; else SPAN_NONE */
	const struct policy_document *policy;	/* NULL: none */
	bool is_public;				/* the policy */
	bool is_damaged;			/* what was kept cannot be read: nobody is allowed anything */
	unsigned int blocks;			/* set of 1 << enum s3_public_access_block */
	bool is_brief;				/* to ask the policy takes at most GATE_BRIEF_STEPS, whatever is asked */
};

struct gates;

/* At most `max` are kept, with at most so many bytes of policies. */
must_check int gates_new(struct store *s, size_t max, size_t policies_max, struct gates **ret);
size_t gates_count(struct gates *all);
struct gates *gates_free(struct gates *all);

/* Of the bucket of that name, whosever it is. NO_SUCH_BUCKET where it is nobody's. */
must_check int gates_find(struct gates *all, struct span bucket, const struct gate **ret);

/* The same if it is kept, and nobody has the lock: NULL otherwise. Reads nothing and does not wait. */
const struct gate *gates_peek(struct gates *all, struct span bucket);

/* Whether it is still what gates_find() would give. Of one that was never kept: false. Reads nothing and does
 * not wait. */
bool gates_confirm(const struct gates *all, const struct gate *g);

/* Returns NULL. NULL is fine. */
const struct gate *gate_put(const struct gate *g);

/* What the block says of a document that is kept: none is none on. -EUCLEAN. */
must_check int gate_read_blocks(struct span document, unsigned int *ret);
