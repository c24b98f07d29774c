/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The figures of all three daemons as Prometheus reads them: text format 0.0.4, every metric of
 * ipc/metrics.h in its order. https://prometheus.io/docs/instrumenting/exposition_formats/
 */

#include "frontend/board.h"
#include "ipc/sample.h"

#define EXPOSITION_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define EXPOSITION_MAX (16 * 1024 * 1024)

struct exposition {
	const struct board *board;
	const char *confinement;	/* the frontend's own: confine_grade_name(), */
	int landlock_abi;		/* and 0 where it is without */
	bool told[LINKS_PEERS];		/* authd and stored have answered, */
	struct span samples[LINKS_PEERS];	/* and said this, which was found sound */
};

/* Appends it; the buffer's error tells whether it is whole. */
void exposition_write(const struct exposition *e, struct buffer *to);
