/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One handler for each row of s3/operations.h: a row without one does not link. See call.h. */

#include "stored/call.h"

#define OPERATION(SYMBOL, symbol, ...) must_check int handler_##symbol(struct call *c);
S3_OPERATIONS(OPERATION)
#undef OPERATION

/* Checks what holds for every operation, reads a command's document, and runs the handler. */
must_check int handler_run(struct call *c);
