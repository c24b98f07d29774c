/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A framed body means the same in one piece and byte by byte; data never goes beyond the chunk that
 * was announced, and what is called whole has the length that was promised. The first three bytes
 * of the input choose mode, trailer and promised length.
 */

#undef NDEBUG
#include <assert.h>

#include "s3/chunked.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	int error;
	uint64_t chunks, trailers, bytes;
	uint64_t open; /* of the chunk under way */
};

static void take(struct outcome *o, const struct chunked_event *e)
{
	switch (e->item) {
	case CHUNKED_STARVED:
		break;
	case CHUNKED_CHUNK:
		assert(o->open == 0);
		o->open = e->length;
		o->chunks++;
		break;
	case CHUNKED_DATA:
		assert(e->data.len && e->data.len <= o->open);
		o->open -= e->data.len;
		o->bytes += e->data.len;
		break;
	case CHUNKED_TRAILER:
	case CHUNKED_TRAILER_SIGNATURE:
		assert(o->open == 0);
		o->trailers++;
		break;
	}
}

static void push(struct chunked *c, struct span piece, struct outcome *o)
{
	uint8_t *copy = malloc(piece.len);
	struct span input = { copy, piece.len };

	assert(copy);
	memcpy(copy, piece.data, piece.len);
	while (input.len && !o->error) {
		struct chunked_event e;

		o->error = chunked_next(c, &input, &e);
		if (!o->error)
			take(o, &e);
	}
	free(copy);
}

static struct outcome run(struct chunked c, struct span body, size_t step)
{
	struct outcome o = { 0 };

	while (body.len && !o.error) {
		size_t n = MIN(step, body.len);

		push(&c, span_first(body, n), &o);
		body = span_skip(body, n);
	}
	if (!o.error) {
		o.error = chunked_finish(&c);
		assert(o.error || (o.open == 0 && o.bytes == c.expected));
	}
	assert(o.error >= 0 && o.error < S3_ERROR_COUNT);
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome whole, split;
	struct span body;
	struct chunked c;

	if (size < 3)
		return 0;
	body = (struct span){ data + 3, size - 3 };
	chunked_init(&c, S3_PAYLOAD_STREAMING_SIGNED + data[0] % 3, data[2],
		     data[0] % 3 ? data[1] % CHECKSUM_COUNT : CHECKSUM_NONE);
	whole = run(c, body, size);
	split = run(c, body, 1);
	assert(whole.error == split.error && whole.bytes == split.bytes);
	assert(whole.chunks == split.chunks && whole.trailers == split.trailers);
	return 0;
}
