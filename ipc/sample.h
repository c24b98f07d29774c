/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A sample is one figure at one moment: which metric, the values of its labels, and its number or
 * the counts of its buckets. This is how authd and stored tell the frontend theirs, one sample behind
 * the other.
 */

#include "ipc/metrics.h"
#include "ipc/wire.h"

#define SAMPLE_LABEL_MAX 64
#define SAMPLE_VALUES_MAX (METER_BOUNDS_MAX + 2)

struct sample {
	enum metric metric;
	struct span labels[METRIC_LABELS_MAX];	/* as many as the metric has */
	uint64_t values[SAMPLE_VALUES_MAX];	/* likewise; of a histogram the sum comes last */
};

/* Labels follow, one string for each that the metric has, and a NULL. */
void sample_put(struct buffer *b, enum metric m, uint64_t value, ...) __attribute__((sentinel));
void sample_put_meter(struct buffer *b, enum metric m, const struct meter *values, ...)
	__attribute__((sentinel));

/*
 * The next one, cut off *rest: 1; 0 at the end; -EBADMSG where this is none that `from` may tell.
 * Borrows from *rest.
 */
must_check int sample_next(struct span *rest, enum metric_from from, struct sample *ret);

/* The same into a sample, for who has one to show at once. */
void sample_read_meter(struct sample *s, const struct meter *m);
