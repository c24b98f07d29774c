/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The shortcut of calls that need no thread: their handlers run on the loop at once, since it is known that they wait
 * for nothing. Those are small bodies that came with their calls, and objects that are in memory; both only for who is
 * admitted by what is known without asking a catalog.
 */

#include "stored/call.h"

/* True: its work was done, and it can go on; false: nothing has happened yet. */
must_check bool shortcut_take(struct call *c);

/* Of a call that comes back to the loop: what it has looked up may be asked for again. Of one that nobody waits for any
 * more, nothing. */
void shortcut_remember(struct call *c);
