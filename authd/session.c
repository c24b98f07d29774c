/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/session.h"

#include <inttypes.h>
#include <sodium.h>

#include "authd/authd.h"
#include "authd/refusal.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "ipc/grant.h"

struct session {
	struct channel channel;
	struct authd *authd;
	struct loop_timer greeting;
	struct ipc_id id; /* of the channel, in this epoch; tickets and grants name it */
	struct table streams; /* by call */
	struct table administrations; /* by call */
	pid_t pid;
	const char *fault; /* what a handler found, for the log */
	struct session *next, *before;
};

static bool is_ready(const struct session *s)
{
	return s->channel.phase == IPC_PHASE_READY;
}

/* --- life --------------------------------------------------------------------------------- */

static void session_free(struct session *s)
{
	struct sessions *all = &s->authd->sessions;
	struct administration *ad;
	struct stream *stream;
	size_t at = 0;

	while ((stream = table_next(&s->streams, &at)))
		chains_remove(stream);
	table_clear(&s->streams);
	for (at = 0; (ad = table_next(&s->administrations, &at));)
		administration_forget(ad);
	table_clear(&s->administrations);
	*(s->before ? &s->before->next : &all->first) = s->next;
	if (s->next)
		s->next->before = s->before;
	all->n--;
	if (is_ready(s))
		all->n_ready--;
	loop_disarm(&s->greeting);
	channel_close(&s->channel);
	free(s);
}

static int violation(struct session *s, const char *what)
{
	s->fault = what;
	return CHANNEL_VIOLATION;
}

static void ended(struct channel *c, enum channel_end end, int detail)
{
	struct session *s = c->owner;

	s->authd->figures.losses[FIGURES_FRONTEND][end]++;
	switch (end) {
	case CHANNEL_END_HANGUP:
		log_info("worker-left pid=%d", (int)s->pid);
		break;
	case CHANNEL_END_VIOLATION:
		log_error("violation channel=worker pid=%d fault=%s", (int)s->pid,
			  s->fault ? s->fault : ipc_fault_name((enum ipc_fault)detail));
		break;
	case CHANNEL_END_STUCK:
		log_error("worker-stuck pid=%d", (int)s->pid);
		break;
	case CHANNEL_END_FAILURE:
		log_error("channel-failed channel=worker pid=%d error=%s", (int)s->pid,
			  strerrorname_np(detail));
		break;
	}
	session_free(s);
}

static int greeting_is_late(struct loop_timer *t)
{
	struct session *s = (struct session *)((char *)t - offsetof(struct session, greeting));

	log_warning("worker-silent pid=%d", (int)s->pid);
	session_free(s);
	return 0;
}

void sessions_close(struct authd *a)
{
	while (a->sessions.first)
		session_free(a->sessions.first);
}

uint64_t sessions_queued(const struct authd *a)
{
	uint64_t n = 0;

	for (const struct session *s = a->sessions.first; s; s = s->next)
		n += s->channel.out.len;
	return n;
}

/* --- speaking ----------------------------------------------------------------------------- */

static int send_denied(struct session *s, uint64_t call, enum s3_error error, const char *detail,
		       uint32_t retry_after_s)
{
	struct ipc_message m = {
		.number = IPC_DENIED,
		.denied = { .call = call,
			    .error = (uint16_t)error,
			    .retry_after = retry_after_s,
			    .detail = span_from_string(detail) },
	};

	return channel_send(&s->channel, &m, -1);
}

/* What is in the one of authd's buffers goes sealed into the other. -EMSGSIZE: there is too much of it. */
static int seal_contents(struct authd *a, enum sealed_kind kind)
{
	if (buffer_error(&a->contents))
		return buffer_error(&a->contents);
	buffer_reset(&a->sealed);
	seal_put(a->seal, kind, buffer_span(&a->contents), &a->sealed);
	return buffer_error(&a->sealed);
}

