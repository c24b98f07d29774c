/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Where a call can go, for those who have a step of it in hand on the loop: stored/call.h has the rest. */

#include "stored/call.h"
#include "stored/task.h"

/* Asserts that it may go there. */
void call_move(struct call *c, enum call_state to);

/* To `work` on that kind of thread, in the turn of who asks, whosever the bucket is. */
void call_send_away(struct call *c, struct pool *p);

/* The answer is final: it goes out as soon as the frontend has taken what is before it. */
void call_conclude(struct call *c, int result);

/* Refuses one that somebody else may have in hand: it is over when he gives it back. */
void call_refuse_now(struct call *c, enum s3_error error);

/* Nobody has it any more, nor waits for it: it is freed. */
void call_over(struct call *c);
