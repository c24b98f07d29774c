/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/chains.h"

#include <sodium.h>

#include "base/clock.h"

static void leave_line(struct stream *s)
{
	struct chains *c = s->chains;

	*(s->older ? &s->older->newer : &c->oldest) = s->newer;
	*(s->newer ? &s->newer->older : &c->newest) = s->older;
	s->older = s->newer = NULL;
}

static void join_line(struct stream *s)
{
	struct chains *c = s->chains;

	s->touched_ns = clock_boottime_ns();
	s->older = c->newest;
	*(c->newest ? &c->newest->newer : &c->oldest) = s;
	c->newest = s;
}

/* One timer for all, for the one that has stood longest; it may ring early, never late. */
static int ring(struct loop_timer *t)
{
	struct chains *c = (struct chains *)((char *)t - offsetof(struct chains, timer));
	uint64_t now = clock_boottime_ns();

	while (c->oldest && c->oldest->touched_ns + CHAINS_IDLE_NS <= now)
		c->expired(c->oldest);
	if (c->oldest)
		loop_arm(c->loop, &c->timer, c->oldest->touched_ns + CHAINS_IDLE_NS);
	return 0;
}

int chains_init(struct chains *c, struct loop *l, void (*expired)(struct stream *s))
{
	*c = (struct chains){
		.loop = l,
		.timer.expired = ring,
		.by_grant = TABLE_INIT(CHAINS_MAX),
		.expired = expired,
	};
	c->keys = sodium_allocarray(CHAINS_MAX, SIGV4_LEN);
	c->free_slots = calloc(CHAINS_MAX, sizeof(*c->free_slots));
	if (!c->keys || !c->free_slots) {
		chains_clear(c);
		return -ENOMEM;
	}
	while (c->n_free < CHAINS_MAX) {
		c->free_slots[c->n_free] = CHAINS_MAX - 1 - c->n_free;
		c->n_free++;
	}
	return 0;
}

void chains_clear(struct chains *c)
{
	while (c->oldest)
		chains_remove(c->oldest);
	loop_disarm(&c->timer);
	table_clear(&c->by_grant);
	sodium_free(c->keys);
	free(c->free_slots);
	c->keys = NULL;
	c->free_slots = NULL;
}

/* Only where there is a place in the table is there a slot for the key. */
static int enter(struct chains *c, struct stream *s)
{
	int r = table_add(&c->by_grant, ipc_id_number(&s->grant), s);

	if (r < 0)
		return r;
	switch ((enum table_outcome)r) {
	case TABLE_OK:
		s->slot = c->free_slots[--c->n_free];
		return CHAINS_OK;
	case TABLE_FULL:
	case TABLE_EXISTS: /* two random ids begin alike; the client will try again */
		return CHAINS_FULL;
	}
	return fold(r);
}

static size_t copy_text(char *to, size_t most, struct span text)
{
	size_t len = MIN(text.len, most);

	if (len)
		memcpy(to, text.data, len);
	return len;
}

int chains_add(struct chains *c, const struct stream_config *config, struct stream **ret)
{
	struct stream *s = calloc(1, sizeof(*s));
	uint8_t *key;
	int r;

	if (!s)
		return -ENOMEM;
	s->chains = c;
	s->grant = *config->grant;
	s->channel = *config->channel;
	s->call = config->call;
	s->owner = config->owner;
	s->request_id = config->request_id;
	s->credential_len = copy_text(s->credential, sizeof(s->credential), config->credential);
	s->peer_len = copy_text(s->peer, sizeof(s->peer), config->peer);
	r = enter(c, s);
	if (r) {
		free(s);
		return r;
	}
	key = c->keys + (size_t)s->slot * SIGV4_LEN;
	memcpy(key, config->signing_key, SIGV4_LEN);
	chain_init(&s->chain, config->request, key, config->scope, config->seed);
	join_line(s);
	if (!c->timer.loop)
		loop_arm(c->loop, &c->timer, s->touched_ns + CHAINS_IDLE_NS);
	*ret = s;
	return CHAINS_OK;
}

void chains_remove(struct stream *s)
{
	struct chains *c = s->chains;

	leave_line(s);
	table_remove(&c->by_grant, ipc_id_number(&s->grant));
	sodium_memzero(c->keys + (size_t)s->slot * SIGV4_LEN, SIGV4_LEN);
	c->free_slots[c->n_free++] = s->slot;
	c->waiting -= s->waiting;
	chain_clear(&s->chain);
	free(s);
}

size_t chains_count(const struct chains *c)
{
	return c->by_grant.count;
}

struct stream *chains_find(const struct chains *c, const struct ipc_id *grant)
{
	struct stream *s = table_find(&c->by_grant, ipc_id_number(grant));

	return s && ipc_id_equal(&s->grant, grant) ? s : NULL;
}

static int count(struct stream *s, int outcome)
{
	struct chains *c = s->chains;

	c->waiting -= s->waiting;
	s->waiting = chain_waiting(&s->chain);
	c->waiting += s->waiting;
	leave_line(s);
	join_line(s);
	if (outcome == CHAIN_OK && c->waiting > CHAINS_WAITING_MAX) {
		s->chain.error = S3_ERROR_SLOW_DOWN;
		return CHAIN_REFUSED;
	}
	return outcome;
}

int stream_claim(struct stream *s, struct span chunks, bool last, struct span trailer,
		 struct span trailer_signature)
{
	return count(s, chain_claim(&s->chain, chunks, last, trailer, trailer_signature));
}

int stream_hash(struct stream *s, struct span hashes)
{
	return count(s, chain_hash(&s->chain, hashes));
}
