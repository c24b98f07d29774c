/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the parts of an export share while it runs; export.c makes it, outgoing.c works in it. */

#include "client/transfer/export.h"
#include "client/transfer/landing.h"
#include "client/transfer/lister.h"

struct exporter {
	const struct export_config *config;
	struct tally *tally;
	struct operator_channel stored;
	struct lister lister;
	struct landing landing;
	struct outgoing *outgoing;	/* begun and not over */
	size_t n_outgoing;
	struct outgoing *waiting;	/* of them, to be asked for again, each at its time */
	struct outgoing *written[EXPORT_BATCH];	/* of them, to be given their names */
	size_t n_written;
	bool stopped;			/* by something that concerns all; *why says it */
	struct complaint *why;
	uint8_t room[256 * 1024];	/* of bytes on their way */
};

/* Nothing else is begun, and what is under way is given up. */
void exporter_stop(struct exporter *x, const char *format, ...) printf_like(2, 3);
