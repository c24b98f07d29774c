/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any bytes are samples up to a place, and none from there. A sample that is one is within its
 * metric's limits, and made again it is the very bytes that were read.
 */

#undef NDEBUG
#include <assert.h>

#include "ipc/sample.h"

#define INPUT_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_again(struct buffer *b, const struct sample *s)
{
	wire_put_u16(b, (uint16_t)s->metric);
	for (size_t i = 0; i < metric_label_count(s->metric); i++)
		wire_put_bytes(b, s->labels[i]);
	for (size_t i = 0; i < metric_value_count(s->metric); i++)
		wire_put_u64(b, s->values[i]);
}

static void check(struct span input, enum metric_from from)
{
	_cleanup_(buffer_clear) struct buffer again = BUFFER_INIT(INPUT_MAX);
	struct span rest = input;
	struct sample s;
	int r;

	while ((r = sample_next(&rest, from, &s)) == 1) {
		assert(s.metric < METRIC_COUNT && (metric_rows[s.metric].from & from));
		for (size_t i = 0; i < metric_label_count(s.metric); i++)
			assert(s.labels[i].len <= SAMPLE_LABEL_MAX && span_is_utf8(s.labels[i]));
		put_again(&again, &s);
	}
	assert(r == 0 ? rest.len == 0 : r == -EBADMSG && rest.len > 0);
	assert(!buffer_error(&again));
	assert(span_equal(buffer_span(&again), span_first(input, input.len - rest.len)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = { data ? data : (const uint8_t *)"", MIN(size, (size_t)INPUT_MAX) };

	check(input, METRIC_FROM_AUTHD);
	check(input, METRIC_FROM_STORED);
	return 0;
}
