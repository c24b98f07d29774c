/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/session.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "stored/call.h"
#include "stored/operator.h"
#include "stored/reception.h"
#include "stored/reply.h"
#include "stored/service.h"

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
	channel_close(&s->channel);
	table_clear(&s->calls);
	shares_clear(&s->under_way);
	shares_clear(&s->bodies);
	errand_free(s->errand);
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
	char id[IPC_ID_TEXT_SIZE];

	log_info("channel-closed channel=%.8s reason=%s calls=%zu", ipc_id_text(&s->id, id), reason,
		 s->calls.count);
}

/* Loudly: no peer of ours does this, so what is at the other end may be somebody's by now. */
static void log_violation(const struct session *s, const char *fault)
{
	log_error("channel-violation role=%s fault=%s", s->role->name, fault);
	log_end(s, channel_end_name(CHANNEL_END_VIOLATION));
}

static void on_ended(struct channel *c, enum channel_end end, int detail)
{
	struct session *s = session_of(c);

	s->service->figures.losses[s->role->peer][end]++;
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
	s->service->figures.losses[s->role->peer][CHANNEL_END_VIOLATION]++;
	log_violation(s, fault);
	session_end(s);
}

void session_forget(struct session *s, struct call *c)
{
	table_remove(&s->calls, c->number);
	shares_give_back(&s->under_way, call_tenant(c));
	s->moved_ns = clock_boottime_ns();
	if (c->counts_as_body)
		shares_give_back(&s->bodies, call_tenant(c));
	c->counts_as_body = false;
}

bool session_take_body(struct session *s, struct call *c)
{
	c->counts_as_body = shares_take(&s->bodies, call_tenant(c));
	return c->counts_as_body;
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

#define ANSWER_COST 1 /* of each: a tenant has one in a turn */

/* The answer that is going out, or else the next. */
static struct call *next_told(struct session *s)
{
	struct turn *turn;

	if (s->told)
		return s->told;
	turn = turns_take(&s->telling, ANSWER_COST, 1);
	if (turn)
		s->told = task_owner(turn, struct call, telling);
	return s->told;
}

/*
 * A frontend that reads slowly has its answers wait here, where nothing but time runs out: in the
 * channel's own queue they would fill it, and end the channel for everybody whose requests are on
 * it.
 */
static bool pump(struct session *s)
{
	struct call *c;
	bool any = false;

	while (s->channel.out.len < SESSION_QUEUE_HIGH && (c = next_told(s))) {
		any = true;
		if (!call_tell(c))
			continue;
		s->told = NULL;
		call_told(c);
	}
	return any;
}

void session_tell(struct session *s, struct call *c)
{
	/* There is room for all that may be under way. */
	if (!turns_add(&s->telling, &c->telling, ipc_id_number(call_tenant(c)), ANSWER_COST))
		abort();
	pump(s);
}

bool sessions_pump(struct sessions *all)
{
	bool any = false;

	for (struct session *s = all->first; s; s = s->next)
		any |= pump(s);
	return any;
}

static void remove_telling(struct session *s, struct call *c)
{
	if (s->told == c)
		s->told = NULL;
	else
		turns_remove(&s->telling, &c->telling);
}

/* --- entering -------------------------------------------------------------------------------- */

int session_enter(struct session *s, const struct ipc_id *id)
{
	s->id = *id;
	s->channel.phase = IPC_PHASE_READY;
	log_info("channel-opened channel=%02x%02x%02x%02x role=%s", id->bytes[0], id->bytes[1],
		 id->bytes[2], id->bytes[3], s->role->name);
	return channel_send(
		&s->channel,
		&(struct ipc_message){
			.number = IPC_ENTERED,
			.entered = { .inline_limit = s->service->config.inline_limit } },
		-1);
}

int session_say_stale(struct session *s)
{
	uint64_t epoch = unseal_epoch(s->service->unseal);

	return channel_send(
		&s->channel,
		&(struct ipc_message){ .number = IPC_STALE, .stale = { .epoch = epoch } }, -1);
}

/* --- calls ----------------------------------------------------------------------------------- */

bool session_takes_inside(const struct session *s, uint8_t has_body, struct span body)
{
	return has_body <= 1 && (has_body || !body.len) &&
	       body.len <= s->service->config.inline_limit;
}

void session_refuse(struct session *s, struct call *c, enum s3_error error)
{
	c->session = s;
	reply_refusal(c, error);
	call_free(c);
}

int session_admit(struct session *s, struct call *c)
{
	int r = table_add(&s->calls, c->number, c);

	c->session = s;
	c->most = s->role->body_most;
	switch (r) {
	case TABLE_OK:
		if (shares_take(&s->under_way, call_tenant(c))) {
			call_begin(c);
			return 0;
		}
		table_remove(&s->calls, c->number);
		session_refuse(s, c, S3_ERROR_SLOW_DOWN);
		return 0;
	case TABLE_EXISTS:
		call_free(c);
		return session_violation(s, "call-number-in-use");
	case TABLE_FULL:
		session_refuse(s, c, S3_ERROR_SLOW_DOWN);
		return 0;
	default:
		session_refuse(s, c, S3_ERROR_SERVICE_UNAVAILABLE);
		return r;
	}
}

/*
 * What is said about a call that is not there may have crossed with its last answer. So it is of no
 * consequence, as it is for a call that never was.
 */
static int take_commit(struct session *s, const struct ipc_commit *m)
{
	struct call *c = table_find(&s->calls, m->call);

	return c ? reception_commit(c, m->length, m->seal, m->trailer) : 0;
}

static int take_next(struct session *s, const struct ipc_next *m)
{
	struct call *c = table_find(&s->calls, m->call);

	return c ? call_more(c) : 0;
}

static int take_cancel(struct session *s, const struct ipc_cancel *m)
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
	struct session *s = session_of(c);

	s->moved_ns = clock_boottime_ns();
	switch ((int)m->number) {
#define MESSAGE(SYMBOL, symbol, ...)                                                               \
	case IPC_##SYMBOL:                                                                         \
		return take_##symbol(s, &m->symbol);
		IPC_CALLS_UNDER_WAY(MESSAGE)
#undef MESSAGE
	default:
		return s->role->message(s, m, fds);
	}
}

