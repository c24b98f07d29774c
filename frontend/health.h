/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * GET /-/health: is this worker able to serve, and how is it confined. For load balancers and
 * operators, without a signature; it tells nothing about what is stored. `-` can be no bucket.
 */

#include "frontend/head.h"

#define HEALTH_TARGET "/-/health"

struct exchange;

/* Behind a virtual host the same path is a key like others. */
bool health_is_asked(const struct head *h, const char *const *domains);

/* 200, or 503 where a link is down; delivers it. */
void health_answer(struct exchange *e);
