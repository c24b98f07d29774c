/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What administrators call the tenants that grants were for, so that their figures can be told by name:
 * the store knows ids only. As many as there is room for, first come; the loop's thread.
 */

#include "base/table.h"
#include "ipc/principal.h"

/* Six figures of each, with the longest names, are half of a packet. */
#define TENANTS_KNOWN_MAX 100

struct tenants {
	struct table names; /* ipc_id_number() -> struct tenant_name */
};

void tenants_init(struct tenants *t);
void tenants_clear(struct tenants *t);

/* A name that is cut short or too much is no harm: it is missing from the metrics. */
void tenants_note(struct tenants *t, const struct principal *p);

/* NULL where it is not known. Borrowed until the end. */
const char *tenants_name(const struct tenants *t, const struct ipc_id *id);
