/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/store.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "stored/change.h"
#include "stored/engine/engine.h"

#define COMMITTERS_DEFAULT    4
#define OPEN_CATALOGS_DEFAULT 64
#define WAL_LIMIT_DEFAULT     (16 * MIB)
#define SWEEP_DELAY_DEFAULT_S 10

uint64_t store_now_ms(void)
{
	return clock_realtime_ns() / NS_PER_MS;
}

/* --- opening ------------------------------------------------------------------------------- */

static struct store_config with_defaults(const struct store_config *from)
{
	struct store_config c = *from;

	if (!c.committers)
		c.committers = COMMITTERS_DEFAULT;
	if (!c.max_open_catalogs)
		c.max_open_catalogs = OPEN_CATALOGS_DEFAULT;
	if (!c.wal_limit)
		c.wal_limit = WAL_LIMIT_DEFAULT;
	if (!c.sweep_delay_s)
		c.sweep_delay_s = SWEEP_DELAY_DEFAULT_S;
	c.data_dir = NULL;
	return c;
}

/* SQLite wants paths, and none with a symbolic link in it. */
static int set_paths(struct store *s, const char *data_dir)
{
	_cleanup_(freep) char *real = realpath(data_dir, NULL);

	if (!real)
		return -errno;
	if (asprintf(&s->tenants_path, "%s/tenants", real) < 0) {
		s->tenants_path = NULL;
		return -ENOMEM;
	}
	if (asprintf(&s->index_path, "%s/buckets.db", real) < 0) {
		s->index_path = NULL;
		return -ENOMEM;
	}
	s->data_fd = open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return s->data_fd < 0 ? -errno : 0;
}

