/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The lines of a list on their way to the frontend: written one after another, and cut between two of
 * them wherever a message is full.
 */

#include "ipc/answer.h"

#define ITEMS_BYTES_MAX (32 * MIB)	/* ten thousand buckets or a thousand keys come nowhere near */

struct items {
	struct buffer bytes;	/* items as ITEMS messages hold them */
	struct buffer cuts;	/* size_t each: where a message ends */
	size_t begun;		/* where the one being filled begins */
};

#define ITEMS_INIT                                                                                 \
	((struct items){ .bytes = BUFFER_INIT(ITEMS_BYTES_MAX), .cuts = BUFFER_INIT(ITEMS_BYTES_MAX) })

/* -ENOMEM, or -EMSGSIZE where the list is longer than any that S3 has. */
must_check int items_add(struct items *i, const struct answer *item);

/* The next message's worth, from *at (0 to begin with); false at the end. */
bool items_next(const struct items *i, size_t *at, struct span *ret);

void items_clear(struct items *i);
