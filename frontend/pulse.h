/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Whether authd and stored are there, by asking them: a PING to each, through the loop that all their
 * work goes through. However many want to know, one is out at a time, and what it brought back is good
 * for PULSE_FRESH_MS, so that a flood of questions costs them ten messages a second from each worker.
 */

#include "base/loop.h"
#include "frontend/links.h"

#define PULSE_FRESH_MS	  100
#define PULSE_PATIENCE_MS 2000	/* who has not answered by then is away */

enum pulse_beat {
	PULSE_THERE,
	PULSE_AWAY,	/* no link, or no answer */
	PULSE_ASKED,	/* there will be an answer, or enough time will have passed */
};

struct pulse_peer {
	struct pulse *pulse;
	uint64_t number;	/* of the last PING */
	uint64_t asked_ns;	/* 0: none is out */
	uint64_t heard_ns;	/* 0: nothing heard on this link */
	struct loop_timer patience;
};

struct pulse {
	struct loop *loop;
	struct links *links;
	uint32_t patience_ms;
	/* Who was told PULSE_ASKED is to look again. */
	void (*changed)(void *context);
	void *context;
	struct pulse_peer peers[LINKS_PEERS];
};

/* patience_ms 0: the default. Everything given must outlive it. */
void pulse_init(struct pulse *p, struct loop *loop, struct links *links, uint32_t patience_ms,
		void (*changed)(void *context), void *context);
void pulse_clear(struct pulse *p);

/* For somebody who wants to know since then: what was heard meanwhile is good, however long he waits. */
enum pulse_beat pulse_take(struct pulse *p, enum links_peer peer, uint64_t since_ns);

/* A PONG has come. */
void pulse_heard(struct pulse *p, enum links_peer peer, uint64_t number);

/* A link is another one, or none: what was asked and heard before says nothing of it. */
void pulse_forget(struct pulse *p);
