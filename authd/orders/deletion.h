/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How tenants go: the mark in the database, by an order; then stored erases what it has; then the row
 * goes, with keys and tokens. From the mark on their credentials are nobody's. The mark says that it is
 * under way: what stored, or authd, did not finish is begun again when both are there, and after a while
 * where something failed.
 */

#include <sys/types.h>

#include "base/loop.h"

#define DELETION_AGAIN_NS (30 * NS_PER_S)

struct authd;

struct deletions {
	struct authd *authd;
	uid_t uid;			/* our own: as whose a row is removed */
	struct loop_timer again;	/* armed where something failed */
};

/* Before the confinement. */
void deletions_init(struct deletions *d, struct authd *a);
void deletions_clear(struct deletions *d);

/* Begins what is marked and not under way, as far as stored takes it. */
void deletions_go_on(struct deletions *d);
