/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/committer.h"

#include <time.h>

#include "stored/engine/batch.h"
#include "stored/engine/engine.h"
#include "stored/engine/erase.h"

#define IDLE_NS NS_PER_S
/* Readers may keep a log from starting over; past so many limits they are waited for. */
#define LOG_PATIENCE 4

/* --- around it ----------------------------------------------------------------------------- */

/* Its blob is the catalog's now, or given back with the change, or left for the next start. */
static void settle_blob(struct change *c)
{
	struct change_data *data = change_data(c);

	if (!data)
		return;
	if (c->result == 0)
		data->blob = blob_keep(data->blob);
	else if (c->uncertain)
		data->blob = blob_leave(data->blob);
}

static bool gives_names_back(const struct change *c)
{
	return c->kind == CHANGE_DELETE_BUCKET ||
	       (c->kind == CHANGE_ERASE_TENANT && c->erase_tenant.mode != ERASE_ASK);
}

static void finish(struct store *s, struct change *c)
{
	if (c->kind == CHANGE_CREATE_BUCKET || (gives_names_back(c) && c->result == 0))
		bucket_index_settled(&s->index, c);
	else
		store_finish_change(s, c, c->result);
}

static void finish_all(struct batch *b)
{
	bool failed = b->catalog && atomic_load(&b->catalog->state) == CATALOG_FAILED;

	for (size_t i = 0; i < b->n; i++) {
		struct change *c = b->changes[i];

		/* By what happened, not by what will be said of it: a row may refer to the blob. */
		settle_blob(c);
		if (failed)
			c->result = S3_ERROR_SERVICE_UNAVAILABLE;
		finish(b->store, c);
	}
}

/*
 * Those in the list stay open until there is time to checkpoint them. Where they become too many,
 * the one that came first has to wait for its next change, or until it is closed.
 */
static void remember_dirty(struct committer *m, struct catalog *c)
{
	struct catalog *first = m->dirty[0];

	if (c->dirty)
		return;
	if (m->n_dirty == m->dirty_max) {
		first->dirty = false;
		catalog_put(first);
		m->n_dirty--;
		memmove(m->dirty, m->dirty + 1, m->n_dirty * sizeof(*m->dirty));
	}
	m->dirty[m->n_dirty++] = catalog_ref(c);
	c->dirty = true;
}

/* Of an erased tenant nothing is worth a checkpoint, and its files are to be closed. */
static void forget_dirty(struct committer *m, const struct ipc_id *tenant)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->n_dirty; i++)
		if (ipc_id_equal(&m->dirty[i]->tenant, tenant))
			catalog_put(m->dirty[i]);
		else
			m->dirty[kept++] = m->dirty[i];
	m->n_dirty = kept;
}

static void checkpoint(struct committer *m, struct catalog *c, bool whole)
{
	int r;

	if (atomic_load(&c->state) != CATALOG_OPEN)
		return;
	c->log_tried = c->writer->log_bytes;
	r = database_checkpoint(c->writer, whole);
	if (r < 0 && database_lost_flush(c->writer))
		store_fail_catalog(m->store, c);
}

/* After the clients were told, and before the next are served, if the log has become too long. */
static void limit_log(struct committer *m, struct catalog *c)
{
	uint64_t limit = m->store->config.wal_limit, len = c->writer->log_bytes;

	/* It has started over since. */
	if (len < c->log_tried)
		c->log_tried = 0;
	if (len >= LOG_PATIENCE * limit)
		checkpoint(m, c, true);
	else if (len >= limit && len >= c->log_tried + limit / LOG_PATIENCE)
		checkpoint(m, c, false);
}

static void checkpoint_idle(struct committer *m)
{
	while (m->n_dirty) {
		struct catalog *c = m->dirty[--m->n_dirty];

		checkpoint(m, c, false);
		c->dirty = false;
		catalog_put(c);
	}
}

/* A tenant's quota may be set before there is anything of the tenant. */
static bool makes_catalog(const struct change *c)
{
	return c->kind == CHANGE_CREATE_BUCKET ||
	       (c->kind == CHANGE_SET_QUOTA && span_is_none(c->bucket));
}

/* Whether the catalog can be written at all; otherwise the result for every change of the batch. */
static int open_catalog(struct batch *b, struct catalog **ret)
{
	_cleanup_(catalog_putp) struct catalog *c = NULL;
	bool make = false;
	int r;

	for (size_t i = 0; i < b->n; i++)
		make |= makes_catalog(b->changes[i]);
	r = catalog_get(&b->store->catalogs, &b->changes[0]->tenant, make, &c);
	if (r == -ENOENT)
		return S3_ERROR_NO_SUCH_BUCKET;
	if (r < 0)
		return r;
	if (c->unsettled || atomic_load(&c->state) == CATALOG_FAILED)
		return S3_ERROR_SERVICE_UNAVAILABLE;
	*ret = steal_ptr(c);
	return 0;
}

static void commit_tenant(struct committer *m, struct batch *b)
{
	_cleanup_(catalog_putp) struct catalog *c = NULL;
	struct ipc_id tenant = b->changes[0]->tenant;
	int r = open_catalog(b, &c);

	b->catalog = c;
	for (size_t i = 0; r != 0 && i < b->n; i++) {
		b->changes[i]->result = r;
		b->changes[i]->missing = b->changes[i]->bucket;
	}
	if (r == 0) {
		b->db = c->writer;
		b->made_dead = false;
		batch_commit(b);
	}
	/* The changes are gone from here on. */
	finish_all(b);
	if (r != 0)
		return;
	if (b->made_dead)
		sweep_tell_of_dead(&m->store->sweep, &tenant);
	remember_dirty(m, c);
	limit_log(m, c);
}

