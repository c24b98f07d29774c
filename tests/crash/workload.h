/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Clients' work on what is in an empty directory - a store, or authd's state -, as the seed has it, with a note of
 * whatever is begun and acknowledged. What is answered otherwise than it should be ends the program. The
 * first is workload.c, the other orders.c.
 */

#include <stdbool.h>
#include <stdint.h>

/* Relaxed: as `durability = relaxed` has it. */
void workload_run(const char *directory, bool relaxed, unsigned int rounds, uint64_t seed);
