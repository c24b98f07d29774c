/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The figures of a server that runs (ipc/metrics.h), asked for at the socket of its metrics as Prometheus
 * asks. They are the word of the frontend, which clients can reach: nothing is decided by them.
 */

#include "base/buffer.h"
#include "ipc/metrics.h"

#define FIGURES_SOCKET	   "metrics.sock"	/* beside the admin socket */
#define FIGURES_MAX	   (16 * MIB)
#define FIGURES_PATIENCE_S 5

/* One figure of the text. */
struct figure {
	enum metric metric;	/* of a histogram: what is up to the bound that the label le says */
	struct span labels;	/* as they stand between the braces */
	uint64_t value;		/* without its decimals */
};

/*
 * Asks, and appends the text to *ret, which has FIGURES_MAX for its limit. -ETIMEDOUT, -EACCES where
 * whoever asks may not know, -EPROTO where the answer is none; else what connecting said.
 */
must_check int figures_read(const char *path, struct buffer *ret);

/* The next figure, cut off *rest; false at the end. Lines that are none are passed over. */
bool figures_next(struct span *rest, struct figure *ret);

/* Whether a label has that value. Neither is escaped: so are none of those that Coffer chooses. */
bool figure_has(const struct figure *f, const char *label, const char *value);

/* The value of a label as it stands; SPAN_NONE where there is no such label. */
struct span figure_label(const struct figure *f, const char *label);
