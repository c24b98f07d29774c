/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/database/writer.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fd.h"

struct queue {
	struct change *first, **end;
	size_t n;
};

struct writer {
	struct loop_source source; /* an eventfd: changes came back */
	struct database *database;
	pthread_t thread;
	bool started;
	_Atomic bool failed; /* the disk can no longer be believed */

	pthread_mutex_t lock; /* for all below */
	pthread_cond_t wake;
	struct queue waiting, done;
	size_t n_under_way; /* submitted and not yet told of */
	size_t n_of[CHANGE_KINDS]; /* of these */
	bool stopping;
};

struct change *change_free(struct change *c)
{
	if (!c)
		return NULL;
	tenant_free(c->tenant);
	user_free(c->user);
	free(c->policy_text);
	policy_free(c->policy);
	access_key_free(c->key);
	token_free_list(c->tokens);
	identities_free(c->identities);
	free(c->uses);
	buffer_clear(&c->lines);
	free(c);
	return NULL;
}

static void queue_put(struct queue *q, struct change *c)
{
	if (!q->first)
		q->end = &q->first;
	c->next = NULL;
	*q->end = c;
	q->end = &c->next;
	q->n++;
}

static struct change *queue_take(struct queue *q)
{
	struct change *c = q->first;

	if (c) {
		q->first = c->next;
		q->n--;
	}
	return c;
}

static int make(struct database *d, struct change *c)
{
	switch (c->kind) {
	case CHANGE_ADD_TENANT:
		return database_add_tenant(d, c->tenant);
	case CHANGE_RENAME_TENANT:
		return database_rename_tenant(d, c->tenant);
	case CHANGE_SUSPEND_TENANT:
		return database_suspend_tenant(d, c->number, true);
	case CHANGE_RESUME_TENANT:
		return database_suspend_tenant(d, c->number, false);
	case CHANGE_MARK_TENANT:
		return database_mark_tenant(d, c->number, c->deletion);
	case CHANGE_LIMIT_TENANT:
		return database_limit_tenant(d, c->number, &c->ceilings);
	case CHANGE_REMOVE_TENANT:
		return database_remove_tenant(d, c->number);
	case CHANGE_ADD_USER:
		return database_add_user(d, c->user);
	case CHANGE_SET_ADMINISTRATOR:
		return database_set_administrator(d, c->number, c->administrator);
	case CHANGE_SET_POLICY:
		return database_set_policy(d, c->number, c->policy_text ? c->policy_text : "");
	case CHANGE_REMOVE_USER:
		return database_remove_user(d, c->number);
	case CHANGE_ADD_KEY:
		return database_add_key(d, c->key);
	case CHANGE_ENABLE_KEY:
		return database_enable_key(d, c->id, true);
	case CHANGE_DISABLE_KEY:
		return database_enable_key(d, c->id, false);
	case CHANGE_REMOVE_KEY:
		return database_remove_key(d, c->id);
	case CHANGE_ADD_TOKENS:
		return database_add_tokens(d, c->tokens);
	case CHANGE_REPLACE_TOKEN:
		return database_replace_token(d, c->tokens);
	case CHANGE_REMOVE_TOKEN:
		return database_remove_token(d, c->tokens->number);
	case CHANGE_IMPORT_IDENTITIES:
		return database_import(d, c->number, c->identities);
	case CHANGE_NOTE_USES:
		return database_note_uses(d, c->uses);
	case CHANGE_AUDIT:
	case CHANGE_KINDS:
		break;
	}
	return -EINVAL;
}

/*
 * After a failed write or flush nobody knows what the disk holds until the file is read anew, so
 * nothing more is called durable until a restart has done that.
 */
