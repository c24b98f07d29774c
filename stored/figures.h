/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What coffer-stored tells of itself for the metrics, and counts for that on the loop's thread. */

#include "base/buffer.h"
#include "ipc/channel.h"
#include "s3/errors.h"

struct service;

/* Who is at the other end of a channel. */
enum figures_peer {
	FIGURES_FRONTEND,
	FIGURES_OPERATOR,
	FIGURES_AUTHD,
	FIGURES_PEERS,
};

struct figures {
	uint64_t started_ns;		/* CLOCK_REALTIME */
	const char *confinement;	/* confine_grade_name() */
	int landlock_abi;		/* 0: without */
	uint64_t losses[FIGURES_PEERS][CHANNEL_ENDS];
	uint64_t refusals[S3_ERROR_COUNT];
};

/* Appends samples; the buffer's error tells whether they are whole. */
void figures_tell(struct service *s, struct buffer *to);
