/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/worker.h"

#include <signal.h>
#include <sys/random.h>
#include <sys/signalfd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "frontend/dialogue.h"
#include "frontend/exchange.h"
#include "frontend/health.h"
#include "frontend/line.h"
#include "frontend/scrape.h"
#include "s3/encoding.h"

/* --- requests ---------------------------------------------------------------------------- */

uint64_t worker_next_request_id(struct worker *w)
{
	return ++w->last_request_id;
}

struct span worker_date(struct worker *w)
{
	uint64_t now_s = clock_realtime_ns() / NS_PER_S;

	if (now_s != w->date_s)
		date_format_http((int64_t)now_s, w->date);
	w->date_s = now_s;
	return span_from_string(w->date);
}

/* --- connections ------------------------------------------------------------------------- */

static void drop_idle(struct worker *w, struct connection *c)
{
	connection_drop(c);
	connection_join(c, &w->busy);
}

struct connection_list *worker_idle_of(struct worker *w, const struct http *h)
{
	return h == &w->metrics ? &w->idle_scrapes : &w->idle;
}

void worker_drop_idle(struct worker *w, const struct connection_list *idle)
{
	drop_idle(w, idle->first);
}

void worker_rest(struct worker *w, struct connection *c)
{
	c->is_new = false;
	connection_join(c, worker_idle_of(w, c->http));
	connection_set_deadline(c, DEADLINE_IDLE);
}

/* --- what others read -------------------------------------------------------------------- */

void worker_post(struct worker *w)
{
	struct counts_now *now = &worker_counts(w)->now;
	size_t connections = 0;

	meter_set(&now->running, 1);
	for (enum s3_dialect d = 0; d < S3_DIALECT_COUNT; d++)
		connections += w->http[d].n_connections;
	meter_set(&now->connections, connections);
	meter_set(&now->in_flight, w->busy.count - w->n_scrapes);
	for (enum links_peer peer = 0; peer < LINKS_PEERS; peer++)
		meter_set(&now->queued[peer], links_queued(&w->links, peer));
}

/* --- deadlines --------------------------------------------------------------------------- */

static void expire(struct connection *c, uint64_t now)
{
	if (!c->deadline_ns || c->deadline_ns > now)
		return;
	c->deadline_ns = 0;
	if (c->exchange)
		exchange_expire(c->exchange);
	else if (c->scrape)
		scrape_expire(c->scrape);
	else
		connection_drop(c);
}

static void expire_all(struct connection_list *l, uint64_t now)
{
	struct connection *next;

	for (struct connection *c = l->first; c; c = next) {
		next = c->next;
		expire(c, now);
	}
}

static void tell_parent(struct worker *w);

static int sweep(struct loop_timer *t)
{
	struct worker *w = (struct worker *)((char *)t - offsetof(struct worker, sweep));
	uint64_t now = clock_boottime_ns();

	worker_post(w);
	tell_parent(w);
	paces_sweep(&w->paces, now);
	expire_all(&w->busy, now);
	expire_all(&w->idle, now);
	expire_all(&w->idle_scrapes, now);
	loop_arm(&w->loop, t, now + w->config.sweep_ms * NS_PER_MS);
	return w->doors.are_open || w->draining ? 0 : doors_open(&w->doors);
}

/*
 * Until the links are there, whoever came in would be told 503 while other workers serve; but not
 * for longer than to the first sweep, for then somebody should say that something is amiss.
 */
static void open_doors_at_last(struct worker *w)
{
	if (!w->doors.are_open && !w->draining && doors_open(&w->doors) < 0)
		doors_close(&w->doors);
}

/* --- the parent -------------------------------------------------------------------------- */

/* That there is no parent any more is noticed at the line's other end; else the next sweep says it
 * again. */
static void say(struct worker *w, enum line_word word, bool *ret_said)
{
	int r = line_say(w->line.fd, word, -1);

	*ret_said = r == 0;
	if (r < 0)
		log_error("line-failed error=%s", strerrorname_np(-r));
}

static void dial(void *context, enum links_peer peer)
{
	struct worker *w = context;

	say(w, peer == LINKS_AUTHD ? LINE_AUTHD : LINE_STORED, &w->was_dialled[peer]);
}

static void tell_parent(struct worker *w)
{
	for (size_t peer = 0; peer < ARRAY_SIZE(w->was_dialled); peer++)
		if (!w->was_dialled[peer])
			dial(w, (enum links_peer)peer);
	if (!w->was_ready && links_authd_is_open(&w->links) && links_stored_is_open(&w->links))
		say(w, LINE_READY, &w->was_ready);
}

