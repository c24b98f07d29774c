/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/database_pool.h"

#define POOL_IDLE_MAX 8

int database_pool_init(struct database_pool *p, const char *path, const struct durable *d,
		       struct database_texts texts)
{
	*p = (struct database_pool){
		.path = strdup(path),
		.durable = d,
		.texts = texts,
		.lock = PTHREAD_MUTEX_INITIALIZER,
	};
	return p->path ? 0 : -ENOMEM;
}

void database_pool_clear(struct database_pool *p)
{
	while (p->idle) {
		struct database *db = p->idle;

		p->idle = db->next;
		database_close(db);
	}
	p->n_idle = 0;
	free(p->path);
	p->path = NULL;
}

int database_pool_take(struct database_pool *p, struct database **ret)
{
	struct database *db;

	pthread_mutex_lock(&p->lock);
	db = p->idle;
	if (db) {
		p->idle = db->next;
		p->n_idle--;
	}
	pthread_mutex_unlock(&p->lock);
	if (!db)
		return database_open(p->path, DATABASE_READER, p->durable, p->texts, ret);
	db->next = NULL;
	*ret = db;
	return 0;
}

void database_pool_give(struct database_pool *p, struct database *db)
{
	bool keep;

	pthread_mutex_lock(&p->lock);
	keep = p->n_idle < POOL_IDLE_MAX;
	if (keep) {
		db->next = p->idle;
		p->idle = db;
		p->n_idle++;
	}
	pthread_mutex_unlock(&p->lock);
	if (!keep)
		database_close(db);
}