/* Each epoch gives the channel another id: what was sealed for the old one is for nobody. */
static int send_ticket(struct session *s)
{
	struct authd *a = s->authd;
	struct ticket ticket;
	struct ipc_message m = { .number = IPC_TICKET };
	int r;

	randombytes_buf(s->id.bytes, sizeof(s->id.bytes));
	ticket.channel = s->id;
	buffer_reset(&a->contents);
	ticket_encode(&ticket, &a->contents);
	r = seal_contents(a, SEALED_TICKET);
	if (r < 0)
		return r;
	m.ticket.epoch = seal_epoch(a->seal);
	m.ticket.ticket = buffer_span(&a->sealed);
	return channel_send(&s->channel, &m, -1);
}

/* Outside of the channel's own handler: nobody else would see that a message could not be sent. */
static void fail_unless_sent(struct session *s, int r)
{
	if (r >= 0)
		return;
	log_error("channel-failed channel=worker pid=%d error=%s", (int)s->pid,
		  strerrorname_np(-r));
	session_free(s);
}

void sessions_ticket(struct authd *a)
{
	struct session *next;

	for (struct session *s = a->sessions.first; s; s = next) {
		next = s->next;
		if (is_ready(s))
			fail_unless_sent(s, send_ticket(s));
	}
}

/* --- streams ------------------------------------------------------------------------------ */

void session_forget(struct stream *stream)
{
	struct session *s = stream->owner;

	table_remove(&s->streams, stream->call);
	chains_remove(stream);
}

static int send_chained(struct session *s, const struct stream *stream)
{
	struct authd *a = s->authd;
	struct chain_seal seal = {
		.grant = stream->grant,
		.channel = stream->channel,
		.length = stream->chain.length,
		.trailer = span_from_string(stream->chain.checksum),
	};
	struct ipc_message m = { .number = IPC_CHAINED, .chained.call = stream->call };
	int r;

	buffer_reset(&a->contents);
	chain_seal_encode(&seal, &a->contents);
	r = seal_contents(a, SEALED_CHAIN);
	if (r < 0)
		return r;
	m.chained.seal = buffer_span(&a->sealed);
	return channel_send(&s->channel, &m, -1);
}

static int deny_stream(struct session *s, const struct stream *stream, enum s3_error error)
{
	struct denial denial = {
		.request_id = stream->request_id,
		.error = error,
		.peer = { stream->peer, stream->peer_len },
		.credential = { stream->credential, stream->credential_len },
	};

	refusal_log(s->authd, &denial);
	return send_denied(s, stream->call, error, "", 0);
}

static int tell_stream(struct stream *stream, int outcome)
{
	struct session *s = stream->owner;

	if (outcome == CHAIN_DONE)
		return send_chained(s, stream);
	if (outcome >= 0)
		return deny_stream(s, stream, stream->chain.error);
	log_error("chain-failed call=%" PRIu64 " error=%s", stream->call,
		  strerrorname_np(-outcome));
	return deny_stream(s, stream, S3_ERROR_INTERNAL_ERROR);
}

void session_decide(struct stream *stream, int outcome)
{
	struct session *s = stream->owner;
	int r;

	if (outcome == CHAIN_OK)
		return;
	r = tell_stream(stream, outcome);
	session_forget(stream);
	fail_unless_sent(s, r);
}

void session_stream_expired(struct stream *stream)
{
	stream->chain.error = S3_ERROR_REQUEST_TIMEOUT;
	session_decide(stream, CHAIN_REFUSED);
}

void sessions_drop_streams(struct authd *a)
{
	while (a->chains.oldest) {
		a->chains.oldest->chain.error = S3_ERROR_SERVICE_UNAVAILABLE;
		session_decide(a->chains.oldest, CHAIN_REFUSED);
	}
}