/* Something is known of authd or stored that was not: who waits for that looks again. */
static void pulse_has_changed(void *context)
{
	struct worker *w = context;
	struct connection *next;

	for (struct connection *c = w->busy.first; c; c = next) {
		next = c->next;
		if (c->exchange && c->exchange->state == EXCHANGE_CHECKING)
			health_answer(c->exchange);
	}
}

static void links_have_heard(void *context, enum links_peer peer, uint64_t number)
{
	struct worker *w = context;

	pulse_heard(&w->pulse, peer, number);
}

static void links_have_measured(void *context, enum links_peer peer, uint64_t number,
				struct span samples)
{
	struct worker *w = context;
	struct connection *next;

	for (struct connection *c = w->busy.first; c; c = next) {
		next = c->next;
		if (c->scrape)
			scrape_hear(c->scrape, peer, number, samples);
	}
}

static void link_has_ended(void *context, enum links_peer peer, enum channel_end end)
{
	struct worker *w = context;
	struct connection *next;

	meter_add_alone(&worker_counts(w)->losses[peer][end], 1);
	for (struct connection *c = w->busy.first; c; c = next) {
		next = c->next;
		if (c->scrape)
			scrape_lose(c->scrape, peer);
	}
}

static void links_have_changed(void *context)
{
	struct worker *w = context;

	pulse_forget(&w->pulse);
	if (w->was_ready || !links_authd_is_open(&w->links) || !links_stored_is_open(&w->links))
		return;
	open_doors_at_last(w);
	tell_parent(w);
}

static int line_ready(struct loop_source *s, uint32_t events)
{
	struct worker *w = (struct worker *)((char *)s - offsetof(struct worker, line));
	_cleanup_(fd_closep) int fd = -1;
	enum line_word word;
	int r = line_hear(s->fd, &word, &fd);

	if (r == -EAGAIN || r == -EINTR)
		return 0;
	if (r == -ENOTCONN) {
		worker_stop(w);
		return 0;
	}
	if (r < 0)
		return r;
	if (fd >= 0)
		links_connected(&w->links, word == LINE_AUTHD ? LINKS_AUTHD : LINKS_STORED,
				steal_fd(fd));
	return 0;
}

/* --- life -------------------------------------------------------------------------------- */

static int drained(struct loop_timer *t)
{
	worker_stop((struct worker *)((char *)t - offsetof(struct worker, drained)));
	return 0;
}

static int hurry(struct loop_timer *t)
{
	((struct worker *)((char *)t - offsetof(struct worker, hurry)))->hurrying = true;
	return 0;
}

void worker_drain(struct worker *w)
{
	uint64_t now = clock_boottime_ns();

	if (w->draining)
		return;
	w->draining = true;
	doors_close(&w->doors);
	loop_arm(&w->loop, &w->hurry, now + WORKER_NEWCOMER_MS * NS_PER_MS);
	loop_arm(&w->loop, &w->drained, now + WORKER_DRAIN_MS * NS_PER_MS);
}

static int signals_ready(struct loop_source *s, uint32_t events)
{
	worker_drain((struct worker *)((char *)s - offsetof(struct worker, signals)));
	return 0;
}

int worker_take_signals(struct worker *w)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	w->signals.ready = signals_ready;
	w->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (w->signals.fd < 0)
		return -errno;
	return loop_add(&w->loop, &w->signals, EPOLLIN);
}

/* Nobody else's: a worker that came after another must not say the same id of another request. */
static int make_ids(struct worker *w)
{
	uint8_t random[sizeof(w->last_request_id) + (WORKER_HOST_ID_TEXT - 1) / 4 * 3];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return -EIO;
	memcpy(&w->last_request_id, random, sizeof(w->last_request_id));
	base64_encode((struct span){ random + sizeof(w->last_request_id),
				     sizeof(random) - sizeof(w->last_request_id) },
		      w->host_id);
	return 0;
}

static void configure(struct worker *w, const struct worker_config *config)
{
	*w = (struct worker){ .config = *config };
	if (!w->config.connections_max)
		w->config.connections_max = WORKER_CONNECTIONS_MAX;
	if (!w->config.sweep_ms)
		w->config.sweep_ms = WORKER_SWEEP_MS;
	w->loop.epoll_fd = -1;
	w->renderings = rendering_turns();
	w->room = BUFFER_INIT(INLET_PIECE);
	w->text = BUFFER_INIT(OUTLET_TEXT_MAX);
	for (enum s3_dialect d = 0; d < S3_DIALECT_COUNT; d++)
		w->http[d] = (struct http){ w, &exchange_service, d, 0 };
	w->metrics = (struct http){ w, &scrape_service, S3_DIALECT_S3, 0 };
	w->line = (struct loop_source){ .fd = config->line_fd, .ready = line_ready };
	doors_init(&w->doors, w, config->listeners, config->n_listeners);
	w->sweep.expired = sweep;
	w->drained.expired = drained;
	w->hurry.expired = hurry;
	w->signals.fd = -1;
}

