/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes are a place where a scrub goes on, or none; a place, written again, is the same bytes.
 */

#undef NDEBUG
#include <assert.h>

#include "ipc/schema.h"
#include "stored/scrub.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(buffer_clear) struct buffer again = BUFFER_INIT(IPC_POSITION_MAX);
	struct span input = { data ? data : (const uint8_t *)"", size };
	struct scrub_position p;

	if (!scrub_position_get(input, &p))
		return 0;
	assert(p.stage <= SCRUB_THROUGH && p.key_len <= sizeof(p.key));
	scrub_position_put(&p, &again);
	assert(!buffer_error(&again) && span_equal(buffer_span(&again), input));
	return 0;
}
