/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Asks a server far away what else authd's admin socket is asked: with HTTP and a signature, as a
 * tenant's administrator. It is the only part of cofferctl that speaks to a network.
 */

#include <jansson.h>

#include "client/admin.h"
#include "client/invocation.h"

#define REMOTE_PATIENCE_S ADMIN_PATIENCE_S
#define REMOTE_PAGES_MAX  4096	/* of one list */

/*
 * Asks i->endpoint and waits: an enum admin_outcome. The request and the answer are those of
 * admin_call(), so that the one cannot be told from the other in what is shown.
 */
must_check int remote_call(const struct invocation *i, const json_t *request, json_t **ret,
			   struct complaint *why);
