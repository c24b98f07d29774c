/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The mover has the large bodies of an import in hand: it reads sources, fills pipes and reads what
 * stored gave back, piece by piece, so that the small ones go on beside it. It does so for one
 * at a time: pipes that waited for each other would be given up by stored.
 */

#include "base/loop.h"
#include "client/transfer/digest.h"
#include "client/transfer/source.h"

struct importer;
struct incoming;

struct mover {
	struct importer *importer;
	struct incoming *first, **end;
	struct source_reader reader;	/* of the first */
	struct digest *digest;		/* of what was moved for it */
	uint64_t moved;			/* bytes of it */
	struct loop_source pipe;	/* that stored reads from */
	uint8_t *room;
	struct span pending;		/* in the room, to go into the pipe */
};

must_check int mover_init(struct mover *m, struct importer *i);
void mover_clear(struct mover *m);

/* Behind those that are there. It is summed, opened or checked, as its state says. */
void mover_add(struct mover *m, struct incoming *it);

/* Whatever was done for it ends; also of one that is not there. */
void mover_drop(struct mover *m, struct incoming *it);

/* The pipe for the first; takes fd. */
void mover_take_pipe(struct mover *m, struct incoming *it, int fd);

/* Goes on with the first. True if there is more to do that waits for nobody. */
bool mover_work(struct mover *m);
