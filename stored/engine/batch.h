/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Changes of one tenant that are committed together: one transaction, in which each is a savepoint,
 * so that one that fails leaves the others alone. Where SQLite undoes everything, as it does when a
 * disk is full, each runs again by itself. Nothing is told to anyone here.
 */

#include "stored/engine/apply.h"

#define BATCH_MAX 512

struct batch {
	struct store *store;
	struct catalog *catalog;
	struct database *db;	/* its writer */
	struct change *changes[BATCH_MAX];
	size_t n;
	bool made_dead;
};

/*
 * Afterwards each change has its result, and what is 0 is durable. Where a flush failed the catalog
 * has failed as well, and changes that may or may not be durable are marked as uncertain.
 */
void batch_commit(struct batch *b);
