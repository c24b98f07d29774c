/* SPDX-License-Identifier: Apache-2.0 */
#include "base/meter.h"

#define BOUND(bound) (bound),
const struct meter_row meter_rows[METER_SCALES] = {
	[METER_SCALE_TIMES] = { 0 METER_TIMES(METER_ONE), { METER_TIMES(BOUND) } },
	[METER_SCALE_SIZES] = { 0 METER_SIZES(METER_ONE), { METER_SIZES(BOUND) } },
};
#undef BOUND

/* Most values are in one of the first. */
static size_t bucket_of(enum meter_scale scale, uint64_t value)
{
	const struct meter_row *row = &meter_rows[scale];
	size_t i = 0;

	while (i < row->n && value > row->bounds[i])
		i++;
	return i;
}

void meter_note(struct meter *m, enum meter_scale scale, uint64_t value)
{
	meter_add(&m->buckets[bucket_of(scale, value)], 1);
	meter_add(&m->sum, value);
}

void meter_note_alone(struct meter *m, enum meter_scale scale, uint64_t value)
{
	meter_add_alone(&m->buckets[bucket_of(scale, value)], 1);
	meter_add_alone(&m->sum, value);
}
