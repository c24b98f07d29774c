/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The steps in the life of an incoming, for incoming.c, which takes them, and incoming_heard.c, which
 * decides on the next. After each of them it may be gone.
 */

#include "client/transfer/incoming.h"

void incoming_move(struct incoming *it, enum incoming_state to);
struct span incoming_key(const struct incoming *it);

/* Puts what the source has under the key. */
void incoming_put(struct incoming *it);

/* Finds out whether what the source has is what is there. */
void incoming_sum_up(struct incoming *it);

/* Something else is under the key: it is replaced, if that may be. */
void incoming_take_place(struct incoming *it);

/* It is there; if everything is to be read back, it is. */
void incoming_verify(struct incoming *it);

/* It is there, and counted. */
void incoming_finish(struct incoming *it);

/* Looks for it again, then, since what stored has of it nobody knows. */
void incoming_begin_again(struct incoming *it, uint64_t due_ns);

/* For its call. */
void incoming_heard(struct operator_call *c, const struct ipc_message *m, int *fd);
