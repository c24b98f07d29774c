/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What administrators are told, as JSON. All of these return NULL where memory runs out, and take
 * NULL where a part could not be made.
 */

#include <jansson.h>

#include "authd/keyring.h"

/* {"ok": false, "error": sentence}, with a hint unless it is NULL. */
json_t *reply_refused(const char *hint, const char *format, ...) printf_like(2, 3);
json_t *reply_no_key(struct span id);
json_t *reply_no_tenant(struct span name);

/* {"ok": true, name: value}; takes the value. */
json_t *reply_done(const char *name, json_t *value);

json_t *reply_tenant(const struct tenant *t);

/* Never with the secret: who has just made the key adds it himself. */
json_t *reply_key(const struct access_key *a, bool enabled);
