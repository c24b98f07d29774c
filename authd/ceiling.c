/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/ceiling.h"

static const struct {
	const char *name;
	int64_t least, most;
} rows[CEILING_COUNT] = {
#define CEILING(SYMBOL, symbol, name_, least_, most_) [CEILING_##SYMBOL] = { name_, least_, most_ },
	CEILINGS(CEILING)
#undef CEILING
};

const char *ceiling_name(enum ceiling c)
{
	return rows[c].name;
}

bool ceiling_admits(enum ceiling c, int64_t n)
{
	return n >= rows[c].least && n <= rows[c].most;
}

int64_t ceiling_in_force(const struct ceilings *own, const struct ceilings *of_all, enum ceiling c)
{
	return own->of[c] == CEILING_OF_ALL ? of_all->of[c] : own->of[c];
}

void ceilings_change(struct ceilings *to, const struct ceilings *by)
{
	for (enum ceiling c = 0; c < CEILING_COUNT; c++)
		if (by->of[c] != CEILING_STAYS)
			to->of[c] = by->of[c];
}
