/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/session.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "ipc/peer.h"
#include "s3/encoding.h"
#include "stored/call.h"
#include "stored/command.h"
#include "stored/reply.h"
#include "stored/service.h"

/* At most so many are accepted at once, so that those who are there are served in between. */
#define ACCEPT_BATCH 16

static struct session *session_of(struct channel *c)
{
	return c->owner;
}

/* --- life ------------------------------------------------------------------------------------ */

static void session_free(struct session *s)
{
	struct sessions *all = &s->service->sessions;

	if (s->prev)
		s->prev->next = s->next;
	else
		all->first = s->next;
	if (s->next)
		s->next->prev = s->prev;
	all->count--;
	channel_close(&s->channel);
	table_clear(&s->calls);
	free(s);
}

/* Whatever was under way on it ends with it; what the store has already got may still happen. */
static void session_end(struct session *s)
{
	struct call *c;
	size_t at = 0;

	while ((c = table_next(&s->calls, &at)))
		call_abandon(c);
	session_free(s);
}

static void log_end(const struct session *s, const char *reason)
{
	char id[2 * sizeof(s->id.bytes) + 1];

	hex_encode((struct span){ s->id.bytes, sizeof(s->id.bytes) }, id);
	log_info("channel-closed channel=%.8s reason=%s calls=%zu", id, reason, s->calls.count);
}

/* Loudly: no frontend of ours does this, so what is at the other end may be somebody's by now. */
static void log_violation(const struct session *s, const char *fault)
{
	log_error("channel-violation fault=%s", fault);
	log_end(s, channel_end_name(CHANNEL_END_VIOLATION));
}

static void on_ended(struct channel *c, enum channel_end end, int detail)
{
	struct session *s = session_of(c);

	if (end == CHANNEL_END_VIOLATION)
		log_violation(s, detail ? ipc_fault_name((enum ipc_fault)detail) : s->fault);
	else
		log_end(s, channel_end_name(end));
	if (end == CHANNEL_END_FAILURE)
		log_error("channel-failed errno=%d", detail);
	session_end(s);
}

int session_violation(struct session *s, const char *fault)
{
	s->fault = fault;
	return CHANNEL_VIOLATION;
}

void session_violated(struct session *s, const char *fault)
{
	log_violation(s, fault);
	session_end(s);
}

void session_forget(struct session *s, struct call *c)
{
	table_remove(&s->calls, c->number);
	if (c->counts_as_body)
		s->n_bodies--;
	c->counts_as_body = false;
}

bool session_take_body(struct session *s, struct call *c)
{
	if (s->n_bodies >= SESSION_BODIES_MAX)
		return false;
	s->n_bodies++;
	c->counts_as_body = true;
	return true;
}

void session_send(struct session *s, const struct ipc_message *m, int fd)
{
	int r = channel_send(&s->channel, m, fd);

	/* A queue that is full ends the channel at the next flush; what else fails, loses an
	 * answer. */
	if (r < 0 && r != -ENOBUFS)
		log_error("answer-lost message=%s errno=%d", ipc_row(m->number)->name, -r);
}

/* --- telling --------------------------------------------------------------------------------- */

static struct call *pop_telling(struct session *s)
{
	struct call *c = s->telling;

	s->telling = c->next_telling;
	if (!s->telling)
		s->telling_end = &s->telling;
	return c;
}

/*
 * A frontend that reads slowly has its answers wait here, where nothing but time runs out: in the
 * channel's own queue they would fill it, and end the channel for everybody whose requests are on
 * it.
 */
static bool pump(struct session *s)
{
	bool any = false;

	while (s->telling && s->channel.out.len < SESSION_QUEUE_HIGH) {
		any = true;
		if (call_tell(s->telling))
			call_told(pop_telling(s));
	}
	return any;
}

void session_tell(struct session *s, struct call *c)
{
	c->next_telling = NULL;
	*s->telling_end = c;
	s->telling_end = &c->next_telling;
	pump(s);
}

bool sessions_pump(struct sessions *all)
{
	bool any = false;

	for (struct session *s = all->first; s; s = s->next)
		any |= pump(s);
	return any;
}

static void remove_telling(struct session *s, const struct call *c)
{
	struct call **at = &s->telling;

	while (*at && *at != c)
		at = &(*at)->next_telling;
	if (!*at)
		return;
	*at = c->next_telling;
	if (s->telling_end == &c->next_telling)
		s->telling_end = at;
}

/* --- entering -------------------------------------------------------------------------------- */

static bool channel_is_live(const struct sessions *all, const struct ipc_id *id)
{
	for (const struct session *s = all->first; s; s = s->next)
		if (s->channel.phase == IPC_PHASE_READY && ipc_id_equal(&s->id, id))
			return true;
	return false;
}

static int say_stale(struct session *s)
{
	uint64_t epoch = unseal_epoch(s->service->unseal);

	return channel_send(
		&s->channel,
		&(struct ipc_message){ .number = IPC_STALE, .stale = { .epoch = epoch } }, -1);
}

