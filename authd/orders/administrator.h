/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A tenant's administrator as who orders something, and what he may not. He is known by names and an
 * id, since what he orders waits for the audit log, and he, his key or his tenant may go meanwhile.
 *
 * Whatever he orders is about his own tenant: that stands in the order, and not he says it. Beyond that
 * nobody raises himself or another here: of an administrator nothing can be changed but his own keys, by
 * himself; and of the tenant's own keys, which may do everything, nothing at all.
 */

#include <jansson.h>

#include "authd/keyring.h"
#include "authd/origin.h"

struct order;

struct administrator {
	struct ipc_id user_id;
	char access_key[KEYRING_ACCESS_KEY_MAX + 1];
	char user[USER_NAME_MAX + 1];
	char tenant[KEYRING_NAME_MAX + 1];
	char peer[ORIGIN_TEXT_MAX + 1];
};

/* Whose key that is. He must be one. */
struct administrator administrator_of(const struct access_key *a, struct span peer);

/*
 * Whether the order may be carried out for its administrator now; otherwise *ret is the refusal, or
 * NULL where there is no memory for one.
 */
must_check bool administrator_may(const struct order *o, json_t **ret);
