/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Makes what stored believes: grants, tickets, chain seals. The key and the epoch that names it are
 * made together, at the start and each time stored connects, and leave this process only in the KEY
 * message. Nothing here can check a seal: authd never needs to, and stored/unseal.c is not linked
 * in.
 */

#include "ipc/sealed.h"

struct seal;

/* With a key and an epoch of its own from the start. */
must_check int seal_new(struct seal **ret);
struct seal *seal_free(struct seal *s);
DEFINE_CLEANUP(struct seal *, seal_free)

/* Another key, another epoch: nothing sealed before opens any more where the new key is known. */
must_check int seal_renew(struct seal *s);

uint64_t seal_epoch(const struct seal *s);

/* For the KEY message and nothing else. */
void seal_copy_key(const struct seal *s, struct ipc_hash *ret);

/* Appends the sealed thing to `to`, whose error tells whether it fitted. */
void seal_put(const struct seal *s, enum sealed_kind kind, struct span contents, struct buffer *to);
