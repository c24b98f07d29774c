/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Speaks to authd's admin socket: one JSON object a line in each direction, answers in the order of
 * the questions. Both `coffer up` and cofferctl ask here.
 */

#include <jansson.h>

#include "base/buffer.h"
#include "client/complaint.h"

#define ADMIN_REQUEST_MAX (1 * MIB)
#define ADMIN_ANSWER_MAX  (64 * MIB)
#define ADMIN_PATIENCE_S  30

struct admin {
	int fd;
	struct buffer in; /* an answer that is arriving */
};

/*
 * Makes jansson wipe what it frees, because secrets pass through it. Once, before anything of
 * jansson's is used.
 */
void admin_wipe_json(void);

must_check int admin_open(const char *path, struct admin *ret, struct complaint *why);
void admin_close(struct admin *a);

enum admin_outcome {
	ADMIN_OK = 0,
	ADMIN_REFUSED, /* *why has authd's own words, *ret its answer */
};

/* Asks and waits. The request stays the caller's; the answer is. */
must_check int admin_call(struct admin *a, const json_t *request, json_t **ret,
			  struct complaint *why);

/* The same with a descriptor along with it, which stays the caller's; -1: none. */
must_check int admin_call_with(struct admin *a, const json_t *request, int file, json_t **ret,
			       struct complaint *why);