static int lock_directory(struct store *s)
{
	if (flock(s->data_fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	return 0;
}

/* Whether a file can be made without a name and get one later: not on every file system. */
static bool can_stage_nameless(struct store *s)
{
	static const char probe[] = "staging-probe";
	const struct durable silent = { .durability = DURABILITY_RELAXED };
	_cleanup_(fd_closep) int fd = -1;
	bool linked;

	fd = openat(s->data_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	(void)!durable_unlink_blob(&silent, s->data_fd, probe);
	linked = durable_link_blob(&silent, fd, s->data_fd, probe) == 0;
	(void)!durable_unlink_blob(&silent, s->data_fd, probe);
	return linked;
}

static int open_directories(struct store *s, const char *data_dir)
{
	int r;

	r = set_paths(s, data_dir);
	if (r == 0)
		r = lock_directory(s);
	if (r == 0)
		r = durable_make_directory(&s->durable, s->data_fd, "tenants", &s->tenants_fd);
	if (r < 0)
		return r;
	s->nameless = can_stage_nameless(s);
	room_init(&s->room, s->data_fd, s->config.floor_bytes);
	return 0;
}

static struct store *store_new(const struct store_config *config)
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->config = with_defaults(config);
	s->durable = (struct durable){ config->durability, config->hook, &s->flushes };
	s->data_fd = s->tenants_fd = -1;
	s->started_ns = clock_realtime_ns();
	commits_init(&s->commits);
	stamps_init(&s->stamps);
	pthread_mutex_init(&s->restorations.lock, NULL);
	sluice_init(&s->sluice);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->settled, NULL);
	sweep_init(&s->sweep, s);
	return s;
}

int store_open(const struct store_config *config, struct store **ret)
{
	_cleanup_(store_closep) struct store *s = NULL;
	int r;

	if (sodium_init() < 0)
		return -EIO;
	r = database_setup();
	if (r < 0)
		return r;
	s = store_new(config);
	if (!s)
		return -ENOMEM;
	r = open_directories(s, config->data_dir);
	if (r < 0)
		return r;
	catalogs_init(&s->catalogs, &s->durable, s->tenants_fd, s->tenants_path,
		      s->config.max_open_catalogs);
	r = committers_init(&s->committers, s, s->config.committers);
	if (r == 0)
		r = bucket_index_open(&s->index, s, s->index_path);
	if (r < 0)
		return r;
	*ret = steal_ptr(s);
	return 0;
}

int store_start(struct store *s)
{
	int r;

	if (s->durable.durability == DURABILITY_RELAXED)
		log_warning("durability-relaxed note=%s",
			    "\"a power cut may undo what clients were told is done\"");
	s->running = true;
	r = committers_start(&s->committers);
	if (r == 0)
		r = bucket_index_start(&s->index);
	if (r == 0)
		r = sweep_start(&s->sweep);
	return r;
}

/* --- closing ------------------------------------------------------------------------------- */

static void wait_for_changes(struct store *s)
{
	pthread_mutex_lock(&s->lock);
	while (s->running && s->n_pending)
		pthread_cond_wait(&s->settled, &s->lock);
	pthread_mutex_unlock(&s->lock);
}

struct store *store_close(struct store *s)
{
	if (!s)
		return NULL;
	/* The sweep submits changes, and changes go back and forth between the other two. */
	sweep_stop(&s->sweep);
	wait_for_changes(s);
	bucket_index_stop(&s->index);
	committers_clear(&s->committers);
	bucket_index_clear(&s->index);
	sweep_clear(&s->sweep);
	catalogs_clear(&s->catalogs);
	sluice_clear(&s->sluice);
	s->tenants_fd = fd_close(s->tenants_fd);
	s->data_fd = fd_close(s->data_fd);
	pthread_cond_destroy(&s->settled);
	pthread_mutex_destroy(&s->restorations.lock);
	pthread_mutex_destroy(&s->lock);
	free(s->tenants_path);
	free(s->index_path);
	free(s);
	return NULL;
}

/* --- changes ------------------------------------------------------------------------------- */

static void count_pending(struct store *s, bool more)
{
	pthread_mutex_lock(&s->lock);
	if (more)
		s->n_pending++;
	else if (--s->n_pending == 0)
		pthread_cond_signal(&s->settled);
	pthread_mutex_unlock(&s->lock);
}

int store_submit_to_committer(struct store *s, struct change *c)
{
	return committers_submit(&s->committers, c);
}

int store_submit(struct store *s, struct change *c)
{
	struct change_data *data = change_data(c);
	int r;

	/* An empty body needs no file, also where that was not known when it began. */
	if (data && data->blob && data->size == 0) {
		data->blob = blob_drop(data->blob);
		data->body = SPAN("");
	}
	count_pending(s, true);
	if (c->kind == CHANGE_CREATE_BUCKET || c->kind == CHANGE_ADOPT)
		r = bucket_index_submit(&s->index, c);
	else
		r = store_submit_to_committer(s, c);
	if (r != 0)
		count_pending(s, false);
	return r;
}

/* What happened, in the words for clients where there are any. */
static int outcome(struct store *s, struct change *c, int result)
{
	if (result == -ENOSPC || result == -EDQUOT)
		return S3_ERROR_INSUFFICIENT_STORAGE;
	if (result == S3_ERROR_NO_SUCH_BUCKET && !span_is_none(c->missing))
		return store_explain_missing(s, &c->tenant, c->missing);
	return result;
}

/* Also where it failed: a commit may have happened all the same. */
static void advance_stamps(struct store *s, const struct change *c)
{
	if (c->kind == CHANGE_ERASE_TENANT || c->kind == CHANGE_ADOPT)
		stamps_advance_all(&s->stamps);
	else if (c->kind == CHANGE_CREATE_BUCKET || c->kind == CHANGE_DELETE_BUCKET ||
		 c->kind == CHANGE_SET_CONFIGURATION)
		stamps_advance(&s->stamps, c->bucket);
}

void store_finish_change(struct store *s, struct change *c, int result)
{
	advance_stamps(s, c);
	c->result = outcome(s, c, result);
	c->done(c);
	count_pending(s, false);
}

void store_fail_catalog(struct store *s, struct catalog *c)
{
	char text[IPC_ID_TEXT_SIZE];

	if (!catalog_fail(c))
		return;
	/* What its keys are from now on is asked of the catalog, whatever it says. */
	commits_begin_all(&s->commits, &c->tenant);
	commits_end_all(&s->commits, &c->tenant);
	log_error("flush-failed tenant=%s", ipc_id_text(&c->tenant, text));
	if (s->config.failed)
		s->config.failed(s->config.context, &c->tenant);
}

/* --- tenants ------------------------------------------------------------------------------- */

int store_each_tenant(struct store *s, int (*each)(void *context, const struct ipc_id *tenant),
		      void *context)
{
	_cleanup_(fd_closedirp) DIR *directory = NULL;
	const struct dirent *entry;
	struct ipc_id tenant;
	int r;

	r = fd_open_directory(s->tenants_fd, ".", &directory);
	while (r == 0 && (entry = readdir(directory)))
		if (id_parse(entry->d_name, &tenant))
			r = each(context, &tenant);
	return r;
}
