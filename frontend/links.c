/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/links.h"

#include "base/fd.h"
#include "base/log.h"
#include "ipc/sample.h"

static void links_changed(struct links *l)
{
	l->config.changed(l->config.context);
}

/* Late answers cross with FORGET and CANCEL, so a number that is known no more means nothing. */
static struct call *call_at_authd(struct links *l, uint64_t number)
{
	struct call *c = table_find(&l->calls, number);

	return c && c->at_authd ? c : NULL;
}

static struct call *call_at_stored(struct links *l, uint64_t number)
{
	struct call *c = table_find(&l->calls, number);

	return c && c->at_stored ? c : NULL;
}

static bool is_error(uint16_t e)
{
	return e > S3_ERROR_NONE && e < S3_ERROR_COUNT;
}

/* `lost` may neither begin nor end a call: it only notes what became of it. */
static void links_lose(struct links *l, bool (*is_there)(struct call *c))
{
	struct call *c;
	size_t at = 0;

	while ((c = table_next(&l->calls, &at)))
		if (is_there(c))
			l->config.handler->lost(c);
}

static bool stops_at_authd(struct call *c)
{
	bool was = c->at_authd;

	c->at_authd = false;
	return was;
}

static bool stops_at_stored(struct call *c)
{
	bool was = c->at_stored;

	c->at_stored = false;
	return was;
}

/* It has ended like that, or does so now. */
static void leave_stored(struct links *l, enum channel_end end)
{
	channel_close(&l->stored);
	l->config.ended(l->config.context, LINKS_STORED, end);
	links_lose(l, stops_at_stored);
	l->config.dial(l->config.context, LINKS_STORED);
	links_changed(l);
}

/* --- the way in to stored ---------------------------------------------------------------- */

/* Shows the ticket we have, once; and never two before the first is answered. */
static void links_enter(struct links *l)
{
	struct ipc_message m = { .number = IPC_ENTER, .enter.ticket = buffer_span(&l->ticket) };

	if (!channel_is_open(&l->stored) || l->stored.phase != IPC_PHASE_GREETING)
		return;
	if (!l->ticket.len || l->ticket_shown || l->entering)
		return;
	if (channel_send(&l->stored, &m, -1) == 0)
		l->ticket_shown = l->entering = true;
}

static int on_entered(struct links *l, const struct ipc_entered *m, int *fds)
{
	if (!l->entering)
		return CHANNEL_VIOLATION;
	l->entering = false;
	/* A newer one has come meanwhile: see on_ticket(). */
	if (!l->ticket_shown)
		return -ESTALE;
	l->stored.phase = IPC_PHASE_READY;
	l->inline_limit = MIN(m->inline_limit, (uint32_t)IPC_INLINE_MAX);
	links_changed(l);
	return 0;
}

/* The ticket is of an epoch that is over. A newer one is on its way, or here already. */
static int on_stale(struct links *l, const struct ipc_stale *m, int *fds)
{
	l->entering = false;
	links_enter(l);
	return 0;
}

/* Figures that are none, or another's, no sound peer tells. */
static int hear_samples(struct links *l, enum links_peer peer, uint64_t number, struct span samples)
{
	enum metric_from from = peer == LINKS_AUTHD ? METRIC_FROM_AUTHD : METRIC_FROM_STORED;
	struct span rest = samples;
	struct sample s;
	int r;

	do
		r = sample_next(&rest, from, &s);
	while (r > 0);
	if (r < 0)
		return CHANNEL_VIOLATION;
	l->config.measured(l->config.context, peer, number, samples);
	return 0;
}

/* --- from authd -------------------------------------------------------------------------- */

static int on_welcome(struct links *l, const struct ipc_welcome *m, int *fds)
{
	if (m->version != IPC_VERSION)
		return -EPROTONOSUPPORT;
	l->authd.phase = IPC_PHASE_READY;
	links_changed(l);
	return 0;
}

/*
 * Grants are for the channel that the ticket names from now on. stored has let us in as another, whose grants they
 * would be forged ones of.
 */
