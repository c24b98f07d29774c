/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One number for an object's name, which is its tenant's, its bucket's and its key, by a hash that nobody outside
 * knows: else keys could be chosen that share one. Two names may share a number all the same. Pure; any thread.
 */

#include <sodium.h>

#include "base/span.h"
#include "ipc/wire.h"

/* Of a bucket's name and a key only as much is looked at as they may be long. */
uint64_t object_number(const uint8_t secret[static crypto_shorthash_KEYBYTES],
		       const struct ipc_id *tenant, struct span bucket, struct span key);
