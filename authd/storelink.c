/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/storelink.h"

#include <assert.h>
#include <inttypes.h>
#include <sodium.h>

#include "authd/authd.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"

enum storelink_state {
	STORELINK_SILENT,	/* connected, and has not said STORE_HELLO */
	STORELINK_KEYED,	/* was sent the key of a new epoch */
	STORELINK_READY,	/* has acknowledged it */
	STORELINK_STATES,
};

#define TO(state) (1u << (state))

static const uint8_t storelink_moves[STORELINK_STATES] = {
	[STORELINK_SILENT] = TO(STORELINK_KEYED),
	[STORELINK_KEYED] = TO(STORELINK_READY),
};

struct storelink {
	struct channel channel;
	struct authd *authd;
	enum storelink_state state;
	struct loop_timer greeting;	/* until it is ready */
	pid_t pid;
	const char *fault;
	struct storelink *next, *before;
};

static void storelink_move(struct storelink *l, enum storelink_state to)
{
	assert(storelink_moves[l->state] & TO(to));
	l->state = to;
}

bool storelinks_are_ready(const struct authd *a)
{
	return a->storelinks.current && a->storelinks.current->state == STORELINK_READY;
}

pid_t storelinks_pid(const struct authd *a)
{
	return a->storelinks.current ? a->storelinks.current->pid : 0;
}

uint64_t storelinks_queued(const struct authd *a)
{
	return a->storelinks.current ? a->storelinks.current->channel.out.len : 0;
}

/* --- life --------------------------------------------------------------------------------- */

static void storelink_free(struct storelink *l)
{
	struct authd *a = l->authd;

	*(l->before ? &l->before->next : &a->storelinks.first) = l->next;
	if (l->next)
		l->next->before = l->before;
	a->storelinks.n--;
	loop_disarm(&l->greeting);
	channel_close(&l->channel);
	if (a->storelinks.current == l) {
		a->storelinks.current = NULL;
		sessions_drop_streams(a);
		errands_fail(a);
	}
	free(l);
}

static int violation(struct storelink *l, const char *what)
{
	l->fault = what;
	return CHANNEL_VIOLATION;
}

static void ended(struct channel *c, enum channel_end end, int detail)
{
	struct storelink *l = c->owner;

	l->authd->figures.losses[FIGURES_STORED][end]++;
	switch (end) {
	case CHANNEL_END_HANGUP:
		log_warning("stored-left pid=%d", (int)l->pid);
		break;
	case CHANNEL_END_VIOLATION:
		log_error("violation channel=stored pid=%d fault=%s", (int)l->pid,
			  l->fault ? l->fault : ipc_fault_name((enum ipc_fault)detail));
		break;
	case CHANNEL_END_STUCK:
		log_error("stored-stuck pid=%d", (int)l->pid);
		break;
	case CHANNEL_END_FAILURE:
		log_error("channel-failed channel=stored pid=%d error=%s", (int)l->pid,
			  strerrorname_np(detail));
		break;
	}
	storelink_free(l);
}

static int greeting_is_late(struct loop_timer *t)
{
	struct storelink *l =
		(struct storelink *)((char *)t - offsetof(struct storelink, greeting));

	log_warning("stored-silent pid=%d", (int)l->pid);
	storelink_free(l);
	return 0;
}

void storelinks_close(struct authd *a)
{
	while (a->storelinks.first)
		storelink_free(a->storelinks.first);
}

/* --- hearing ------------------------------------------------------------------------------ */

_Static_assert(KEYRING_TENANTS_MAX <= IPC_TENANTS_MAX, "all of them can be closed");

#define SUSPENDED_IN_MESSAGE (IPC_BATCH_MAX / sizeof(struct ipc_id))

/* From the tenant *at on, as many as go into a message. */
static int send_some_suspended(struct storelink *l, const struct tenant **at)
{
	struct ipc_id ids[SUSPENDED_IN_MESSAGE];
	struct ipc_message m = { .number = IPC_SUSPENDED };
	size_t n = 0;

	for (; *at && n < ARRAY_SIZE(ids); *at = (*at)->next)
		if (tenant_is_closed(*at))
			ids[n++] = (*at)->id;
	m.suspended.tenants = (struct span){ ids, n * sizeof(ids[0]) };
	return n ? channel_send(&l->channel, &m, -1) : 0;
}

/* Before the key, so that nothing is granted before stored knows of them. */
static int send_suspended(struct storelink *l)
{
	const struct tenant *at = keyring_tenants(l->authd->keyring);
	int r = 0;

	while (at && r >= 0)
		r = send_some_suspended(l, &at);
	return r;
}

static int send_key(struct storelink *l)
{
	struct ipc_message key = { .number = IPC_KEY };
	struct authd *a = l->authd;
	int r;

	key.key.epoch = seal_epoch(a->seal);
	seal_copy_key(a->seal, &key.key.key);
	r = channel_send(&l->channel, &key, -1);
	sodium_memzero(&key, sizeof(key));
	return r;
}