static void erase_tenant(struct committer *m, struct change *c)
{
	c->result = erase_catalog(m->store, c);
	if (c->result == 0 && c->erase_tenant.mode != ERASE_ASK)
		forget_dirty(m, &c->tenant);
	finish(m->store, c);
}

/* --- the thread ---------------------------------------------------------------------------- */

/* It has no transaction to share: what goes is the catalog itself. */
static bool stands_alone(const struct change *c)
{
	return c->kind == CHANGE_ERASE_TENANT;
}

/* Takes the first change and those of the same tenant off the list, in order. */
static void take_tenant(struct change **list, struct batch *b)
{
	const struct ipc_id *tenant = &(*list)->tenant;

	b->n = 0;
	while (*list && b->n < ARRAY_SIZE(b->changes)) {
		struct change *c = *list;

		if (ipc_id_equal(&c->tenant, tenant)) {
			if (b->n && (stands_alone(c) || stands_alone(b->changes[0])))
				return;
			*list = c->next;
			c->next = NULL;
			b->changes[b->n++] = c;
		} else {
			list = &c->next;
		}
	}
}

/* False once it is to end and nothing waits; *ret may be NULL: nothing came for a while. */
static bool take_waiting(struct committer *m, struct change **ret)
{
	struct timespec until;
	bool go_on;
	int r = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += IDLE_NS / NS_PER_S;
	pthread_mutex_lock(&m->lock);
	while (!m->first && !m->stopping && r == 0)
		r = m->n_dirty ? pthread_cond_timedwait(&m->wake, &m->lock, &until)
			       : pthread_cond_wait(&m->wake, &m->lock);
	*ret = m->first;
	go_on = m->first || !m->stopping;
	m->first = m->last = NULL;
	m->n_waiting = 0;
	pthread_mutex_unlock(&m->lock);
	return go_on;
}

static void *committer_run(void *context)
{
	struct committer *m = context;
	struct change *list;
	/* Some KiB, and the only one of this thread. */
	struct batch b = { .store = m->store };

	pthread_setname_np(pthread_self(), "committer");
	while (take_waiting(m, &list)) {
		if (!list)
			checkpoint_idle(m);
		while (list) {
			take_tenant(&list, &b);
			if (stands_alone(b.changes[0]))
				erase_tenant(m, b.changes[0]);
			else
				commit_tenant(m, &b);
		}
	}
	checkpoint_idle(m);
	return NULL;
}

/* --- all of them --------------------------------------------------------------------------- */

static int committer_init(struct committer *m, struct store *s, unsigned int n)
{
	pthread_condattr_t monotonic;

	m->store = s;
	/* Together half of those that may be open. */
	m->dirty_max = MAX(1, s->config.max_open_catalogs / 2 / n);
	m->dirty = calloc(m->dirty_max, sizeof(*m->dirty));
	if (!m->dirty)
		return -ENOMEM;
	pthread_mutex_init(&m->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&m->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return 0;
}

int committers_init(struct committers *all, struct store *s, unsigned int n)
{
	int r = 0;

	if (n < 1 || n > COMMITTERS_MAX)
		return -EINVAL;
	all->all = calloc(n, sizeof(*all->all));
	if (!all->all)
		return -ENOMEM;
	for (; r == 0 && all->n < n; all->n++)
		r = committer_init(&all->all[all->n], s, n);
	return r;
}

static void committer_stop(struct committer *m)
{
	if (!m->started)
		return;
	pthread_mutex_lock(&m->lock);
	m->stopping = true;
	pthread_cond_signal(&m->wake);
	pthread_mutex_unlock(&m->lock);
	pthread_join(m->thread, NULL);
	m->started = false;
}

int committers_start(struct committers *all)
{
	for (unsigned int i = 0; i < all->n; i++) {
		int r = pthread_create(&all->all[i].thread, NULL, committer_run, &all->all[i]);

		if (r != 0)
			return -r;
		all->all[i].started = true;
	}
	return 0;
}

void committers_clear(struct committers *all)
{
	for (unsigned int i = 0; i < all->n; i++) {
		struct committer *m = &all->all[i];

		committer_stop(m);
		while (m->first) {
			struct change *c = m->first;

			m->first = c->next;
			store_finish_change(m->store, c, -ECANCELED);
		}
		pthread_cond_destroy(&m->wake);
		pthread_mutex_destroy(&m->lock);
		free(m->dirty);
	}
	free(all->all);
	*all = (struct committers){ 0 };
}

size_t committers_waiting(struct committers *all)
{
	size_t n = 0;

	for (unsigned int i = 0; i < all->n; i++) {
		struct committer *m = &all->all[i];

		pthread_mutex_lock(&m->lock);
		n += m->n_waiting;
		pthread_mutex_unlock(&m->lock);
	}
	return n;
}

int committers_submit(struct committers *all, struct change *c)
{
	struct committer *m = &all->all[id_number(&c->tenant) % all->n];
	int r = 0;

	c->next = NULL;
	pthread_mutex_lock(&m->lock);
	if (m->n_waiting >= COMMITTER_WAITING_MAX) {
		r = S3_ERROR_SLOW_DOWN;
	} else {
		if (m->first)
			m->last->next = c;
		else
			m->first = c;
		m->last = c;
		m->n_waiting++;
		pthread_cond_signal(&m->wake);
	}
	pthread_mutex_unlock(&m->lock);
	return r;
}
