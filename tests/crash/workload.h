/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Clients' work on a store in an empty directory, as the seed has it, with a note of whatever is begun and
 * acknowledged. What the store answers otherwise than it should ends the program.
 */

#include <stdint.h>

#include "stored/durable.h"

void workload_run(const char *directory, enum durability durability, unsigned int rounds, uint64_t seed);
