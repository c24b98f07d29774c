/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The admin API of a tenant: a request that a worker brings is judged, understood and made one of
 * the orders of the admin socket, about the tenant of who signed it. What comes of it is a status and a
 * JSON document. Nothing is believed of the worker: head and body are parsed here, and what was
 * signed is the SHA-256 of just that body.
 */

#include "authd/orders/administrator.h"
#include "authd/spent.h"
#include "base/buffer.h"
#include "ipc/message.h"
#include "s3/administration.h"

#define ADMINISTRATIONS_MAX 64	/* orders under way at once, of which a tenant that is alone gets half */

struct administration;
struct authd;

struct administrations {
	struct authd *authd;
	struct administration *first;
	size_t n;
	struct spent spent;
	struct buffer body;	/* of the answer that is being told; secrets pass through it */
};

must_check int administrations_init(struct administrations *all, struct authd *a);
void administrations_clear(struct administrations *all);

struct administration_answer {
	uint16_t status;
	uint32_t retry_after_s;	/* 0: the usual */
	struct span body;	/* JSON; until administration_wipe() */
};

struct administration_waiter {
	/* The order was carried out, or not; it is gone by then, and the answer wiped behind it. */
	void (*answered)(void *owner, uint64_t call, const struct administration_answer *answer);
	void *owner;
};

/*
 * *ret is NULL, and the answer in *ret_answer; or a request under way, and the answer comes later.
 * Negative where nothing can be said.
 */
must_check int administration_begin(struct authd *a, const struct ipc_administer *m,
				    const struct administration_waiter *w,
				    struct administration **ret,
				    struct administration_answer *ret_answer);

/* What is told to who has asked for too much already. */
void administration_crowd(struct authd *a, struct administration_answer *ret);

/* The answer was told. */
void administration_wipe(struct authd *a);

/*
 * Nobody waits for it any more; what was ordered is done all the same, and until then it is under
 * way, so that who forgets has no more under way than who waits.
 */
void administration_forget(struct administration *ad);
