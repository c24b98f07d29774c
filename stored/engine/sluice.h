/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The way of large blobs to the disk. A disk does what it is told in the order in which it is told, so that
 * a flush of a few pages waits for whatever else is on its way: tens of milliseconds for a body of 16 MiB.
 * So blobs are written back in steps that go through here, and a step is over when the disk has it. As long
 * as another tenant makes small changes, one step goes at a time, a short one, and none before the
 * flushes that were there before it. Else there is no need for that, and steps are long and as many as come.
 */

#include <pthread.h>

#include "base/defs.h"
#include "ipc/wire.h"

#define SLUICE_STEP (8 * MIB)	/* bytes, where nobody else changes anything */
#define SLUICE_SHORT_STEP (512 * KIB)
#define SLUICE_NARROW_NS (5 * NS_PER_S)	/* for so long after a change one at a time goes */

/* Of a tenant, when it last changed something. */
struct sluice_change {
	uint64_t tenant;	/* ipc_id_number() */
	uint64_t at_ns;		/* 0: never */
};

struct sluice {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	unsigned int n_steps;	/* under way */
	uint64_t n_begun, n_ended;	/* flushes of changes */
	struct sluice_change last, before;	/* of the last two tenants, which are never the same */
};

void sluice_init(struct sluice *s);
void sluice_clear(struct sluice *s);

/* Around the flush of a tenant's changes. */
void sluice_begin_change(struct sluice *s, const struct ipc_id *tenant);
void sluice_end_change(struct sluice *s);

/*
 * Has the disk write so much of a tenant's file, and waits until it has. -errno: then nothing is known of
 * any of it, and a flush of the same descriptor does not tell. Metadata is not written.
 */
must_check int sluice_write_back(struct sluice *s, const struct ipc_id *tenant, int fd,
				 uint64_t from, uint64_t to);

/* --- one step, for tests ------------------------------------------------------------------------ */

/* Whether a step of the tenant that came when n_begun was `begun` may go now. If so *ret is its length. */
must_check bool sluice_lets_pass(const struct sluice *s, const struct ipc_id *tenant, uint64_t begun,
				 uint64_t now_ns, uint64_t *ret);
