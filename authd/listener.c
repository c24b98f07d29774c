/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/listener.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"

static void keep(const struct listener *l, const struct peer *p, const char *why, uint64_t held_back)
{
	struct record r;

	if (!l->audit)
		return;
	audit_say_denial(&r, "peer-refused");
	record_string(&r, "socket", l->name);
	record_string(&r, "why", why);
	record_number(&r, "uid", p->uid);
	record_number(&r, "gid", p->gid);
	record_number(&r, "pid", (uint64_t)p->pid);
	record_number(&r, "held_back", held_back);
	audit_note_denial(l->audit, &r);
}

static void tell_refusals(struct rate *rate, uint64_t held_back)
{
	const struct listener *l =
		(struct listener *)((char *)rate - offsetof(struct listener, refusals));
	struct record r;

	log_warning("refused-peers-not-told socket=%s count=%" PRIu64, l->name, held_back);
	if (!l->audit)
		return;
	audit_say_denial(&r, "refused-peers-not-told");
	record_string(&r, "socket", l->name);
	record_number(&r, "count", held_back);
	audit_note_denial(l->audit, &r);
}

static void note(struct listener *l, const struct peer *p, const char *why)
{
	uint64_t held_back;

	if (!rate_take(&l->refusals, clock_boottime_ns(), &held_back))
		return;
	log_warning("peer-refused socket=%s why=%s uid=%u gid=%u pid=%d held_back=%" PRIu64, l->name,
		    why, p->uid, p->gid, (int)p->pid, held_back);
	keep(l, p, why, held_back);
}

static void let_in(struct listener *l, int fd)
{
	struct peer p = { 0 };
	int r = peer_of(fd, &p);

	if (r < 0 || !l->admits(l, &p)) {
		note(l, &p, r < 0 ? "unknown" : "uid");
		fd_close(fd);
		return;
	}
	r = l->opened(l, fd, &p);
	if (r)
		note(l, &p, r == LISTENER_FULL ? "full" : "failure");
}

static void tell_failures(struct rate *rate, uint64_t held_back)
{
	const struct listener *l =
		(struct listener *)((char *)rate - offsetof(struct listener, failures));

	log_error("accept-failures-not-told socket=%s count=%" PRIu64, l->name, held_back);
}

/* The socket would go on saying that somebody waits. */
static int hold(struct listener *l, int error)
{
	uint64_t held_back;

	if (rate_take(&l->failures, clock_boottime_ns(), &held_back))
		log_error("accept-failed socket=%s error=%s held_back=%" PRIu64, l->name,
			  strerrorname_np(-error), held_back);
	loop_arm(l->source.loop, &l->pause, clock_boottime_ns() + LISTENER_PAUSE_NS);
	return loop_change(&l->source, 0);
}

static int resume(struct loop_timer *t)
{
	struct listener *l = (struct listener *)((char *)t - offsetof(struct listener, pause));

	return loop_change(&l->source, EPOLLIN);
}

static int accept_some(struct loop_source *s, uint32_t events)
{
	struct listener *l = (struct listener *)((char *)s - offsetof(struct listener, source));

	for (int i = 0; i < LISTENER_BATCH; i++) {
		int fd = peer_accept(s->fd);

		if (fd == -EAGAIN)
			return 0;
		/* Of him who waited and went away there is nothing to tell. */
		if (fd == -ECONNABORTED || fd == -EINTR)
			continue;
		if (fd < 0)
			return hold(l, fd);
		let_in(l, fd);
	}
	return 0;
}

int listener_open(struct listener *l, struct loop *loop, int fd)
{
	static const struct allowance_size refusals = { LISTENER_REFUSALS_INTERVAL_NS,
							LISTENER_REFUSALS_BURST };
	static const struct allowance_size failures = { LISTENER_FAILURES_INTERVAL_NS,
							LISTENER_FAILURES_BURST };
	int r;

	l->source = (struct loop_source){ .fd = fd, .ready = accept_some };
	l->pause = (struct loop_timer){ .expired = resume };
	rate_init(&l->refusals, &refusals, loop, tell_refusals);
	rate_init(&l->failures, &failures, loop, tell_failures);
	r = loop_add(loop, &l->source, EPOLLIN);
	if (r < 0)
		l->source.fd = fd_close(fd);
	return r;
}

void listener_close(struct listener *l)
{
	if (!l->source.loop)
		return;
	loop_disarm(&l->pause);
	rate_clear(&l->refusals);
	rate_clear(&l->failures);
	loop_remove(&l->source);
	l->source.fd = fd_close(l->source.fd);
}