static int on_ticket(struct links *l, const struct ipc_ticket *m, int *fds)
{
	buffer_reset(&l->ticket);
	buffer_append(&l->ticket, m->ticket);
	if (buffer_error(&l->ticket))
		return l->ticket.error;
	l->ticket_shown = false;
	if (links_stored_is_open(l))
		leave_stored(l, CHANNEL_END_HANGUP);
	links_enter(l);
	return 0;
}

static int on_granted(struct links *l, const struct ipc_granted *m, int *fds)
{
	struct call *c = call_at_authd(l, m->call);

	if (!c)
		return 0;
	c->at_authd = false;
	l->config.handler->granted(c, m->grant);
	return 0;
}

static int on_denied(struct links *l, const struct ipc_denied *m, int *fds)
{
	struct call *c = call_at_authd(l, m->call);

	if (!is_error(m->error))
		return CHANNEL_VIOLATION;
	if (!c)
		return 0;
	c->at_authd = false;
	l->config.handler->denied(c, m->error, m->detail.len ? m->detail : SPAN_NONE,
				  m->retry_after);
	return 0;
}

static int on_chained(struct links *l, const struct ipc_chained *m, int *fds)
{
	struct call *c = call_at_authd(l, m->call);

	if (!c)
		return 0;
	c->at_authd = false;
	l->config.handler->chained(c, m->seal);
	return 0;
}

static int on_pong(struct links *l, const struct ipc_pong *m, int *fds)
{
	l->config.heard(l->config.context, LINKS_AUTHD, m->number);
	return 0;
}

static int on_measured(struct links *l, const struct ipc_measured *m, int *fds)
{
	return hear_samples(l, LINKS_AUTHD, m->number, m->samples);
}

/* Statuses that say that something else follows, or that nothing does, are no answers to it. */
static int on_administered(struct links *l, const struct ipc_administered *m, int *fds)
{
	struct call *c = call_at_authd(l, m->call);

	if (m->status < 200 || m->status > 599 || m->status == 204 || m->status == 304)
		return CHANNEL_VIOLATION;
	if (!c)
		return 0;
	c->at_authd = false;
	l->config.handler->administered(c, m->status, m->retry_after, m->body);
	return 0;
}

/* --- from stored ------------------------------------------------------------------------- */

static int on_pipe(struct links *l, const struct ipc_pipe *m, int *fds)
{
	struct call *c = call_at_stored(l, m->call);

	if (c)
		l->config.handler->pipe(c, &fds[0]);
	return 0;
}

static int on_done(struct links *l, const struct ipc_done *m, int *fds)
{
	struct call *c = call_at_stored(l, m->call);

	if (!c)
		return 0;
	c->at_stored = false;
	l->config.handler->done(c, m->answer);
	return 0;
}

static int on_failed(struct links *l, const struct ipc_failed *m, int *fds)
{
	struct call *c = call_at_stored(l, m->call);

	if (!is_error(m->error))
		return CHANNEL_VIOLATION;
	if (!c)
		return 0;
	c->at_stored = false;
	l->config.handler->failed(c, m->error, m->detail.len ? m->detail : SPAN_NONE, m->answer);
	return 0;
}

static int on_object(struct links *l, const struct ipc_object *m, int *fds)
{
	struct call *c = call_at_stored(l, m->call);

	if (!c)
		return 0;
	/* Extents follow, or this was all. */
	c->at_stored = m->extents > 0;
	l->config.handler->object(c, m->answer, m->body, m->extents);
	return 0;
}

static int on_extent(struct links *l, const struct ipc_extent *m, int *fds)
{
	struct call *c = call_at_stored(l, m->call);

	if (!c)
		return 0;
	c->at_stored = !m->last;
	l->config.handler->extent(c, &fds[0], m->offset, m->length, m->last);
	return 0;
}

static int on_items(struct links *l, const struct ipc_items *m, int *fds)
{
	struct call *c = call_at_stored(l, m->call);

	if (c)
		l->config.handler->items(c, m->items);
	return 0;
}

static int on_store_pong(struct links *l, const struct ipc_store_pong *m, int *fds)
{
	l->config.heard(l->config.context, LINKS_STORED, m->number);
	return 0;
}

static int on_store_measured(struct links *l, const struct ipc_store_measured *m, int *fds)
{
	return hear_samples(l, LINKS_STORED, m->number, m->samples);
}

