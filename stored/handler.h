/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One handler for each row of s3/operations.h: a row without one does not link. See call.h. */

#include "stored/call.h"

#define OPERATION(SYMBOL, symbol, ...) must_check int handler_##symbol(struct call *c);
S3_OPERATIONS(OPERATION)
#undef OPERATION

/* Checks what holds for every operation, reads a command's document, and runs the handler. */
must_check int handler_run(struct call *c);

/*
 * On the loop, of a call that brought no document: whether what handler_run() would check first is known to hold, by what
 * is in memory and takes little to ask. False decides nothing: who is refused hears so from handler_run().
 */
bool handler_admits(struct call *c);

/*
 * Directly behind that, where nothing has come between: the rest of handler_run(), which would look up what it does not
 * find confirmed.
 */
must_check int handler_run_admitted(struct call *c);