/* CHAINS_FULL where there are too many, of this worker or of all. */
static int begin_stream(struct session *s, const struct grant *g, const struct ipc_ask *m,
			const struct origin *from, const struct ruling *ruling)
{
	struct stream_config config = {
		.grant = &g->id,
		.channel = &g->channel,
		.request = &g->request,
		.signing_key = ruling->signing_key,
		.scope = &ruling->claim->scope,
		.seed = ruling->claim->signature,
		.call = m->call,
		.owner = s,
		.request_id = m->request_id,
		.credential = g->principal.credential,
		.peer = from->text,
	};
	struct stream *stream;
	int r;

	r = chains_add(&s->authd->chains, &config, &stream);
	if (r)
		return r;
	r = table_add(&s->streams, m->call, stream);
	if (r == TABLE_OK)
		return CHAINS_OK;
	chains_remove(stream);
	return r == TABLE_FULL ? CHAINS_FULL : r < 0 ? r : fold(r);
}

/* --- asking ------------------------------------------------------------------------------- */

/* What was wrong goes into the log; whoever guesses too often is not told. */
static int deny(struct session *s, const struct ipc_ask *m, const struct origin *from,
		const struct ruling *ruling)
{
	uint32_t wait_s = refusal_note(s->authd, m->request_id, from, ruling);

	if (wait_s)
		return send_denied(s, m->call, S3_ERROR_SLOW_DOWN, "", wait_s);
	return send_denied(s, m->call, ruling->error, ruling->detail, ruling->retry_after_s);
}

static struct principal principal_of(const struct ruling *ruling, const char *credential)
{
	struct principal p;

	if (ruling->is_anonymous)
		return PRINCIPAL_ANONYMOUS;
	if (ruling->key && ruling->key->user)
		return user_principal(ruling->key->user, credential);
	p = tenant_principal(ruling_tenant(ruling), credential);
	if (ruling->token)
		p.prefix = span_from_string(ruling->token->prefix);
	return p;
}

static struct grant_limits limits_of(const struct authd *a, const struct ruling *ruling)
{
	const struct tenant *t = ruling_tenant(ruling);
	const struct ceilings *of_all = &a->live.limits.of_all;

	if (!t)
		return (struct grant_limits){ 0 };
	return (struct grant_limits){
		.bandwidth = (uint64_t)ceiling_in_force(&t->ceilings, of_all, CEILING_BANDWIDTH),
		.parallel = (uint32_t)ceiling_in_force(&t->ceilings, of_all, CEILING_PARALLEL),
	};
}

static struct ipc_id take_id(struct authd *a)
{
	if (!a->n_ids) {
		randombytes_buf(a->ids, sizeof(a->ids));
		a->n_ids = ARRAY_SIZE(a->ids);
	}
	return a->ids[--a->n_ids];
}

/* The credential's text must live as long as the grant. */
static struct grant grant_of(struct session *s, const struct ipc_ask *m,
			     const struct ruling *ruling, const char *credential)
{
	return (struct grant){
		.id = take_id(s->authd),
		.channel = s->id,
		.epoch = seal_epoch(s->authd->seal),
		.expires_ns = clock_boottime_ns() + GRANT_LIFE_NS,
		.request_id = m->request_id,
		.principal = principal_of(ruling, credential),
		.identity = ruling->identity,
		.limits = limits_of(s->authd, ruling),
		.peer = m->peer,
		.request = ruling->parsed.request,
	};
}

/* Of one request; the worker and its other clients have nothing to do with it. */
static enum s3_error own_failure(const struct ipc_ask *m, int error)
{
	log_error("cannot-judge request=%016" PRIx64 " error=%s", m->request_id,
		  strerrorname_np(-error));
	return S3_ERROR_INTERNAL_ERROR;
}

