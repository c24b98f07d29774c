/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The catalogs that are open, by tenant. Whoever uses one holds a reference; one that nobody holds
 * is closed when others need its place, least recently used first. Any thread.
 */

#include "stored/engine/catalog.h"

#define CATALOGS_ERASED_MAX 65536 /* tenants that one process has erased */

struct catalogs {
	const struct durable *durable;
	int tenants_fd;
	const char *tenants_path;
	unsigned int limit;	/* more are open only while all of them are in use */
	unsigned int count;
	struct catalog *first, *last;
	struct table erased; /* ipc_id_number() -> that tenant is gone for this process */
	unsigned int n_erased; /* of them in the list: still open */
	pthread_mutex_t lock;
};

/* tenants_fd and tenants_path stay the caller's, and must outlive it. */
void catalogs_init(struct catalogs *all, const struct durable *d, int tenants_fd,
		   const char *tenants_path, unsigned int limit);

/* Closes them all; no reference may be left. */
void catalogs_clear(struct catalogs *all);

/*
 * A reference to the tenant's open catalog; -ENOENT where it has none and `make` is false, or had one; -EBUSY
 * where it is to be made while the tenant is being restored.
 */
must_check int catalog_get(struct catalogs *all, const struct ipc_id *tenant, bool make,
			   struct catalog **ret);

/* How many are open. */
unsigned int catalogs_count(struct catalogs *all);

/*
 * The tenant's catalog loses its name, durably, and there will be none of that tenant in this process.
 * Who has a reference may go on with it. On its committer's thread, where nothing is under way.
 */
must_check int catalogs_erase(struct catalogs *all, const struct ipc_id *tenant);
bool catalogs_has_erased(struct catalogs *all, const struct ipc_id *tenant);

/*
 * From now on nobody makes a catalog of the tenant, which has none, until catalogs_adopt() gives it one: the
 * directory in which it is restored says so, durably. -EEXIST where it has one; -ENODATA where it has no such
 * directory, and must have had; -ENOENT of an erased tenant.
 */
must_check int catalogs_bar(struct catalogs *all, const struct ipc_id *tenant, bool again);

/* The catalog.db of that directory becomes the tenant's, durably. Nobody has it open. -EEXIST. */
must_check int catalogs_adopt(struct catalogs *all, const struct ipc_id *tenant, int from_fd);

/* Closes those that nobody refers to and that need not be open. */
void catalogs_close_idle(struct catalogs *all);

/* Never waits for the disk. NULL is fine. */
struct catalog *catalog_put(struct catalog *c);
DEFINE_CLEANUP(struct catalog *, catalog_put)
struct catalog *catalog_ref(struct catalog *c);
