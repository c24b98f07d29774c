/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A tenant that is being deleted: that it is gone is what whoever ordered it wants to know. */

#include "client/admin.h"

#define DEPARTURE_FIRST_NS (50 * NS_PER_MS) /* between one look and the next, at first */
#define DEPARTURE_MOST_NS  NS_PER_S

/*
 * Looks again until the tenant in authd's answer to `tenant.delete` is gone, and says so in the answer:
 * its state is "deleted" then. Takes as long as there is much to erase. On a failure *why says what
 * became of it, as far as that is known; the deletion goes on without us.
 */
must_check int departure_wait(struct admin *a, json_t *answer, struct complaint *why);
