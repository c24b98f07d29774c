/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/presence.h"

/* Ids are random, and so is any part of one. */
static size_t nth_place(uint64_t tenant, size_t n)
{
	return (tenant + n) % PRESENCE_PLACES;
}

struct presence_place *presence_take(struct presence *p, uint64_t tenant)
{
	for (size_t n = 0; n < PRESENCE_PROBES; n++) {
		struct presence_place *place = &p->places[nth_place(tenant, n)];

		if (meter_read(&place->tenant))
			continue;
		meter_set(&place->tenant, tenant);
		return place;
	}
	return NULL;
}

void presence_free(struct presence_place *place)
{
	meter_set(&place->under_way, 0);
	for (enum presence_way w = 0; w < PRESENCE_WAYS; w++) {
		meter_set(&place->moving[w], 0);
		meter_set(&place->busy_ns[w], 0);
	}
	meter_set(&place->tenant, 0);
}

const struct presence_place *presence_find(const struct presence *p, uint64_t tenant)
{
	for (size_t n = 0; n < PRESENCE_PROBES; n++) {
		const struct presence_place *place = &p->places[nth_place(tenant, n)];

		if (meter_read(&place->tenant) == tenant)
			return place;
	}
	return NULL;
}

void presence_vacate(struct presence *p)
{
	for (size_t i = 0; i < PRESENCE_PLACES; i++)
		if (meter_read(&p->places[i].tenant))
			presence_free(&p->places[i]);
}

/* What was let through and lasts counts as much as one that moves. */
unsigned int presence_weight(const struct presence_place *place, enum presence_way way,
			     uint64_t now_ns)
{
	uint64_t moving = meter_read(&place->moving[way]);

	if (moving)
		return (unsigned int)MIN(moving, (uint64_t)PRESENCE_MOVERS_MAX);
	return meter_read(&place->busy_ns[way]) > now_ns;
}
