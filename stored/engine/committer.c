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

/* --- catalogs with a log ------------------------------------------------------------------- */

/* Takes one out of the list; the reference is the caller's. Called with the lock held. */
static struct catalog *take_dirty(struct committers *all, size_t at)
{
	struct catalog *c = all->dirty[at];

	all->n_dirty--;
	memmove(all->dirty + at, all->dirty + at + 1, (all->n_dirty - at) * sizeof(*all->dirty));
	c->dirty = false;
	return c;
}

/*
 * Those in the list stay open until there is time to checkpoint them. Where they become too many,
 * the one that came first has to wait for its next change, or until it is closed.
 */
static void remember_dirty(struct committers *all, struct catalog *c)
{
	_cleanup_(catalog_putp) struct catalog *first = NULL;

	pthread_mutex_lock(&all->lock);
	if (!c->dirty) {
		if (all->n_dirty == all->dirty_max)
			first = take_dirty(all, 0);
		all->dirty[all->n_dirty++] = catalog_ref(c);
		c->dirty = true;
	}
	pthread_mutex_unlock(&all->lock);
}

static struct catalog *find_dirty(struct committers *all, const struct ipc_id *tenant)
{
	struct catalog *found = NULL;

	pthread_mutex_lock(&all->lock);
	for (size_t i = 0; !found && i < all->n_dirty; i++)
		if (ipc_id_equal(&all->dirty[i]->tenant, tenant))
			found = take_dirty(all, i);
	pthread_mutex_unlock(&all->lock);
	return found;
}

/* Of an erased tenant nothing is worth a checkpoint, and its files are to be closed. */
static void forget_dirty(struct committers *all, const struct ipc_id *tenant)
{
	struct catalog *c;

	while ((c = find_dirty(all, tenant)))
		catalog_put(c);
}

static void checkpoint(struct store *s, struct catalog *c, bool whole)
{
	int r;

	if (atomic_load(&c->state) != CATALOG_OPEN)
		return;
	c->log_tried = c->writer->log_bytes;
	r = database_checkpoint(c->writer, whole);
	if (r < 0 && database_lost_flush(c->writer))
		store_fail_catalog(s, c);
}

/* After the clients were told, and before the next are served, if the log has become too long. */
static void limit_log(struct store *s, struct catalog *c)
{
	uint64_t limit = s->config.wal_limit, len = c->writer->log_bytes;

	/* It has started over since. */
	if (len < c->log_tried)
		c->log_tried = 0;
	if (len >= LOG_PATIENCE * limit && !atomic_load(&c->n_copies))
		checkpoint(s, c, true);
	else if (len >= limit && len >= c->log_tried + limit / LOG_PATIENCE)
		checkpoint(s, c, false);
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
	/* Its tenant is being restored. */
	if (r == -EBUSY)
		return S3_ERROR_SERVICE_UNAVAILABLE;
	if (r < 0)
		return r;
	if (c->unsettled || atomic_load(&c->state) == CATALOG_FAILED)
		return S3_ERROR_SERVICE_UNAVAILABLE;
	*ret = steal_ptr(c);
	return 0;
}

static void commit_tenant(struct committers *all, struct batch *b)
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
		sweep_tell_of_dead(&all->store->sweep, &tenant);
	remember_dirty(all, c);
	limit_log(all->store, c);
}

static void erase_tenant(struct committers *all, struct change *c)
{
	c->result = erase_catalog(all->store, c);
	if (c->result == 0 && c->erase_tenant.mode != ERASE_ASK)
		forget_dirty(all, &c->tenant);
	finish(all->store, c);
}

/* --- the thread ---------------------------------------------------------------------------- */

/* Of what has many rows and does not say how many. */
#define COST_OF_MANY 64

/* It has no transaction to share: what goes is the catalog itself. */
static bool stands_alone(const struct change *c)
{
	return c->kind == CHANGE_ERASE_TENANT;
}

