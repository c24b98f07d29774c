/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What became of a change: one that is durable comes into force, and everything is told once. */

#include <jansson.h>
#include <sys/types.h>

#include "authd/database/writer.h"

/*
 * Puts a change that came back from the writer into the keyring, logs by whom ("uid=0"), and returns what
 * he is told: `success`, which is taken in any case, or a refusal. The change stays the caller's.
 */
json_t *ratify(struct keyring *k, struct change *c, const char *by, json_t *success);
