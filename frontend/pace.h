/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A pace is what the requests of one tenant that has limits may do together in this worker: how many may
 * be under way, and how fast the bytes of their bodies may move. Limits are those that the newest grant of
 * the tenant's said. Workers keep to them together: each posts what it has (presence.h), and looks at what
 * the others have posted. What may be under way is counted exactly: whoever posts first and then counts
 * may be one too many together with another, but then both see it. Bandwidth is shared in proportion to the
 * requests that move bytes.
 *
 * Who may not move any now stands in a queue, first come, first served, and is called when he may. A
 * tenant that has no limits has no pace, and nothing of this happens.
 */

#include "base/loop.h"
#include "base/table.h"
#include "frontend/lane.h"
#include "frontend/presence.h"
#include "ipc/grant.h"

#define PACES_MAX PRESENCE_PLACES
#define PACE_PIECE (32 * KIB)	/* what is asked for at a time, where that can be chosen */
#define PACE_PATIENCE_NS (30 * NS_PER_S)	/* nobody should have to wait longer for one piece */
#define PACE_COME_AGAIN_S 1	/* what who is refused is told */

struct board;
struct pace;

/* A request's part in a pace; zeros: in none. */
struct pace_part {
	struct pace *pace;	/* NULL: none */
	void (*go)(struct pace_part *p);	/* his turn has come; may ask again at once */
	bool moves[PRESENCE_WAYS];
	bool waits;
	enum presence_way way;	/* while it waits */
	uint64_t wanted;	/* likewise */
	uint64_t credit[PRESENCE_WAYS];	/* bytes that he may move */
	struct pace_part *next, *before;	/* in the queue */
};

struct paces {
	struct loop *loop;
	const struct board *board;
	unsigned int slot;	/* this worker's */
	struct table all;	/* by ipc_id_number() of the tenant */
};

void paces_init(struct paces *all, struct loop *l, const struct board *b, unsigned int slot);
void paces_clear(struct paces *all);

/* Forgets tenants that have nothing under way; to be called now and then. */
void paces_sweep(struct paces *all, uint64_t now_ns);

enum pace_outcome {
	PACE_JOINED = 0,
	PACE_PARALLEL,	/* as many requests of the tenant's are under way as there may be */
	PACE_BANDWIDTH,	/* so many wait for its bandwidth that another one would wait too long */
	PACE_NO_ROOM,	/* for one more tenant that has limits */
};

/* A request with limits is let pass, which moves its bytes mostly that way. -ENOMEM, or an outcome. */
must_check int paces_join(struct paces *all, const struct grant *g, enum presence_way way,
			  uint64_t now_ns, struct pace_part *p);

/* It is over. Also of one that is in no pace. */
void pace_leave(struct pace_part *p);

/* May it move so many bytes? False: it stands in the queue, and is called when it may. */
must_check bool pace_may_move(struct pace_part *p, enum presence_way way, uint64_t bytes,
			      uint64_t now_ns);

/* It did, of those that it might. Of one that is in no pace nothing is counted. */
void pace_moved(struct pace_part *p, enum presence_way way, uint64_t bytes);

/* It waits no longer. */
void pace_withdraw(struct pace_part *p);

/* Calls those whose turn has come; the timers do that. */
void pace_call(struct pace *pace, enum presence_way way, uint64_t now_ns);