static uint64_t cost_of(const struct change *c)
{
	switch (c->kind) {
	case CHANGE_DELETE_OBJECTS:
		return MAX(1, c->delete_objects.n);
	case CHANGE_COMPLETE_UPLOAD:
		return MAX(1, c->complete_upload.n_parts);
	case CHANGE_FORGET_DEAD:
		return MAX(1, c->forget_dead.n);
	case CHANGE_DELETE_BUCKET:
	case CHANGE_ABORT_UPLOAD:
	case CHANGE_RECOUNT:
		return COST_OF_MANY;
	case CHANGE_ERASE_TENANT:
		/* Whatever costs anything goes in another turn. */
		return COMMITTER_TURN_COST;
	case CHANGE_CREATE_BUCKET:
	case CHANGE_PUT_OBJECT:
	case CHANGE_COPY_OBJECT:
	case CHANGE_DELETE_OBJECT:
	case CHANGE_CREATE_UPLOAD:
	case CHANGE_PUT_PART:
	case CHANGE_COPY_PART:
	case CHANGE_ADOPT:
	case CHANGE_SET_QUOTA:
	case CHANGE_SET_CONFIGURATION:
	case CHANGE_KIND_COUNT:
		break;
	}
	return 1;
}

static struct change *change_of(struct turn *t)
{
	return (struct change *)((char *)t - offsetof(struct change, turn));
}

/*
 * A batch of what was taken. Tenants are told apart in the queue by half of their ids; here it
 * would be another's catalog that is written to.
 */
static struct turn *fill_batch(struct batch *b, struct turn *taken)
{
	b->n = 0;
	while (taken && b->n < ARRAY_SIZE(b->changes)) {
		struct change *c = change_of(taken);

		if (b->n && (!ipc_id_equal(&c->tenant, &b->changes[0]->tenant) || stands_alone(c) ||
			     stands_alone(b->changes[0])))
			break;
		taken = taken->next;
		b->changes[b->n++] = c;
	}
	return taken;
}

static void serve(struct committers *all, struct batch *b, struct turn *taken)
{
	while (taken) {
		taken = fill_batch(b, taken);
		if (stands_alone(b->changes[0]))
			erase_tenant(all, b->changes[0]);
		else
			commit_tenant(all, b);
	}
}

/* The first whose tenant nobody serves, or n_dirty. */
static size_t find_idle(const struct committers *all)
{
	size_t at = 0;

	while (at < all->n_dirty &&
	       turns_hold_is_on(&all->waiting, ipc_id_number(&all->dirty[at]->tenant)))
		at++;
	return at;
}

/* Of catalogs that have a log, for as long as nothing waits. With the lock held, but meanwhile. */
static void checkpoint_idle(struct committer *m)
{
	struct committers *all = m->all;
	size_t at;

	while (!turns_are_ready(&all->waiting) && (at = find_idle(all)) < all->n_dirty) {
		struct catalog *c = take_dirty(all, at);

		turns_hold(&all->waiting, &m->tenant, ipc_id_number(&c->tenant));
		pthread_mutex_unlock(&all->lock);
		checkpoint(all->store, c, false);
		catalog_put(c);
		pthread_mutex_lock(&all->lock);
		turns_release(&all->waiting, &m->tenant);
	}
}

/*
 * Until there may be something to do. Whoever sees that nobody does anything, for a while, has time
 * for the logs. With the lock held.
 */
