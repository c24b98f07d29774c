/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * When access keys and tokens were last used: kept with them in memory, and written together, at most once a
 * minute and at the end, so that no request costs a flush. After a crash the last minute is missing.
 */

#include "authd/tokens.h"
#include "base/loop.h"

#define USES_INTERVAL_NS (60 * NS_PER_S)

struct authd;

struct uses {
	struct authd *authd;
	struct loop_timer timer;	/* armed while there is something to write */
};

void uses_init(struct uses *u, struct authd *a);

/* Gives the writer, who must be there yet, what is not written. */
void uses_clear(struct uses *u);

/* The key or token whose this is has been let in. */
void uses_note(struct uses *u, struct last_use *use, int64_t now_s);
