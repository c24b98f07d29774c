/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/authority.h"

#include <assert.h>
#include <sodium.h>

#include "base/clock.h"
#include "base/log.h"
#include "ipc/peer.h"
#include "stored/erasure.h"
#include "stored/provision.h"
#include "stored/service.h"

#define HASHES_IN_MESSAGE (IPC_BATCH_MAX / HASH_SHA256_LEN * HASH_SHA256_LEN)

/* More than the packet of a KEY: number, epoch and key. */
#define KEY_PACKET_MAX 64

#define TO(state) (1u << (state))

static const uint8_t authority_moves[AUTHORITY_STATES] = {
	[AUTHORITY_AWAY] = TO(AUTHORITY_GREETING),
	[AUTHORITY_GREETING] = TO(AUTHORITY_READY) | TO(AUTHORITY_AWAY),
	[AUTHORITY_READY] = TO(AUTHORITY_AWAY),
};

static void authority_move(struct authority *a, enum authority_state to)
{
	assert(authority_moves[a->state] & TO(to));
	a->state = to;
}

static struct authority *authority_of(struct channel *c)
{
	return c->owner;
}

static void dial_later(struct authority *a)
{
	loop_arm(&a->service->loop, &a->redial, clock_boottime_ns() + a->wait_ns);
	a->wait_ns = MIN(a->wait_ns * 2, AUTHORITY_DIAL_MOST_NS);
}

/* --- what authd says ------------------------------------------------------------------------- */

/*
 * The key lies in memory of its own now. Here it stays in the packet's room and on the stack until
 * something else happens to be written over it. Nothing can be behind it in the room: authd waits.
 */
static void wipe_key(struct channel *c, const struct ipc_key *m)
{
	for (size_t i = 0; i < CHANNEL_RECEIVE_BATCH; i++)
		sodium_memzero(c->group->packets + i * IPC_PACKET_MAX, KEY_PACKET_MAX);
	sodium_memzero((void *)m, sizeof(*m));
}

/* No authd says what makes no sense; and without memory for it, it says all again. */
static int judge_suspension(int r)
{
	return r == SUSPENSIONS_ABSURD ? CHANNEL_VIOLATION : r;
}

static int take_suspended(struct channel *c, const struct ipc_suspended *m)
{
	struct service *s = authority_of(c)->service;

	return judge_suspension(suspensions_hear(&s->suspensions, m->tenants));
}

/* Sessions of the epoch before are of an authd that is gone, and so is all that it let happen. */
static int take_key(struct channel *c, const struct ipc_key *m)
{
	struct authority *a = authority_of(c);
	uint64_t epoch = m->epoch;
	int r = unseal_take_key(a->service->unseal, epoch, &m->key);

	wipe_key(c, m);
	if (r < 0)
		return r;
	suspensions_settle(&a->service->suspensions);
	sessions_end_entered(&a->service->sessions, "new-epoch");
	c->phase = IPC_PHASE_READY;
	authority_move(a, AUTHORITY_READY);
	a->wait_ns = AUTHORITY_DIAL_FIRST_NS;
	log_info("authd-connected epoch=%016llx", (unsigned long long)epoch);
	return channel_send(
		c,
		&(struct ipc_message){ .number = IPC_KEY_TAKEN, .key_taken = { .epoch = epoch } },
		-1);
}

static int take_provide(struct channel *c, const struct ipc_provide *m)
{
	return provision_begin(authority_of(c)->service, m->order, &m->tenant, m->bucket);
}

static int take_erase(struct channel *c, const struct ipc_erase *m)
{
	if (m->mode >= ERASE_MODE_COUNT)
		return CHANNEL_VIOLATION;
	return erasure_begin(authority_of(c)->service, m->order, &m->tenant,
			     (enum erase_mode)m->mode);
}

static int take_suspend(struct channel *c, const struct ipc_suspend *m)
{
	struct ipc_message taken = { .number = IPC_SUSPEND_TAKEN,
				     .suspend_taken = { .order = m->order } };
	int r;

	if (m->suspended > 1)
		return CHANNEL_VIOLATION;
	r = suspensions_change(&authority_of(c)->service->suspensions, &m->tenant, m->suspended);
	return r ? judge_suspension(r) : channel_send(c, &taken, -1);
}

static int on_message(struct channel *c, const struct ipc_message *m, int *fds)
{
	switch ((int)m->number) {
#define MESSAGE(SYMBOL, symbol, ...)                                                               \
	case IPC_##SYMBOL:                                                                         \
		return take_##symbol(c, &m->symbol);
		IPC_AUTHD_TO_STORED(MESSAGE)
#undef MESSAGE
	default:
		return CHANNEL_VIOLATION;
	}
}

