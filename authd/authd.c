/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/authd.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

static bool frontend_admits(const struct listener *l, const struct peer *p)
{
	const struct authd *a = l->owner;

	return p->uid == a->options->frontend_uid;
}

static int frontend_opened(struct listener *l, int fd, const struct peer *p)
{
	return session_open(l->owner, fd, p->pid);
}

static bool stored_admits(const struct listener *l, const struct peer *p)
{
	const struct authd *a = l->owner;

	return p->uid == a->options->stored_uid;
}

static int stored_opened(struct listener *l, int fd, const struct peer *p)
{
	return storelink_open(l->owner, fd, p->pid);
}

static int open_database(struct authd *a)
{
	char path[4096];
	int r;

	if ((size_t)snprintf(path, sizeof(path), "%s/auth.db", a->options->state) >= sizeof(path))
		return -ENAMETOOLONG;
	r = database_open(path, &a->database);
	if (r >= 0)
		r = database_load(a->database, a->keyring);
	if (r < 0) {
		log_error("database-unusable path=%s error=%s%s", LOG_VALUE(span_from_string(path)),
			  strerrorname_np(-r), r == -EFBIG ? " made_by=a-newer-coffer" : "");
		return r;
	}
	if (!database_is_settled(a->database))
		log_error("log-not-settled path=%s read-only=yes",
			  LOG_VALUE(span_from_string(path)));
	if (!keyring_fits(a->keyring)) {
		log_error(
			"keyring-key-wrong path=%s: the secrets in it were sealed with another key",
			LOG_VALUE(span_from_string(path)));
		return -EKEYREJECTED;
	}
	return 0;
}

int authd_open(struct authd *a, const struct options *o,
	       const uint8_t master[static KEYRING_MASTER_LEN])
{
	struct judge_config judge = { .region = o->region, .domains = o->domains };
	int r;

	*a = (struct authd){
		.options = o,
		.live = o->live,
		.loop.epoll_fd = -1,
		.started_ns = clock_boottime_ns(),
		.pid = getpid(),
		.figures.started_ns = clock_realtime_ns(),
		.confinement = "degraded",
		.contents = BUFFER_INIT(IPC_GRANT_MAX - SEALED_OVERHEAD),
		.sealed = BUFFER_INIT(IPC_GRANT_MAX),
		.frontend = { .name = "frontend", .owner = a, .audit = &a->audit,
			      .admits = frontend_admits, .opened = frontend_opened },
		.stored = { .name = "stored", .owner = a, .audit = &a->audit,
			    .admits = stored_admits, .opened = stored_opened },
	};
	denials_init(&a->denials, &a->loop, &a->audit);
	uses_init(&a->uses, a);
	deletions_init(&a->deletions, a);
	admin_init(&a->admin, a);
	r = administrations_init(&a->administrations, a);
	if (r >= 0)
		r = loop_init(&a->loop);
	if (r >= 0)
		r = channel_group_init(&a->group);
	if (r >= 0)
		r = chains_init(&a->chains, &a->loop, session_stream_expired);
	if (r >= 0)
		r = seal_new(&a->seal);
	if (r >= 0)
		r = keyring_new(master, &a->keyring);
	if (r >= 0)
		r = strongbox_new(master, &a->strongbox);
	if (r >= 0)
		r = limits_new(&a->live.limits, &a->limits);
	judge.limits = a->limits;
	if (r >= 0)
		r = judge_new(a->keyring, &judge, &a->judge);
	if (r >= 0)
		r = audit_open(&a->audit, a, o->audit, o->state);
	return r < 0 ? r : open_database(a);
}

int authd_start(struct authd *a, int frontend_fd, int stored_fd, int admin_fd)
{
	int r;

	r = writer_new(a->database, &a->loop, &a->writer);
	if (r >= 0 && frontend_fd >= 0)
		r = listener_open(&a->frontend, &a->loop, frontend_fd);
	if (r >= 0 && stored_fd >= 0)
		r = listener_open(&a->stored, &a->loop, stored_fd);
	if (r >= 0 && admin_fd >= 0)
		r = admin_listen(&a->admin, admin_fd);
	return r;
}

int authd_step(struct authd *a, int at_most_ms)
{
	int r = loop_step(&a->loop, at_most_ms);

	channel_group_flush(&a->group);
	return r;
}

void authd_close(struct authd *a)
{
	listener_close(&a->frontend);
	listener_close(&a->stored);
	admin_clear(&a->admin);
	sessions_close(a);
	storelinks_close(a);
	if (a->writer) {
		uses_clear(&a->uses);
		denials_clear(&a->denials);
	}
	/* Changes that administrators were promised an answer to are still made. */
	a->writer = writer_free(a->writer);
	deletions_clear(&a->deletions);
	administrations_clear(&a->administrations);
	a->database = database_close(a->database);
	a->judge = judge_free(a->judge);
	a->limits = limits_free(a->limits);
	a->strongbox = strongbox_free(a->strongbox);
	a->keyring = keyring_free(a->keyring);
	a->seal = seal_free(a->seal);
	audit_close(&a->audit);
	if (a->chains.loop)
		chains_clear(&a->chains);
	channel_group_clear(&a->group);
	buffer_clear(&a->contents);
	buffer_clear(&a->sealed);
	loop_clear(&a->loop);
}