static int open_all(struct worker *w)
{
	int r = make_ids(w);

	if (r == 0)
		r = loop_init(&w->loop);
	if (r == 0)
		r = channel_group_init(&w->group);
	if (r == 0 && !buffer_reserve(&w->room, INLET_PIECE))
		r = buffer_error(&w->room);
	if (r == 0)
		r = loop_add(&w->loop, &w->line, EPOLLIN);
	return r;
}

int worker_init(struct worker *w, const struct worker_config *config)
{
	struct links_config links = {
		.loop = &w->loop,
		.group = &w->group,
		.handler = &dialogue_handler,
		.dial = dial,
		.changed = links_have_changed,
		.measured = links_have_measured,
		.ended = link_has_ended,
		.heard = links_have_heard,
		.context = w,
	};
	int r;

	configure(w, config);
	r = open_all(w);
	if (r < 0) {
		worker_clear(w);
		return r;
	}
	worker_post(w);
	loop_arm(&w->loop, &w->sweep, clock_boottime_ns() + w->config.sweep_ms * NS_PER_MS);
	paces_init(&w->paces, &w->loop, config->board, config->slot);
	pulse_init(&w->pulse, &w->loop, &w->links, config->pulse_ms, pulse_has_changed, w);
	links_init(&w->links, &links);
	return 0;
}

static void free_all(struct connection_list *l)
{
	while (l->first)
		connection_free(l->first);
}

void worker_clear(struct worker *w)
{
	doors_close(&w->doors);
	free_all(&w->busy);
	free_all(&w->idle);
	free_all(&w->idle_scrapes);
	buffer_clear(&w->room);
	buffer_clear(&w->text);
	paces_clear(&w->paces);
	loop_disarm(&w->sweep);
	loop_disarm(&w->drained);
	loop_disarm(&w->hurry);
	loop_remove(&w->signals);
	w->signals.fd = fd_close(w->signals.fd);
	loop_remove(&w->line);
	pulse_clear(&w->pulse);
	links_clear(&w->links);
	channel_group_clear(&w->group);
	if (w->loop.epoll_fd >= 0)
		loop_clear(&w->loop);
}

/* Who was answered before and asks nothing goes at once. */
static void drain_idle(struct worker *w, const struct connection_list *idle)
{
	struct connection *next;

	for (struct connection *c = idle->first; c; c = next) {
		next = c->next;
		if (!connection_is_asking(c) && (!c->is_new || w->hurrying))
			drop_idle(w, c);
	}
}

/* With the last the worker is done. */
static void end_drain(struct worker *w)
{
	drain_idle(w, &w->idle);
	drain_idle(w, &w->idle_scrapes);
	if (!w->idle.first && !w->idle_scrapes.first && !w->busy.first)
		worker_stop(w);
}

/* Each that is awake now, once: who wakes meanwhile, or has more to do, is among those of the next
 * step. */
static void run_connections(struct worker *w)
{
	const struct connection *last = w->awake.last;
	struct connection *c;
	bool was_last = !last;

	while (!was_last && (c = connection_take_awake(&w->awake))) {
		was_last = c == last;
		connection_run(c);
	}
}

int worker_step(struct worker *w, int at_most_ms)
{
	bool is_due = w->awake.first || rendering_is_due(w);
	int r = loop_step(&w->loop, is_due ? 0 : at_most_ms);

	if (r < 0)
		return r;
	/* What was heard may have called for more to be said: nobody waits for it until all are
	 * served. */
	channel_group_flush(&w->group);
	run_connections(w);
	rendering_step(w);
	channel_group_flush(&w->group);
	/* Behind what was done: who is let go now is awake, and the next step does not wait. */
	if (w->draining)
		end_drain(w);
	/* The lines of all requests that have ended in this step. */
	log_flush();
	return 0;
}

int worker_run(struct worker *w)
{
	int r = 0;

	while (r >= 0 && !w->loop.stopping)
		r = worker_step(w, -1);
	return r;
}

void worker_stop(struct worker *w)
{
	loop_stop(&w->loop);
}
