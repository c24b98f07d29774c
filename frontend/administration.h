/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The admin API of a tenant, as far as it is the frontend's: which resources there are, how long a
 * body may be. The rest is authd's, who gets head and body as they arrived, and whose document the
 * client is sent as it is.
 */

#include "base/span.h"

/*
 * So many bodies a worker has at a time, of requests of which nobody knows yet whether they are an
 * administrator's.
 */
#define ADMINISTRATION_BODIES_MAX 1024

struct exchange;

/* The head is here: refuses it, waits for the body, or asks authd. */
void administration_serve(struct exchange *e);

/* The exchange ends, and with it its body. */
void administration_release(struct exchange *e);

/* What authd says to it. */
void administration_answer(struct exchange *e, unsigned int status, uint32_t retry_after_s,
			   struct span document);
