/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What an administrator may order: one JSON object, one answer. Everything is checked before
 * anything is done; what an order changes is durable before it is answered, and only then in force.
 */

#include <jansson.h>
#include <sys/types.h>

#include "base/span.h"

struct administrator;
struct authd;
struct order;

struct order_waiter {
	uid_t uid;	/* who it is, for the log */
	pid_t pid;
	/* Or this one, who may not order everything; read when the order is given. NULL: an operator. */
	const struct administrator *administrator;
	/* Takes the answer; NULL where memory ran out. The order is gone by then. */
	void (*answered)(void *owner, json_t *answer);
	void *owner;
};

/*
 * Takes the file that came along, or -1, in every case. The answer, the caller's; or *ret is an order under way, and the answer comes later. A NULL
 * answer without an order stands for lack of memory.
 */
json_t *order_give(struct authd *a, struct span line, int file, const struct order_waiter *w,
		   struct order **ret);

/* The same with what stands in the line; takes the request. */
json_t *order_give_request(struct authd *a, json_t *request, const struct order_waiter *w,
			   struct order **ret);

/* Nobody waits for the answer any more; what was ordered is done all the same. */
void order_abandon(struct order *o);
