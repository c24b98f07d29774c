/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/sweep.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "stored/engine.h"

/* The dead are let gather, so that many go with one commit. */
#define GATHER_NS  NS_PER_S
#define BURIED_MAX 256

/* --- the dead ------------------------------------------------------------------------------ */

struct burial {
	struct store *store;
	struct catalog *catalog;
	struct ipc_id after; /* the last one looked at */
	struct ipc_id ids[BURIED_MAX];
	size_t n, n_seen;
};

/*
 * Held alone, `reading` says that no reader is between looking an object up and pinning it: who
 * comes later sees that the object is gone. So what is not pinned now will not be opened.
 */
static int pick_dead(struct burial *b)
{
	struct database *db;
	struct ipc_id id;
	int r, k = 0;

	r = database_pool_take(&b->catalog->readers, &db);
	if (r < 0)
		return r;
	pthread_rwlock_wrlock(&b->catalog->reading);
	struct query q = query_begin(db, CATALOG_LIST_DEAD);

	query_bytes(&q, (struct span){ b->after.bytes, b->n_seen ? sizeof(b->after.bytes) : 0 });
	query_number(&q, BURIED_MAX);
	b->n = 0;
	while ((r = query_step(&q)) == 1 && k == 0) {
		k = query_column_copy(&q, 0, id.bytes, sizeof(id.bytes));
		b->after = id;
		b->n_seen++;
		if (k == 0 && !catalog_is_pinned(b->catalog, &id))
			b->ids[b->n++] = id;
	}
	query_end(&q);
	pthread_rwlock_unlock(&b->catalog->reading);
	database_pool_give(&b->catalog->readers, db);
	return r < 0 ? r : k;
}

static int unlink_blob(struct burial *b, const struct ipc_id *id)
{
	_cleanup_(fd_closep) int shard_fd = -1;
	char name[ID_TEXT_MAX];
	int r;

	r = catalog_open_shard(b->catalog, id, false, &shard_fd);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	return durable_unlink_blob(&b->store->durable, shard_fd, id_format(id, name));
}

static void forgotten(struct change *c)
{
	change_free(c);
}

/* Should the change fail, the rows stay, and the next burial finds no files for them. */
static int forget(struct burial *b)
{
	_cleanup_(change_freep) struct change *c = NULL;
	struct ipc_id *ids;
	int r;

	r = change_new(CHANGE_FORGET_DEAD, &b->catalog->tenant, SPAN_NONE, SPAN_NONE, &c);
	if (r < 0)
		return r;
	ids = change_keep_array(c, b->n, sizeof(*ids));
	if (!ids)
		return -ENOMEM;
	memcpy(ids, b->ids, b->n * sizeof(*ids));
	c->forget_dead.ids = ids;
	c->forget_dead.n = b->n;
	c->done = forgotten;
	durable_step(&b->store->durable, DURABLE_DEAD_FORGET);
	r = store_submit(b->store, c);
	if (r != 0)
		return r < 0 ? r : 0;
	(void)steal_ptr(c);
	return 0;
}

static int bury_page(struct burial *b)
{
	size_t kept = 0;
	int r;

	r = pick_dead(b);
	if (r < 0)
		return r;
	for (size_t i = 0; i < b->n; i++)
		if (unlink_blob(b, &b->ids[i]) == 0)
			b->ids[kept++] = b->ids[i];
	b->n = kept;
	return kept ? forget(b) : 0;
}

int sweep_bury_dead(struct store *s, const struct ipc_id *tenant, size_t *ret_n)
{
	_cleanup_(catalog_putp) struct catalog *c = NULL;
	struct burial b = { .store = s };
	size_t seen, buried = 0;
	int r;

	r = catalog_get(&s->catalogs, tenant, false, &c);
	if (r < 0)
		return r;
	b.catalog = c;
	do {
		seen = b.n_seen;
		r = bury_page(&b);
		buried += b.n;
	} while (r == 0 && b.n_seen - seen == BURIED_MAX);
	if (r < 0)
		return r;
	*ret_n = buried;
	return 0;
}

/* --- orphans ------------------------------------------------------------------------------- */

