/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A worker serves connections: one thread, one loop that they are sources of, a channel each to
 * authd and stored, and a line to the parent who dials for it. It opens no file and makes no socket.
 */

#include "frontend/access.h"
#include "frontend/admission.h"
#include "frontend/board.h"
#include "frontend/connection.h"
#include "frontend/doors.h"
#include "frontend/http.h"
#include "frontend/links.h"
#include "frontend/pace.h"
#include "frontend/pulse.h"
#include "frontend/rendering.h"
#include "s3/date.h"

#define WORKER_CONNECTIONS_MAX 16384
#define WORKER_DOMAINS_MAX 16
#define WORKER_HOST_ID_TEXT 33
#define WORKER_SWEEP_MS 1000
#define WORKER_DRAIN_MS 3000
#define WORKER_NEWCOMER_MS 500

struct worker_config {
	const struct listener *listeners;	/* stay the caller's, as their descriptors do */
	int n_listeners;
	int line_fd;		/* stays the caller's */
	const char *const *domains;	/* of virtual hosts, NULL-terminated */
	const char *confinement;	/* for the health answer and the metrics */
	int landlock_abi;	/* for the metrics */
	enum access_form access;
	const struct board *board;	/* all that workers have counted */
	unsigned int slot;		/* this one's place on it */
	const struct admission *admission;	/* who may have the metrics */
	size_t connections_max;	/* 0: the default */
	uint32_t sweep_ms;	/* how often deadlines are looked at; 0: the default */
	uint32_t pulse_ms;	/* how long authd and stored may take to say they are there; likewise */
	uint32_t deadlines_ms[DEADLINE_COUNT];
};

struct worker {
	struct worker_config config;
	struct loop loop;
	struct channel_group group;
	struct links links;
	struct pulse pulse;
	struct paces paces;
	struct http http[S3_DIALECT_COUNT];
	struct http metrics;
	struct doors doors;
	struct loop_source line;
	struct loop_source signals;
	struct loop_timer sweep;
	struct loop_timer drained;
	struct loop_timer hurry;
	struct connection_list idle, busy;
	struct connection_queue awake;
	struct buffer room;	/* what any connection receives into */
	struct buffer text;	/* the head of an answer, on its way out */
	uint64_t date_s;	/* of `date` */
	char date[DATE_TEXT_MAX];
	struct turns renderings;	/* documents that wait to be written */
	struct connection_list idle_scrapes;	/* who is idle at the metrics, where there is other room */
	bool was_dialled[LINKS_PEERS];	/* the parent was asked for it */
	bool was_ready;		/* the parent was told */
	bool draining;
	bool hurrying;		/* it waits no longer for who has asked nothing */
	uint64_t last_request_id;
	uint64_t last_scrape;
	size_t n_scrapes;	/* under way */
	size_t n_admin_bodies;	/* likewise, at most ADMINISTRATION_BODIES_MAX */
	char host_id[WORKER_HOST_ID_TEXT];	/* x-amz-id-2 */
};

/* After this nothing is opened any more: the process may confine itself. */
must_check int worker_init(struct worker *w, const struct worker_config *config);

/* Ends whatever is under way. */
void worker_clear(struct worker *w);

/* One turn: waits at most so long (-1: as long as nothing happens), then does what there is. */
must_check int worker_step(struct worker *w, int at_most_ms);

/* Steps until worker_stop(), the end of a drain, or a failure. */
must_check int worker_run(struct worker *w);
void worker_stop(struct worker *w);

/*
 * Lets nobody else in; stops when what was asked is answered, or after WORKER_DRAIN_MS. Who was let
 * in and has asked nothing yet has WORKER_NEWCOMER_MS to do so: he is no one who could know better.
 */
void worker_drain(struct worker *w);

/* SIGTERM, which must be blocked, drains it from here on. */
must_check int worker_take_signals(struct worker *w);

/* For exchanges. */
uint64_t worker_next_request_id(struct worker *w);

static inline struct counts *worker_counts(struct worker *w)
{
	return board_slot(w->config.board, w->config.slot);
}

/* This second, as HTTP writes it; until the next call. */
struct span worker_date(struct worker *w);

/* How things stand, for the other workers. */
void worker_post(struct worker *w);

/* Where that one's connections are between two requests: `idle` or `idle_scrapes`. */
struct connection_list *worker_idle_of(struct worker *w, const struct http *h);

/* The connection's request is over. */
void worker_rest(struct worker *w, struct connection *c);

/* Says goodbye to who has waited longest in one of those lists; there must be one. */
void worker_drop_idle(struct worker *w, const struct connection_list *idle);
