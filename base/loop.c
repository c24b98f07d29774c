/* SPDX-License-Identifier: Apache-2.0 */
#include "base/loop.h"

#include "base/clock.h"
#include "base/fd.h"

#define LOOP_BATCH 64

int loop_init(struct loop *l)
{
	*l = (struct loop){ .epoll_fd = epoll_create1(EPOLL_CLOEXEC) };
	return l->epoll_fd < 0 ? -errno : 0;
}

void loop_clear(struct loop *l)
{
	l->epoll_fd = fd_close(l->epoll_fd);
}

int loop_add(struct loop *l, struct loop_source *s, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = s };

	if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, s->fd, &e) < 0)
		return -errno;
	s->events = events;
	s->loop = l;
	return 0;
}

int loop_change(struct loop_source *s, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = s };

	if (s->events == events)
		return 0;
	if (epoll_ctl(s->loop->epoll_fd, EPOLL_CTL_MOD, s->fd, &e) < 0)
		return -errno;
	s->events = events;
	return 0;
}

void loop_remove(struct loop_source *s)
{
	struct loop *l = s->loop;

	if (!l)
		return;
	epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, s->fd, NULL);
	s->loop = NULL;
	for (int i = 0; i < l->n_fetched; i++)
		if (l->fetched[i].data.ptr == s)
			l->fetched[i].data.ptr = NULL;
}

void loop_disarm(struct loop_timer *t)
{
	if (!t->loop)
		return;
	if (t->prev)
		t->prev->next = t->next;
	else
		t->loop->timers = t->next;
	if (t->next)
		t->next->prev = t->prev;
	t->next = t->prev = NULL;
	t->loop = NULL;
}

void loop_arm(struct loop *l, struct loop_timer *t, uint64_t at_ns)
{
	struct loop_timer *before = NULL, *behind;

	loop_disarm(t);
	/* Most deadlines are set to the same distance, so the walk is from the front only in theory;
	 * owners with many deadlines keep them in order themselves and arm one timer. */
	for (behind = l->timers; behind && behind->at_ns <= at_ns; behind = behind->next)
		before = behind;
	t->at_ns = at_ns;
	t->loop = l;
	t->prev = before;
	t->next = behind;
	if (before)
		before->next = t;
	else
		l->timers = t;
	if (behind)
		behind->prev = t;
}

static int loop_wait_ms(const struct loop *l, int at_most_ms)
{
	uint64_t now, left_ms;

	if (!l->timers)
		return at_most_ms;
	now = clock_boottime_ns();
	if (l->timers->at_ns <= now)
		return 0;
	left_ms = (l->timers->at_ns - now + NS_PER_MS - 1) / NS_PER_MS;
	if (at_most_ms >= 0 && (uint64_t)at_most_ms < left_ms)
		return at_most_ms;
	return left_ms > INT32_MAX ? INT32_MAX : (int)left_ms;
}

static int loop_expire(struct loop *l)
{
	uint64_t now = l->timers ? clock_boottime_ns() : 0;

	while (l->timers && l->timers->at_ns <= now) {
		struct loop_timer *t = l->timers;
		int r;

		loop_disarm(t);
		r = t->expired(t);
		if (r < 0)
			return r;
	}
	return 0;
}

static int loop_dispatch(struct loop *l)
{
	for (int i = 0; i < l->n_fetched; i++) {
		struct loop_source *s = l->fetched[i].data.ptr;
		int r = s ? s->ready(s, l->fetched[i].events) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

int loop_step(struct loop *l, int at_most_ms)
{
	struct epoll_event events[LOOP_BATCH];
	int n, r;

	n = epoll_wait(l->epoll_fd, events, LOOP_BATCH, loop_wait_ms(l, at_most_ms));
	if (n < 0 && errno != EINTR)
		return -errno;
	l->fetched = events;
	l->n_fetched = MAX(n, 0);
	r = loop_dispatch(l);
	l->fetched = NULL;
	l->n_fetched = 0;
	return r < 0 ? r : loop_expire(l);
}

int loop_run(struct loop *l)
{
	int r = 0;

	while (r >= 0 && !l->stopping)
		r = loop_step(l, -1);
	return r;
}

void loop_stop(struct loop *l)
{
	l->stopping = true;
}
