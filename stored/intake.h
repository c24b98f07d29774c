/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The intake is the threads that take bodies in. Each serves many non-blocking pipes with one epoll
 * loop and one large buffer, tenant by tenant: what a pipe has at a time is a turn. A body stays with
 * the thread that it was given to.
 */

#include "stored/body.h"

#define INTAKE_BUFFER_SIZE (512 * KIB)
#define INTAKE_THREADS_MAX 16

struct intake;

/* Bodies that are large are written back on the writers' threads, in the turn of their tenant. */
must_check int intake_new(unsigned int n_threads, struct pool *writers, struct intake **ret);

/*
 * Ends the threads: the writers get nothing more from here, but what they have still finds its way back. So the intake
 * is stopped before they end, and freed behind them. Bodies that have not come back by then never will.
 */
void intake_stop(struct intake *i);
struct intake *intake_free(struct intake *i);

/* The body is the intake's until its `ended` task runs. */
void intake_add(struct intake *i, struct body *b);

/* For body.c: has the body attended to, on its thread. Called with the body's lock held. */
void intake_wake(struct body *b);