/* --- channels ---------------------------------------------------------------------------- */

static int authd_message(struct channel *c, const struct ipc_message *m, int *fds)
{
	struct links *l = c->owner;

	switch ((int)m->number) {
#define MESSAGE(SYMBOL, symbol, ...)                                                               \
	case IPC_##SYMBOL:                                                                         \
		return on_##symbol(l, &m->symbol, fds);
		IPC_AUTHD_TO_FRONTEND(MESSAGE)
#undef MESSAGE
	}
	return CHANNEL_VIOLATION;
}

static int stored_message(struct channel *c, const struct ipc_message *m, int *fds)
{
	struct links *l = c->owner;

	switch ((int)m->number) {
#define MESSAGE(SYMBOL, symbol, ...)                                                               \
	case IPC_##SYMBOL:                                                                         \
		return on_##symbol(l, &m->symbol, fds);
		IPC_STORED_TO_FRONTEND(MESSAGE)
#undef MESSAGE
	}
	return CHANNEL_VIOLATION;
}

static void log_end(const char *peer, enum channel_end end, int detail)
{
	switch (end) {
	case CHANNEL_END_HANGUP:
		log_warning("link-lost peer=%s", peer);
		break;
	case CHANNEL_END_VIOLATION:
		log_error("link-violation peer=%s fault=%s", peer, ipc_fault_name(detail));
		break;
	case CHANNEL_END_STUCK:
		log_error("link-stuck peer=%s", peer);
		break;
	case CHANNEL_END_FAILURE:
		log_error("link-failed peer=%s error=%s", peer, strerrorname_np(detail));
		break;
	}
}

/* The next authd has other tickets: an id of the old one opens nothing any more. */
static void authd_ended(struct channel *c, enum channel_end end, int detail)
{
	struct links *l = c->owner;

	log_end("authd", end, detail);
	l->config.ended(l->config.context, LINKS_AUTHD, end);
	buffer_reset(&l->ticket);
	links_lose(l, stops_at_authd);
	l->config.dial(l->config.context, LINKS_AUTHD);
	links_changed(l);
}

static void stored_ended(struct channel *c, enum channel_end end, int detail)
{
	struct links *l = c->owner;

	log_end("stored", end, detail);
	leave_stored(l, end);
}

static const struct channel_handler authd_handler = { authd_message, authd_ended };
static const struct channel_handler stored_handler = { stored_message, stored_ended };

static int connect_authd(struct links *l, int fd)
{
	struct ipc_message m = { .number = IPC_HELLO, .hello.version = IPC_VERSION };
	int r;

	channel_close(&l->authd);
	r = channel_open(&l->authd, l->config.group, l->config.loop, fd,
			 IPC_AUTHD_TO_FRONTEND_DIRECTION, &authd_handler, l);
	return r < 0 ? r : channel_send(&l->authd, &m, -1);
}

static int connect_stored(struct links *l, int fd)
{
	int r;

	channel_close(&l->stored);
	l->ticket_shown = l->entering = false;
	r = channel_open(&l->stored, l->config.group, l->config.loop, fd,
			 IPC_STORED_TO_FRONTEND_DIRECTION, &stored_handler, l);
	if (r == 0)
		links_enter(l);
	return r;
}

void links_connected(struct links *l, enum links_peer peer, int fd)
{
	int r = peer == LINKS_AUTHD ? connect_authd(l, fd) : connect_stored(l, fd);

	if (r == 0)
		return;
	log_error("link-failed peer=%s error=%s", peer == LINKS_AUTHD ? "authd" : "stored",
		  strerrorname_np(-r));
	channel_close(peer == LINKS_AUTHD ? &l->authd : &l->stored);
	l->config.dial(l->config.context, peer);
}

void links_init(struct links *l, const struct links_config *config)
{
	*l = (struct links){ .config = *config,
			     .authd.source.fd = -1,
			     .stored.source.fd = -1,
			     .calls = TABLE_INIT(LINKS_CALLS_MAX),
			     .ticket = BUFFER_INIT(IPC_SEAL_MAX) };
	config->dial(config->context, LINKS_AUTHD);
	config->dial(config->context, LINKS_STORED);
}

