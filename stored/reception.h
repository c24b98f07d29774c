/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The reception of a call's body: from where its handler has said which body may come, to where that is whole and the
 * call goes on, or is refused. The intake has the body meanwhile; here is heard what the frontend and authd say of it.
 * The loop's.
 */

#include "stored/call.h"

/* As c->terms say; then c->work, on a thread that may wait for the disk where the body is large. */
void reception_begin(struct call *c);

/* What the frontend says about the body, also before it is wanted: 0 or CHANNEL_VIOLATION, or -errno, which ends the
 * channel. */
must_check int reception_lengths(struct call *c, struct span lengths);
must_check int reception_commit(struct call *c, uint64_t length, struct span seal, struct span trailer);

/* Whether the body should have been here long ago, and what happens then: the call is refused. */
bool reception_is_overdue(const struct call *c, uint64_t now_ns);
void reception_expire(struct call *c);
