/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What handlers of operations with an object's bytes in their body have in common. */

#include "stored/call.h"

/*
 * Keeps room free for so many bytes of the object or part that the request is about: on the disk and,
 * until the call is over, in quotas. S3_LENGTH_UNKNOWN is fine. INSUFFICIENT_STORAGE, QUOTA_EXCEEDED.
 */
must_check int incoming_reserve(struct call *c, uint64_t bytes);

/*
 * Opens the way for the body of the request, and then does `work` with what came. At most head_limit
 * bytes stay in memory; `otherwise` is computed where the request names no checksum. Returns 0.
 */
int incoming_receive(struct call *c, size_t head_limit, enum checksum_algorithm otherwise,
		     int (*work)(struct call *));

/*
 * Makes the body that came durable and puts it, with what was computed over it, into the change's
 * data. On a flusher where there is a blob.
 */
must_check int incoming_keep(struct call *c, struct change_data *ret);

/* The same of a body that came in the message and is not larger than the inline limit. */
must_check int incoming_keep_inside(struct call *c, struct change_data *ret);

/* With a change of that kind durable or refused: the answer is what was made. Returns its result. */
int incoming_settle_put(struct call *c);
int incoming_settle_part(struct call *c);

/* What was computed, as a change has it. `wants` is what was asked for. */
void incoming_describe(const struct hashes *h, const struct hasher_wants *wants,
		       struct change_data *ret);
