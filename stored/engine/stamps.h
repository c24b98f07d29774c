/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How often what is behind a bucket's name has changed: whose bucket it is, and its configuration. Names
 * share counters, by a hash that nobody outside knows: then one of them seems to have changed with the
 * other, which costs a look. Any thread.
 */

#include <sodium.h>
#include <stdatomic.h>

#include "base/span.h"

#define STAMPS_COUNT 4096

struct stamps {
	uint8_t key[crypto_shorthash_KEYBYTES];
	_Atomic uint64_t counts[STAMPS_COUNT];
};

void stamps_init(struct stamps *s);
uint64_t stamps_find(struct stamps *s, struct span name);

/* To be called when the change can be read, and before anybody is told of it. */
void stamps_advance(struct stamps *s, struct span name);
void stamps_advance_all(struct stamps *s);