static const struct channel_handler session_handler = { on_message, on_ended };

/* --- all of them ----------------------------------------------------------------------------- */

int session_open(struct sessions *all, const struct session_role *role, int fd, uid_t uid)
{
	struct session *s = calloc(1, sizeof(*s));
	int r;

	if (!s) {
		fd_close(fd);
		return -ENOMEM;
	}
	s->service = all->service;
	s->role = role;
	s->uid = uid;
	s->moved_ns = clock_boottime_ns();
	s->calls = TABLE_INIT(role->calls_max);
	s->under_way = SHARES_INIT(role->calls_max, role->many_tenants);
	s->bodies = SHARES_INIT(role->bodies_max, role->many_tenants);
	s->telling = TURNS_INIT(2 * role->calls_max);
	r = channel_open(&s->channel, &s->service->group, &s->service->loop, fd, role->incoming,
			 &session_handler, s);
	if (r < 0) {
		free(s);
		return r;
	}
	s->next = all->first;
	if (all->first)
		all->first->prev = s;
	all->first = s;
	return 0;
}

size_t sessions_count(const struct sessions *all, const struct session_role *role)
{
	size_t n = 0;

	for (const struct session *s = all->first; s; s = s->next)
		n += s->role == role;
	return n;
}

/* One call that is overdue; expiring it changes the table, so the next is looked for afresh. */
static struct call *find_overdue(struct session *s, size_t *at, uint64_t now_ns)
{
	struct call *c;

	while ((c = table_next(&s->calls, at)))
		if (reception_is_overdue(c, now_ns))
			return c;
	return NULL;
}

static void expire_calls(struct session *s, uint64_t now_ns)
{
	struct call *c;

	for (size_t at = 0; (c = find_overdue(s, &at, now_ns)); at = 0)
		reception_expire(c);
}

/* Whether it has a place that others may want, and has done nothing with it for too long. */
static bool is_idle(const struct session *s, uint64_t now_ns)
{
	uint64_t most_ns = s->role->greeting_ns;

	if (s->channel.phase == IPC_PHASE_READY)
		most_ns = s->errand ? errand_idle_ns(s->errand) : s->role->idle_ns;

	return most_ns && !s->calls.count && now_ns >= s->moved_ns + most_ns;
}

static int on_sweep(struct loop_timer *t)
{
	struct sessions *all = task_owner(t, struct sessions, sweep);
	uint64_t now_ns = clock_boottime_ns();
	struct session *next;

	for (struct session *s = all->first; s; s = next) {
		next = s->next;
		expire_calls(s, now_ns);
		if (!is_idle(s, now_ns))
			continue;
		log_end(s, "idle");
		session_end(s);
	}
	loop_arm(&all->service->loop, &all->sweep, now_ns + SESSION_SWEEP_NS);
	return 0;
}

void sessions_open(struct sessions *all, struct service *service)
{
	*all = (struct sessions){ .service = service, .sweep = { .expired = on_sweep } };
	loop_arm(&service->loop, &all->sweep, clock_boottime_ns() + SESSION_SWEEP_NS);
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
	loop_disarm(&all->sweep);
	while (all->first)
		session_end(all->first);
}