static void write_change(struct writer *w, struct change *c)
{
	bool had_failed;

	if (c->kind == CHANGE_AUDIT) {
		had_failed = auditfile_has_failed(c->file);
		c->result = auditfile_append(c->file, buffer_span(&c->lines), c->flush);
		/* Strangers write the log of denials: for that one no authd ends. */
		w->failed |= c->vital && !had_failed && auditfile_has_failed(c->file);
		return;
	}
	if (w->failed || !database_is_settled(w->database)) {
		c->result = -EIO;
		snprintf(c->complaint, sizeof(c->complaint), "an earlier write failed");
		return;
	}
	c->result = make(w->database, c);
	if (c->result < 0)
		snprintf(c->complaint, sizeof(c->complaint), "%s", database_complaint(w->database));
	w->failed = c->result == -EIO;
	if (w->failed)
		database_keep_log(w->database);
}

bool writer_has_failed(const struct writer *w)
{
	return w->failed;
}

static void *writer_run(void *argument)
{
	struct writer *w = argument;
	struct change *c;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (!w->waiting.first && !w->stopping)
			pthread_cond_wait(&w->wake, &w->lock);
		c = queue_take(&w->waiting);
		if (!c)
			break;
		pthread_mutex_unlock(&w->lock);
		write_change(w, c);
		pthread_mutex_lock(&w->lock);
		queue_put(&w->done, c);
		(void)!write(w->source.fd, &(uint64_t){ 1 }, sizeof(uint64_t));
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static struct change *next_done(struct writer *w)
{
	struct change *c;

	pthread_mutex_lock(&w->lock);
	c = queue_take(&w->done);
	if (c) {
		w->n_under_way--;
		w->n_of[c->kind]--;
	}
	pthread_mutex_unlock(&w->lock);
	return c;
}

static int tell(struct loop_source *s, uint32_t events)
{
	struct writer *w = (struct writer *)((char *)s - offsetof(struct writer, source));
	struct change *c;
	uint64_t n;

	(void)!read(s->fd, &n, sizeof(n));
	while ((c = next_done(w)))
		c->done(c);
	return 0;
}

int writer_new(struct database *d, struct loop *l, struct writer **ret)
{
	_cleanup_(writer_freep) struct writer *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->database = d;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	w->source.ready = tell;
	w->source.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->source.fd < 0)
		return -errno;
	r = loop_add(l, &w->source, EPOLLIN);
	if (r < 0)
		return r;
	r = -pthread_create(&w->thread, NULL, writer_run, w);
	if (r < 0)
		return r;
	w->started = true;
	*ret = steal_ptr(w);
	return 0;
}

/* The thread has ended. All that is done is told of, and what is said of it is written. */
static void finish(struct writer *w)
{
	struct change *c;

	do {
		while ((c = next_done(w)))
			c->done(c);
		c = queue_take(&w->waiting);
		if (c) {
			write_change(w, c);
			queue_put(&w->done, c);
		}
	} while (c);
}

struct writer *writer_free(struct writer *w)
{
	if (!w)
		return NULL;
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	if (w->started)
		pthread_join(w->thread, NULL);
	finish(w);
	loop_remove(&w->source);
	fd_close(w->source.fd);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w);
	return NULL;
}

size_t writer_waiting(struct writer *w)
{
	size_t n;

	pthread_mutex_lock(&w->lock);
	n = w->n_under_way;
	pthread_mutex_unlock(&w->lock);
	return n;
}

bool writer_is_making(struct writer *w, enum change_kind kind)
{
	size_t n;

	pthread_mutex_lock(&w->lock);
	n = w->n_of[kind];
	pthread_mutex_unlock(&w->lock);
	return n > 0;
}

/* While it ends, records alone: what was under way gives rise to so many and no more. */
static bool takes(const struct writer *w, const struct change *c)
{
	return w->stopping ? c->kind == CHANGE_AUDIT : w->n_under_way < WRITER_QUEUE_MAX;
}

int writer_submit(struct writer *w, struct change *c)
{
	int r = WRITER_OK;

	pthread_mutex_lock(&w->lock);
	if (!takes(w, c)) {
		r = WRITER_FULL;
	} else {
		w->n_under_way++;
		w->n_of[c->kind]++;
		queue_put(&w->waiting, c);
		pthread_cond_signal(&w->wake);
	}
	pthread_mutex_unlock(&w->lock);
	return r;
}
