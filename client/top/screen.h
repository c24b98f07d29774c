/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A terminal that is ours for a while: another screen, keys as they come, and back again. */

#include <signal.h>
#include <termios.h>

#include "base/defs.h"

struct screen {
	bool is_open;
	bool has_keys;		/* standard input is a terminal, too */
	struct termios before;
};

void screen_open(struct screen *s);
void screen_close(struct screen *s);	/* of one that is not open: nothing */

/* Begins to draw, from the top; how many lines there are. screen_end() takes away what was below. */
size_t screen_begin(void);
void screen_end(void);

/* Waits so long; true where a key, or *stop, says that it is enough. Also without a screen. */
bool screen_wait(const struct screen *s, uint64_t ns, const volatile sig_atomic_t *stop);