/* The one who came last is stored: what was before it has died, or has lost its line. */
static int take_store_hello(struct storelink *l, const struct ipc_store_hello *m)
{
	struct authd *a = l->authd;
	int r;

	if (m->version != IPC_VERSION)
		return violation(l, "version");
	if (a->storelinks.current) {
		log_warning("stored-replaced pid=%d by=%d", (int)a->storelinks.current->pid,
			    (int)l->pid);
		storelink_free(a->storelinks.current);
	}
	r = seal_renew(a->seal);
	if (r < 0)
		return r;
	a->figures.epochs++;
	a->storelinks.current = l;
	l->channel.phase = IPC_PHASE_READY;
	r = send_suspended(l);
	if (r < 0)
		return r;
	storelink_move(l, STORELINK_KEYED);
	return send_key(l);
}

static int take_key_taken(struct storelink *l, const struct ipc_key_taken *m)
{
	struct authd *a = l->authd;

	if (l->state != STORELINK_KEYED || m->epoch != seal_epoch(a->seal))
		return violation(l, "epoch");
	/* The packet with the key is gone; its bytes are not to stay in the queue's memory. */
	if (!l->channel.out.len)
		sodium_memzero(l->channel.out.data, l->channel.out.size);
	loop_disarm(&l->greeting);
	storelink_move(l, STORELINK_READY);
	log_info("stored-joined pid=%d epoch=%016" PRIx64, (int)l->pid, m->epoch);
	sessions_ticket(a);
	deletions_go_on(&a->deletions);
	return 0;
}

static int take_hashes(struct storelink *l, const struct ipc_hashes *m)
{
	struct stream *stream = chains_find(&l->authd->chains, &m->grant);
	int outcome;

	/* Forgotten, or refused already: stored hears of that from the worker. */
	if (!stream)
		return 0;
	outcome = stream_hash(stream, m->hashes);
	if (outcome == CHAIN_VIOLATION)
		return violation(l, "hashes");
	session_decide(stream, outcome);
	return 0;
}

/* stored told the worker why itself; nothing remains to be proven. */
static int take_unchain(struct storelink *l, const struct ipc_unchain *m)
{
	struct stream *stream = chains_find(&l->authd->chains, &m->grant);

	if (stream)
		session_forget(stream);
	return 0;
}

static int take_provided(struct storelink *l, const struct ipc_provided *m)
{
	if (m->error >= S3_ERROR_COUNT)
		return violation(l, "error");
	errands_settle(l->authd, ERRAND_PROVIDE, m->order, (enum s3_error)m->error);
	return 0;
}

static int take_erased(struct storelink *l, const struct ipc_erased *m)
{
	if (m->error >= S3_ERROR_COUNT)
		return violation(l, "error");
	errands_settle(l->authd, ERRAND_ASK, m->order, (enum s3_error)m->error);
	errands_settle(l->authd, ERRAND_ERASE, m->order, (enum s3_error)m->error);
	return 0;
}

static int take_suspend_taken(struct storelink *l, const struct ipc_suspend_taken *m)
{
	errands_settle(l->authd, ERRAND_SUSPEND, m->order, S3_ERROR_NONE);
	return 0;
}

static int take_refused(struct storelink *l, const struct ipc_refused *m)
{
	if (m->error == S3_ERROR_NONE || m->error >= S3_ERROR_COUNT)
		return violation(l, "error");
	if (m->operation >= S3_OPERATION_COUNT)
		return violation(l, "operation");
	denials_note(&l->authd->denials,
		     &(struct denial){ .request_id = m->request_id,
				       .error = (enum s3_error)m->error,
				       .peer = m->peer,
				       .credential = m->credential,
				       .operation = s3_operations[m->operation].name,
				       .bucket = m->bucket,
				       .untold = m->untold });
	return 0;
}

static int message(struct channel *c, const struct ipc_message *m, int *fds)
{
	struct storelink *l = c->owner;

	switch ((unsigned int)m->number) {
#define MESSAGE(SYMBOL, symbol, ...)                                                               \
	case IPC_##SYMBOL:                                                                         \
		return take_##symbol(l, &m->symbol);
		IPC_STORED_TO_AUTHD(MESSAGE)
#undef MESSAGE
	default:
		return violation(l, "direction");
	}
}

static const struct channel_handler handler = { message, ended };

int storelink_open(struct authd *a, int fd, pid_t pid)
{
	struct storelink *l;
	int r;

	if (a->storelinks.n == STORELINKS_MAX) {
		fd_close(fd);
		return LISTENER_FULL;
	}
	l = calloc(1, sizeof(*l));
	if (!l) {
		fd_close(fd);
		return -ENOMEM;
	}
	r = channel_open(&l->channel, &a->group, &a->loop, fd, IPC_STORED_TO_AUTHD_DIRECTION,
			 &handler, l);
	if (r < 0) {
		free(l);
		return r;
	}
	l->authd = a;
	l->pid = pid;
	l->greeting.expired = greeting_is_late;
	loop_arm(&a->loop, &l->greeting, clock_boottime_ns() + STORELINK_GREETING_NS);
	l->next = a->storelinks.first;
	if (l->next)
		l->next->before = l;
	a->storelinks.first = l;
	a->storelinks.n++;
	return 0;
}

int storelink_send(struct authd *a, const struct ipc_message *m)
{
	return channel_send(&a->storelinks.current->channel, m, -1);
}

void storelink_drop(struct authd *a)
{
	log_error("stored-dropped pid=%d", (int)a->storelinks.current->pid);
	storelink_free(a->storelinks.current);
}
