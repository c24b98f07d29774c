/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A scrape is one GET /metrics on the metrics' own listener. authd and stored are asked for their
 * figures, and are given DEADLINE_MEASURE; what one does not tell by then is left out.
 */

#include "frontend/http.h"
#include "frontend/links.h"

#define SCRAPE_TARGET "/metrics"
#define SCRAPE_CONNECTIONS_MAX 16	/* of one worker */

struct scrape;

/* By which the metrics' door is served. */
extern const struct http_service scrape_service;

/* It has come from the peer; another scrape's is nothing to this one. */
void scrape_hear(struct scrape *s, enum links_peer peer, uint64_t number, struct span samples);

/* That peer's link has ended. */
void scrape_lose(struct scrape *s, enum links_peer peer);

/* Its time is over: answers with what is there. */
void scrape_expire(struct scrape *s);