static int take_enter(struct session *s, const struct ipc_enter *m, int *fds)
{
	struct ticket ticket;
	int r = unseal_ticket(s->service->unseal, m->ticket, &ticket);

	if (r == UNSEAL_STALE)
		return say_stale(s);
	if (r != UNSEAL_OK)
		return session_violation(s, "ticket-forged");
	if (channel_is_live(&s->service->sessions, &ticket.channel))
		return session_violation(s, "ticket-in-use");
	s->id = ticket.channel;
	r = channel_send(&s->channel,
			 &(struct ipc_message){
				 .number = IPC_ENTERED,
				 .entered = { .inline_limit = s->service->config.inline_limit } },
			 -1);
	s->channel.phase = IPC_PHASE_READY;
	log_info("channel-opened channel=%02x%02x%02x%02x", s->id.bytes[0], s->id.bytes[1],
		 s->id.bytes[2], s->id.bytes[3]);
	return r;
}

/* --- calls ----------------------------------------------------------------------------------- */

static void refuse_unopened(struct session *s, struct call *c, enum s3_error error)
{
	c->session = s;
	reply_refusal(c, error);
	call_free(c);
}

/* Puts the call into the table and begins it. Takes c. */
static int admit(struct session *s, struct call *c)
{
	int r = table_add(&s->calls, c->number, c);

	c->session = s;
	switch (r) {
	case TABLE_OK:
		call_begin(c);
		return 0;
	case TABLE_EXISTS:
		call_free(c);
		return session_violation(s, "call-number-in-use");
	case TABLE_FULL:
		refuse_unopened(s, c, S3_ERROR_SLOW_DOWN);
		return 0;
	default:
		refuse_unopened(s, c, S3_ERROR_SERVICE_UNAVAILABLE);
		return r;
	}
}

/* Whether the message is one that the operation of its grant comes in. */
static bool fits_operation(const struct call *c)
{
	enum s3_body body = s3_operations[call_request(c)->operation].body;

	return body == S3_BODY_COMMAND ? c->command_fd >= 0
	       : body == S3_BODY_NONE  ? c->command_fd < 0 && !c->has_inside
				       : c->command_fd < 0;
}

/* Opens the grant of a new call and lets it begin. Takes c. */
static int open_call(struct session *s, struct call *c, size_t sealed_len)
{
	struct span sealed = { c->memory, sealed_len };
	int r = unseal_grant(s->service->unseal, sealed, &s->id, clock_boottime_ns(), &c->grant);

	switch (r) {
	case UNSEAL_OK:
		break;
	case UNSEAL_STALE:
	case UNSEAL_EXPIRED:
	case UNSEAL_CROWDED:
		refuse_unopened(s, c, S3_ERROR_SERVICE_UNAVAILABLE);
		return 0;
	case UNSEAL_SPENT:
		call_free(c);
		return session_violation(s, "grant-spent");
	case UNSEAL_FORGED:
		call_free(c);
		return session_violation(s, "grant-forged");
	default:
		call_free(c);
		return r;
	}
	if (fits_operation(c))
		return admit(s, c);
	call_free(c);
	return session_violation(s, "body-of-another-kind");
}

static int take_call(struct session *s, const struct ipc_call *m, int *fds)
{
	struct call *c;
	int r;

	if (m->has_body > 1 || (!m->has_body && m->body.len) ||
	    m->body.len > s->service->config.inline_limit)
		return session_violation(s, "body-inside");
	r = call_new(s->service, m->grant, m->body, -1, &c);
	if (r < 0)
		return r;
	c->number = m->call;
	c->has_inside = m->has_body;
	return open_call(s, c, m->grant.len);
}

static int take_command(struct session *s, const struct ipc_command *m, int *fds)
{
	struct call *c;
	int r;

	if (!command_is_sealed(fds[0], m->body_len))
		return session_violation(s, "document-not-sealed");
	r = call_new(s->service, m->grant, SPAN_NONE, steal_fd(fds[0]), &c);
	if (r < 0)
		return r;
	c->number = m->call;
	c->command_len = m->body_len;
	return open_call(s, c, m->grant.len);
}

/*
 * What is said about a call that is not there may have crossed with its last answer. So it is of no
 * consequence, as it is for a call that never was.
 */
static int take_lengths(struct session *s, const struct ipc_lengths *m, int *fds)
{
	struct call *c = table_find(&s->calls, m->call);

	return c ? call_lengths(c, m->lengths) : 0;
}

static int take_commit(struct session *s, const struct ipc_commit *m, int *fds)
{
	struct call *c = table_find(&s->calls, m->call);

	return c ? call_commit(c, m->length, m->seal, m->trailer) : 0;
}

static int take_next(struct session *s, const struct ipc_next *m, int *fds)
{
	struct call *c = table_find(&s->calls, m->call);

	return c ? call_more(c) : 0;
}

static int take_cancel(struct session *s, const struct ipc_cancel *m, int *fds)
{
	struct call *c = table_find(&s->calls, m->call);

	if (!c)
		return 0;
	if (c->state == CALL_TELLING)
		remove_telling(s, c);
	session_forget(s, c);
	call_abandon(c);
	return 0;
}

