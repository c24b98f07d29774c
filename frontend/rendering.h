/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A page of a thousand keys takes a worker, which is one thread, as long as dozens of small objects. So
 * where many items have come, the document is not written when their answer comes, but in pieces, one in
 * each step of the worker, which serves everybody else in between. Tenants have their turns (base/turns.h):
 * who asks for many pages has them wait for his own, and delays others by a piece.
 */

#include "base/buffer.h"
#include "base/turns.h"

#define RENDERING_ITEMS 128	/* that make a piece */
#define RENDERING_AT_ONCE (8 * 1024)	/* bytes of items that are no more than a piece: nothing waits */

struct answer;
struct exchange;
struct worker;

/* What an exchange has of it. */
struct rendering {
	struct turn turn;
	bool waits;
	struct buffer answer;	/* what stored said at the end, behind the items */
};

/* Those of a worker that wait. */
struct turns rendering_turns(void);

/* Writes the whole reply from stored's answer and the items that came before it. */
void rendering_write(struct exchange *e, const struct answer *a);

/* Stored's answer is complete. The reply is delivered, or a refusal: now, or in a later step. */
void rendering_begin(struct exchange *e, struct span answer);

/* It is wanted no more; also where it never began. Before the exchange goes. */
void rendering_clear(struct exchange *e);

/* Whether one waits for the next step. */
bool rendering_is_due(const struct worker *w);

/* Writes a piece of one of those that wait, if any does, and delivers it where that was the last. */
void rendering_step(struct worker *w);
