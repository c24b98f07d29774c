/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The two clocks Coffer reads. Deadlines and expiries inside the host use the first only. */

#include "base/defs.h"

/* CLOCK_BOOTTIME: never set back, counts while the host sleeps, the same in every process. */
uint64_t clock_boottime_ns(void);

/* CLOCK_REALTIME, nanoseconds since 1970: what clients and files are told. */
uint64_t clock_realtime_ns(void);