static int on_message(struct channel *c, const struct ipc_message *m, int *fds)
{
	switch ((int)m->number) {
#define MESSAGE(SYMBOL, symbol, ...)                                                               \
	case IPC_##SYMBOL:                                                                         \
		return take_##symbol(session_of(c), &m->symbol, fds);
		IPC_FRONTEND_TO_STORED(MESSAGE)
#undef MESSAGE
	default:
		return session_violation(session_of(c), "unknown-message");
	}
}

static const struct channel_handler session_handler = { on_message, on_ended };

/* --- all of them ----------------------------------------------------------------------------- */

int session_open(struct sessions *all, int fd)
{
	struct session *s = calloc(1, sizeof(*s));
	int r;

	if (!s) {
		fd_close(fd);
		return -ENOMEM;
	}
	s->service = all->service;
	s->calls = TABLE_INIT(SESSION_CALLS_MAX);
	s->telling_end = &s->telling;
	r = channel_open(&s->channel, &s->service->group, &s->service->loop, fd,
			 IPC_FRONTEND_TO_STORED_DIRECTION, &session_handler, s);
	if (r < 0) {
		free(s);
		return r;
	}
	s->next = all->first;
	if (all->first)
		all->first->prev = s;
	all->first = s;
	all->count++;
	return 0;
}

/* Any local user can connect, as often as he likes; what that fills must not be the log. */
static bool is_to_be_told(struct sessions *all)
{
	return all->n_refused++ == 0;
}

static void welcome(struct sessions *all, int connected_fd)
{
	_cleanup_(fd_closep) int fd = connected_fd;
	struct peer peer;
	int r = peer_of(fd, &peer);

	if (r < 0 || peer.uid != all->service->config.frontend_uid) {
		if (!is_to_be_told(all))
			return;
		log_warning("peer-refused uid=%ld pid=%ld", r < 0 ? -1L : (long)peer.uid,
			    r < 0 ? -1L : (long)peer.pid);
		return;
	}
	if (all->count >= SESSIONS_MAX) {
		if (is_to_be_told(all))
			log_warning("peer-refused reason=crowded channels=%zu", all->count);
		return;
	}
	r = session_open(all, steal_fd(fd));
	if (r < 0)
		log_error("channel-not-opened errno=%d", -r);
}

/* Out of descriptors or memory, most likely. The socket would go on saying that somebody waits. */
static int hold(struct loop_source *listener, int error)
{
	log_error("accept-failed errno=%d", -error);
	return loop_change(listener, 0);
}

static int on_connection(struct loop_source *listener, uint32_t events)
{
	struct sessions *all = task_owner(listener, struct sessions, listener);

	for (unsigned int i = 0; i < ACCEPT_BATCH; i++) {
		int fd = peer_accept(listener->fd);

		if (fd == -EAGAIN)
			break;
		if (fd >= 0)
			welcome(all, fd);
		else if (fd != -EINTR && fd != -ECONNABORTED)
			return hold(listener, fd);
	}
	return 0;
}

/* One call that is overdue; expiring it changes the table, so the next is looked for afresh. */
static struct call *find_overdue(struct session *s, size_t *at, uint64_t now_ns)
{
	struct call *c;

	while ((c = table_next(&s->calls, at)))
		if (call_is_overdue(c, now_ns))
			return c;
	return NULL;
}

static int on_sweep(struct loop_timer *t)
{
	struct sessions *all = task_owner(t, struct sessions, sweep);
	uint64_t now_ns = clock_boottime_ns();
	struct call *c;

	for (struct session *s = all->first; s; s = s->next)
		for (size_t at = 0; (c = find_overdue(s, &at, now_ns)); at = 0)
			call_expire(c);
	if (all->n_refused > 1)
		log_warning("peers-refused more=%llu", (unsigned long long)all->n_refused - 1);
	all->n_refused = 0;
	loop_arm(&all->service->loop, &all->sweep, now_ns + SESSION_SWEEP_NS);
	return all->listener.loop ? loop_change(&all->listener, EPOLLIN) : 0;
}

int sessions_open(struct sessions *all, struct service *service, int listen_fd)
{
	*all = (struct sessions){ .service = service,
				  .listener = { .fd = listen_fd, .ready = on_connection },
				  .sweep = { .expired = on_sweep } };
	loop_arm(&service->loop, &all->sweep, clock_boottime_ns() + SESSION_SWEEP_NS);
	return listen_fd < 0 ? 0 : loop_add(&service->loop, &all->listener, EPOLLIN);
}

void sessions_end_entered(struct sessions *all, const char *reason)
{
	struct session *next;

	for (struct session *s = all->first; s; s = next) {
		next = s->next;
		if (s->channel.phase != IPC_PHASE_READY)
			continue;
		log_end(s, reason);
		session_end(s);
	}
}

void sessions_close(struct sessions *all)
{
	loop_remove(&all->listener);
	loop_disarm(&all->sweep);
	while (all->first)
		session_end(all->first);
}
