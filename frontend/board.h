/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The board on which workers post what they have counted, so that any of them can tell the sum. The
 * parent makes it before there are workers, a slot for each. A slot outlives its worker: the one that
 * comes after it goes on from there, and no count ever goes back while the parent lives.
 *
 * A worker can write into its own slot only, and that is the kernel's to hold: of the memory's two
 * views the writable one is unmapped but for the slot, and the other is of a memfd that is sealed
 * against any further writable mapping.
 */

#include "frontend/counts.h"

struct board {
	unsigned int n_slots;
	size_t slot_size;	/* whole pages */
	uint8_t *writable;	/* n_slots and the parent's page */
	const uint8_t *readable;
	uint64_t started_ns;	/* CLOCK_REALTIME */
};

/* What the parent counts. */
struct board_parent {
	meter_count worker_starts;
};

#define BOARD_NONE ((struct board){ 0 })

must_check int board_open(struct board *b, unsigned int n_slots);
void board_close(struct board *b);

/* In a worker: from now on this process can write into that slot only. */
void board_keep(struct board *b, unsigned int slot);

static inline struct counts *board_slot(const struct board *b, unsigned int slot)
{
	return (struct counts *)(b->writable + slot * b->slot_size);
}

static inline const struct counts *board_read(const struct board *b, unsigned int slot)
{
	return (const struct counts *)(b->readable + slot * b->slot_size);
}

static inline struct board_parent *board_parent(const struct board *b)
{
	return (struct board_parent *)(b->writable + b->n_slots * b->slot_size);
}

static inline const struct board_parent *board_read_parent(const struct board *b)
{
	return (const struct board_parent *)(b->readable + b->n_slots * b->slot_size);
}
