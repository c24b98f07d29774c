/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/pulse.h"

#include "base/clock.h"

static int patience_is_over(struct loop_timer *t)
{
	struct pulse_peer *peer =
		(struct pulse_peer *)((char *)t - offsetof(struct pulse_peer, patience));

	peer->pulse->changed(peer->pulse->context);
	return 0;
}

void pulse_init(struct pulse *p, struct loop *loop, struct links *links, uint32_t patience_ms,
		void (*changed)(void *context), void *context)
{
	*p = (struct pulse){
		.loop = loop,
		.links = links,
		.patience_ms = patience_ms ? patience_ms : PULSE_PATIENCE_MS,
		.changed = changed,
		.context = context,
	};
	for (unsigned int i = 0; i < LINKS_PEERS; i++)
		p->peers[i] =
			(struct pulse_peer){ .pulse = p, .patience.expired = patience_is_over };
}

void pulse_clear(struct pulse *p)
{
	for (unsigned int i = 0; i < LINKS_PEERS; i++)
		loop_disarm(&p->peers[i].patience);
}

static enum pulse_beat ask(struct pulse *p, enum links_peer which, uint64_t now)
{
	struct pulse_peer *peer = &p->peers[which];

	if (links_ping(p->links, which, ++peer->number) < 0)
		return PULSE_AWAY;
	peer->asked_ns = now;
	loop_arm(p->loop, &peer->patience, now + p->patience_ms * NS_PER_MS);
	return PULSE_ASKED;
}

static bool is_fresh(const struct pulse_peer *peer, uint64_t since_ns, uint64_t now)
{
	return peer->heard_ns &&
	       (peer->heard_ns >= since_ns || now - peer->heard_ns <= PULSE_FRESH_MS * NS_PER_MS);
}

enum pulse_beat pulse_take(struct pulse *p, enum links_peer which, uint64_t since_ns)
{
	struct pulse_peer *peer = &p->peers[which];
	uint64_t now = clock_boottime_ns();

	if (is_fresh(peer, since_ns, now))
		return PULSE_THERE;
	if (!peer->asked_ns)
		return ask(p, which, now);
	/* It stays out: until it is answered nobody waits for a second one. */
	return now - peer->asked_ns < p->patience_ms * NS_PER_MS ? PULSE_ASKED : PULSE_AWAY;
}

void pulse_heard(struct pulse *p, enum links_peer which, uint64_t number)
{
	struct pulse_peer *peer = &p->peers[which];

	if (!peer->asked_ns || number != peer->number)
		return;
	peer->asked_ns = 0;
	peer->heard_ns = clock_boottime_ns();
	loop_disarm(&peer->patience);
	p->changed(p->context);
}

void pulse_forget(struct pulse *p)
{
	for (unsigned int i = 0; i < LINKS_PEERS; i++) {
		p->peers[i].asked_ns = p->peers[i].heard_ns = 0;
		loop_disarm(&p->peers[i].patience);
	}
	p->changed(p->context);
}