static int allow(struct session *s, const struct ipc_ask *m, const struct origin *from,
		 int64_t now_s, struct ruling *ruling)
{
	struct authd *a = s->authd;
	char credential[RULING_CREDENTIAL_SIZE];
	struct grant g = grant_of(s, m, ruling, ruling_credential(ruling, credential));
	struct ipc_message answer = { .number = IPC_GRANTED, .granted.call = m->call };
	int r;

	/* Grants are large, denials small: a worker that is slow to read them hears those yet. */
	if (channel_is_crowded(&s->channel)) {
		ruling->error = S3_ERROR_SLOW_DOWN;
		return deny(s, m, from, ruling);
	}
	buffer_reset(&a->contents);
	grant_encode(&g, &a->contents);
	r = seal_contents(a, SEALED_GRANT);
	if (r < 0) {
		ruling->error = r == -EMSGSIZE ? S3_ERROR_REQUEST_HEADER_SECTION_TOO_LARGE
					       : own_failure(m, r);
		return deny(s, m, from, ruling);
	}
	if (s3_payload_is_chained(g.request.payload)) {
		r = begin_stream(s, &g, m, from, ruling);
		if (r < 0)
			return r;
		if (r == CHAINS_FULL) {
			ruling->error = S3_ERROR_SLOW_DOWN;
			return deny(s, m, from, ruling);
		}
	}
	if (!ruling->is_anonymous)
		uses_note(&a->uses, ruling->token ? &ruling->token->use : &ruling->key->use, now_s);
	a->figures.grants[g.request.dialect]++;
	answer.granted.grant = buffer_span(&a->sealed);
	return channel_send(&s->channel, &answer, -1);
}

static bool is_in_use(const struct session *s, uint64_t call)
{
	return table_find(&s->streams, call) || table_find(&s->administrations, call);
}

static int take_ask(struct session *s, const struct ipc_ask *m)
{
	_cleanup_(ruling_clear) struct ruling ruling = { 0 };
	struct s3_head head = { m->method, m->target, m->fields };
	struct authd *a = s->authd;
	struct origin from;
	int64_t now_s;
	int r;

	if (is_in_use(s, m->call))
		return violation(s, "call-in-use");
	if (m->dialect >= S3_DIALECT_COUNT)
		return violation(s, "dialect");
	from = origin_of(m->peer, m->fields, a->live.proxies, a->live.n_proxies);
	if (!storelinks_are_ready(a)) {
		ruling.error = S3_ERROR_SERVICE_UNAVAILABLE;
		return deny(s, m, &from, &ruling);
	}
	now_s = (int64_t)(clock_realtime_ns() / NS_PER_S);
	/* For conditions of policies: what is no address is none. */
	r = judge_hear(a->judge, (enum s3_dialect)m->dialect, &head,
		       from.has_ip ? from.text : SPAN(""), now_s, &ruling);
	if (r < 0)
		ruling.error = own_failure(m, r);
	return ruling.error ? deny(s, m, &from, &ruling) : allow(s, m, &from, now_s, &ruling);
}

/* --- the administration of a tenant ------------------------------------------------------- */

static int send_administered(struct session *s, uint64_t call,
			     const struct administration_answer *answer)
{
	struct ipc_message m = { .number = IPC_ADMINISTERED,
				 .administered = { call, answer->status, answer->retry_after_s,
						   answer->body } };

	return channel_send(&s->channel, &m, -1);
}

static void administered(void *owner, uint64_t call, const struct administration_answer *answer)
{
	struct session *s = owner;

	table_remove(&s->administrations, call);
	fail_unless_sent(s, send_administered(s, call, answer));
}

static int take_administer(struct session *s, const struct ipc_administer *m)
{
	struct administration_waiter w = { administered, s };
	struct administration_answer answer = { 0 };
	struct administration *later = NULL;
	struct authd *a = s->authd;
	int r = 0;

	if (is_in_use(s, m->call))
		return violation(s, "call-in-use");
	if (channel_is_crowded(&s->channel))
		administration_crowd(a, &answer);
	else
		r = administration_begin(a, m, &w, &later, &answer);
	if (r == 0 && later) {
		r = table_add(&s->administrations, m->call, later);
		if (r)
			administration_forget(later);
		return r > 0 ? fold(r) : r;
	}
	if (r == 0)
		r = send_administered(s, m->call, &answer);
	administration_wipe(a);
	return r;
}

/* --- hearing ------------------------------------------------------------------------------ */

