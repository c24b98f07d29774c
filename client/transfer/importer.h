/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the parts of an import share while it runs; import.c makes it, incoming.c and mover.c work in it. */

#include "client/transfer/import.h"
#include "client/transfer/mover.h"

struct importer {
	const struct import_config *config;
	struct tally *tally;
	struct operator_channel stored;
	struct source *source;
	bool source_has_ended;
	struct mover mover;
	struct incoming *incoming;	/* begun and not over */
	size_t n_incoming;
	struct incoming *waiting;	/* of them, to be looked for again, each at its time */
	bool stopped;		/* by something that concerns all; *why says it */
	struct complaint *why;
	uint8_t room[IPC_INLINE_MAX];	/* a body that goes inside */
};

/* Nothing else is begun, and what is under way is given up. */
void importer_stop(struct importer *i, const char *format, ...) printf_like(2, 3);