void links_clear(struct links *l)
{
	channel_close(&l->authd);
	channel_close(&l->stored);
	table_clear(&l->calls);
	buffer_clear(&l->ticket);
}

int links_ping(struct links *l, enum links_peer peer, uint64_t number)
{
	struct ipc_message ping = { .number = IPC_PING, .ping.number = number };
	struct ipc_message store_ping = { .number = IPC_STORE_PING, .store_ping.number = number };

	if (peer == LINKS_AUTHD)
		return links_authd_is_open(l) ? channel_send(&l->authd, &ping, -1) : -ENOTCONN;
	return links_stored_is_open(l) ? channel_send(&l->stored, &store_ping, -1) : -ENOTCONN;
}

int links_measure(struct links *l, enum links_peer peer, uint64_t number)
{
	struct ipc_message m = { .number = IPC_MEASURE, .measure.number = number };
	struct ipc_message store_m = { .number = IPC_STORE_MEASURE, .store_measure.number = number };

	if (peer == LINKS_AUTHD)
		return links_authd_is_open(l) ? channel_send(&l->authd, &m, -1) : -ENOTCONN;
	return links_stored_is_open(l) ? channel_send(&l->stored, &store_m, -1) : -ENOTCONN;
}

size_t links_queued(const struct links *l, enum links_peer peer)
{
	return peer == LINKS_AUTHD ? l->authd.out.len : l->stored.out.len;
}

/* --- calls ------------------------------------------------------------------------------- */

static int call_begin(struct links *l, struct call *c)
{
	int r;

	if (!links_authd_is_open(l))
		return -ENOTCONN;
	if (channel_is_crowded(&l->authd))
		return -EBUSY;
	r = table_add(&l->calls, ++l->last_number, c);
	if (r)
		return r < 0 ? r : -EBUSY;
	*c = (struct call){ .number = l->last_number, .at_authd = true };
	return 0;
}

static int call_tell(struct links *l, struct call *c, const struct ipc_message *m)
{
	int r = channel_send(&l->authd, m, -1);

	if (r < 0) {
		table_remove(&l->calls, c->number);
		*c = (struct call){ 0 };
	}
	return r;
}

int links_ask(struct links *l, struct call *c, const struct ipc_ask *ask)
{
	struct ipc_message m = { .number = IPC_ASK, .ask = *ask };
	int r = call_begin(l, c);

	m.ask.call = c->number;
	return r < 0 ? r : call_tell(l, c, &m);
}

int links_administer(struct links *l, struct call *c, const struct ipc_administer *what)
{
	struct ipc_message m = { .number = IPC_ADMINISTER, .administer = *what };
	int r = call_begin(l, c);

	m.administer.call = c->number;
	return r < 0 ? r : call_tell(l, c, &m);
}

int links_tell_authd(struct links *l, struct call *c, const struct ipc_message *m)
{
	if (!links_authd_is_open(l) || !c->at_authd)
		return -ENOTCONN;
	return channel_send(&l->authd, m, -1);
}

int links_tell_stored(struct links *l, struct call *c, const struct ipc_message *m, int fd)
{
	_cleanup_(fd_closep) int own = fd;
	bool begins = m->number == IPC_CALL || m->number == IPC_COMMAND;
	int r;

	if (!links_stored_is_open(l) || (!begins && !c->at_stored))
		return -ENOTCONN;
	if (begins && channel_is_crowded(&l->stored))
		return -EBUSY;
	r = channel_send(&l->stored, m, steal_fd(own));
	if (r == 0)
		c->at_stored = true;
	return r;
}

void links_end(struct links *l, struct call *c)
{
	struct ipc_message forget = { .number = IPC_FORGET, .forget.call = c->number };
	struct ipc_message cancel = { .number = IPC_CANCEL, .cancel.call = c->number };

	if (!c->number)
		return;
	/* A full queue ends the channel, and every call on it: there is nothing more to tell. */
	if (c->at_authd)
		(void)!links_tell_authd(l, c, &forget);
	if (c->at_stored)
		(void)!links_tell_stored(l, c, &cancel, -1);
	table_remove(&l->calls, c->number);
	*c = (struct call){ 0 };
}