static void wait_for_work(struct committer *m)
{
	struct committers *all = m->all;
	uint64_t n_turns = all->n_turns;
	struct timespec until;

	if (!all->n_dirty || all->waiting.held) {
		pthread_cond_wait(&all->wake, &all->lock);
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += IDLE_NS / NS_PER_S;
	if (pthread_cond_timedwait(&all->wake, &all->lock, &until) == ETIMEDOUT &&
	    n_turns == all->n_turns)
		checkpoint_idle(m);
}

/* NULL once it is to end and nothing waits that nobody else is at. With the lock held. */
static struct turn *take_turn(struct committer *m)
{
	struct committers *all = m->all;
	struct turn *taken;

	while (!(taken = turns_take(&all->waiting, COMMITTER_TURN_COST, BATCH_MAX)) &&
	       !all->stopping)
		wait_for_work(m);
	if (!taken)
		return NULL;
	all->n_turns++;
	turns_hold(&all->waiting, &m->tenant, taken->owner);
	/* Who releases a tenant, or is woken, takes one turn; another may be left. */
	if (turns_are_ready(&all->waiting))
		pthread_cond_signal(&all->wake);
	return taken;
}

static void *committer_run(void *context)
{
	struct committer *m = context;
	struct committers *all = m->all;
	struct turn *taken;
	/* Some KiB, and the only one of this thread. */
	struct batch b = { .store = all->store };

	pthread_setname_np(pthread_self(), "committer");
	pthread_mutex_lock(&all->lock);
	while ((taken = take_turn(m))) {
		pthread_mutex_unlock(&all->lock);
		serve(all, &b, taken);
		pthread_mutex_lock(&all->lock);
		turns_release(&all->waiting, &m->tenant);
	}
	pthread_mutex_unlock(&all->lock);
	return NULL;
}

/* --- all of them --------------------------------------------------------------------------- */

int committers_init(struct committers *all, struct store *s, unsigned int n)
{
	pthread_condattr_t monotonic;

	if (n < 1 || n > COMMITTERS_MAX)
		return -EINVAL;
	all->store = s;
	/* Half of those that may be open. */
	all->dirty_max = MAX(1, s->config.max_open_catalogs / 2);
	all->dirty = calloc(all->dirty_max, sizeof(*all->dirty));
	all->all = calloc(n, sizeof(*all->all));
	if (!all->dirty || !all->all)
		return -ENOMEM;
	all->waiting = TURNS_INIT(COMMITTER_WAITING_MAX);
	pthread_mutex_init(&all->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&all->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	for (; all->n < n; all->n++)
		all->all[all->n].all = all;
	return 0;
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

static void stop_threads(struct committers *all)
{
	pthread_mutex_lock(&all->lock);
	all->stopping = true;
	pthread_cond_broadcast(&all->wake);
	pthread_mutex_unlock(&all->lock);
	for (unsigned int i = 0; i < all->n; i++)
		if (all->all[i].started)
			pthread_join(all->all[i].thread, NULL);
}

static void finish_undone(struct committers *all)
{
	for (struct turn *t; (t = turns_take(&all->waiting, 0, 1));)
		store_finish_change(all->store, change_of(t), -ECANCELED);
}

void committers_clear(struct committers *all)
{
	if (all->n) {
		stop_threads(all);
		finish_undone(all);
		pthread_mutex_lock(&all->lock);
		checkpoint_idle(&all->all[0]);
		pthread_mutex_unlock(&all->lock);
		pthread_cond_destroy(&all->wake);
		pthread_mutex_destroy(&all->lock);
	}
	free(all->all);
	free(all->dirty);
	*all = (struct committers){ 0 };
}

size_t committers_waiting(struct committers *all)
{
	size_t n;

	pthread_mutex_lock(&all->lock);
	n = all->waiting.count;
	pthread_mutex_unlock(&all->lock);
	return n;
}

int committers_submit(struct committers *all, struct change *c)
{
	bool taken, is_ready;

	pthread_mutex_lock(&all->lock);
	taken = turns_add(&all->waiting, &c->turn, ipc_id_number(&c->tenant), cost_of(c));
	is_ready = taken && turns_add_made_ready(&all->waiting, &c->turn);
	pthread_mutex_unlock(&all->lock);
	/* Behind the lock, which a thread that is woken wants at once. The change may be gone by
	 * now. */
	if (is_ready)
		pthread_cond_signal(&all->wake);
	return taken ? 0 : S3_ERROR_SLOW_DOWN;
}