static int take_hello(struct session *s, const struct ipc_hello *m)
{
	struct ipc_message welcome = { .number = IPC_WELCOME, .welcome.version = IPC_VERSION };
	int r;

	if (m->version != IPC_VERSION)
		return violation(s, "version");
	loop_disarm(&s->greeting);
	s->channel.phase = IPC_PHASE_READY;
	s->authd->sessions.n_ready++;
	log_info("worker-joined pid=%d", (int)s->pid);
	r = channel_send(&s->channel, &welcome, -1);
	if (r < 0 || !storelinks_are_ready(s->authd))
		return r;
	return send_ticket(s);
}

static int take_chain(struct session *s, const struct ipc_chain *m)
{
	struct stream *stream = table_find(&s->streams, m->call);
	int outcome, r;

	/* It may have crossed with the denial that ended it. */
	if (!stream)
		return 0;
	outcome = stream_claim(stream, m->chunks, m->last, m->trailer, m->trailer_signature);
	if (outcome == CHAIN_VIOLATION)
		return violation(s, "chain");
	if (outcome == CHAIN_OK)
		return 0;
	/* Not session_decide(): a failure to send ends the channel, and that is the caller's. */
	r = tell_stream(stream, outcome);
	session_forget(stream);
	return r;
}

static int take_forget(struct session *s, const struct ipc_forget *m)
{
	struct stream *stream = table_find(&s->streams, m->call);
	struct administration *ad = table_remove(&s->administrations, m->call);

	if (stream)
		session_forget(stream);
	if (ad)
		administration_forget(ad);
	return 0;
}

/* Through the loop as everything is: who is asked and does not come to it is not there. */
static int take_ping(struct session *s, const struct ipc_ping *m)
{
	struct ipc_message pong = { .number = IPC_PONG, .pong.number = m->number };

	return channel_send(&s->channel, &pong, -1);
}

/* Nobody but who scrapes waits for it: what is under way goes first. */
static int take_measure(struct session *s, const struct ipc_measure *m)
{
	struct buffer samples = BUFFER_INIT(IPC_SAMPLES_MAX);
	struct ipc_message told = { .number = IPC_MEASURED };
	int r;

	if (channel_is_crowded(&s->channel))
		return 0;
	figures_tell(s->authd, &samples);
	told.measured = (struct ipc_measured){ m->number, buffer_span(&samples) };
	r = buffer_error(&samples);
	if (r == 0)
		r = channel_send(&s->channel, &told, -1);
	buffer_clear(&samples);
	return r;
}

static int message(struct channel *c, const struct ipc_message *m, int *fds)
{
	struct session *s = c->owner;

	switch ((unsigned int)m->number) {
#define MESSAGE(SYMBOL, symbol, ...)                                                               \
	case IPC_##SYMBOL:                                                                         \
		return take_##symbol(s, &m->symbol);
		IPC_FRONTEND_TO_AUTHD(MESSAGE)
#undef MESSAGE
	default:
		/* The channel lets no other direction pass. */
		return violation(s, "direction");
	}
}

static const struct channel_handler handler = { message, ended };

pid_t sessions_pid(const struct authd *a)
{
	return a->sessions.first ? a->sessions.first->pid : 0;
}

int session_open(struct authd *a, int fd, pid_t pid)
{
	struct session *s;
	int r;

	if (a->sessions.n == SESSIONS_MAX) {
		fd_close(fd);
		return LISTENER_FULL;
	}
	s = calloc(1, sizeof(*s));
	if (!s) {
		fd_close(fd);
		return -ENOMEM;
	}
	r = channel_open(&s->channel, &a->group, &a->loop, fd, IPC_FRONTEND_TO_AUTHD_DIRECTION,
			 &handler, s);
	if (r < 0) {
		free(s);
		return r;
	}
	s->authd = a;
	s->pid = pid;
	s->streams = TABLE_INIT(SESSION_STREAMS_MAX);
	s->administrations = TABLE_INIT(ADMINISTRATIONS_MAX);
	s->greeting.expired = greeting_is_late;
	loop_arm(&a->loop, &s->greeting, clock_boottime_ns() + SESSION_GREETING_NS);
	s->next = a->sessions.first;
	if (s->next)
		s->next->before = s;
	a->sessions.first = s;
	a->sessions.n++;
	return 0;
}
