/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Readers of one file that are not in use, for whoever needs one. The file's writer is opened
 * before and closed after them. Any thread.
 */

#include <pthread.h>

#include "stored/engine/database.h"

struct database_pool {
	char *path;
	const struct durable *durable;
	struct database_texts texts;
	struct database *idle;
	size_t n_idle;
	pthread_mutex_t lock;
};

must_check int database_pool_init(struct database_pool *p, const char *path,
				  const struct durable *d, struct database_texts texts);
void database_pool_clear(struct database_pool *p);
must_check int database_pool_take(struct database_pool *p, struct database **ret);
void database_pool_give(struct database_pool *p, struct database *db);