static void on_ended(struct channel *c, enum channel_end end, int detail)
{
	struct authority *a = authority_of(c);

	a->service->figures.losses[FIGURES_AUTHD][end]++;
	log_warning("authd-lost reason=%s detail=%d", channel_end_name(end), detail);
	authority_move(a, AUTHORITY_AWAY);
	dial_later(a);
}

static const struct channel_handler authority_handler = { on_message, on_ended };

/* --- dialling -------------------------------------------------------------------------------- */

static int greet(struct authority *a, int fd)
{
	struct service *s = a->service;
	int r = channel_open(&a->channel, &s->group, &s->loop, fd, IPC_AUTHD_TO_STORED_DIRECTION,
			     &authority_handler, a);

	if (r < 0)
		return r;
	authority_move(a, AUTHORITY_GREETING);
	suspensions_expect(&s->suspensions);
	return channel_send(&a->channel,
			    &(struct ipc_message){ .number = IPC_STORE_HELLO,
						   .store_hello = { .version = IPC_VERSION } },
			    -1);
}

static int dial(struct authority *a)
{
	int fd = peer_dial(a->service->config.authd_path);

	if (fd >= 0)
		return greet(a, fd);
	/* That authd is not there is said once, not at each attempt. */
	if (a->wait_ns == AUTHORITY_DIAL_FIRST_NS)
		log_warning("authd-unreachable errno=%d", -fd);
	dial_later(a);
	return 0;
}

static int on_redial(struct loop_timer *t)
{
	return dial(task_owner(t, struct authority, redial));
}

int authority_open(struct authority *a, struct service *s)
{
	*a = (struct authority){ .service = s,
				 .redial = { .expired = on_redial },
				 .wait_ns = AUTHORITY_DIAL_FIRST_NS };
	return dial(a);
}

void authority_close(struct authority *a)
{
	loop_disarm(&a->redial);
	channel_close(&a->channel);
}

/* --- what authd is told ---------------------------------------------------------------------- */

static void say(struct authority *a, const struct ipc_message *m)
{
	int r = a->state == AUTHORITY_READY ? channel_send(&a->channel, m, -1) : 0;

	/* Its queue is full, so the channel is about to end; whoever waits for the chain hears of
	 * that. */
	if (r < 0)
		log_warning("authd-not-told message=%s errno=%d", ipc_row(m->number)->name, -r);
}

void authority_send_hashes(struct authority *a, const struct ipc_id *grant, struct span hashes)
{
	while (hashes.len) {
		struct span batch = span_first(hashes, MIN(hashes.len, (size_t)HASHES_IN_MESSAGE));

		say(a, &(struct ipc_message){ .number = IPC_HASHES,
					      .hashes = { .grant = *grant, .hashes = batch } });
		hashes = span_skip(hashes, batch.len);
	}
}

void authority_unchain(struct authority *a, const struct ipc_id *grant)
{
	say(a, &(struct ipc_message){ .number = IPC_UNCHAIN, .unchain = { .grant = *grant } });
}

/* The address that authd believes, or else what the frontend has said. */
static struct span address_of(const struct grant *g)
{
	return g->identity.source.len ? g->identity.source : g->peer;
}

void authority_refused(struct authority *a, const struct grant *g, enum s3_error error,
		       struct span bucket)
{
	struct ipc_message m = {
		.number = IPC_REFUSED,
		.refused = { .request_id = g->request_id,
			     .error = (uint16_t)error,
			     .operation = (uint16_t)g->request.operation,
			     .credential = g->principal.credential,
			     .peer = address_of(g),
			     .bucket = bucket,
			     .untold = a->untold },
	};

	if (a->state != AUTHORITY_READY || channel_is_crowded(&a->channel)) {
		a->untold++;
		return;
	}
	a->untold = 0;
	say(a, &m);
}

void authority_provided(struct authority *a, uint64_t epoch, uint64_t order, enum s3_error error)
{
	struct ipc_message m = { .number = IPC_PROVIDED,
				 .provided = { .order = order, .error = (uint16_t)error } };

	if (epoch == unseal_epoch(a->service->unseal))
		say(a, &m);
}

void authority_erased(struct authority *a, uint64_t epoch, uint64_t order, enum s3_error error)
{
	struct ipc_message m = { .number = IPC_ERASED,
				 .erased = { .order = order, .error = (uint16_t)error } };

	if (epoch == unseal_epoch(a->service->unseal))
		say(a, &m);
}
