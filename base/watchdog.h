/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The manager's watchdog (sd_watchdog_enabled(3)): a process that does not say "WATCHDOG=1" in time
 * is taken for stuck and started anew. It is said from the loop, so that it means what it says.
 */

#include "base/loop.h"

struct watchdog {
	struct loop_timer timer;
	struct loop *loop;
	int notify_fd;
	uint64_t every_ns;
};

/*
 * Says it twice in the time that WATCHDOG_USEC allows, first now. Does nothing where the manager
 * asked for nothing, or asked another process. The descriptor stays the caller's.
 */
void watchdog_start(struct watchdog *w, struct loop *l, int notify_fd);
