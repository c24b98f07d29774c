/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/worker.h"

#include "base/clock.h"
#include "base/fd.h"
#include "ipc/peer.h"
#include "stored/call.h"
#include "stored/command.h"
#include "stored/reception.h"
#include "stored/service.h"

static bool admits(const struct service_config *c, const struct peer *p)
{
	return p->uid == c->frontend_uid;
}

static bool channel_is_live(const struct sessions *all, const struct ipc_id *id)
{
	for (const struct session *s = all->first; s; s = s->next)
		if (s->role == &worker_role && s->channel.phase == IPC_PHASE_READY &&
		    ipc_id_equal(&s->id, id))
			return true;
	return false;
}

static int take_enter(struct session *s, const struct ipc_enter *m, int *fds)
{
	struct ticket ticket;
	int r = unseal_ticket(s->service->unseal, m->ticket, &ticket);

	if (r == UNSEAL_STALE)
		return session_say_stale(s);
	if (r != UNSEAL_OK)
		return session_violation(s, "ticket-forged");
	if (channel_is_live(&s->service->sessions, &ticket.channel))
		return session_violation(s, "ticket-in-use");
	return session_enter(s, &ticket.channel);
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
		session_refuse(s, c, S3_ERROR_SERVICE_UNAVAILABLE);
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
		return session_admit(s, c);
	call_free(c);
	return session_violation(s, "body-of-another-kind");
}

static int take_call(struct session *s, const struct ipc_call *m, int *fds)
{
	struct call *c;
	int r;

	if (!session_takes_inside(s, m->has_body, m->body))
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

/* Of a call that is not there: it may have crossed with its last answer. */
static int take_lengths(struct session *s, const struct ipc_lengths *m, int *fds)
{
	struct call *c = table_find(&s->calls, m->call);

	return c ? reception_lengths(c, m->lengths) : 0;
}

/* Through the loop as everything is: who is asked and does not come to it is not there. */
static int take_store_ping(struct session *s, const struct ipc_store_ping *m, int *fds)
{
	struct ipc_message pong = { .number = IPC_STORE_PONG, .store_pong.number = m->number };

	return channel_send(&s->channel, &pong, -1);
}

/* Nobody but who scrapes waits for it: what is under way goes first. */
static int take_store_measure(struct session *s, const struct ipc_store_measure *m, int *fds)
{
	struct buffer samples = BUFFER_INIT(IPC_SAMPLES_MAX);
	struct ipc_message told = { .number = IPC_STORE_MEASURED };
	int r;

	if (channel_is_crowded(&s->channel))
		return 0;
	figures_tell(s->service, &samples);
	told.store_measured = (struct ipc_store_measured){ m->number, buffer_span(&samples) };
	r = buffer_error(&samples);
	if (r == 0)
		r = channel_send(&s->channel, &told, -1);
	buffer_clear(&samples);
	return r;
}

static int on_message(struct session *s, const struct ipc_message *m, int *fds)
{
	switch ((int)m->number) {
#define MESSAGE(SYMBOL, symbol, ...)                                                               \
	case IPC_##SYMBOL:                                                                         \
		return take_##symbol(s, &m->symbol, fds);
		IPC_WORKER_CALLS(MESSAGE)
#undef MESSAGE
	default:
		return session_violation(s, "unknown-message");
	}
}

const struct session_role worker_role = {
	.name = "worker",
	.peer = FIGURES_FRONTEND,
	.admits = admits,
	.most = WORKERS_MAX,
	.incoming = IPC_FRONTEND_TO_STORED_DIRECTION,
	.calls_max = WORKER_CALLS_MAX,
	.bodies_max = WORKER_BODIES_MAX,
	.many_tenants = true,
	.body_most = S3_PUT_MAX,
	.message = on_message,
};