static int is_known(struct catalog *c, const struct ipc_id *id)
{
	struct database *db;
	int r;

	r = database_pool_take(&c->readers, &db);
	if (r < 0)
		return r;
	struct query q = query_begin(db, CATALOG_BLOB_IS_KNOWN);

	query_bytes(&q, (struct span){ id->bytes, sizeof(id->bytes) });
	r = query_step(&q);
	query_end(&q);
	database_pool_give(&c->readers, db);
	return r;
}

/*
 * Asked in this order: a blob is young from before it has a name until after its row is there, so
 * what is neither young nor, afterwards, in a row will never be.
 */
static int is_orphan(struct store *s, struct catalog *c, int directory_fd, const char *name)
{
	struct timespec changed;
	struct ipc_id id;
	struct stat st;
	int r;

	if (!id_parse(name, &id))
		return 0;
	if (fstatat(directory_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	changed = st.st_ctim;
	if (!S_ISREG(st.st_mode) ||
	    (uint64_t)changed.tv_sec * NS_PER_S + (uint64_t)changed.tv_nsec >= s->started_ns)
		return 0;
	if (catalog_is_young(c, &id))
		return 0;
	r = is_known(c, &id);
	return r < 0 ? r : !r;
}

static int sweep_directory(struct store *s, struct catalog *c, int parent_fd, const char *path,
			   size_t *n)
{
	int fd, r = 0;
	struct dirent *entry;
	DIR *directory;

	fd = openat(parent_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	directory = fdopendir(fd);
	if (!directory) {
		fd_close(fd);
		return -ENOMEM;
	}
	while (r >= 0 && (entry = readdir(directory))) {
		r = is_orphan(s, c, fd, entry->d_name);
		if (r > 0) {
			r = durable_unlink_blob(&s->durable, fd, entry->d_name);
			*n += r == 0;
		}
	}
	closedir(directory);
	return r < 0 ? r : 0;
}

int sweep_orphans(struct store *s, const struct ipc_id *tenant, size_t *ret_n)
{
	_cleanup_(catalog_putp) struct catalog *c = NULL;
	struct ipc_id shard = { 0 };
	char name[3];
	size_t n = 0;
	int r;

	r = catalog_get(&s->catalogs, tenant, false, &c);
	if (r < 0)
		return r;
	r = sweep_directory(s, c, c->place.directory_fd, "staging", &n);
	for (unsigned int i = 0; r == 0 && i < PLACE_SHARDS && !sweep_is_stopping(&s->sweep); i++) {
		shard.bytes[0] = (uint8_t)i;
		r = sweep_directory(s, c, c->place.blobs_fd, place_shard(&shard, name), &n);
	}
	if (r < 0)
		return r;
	*ret_n = n;
	return 0;
}

/* --- the thread ---------------------------------------------------------------------------- */

static void report(const struct ipc_id *tenant, const char *what, int r, size_t n)
{
	char text[ID_TEXT_MAX];

	if (r < 0 && r != -ENOENT)
		log_warning("sweep-failed what=%s tenant=%s error=%d", what,
			    id_format(tenant, text), -r);
	else if (r == 0 && n)
		log_debug("swept what=%s tenant=%s files=%zu", what, id_format(tenant, text), n);
}

static void bury(struct store *s, const struct ipc_id *tenant)
{
	size_t n = 0;
	int r = sweep_bury_dead(s, tenant, &n);

	report(tenant, "dead", r, n);
}

/* What was left behind when the last process ended. */
static int sweep_tenant(void *context, const struct ipc_id *tenant)
{
	struct store *s = context;
	size_t n = 0;
	int r;

	bury(s, tenant);
	r = sweep_orphans(s, tenant, &n);
	report(tenant, "orphans", r, n);
	return sweep_is_stopping(&s->sweep);
}

static void remove_blobs(struct blob *b)
{
	while (b) {
		struct blob *next = blob_next(b, NULL);

		blob_remove(b);
		b = next;
	}
}

static void bury_all(struct sweep *w, struct sweep_tenant *t)
{
	while (t) {
		struct sweep_tenant *next = t->next;

		bury(w->store, &t->tenant);
		free(t);
		t = next;
	}
}

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static bool wait_until(struct sweep *w, uint64_t at_ns)
{
	struct timespec until = { .tv_sec = (time_t)(at_ns / NS_PER_S),
				  .tv_nsec = (long)(at_ns % NS_PER_S) };

	return pthread_cond_timedwait(&w->wake, &w->lock, &until) == 0;
}

/* Waits for something to do; what is due is taken. False: it is to end. */
static bool take_work(struct sweep *w, uint64_t orphans_ns, struct blob **ret_dropped,
		      struct sweep_tenant **ret_tenants)
{
	uint64_t now;
	bool due;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		now = monotonic_ns();
		due = w->tenants && now >= w->due_ns;
		if (w->stopping || w->dropped || due || now >= orphans_ns)
			break;
		if (w->tenants || orphans_ns != UINT64_MAX)
			(void)wait_until(w, w->tenants ? MIN(w->due_ns, orphans_ns) : orphans_ns);
		else
			pthread_cond_wait(&w->wake, &w->lock);
	}
	*ret_dropped = w->dropped;
	*ret_tenants = due ? w->tenants : NULL;
	w->dropped = NULL;
	if (due)
		w->tenants = NULL;
	due = !w->stopping;
	pthread_mutex_unlock(&w->lock);
	return due;
}

static void *sweep_run(void *context)
{
	struct sweep *w = context;
	uint64_t orphans_ns = monotonic_ns() + w->store->config.sweep_delay_s * NS_PER_S;
	struct sweep_tenant *tenants;
	struct blob *dropped;
	bool go_on = true;

	pthread_setname_np(pthread_self(), "sweep");
	while (go_on) {
		go_on = take_work(w, orphans_ns, &dropped, &tenants);
		remove_blobs(dropped);
		bury_all(w, tenants);
		if (go_on && monotonic_ns() >= orphans_ns) {
			orphans_ns = UINT64_MAX;
			(void)!store_each_tenant(w->store, sweep_tenant, w->store);
		}
	}
	return NULL;
}

/* --- life ---------------------------------------------------------------------------------- */

void sweep_init(struct sweep *w, struct store *s)
{
	pthread_condattr_t monotonic;

	*w = (struct sweep){ .store = s, .lock = PTHREAD_MUTEX_INITIALIZER };
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&w->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

int sweep_start(struct sweep *w)
{
	int r = pthread_create(&w->thread, NULL, sweep_run, w);

	w->started = r == 0;
	return -r;
}

bool sweep_is_stopping(struct sweep *w)
{
	bool stopping;

	pthread_mutex_lock(&w->lock);
	stopping = w->stopping;
	pthread_mutex_unlock(&w->lock);
	return stopping;
}

void sweep_stop(struct sweep *w)
{
	if (!w->started)
		return;
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	w->started = false;
}

void sweep_clear(struct sweep *w)
{
	remove_blobs(w->dropped);
	w->dropped = NULL;
	/* Their rows are still there: the next start buries them. */
	while (w->tenants) {
		struct sweep_tenant *t = w->tenants;

		w->tenants = t->next;
		free(t);
	}
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
}

void sweep_take_blob(struct sweep *w, struct blob *b)
{
	pthread_mutex_lock(&w->lock);
	blob_next(b, w->dropped);
	w->dropped = b;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

void sweep_tell_of_dead(struct sweep *w, const struct ipc_id *tenant)
{
	struct sweep_tenant *t;

	pthread_mutex_lock(&w->lock);
	for (t = w->tenants; t && !ipc_id_equal(&t->tenant, tenant);)
		t = t->next;
	if (!t) {
		/* Without memory they wait for the next one, or for the next start. */
		t = calloc(1, sizeof(*t));
		if (t) {
			t->tenant = *tenant;
			t->next = w->tenants;
			if (!w->tenants)
				w->due_ns = monotonic_ns() + GATHER_NS;
			w->tenants = t;
			pthread_cond_signal(&w->wake);
		}
	}
	pthread_mutex_unlock(&w->lock);
}
