/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A body in chunks means the same in one piece and byte by byte; and it means what a reader makes
 * of it who has all of it at hand and looks for one line after another: the same data, the same
 * end, or refused by both. What is whole is starved without its last byte.
 */

#undef NDEBUG
#include <assert.h>

#include "base/buffer.h"
#include "frontend/field.h"
#include "frontend/transfer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	int r;
	size_t used;
	struct buffer data;
};

/* --- in pieces ---------------------------------------------------------------------------- */

static void push(struct transfer *t, struct span piece, struct outcome *o)
{
	uint8_t *copy = malloc(piece.len);
	struct span input = { copy, piece.len }, some;

	assert(copy);
	memcpy(copy, piece.data, piece.len);
	while ((o->r = transfer_next(t, &input, &some)) == TRANSFER_DATA) {
		assert(some.len && some.len <= t->left);
		buffer_append(&o->data, some);
		transfer_use(t, &input, some.len);
	}
	o->used += piece.len - input.len;
	free(copy);
}

static struct outcome run(struct span body, size_t step)
{
	struct outcome o = { .r = TRANSFER_STARVED, .data = BUFFER_INIT(body.len) };
	struct transfer t = transfer_of_chunks();

	while (body.len && o.r == TRANSFER_STARVED) {
		size_t n = MIN(step, body.len);

		push(&t, span_first(body, n), &o);
		body = span_skip(body, n);
	}
	assert(o.data.error == 0);
	return o;
}

/* --- line by line ------------------------------------------------------------------------- */

/* False where there is no whole line, or its CR does not stand right before its LF. */
static bool take_line(struct span *rest, struct span *ret)
{
	const uint8_t *end = memmem(rest->data, rest->len, "\r\n", 2);

	if (!end)
		return false;
	*ret = span_first(*rest, (size_t)(end - span_bytes(*rest)));
	*rest = span_skip(*rest, ret->len + 2);
	return field_is_clean(*ret);
}

static bool read_size(struct span line, uint64_t *ret)
{
	struct span digits, extension = span_cut(line, ';', &digits);
	char text[TRANSFER_DIGITS_MAX + 1] = "", *end;

	if (!digits.len || digits.len > TRANSFER_DIGITS_MAX || extension.len > TRANSFER_EXTRA_MAX)
		return false;
	memcpy(text, digits.data, digits.len);
	if (strspn(text, "0123456789abcdefABCDEF") != digits.len)
		return false;
	*ret = strtoull(text, &end, 16);
	return true;
}

static bool read_trailer(struct span *rest)
{
	size_t extra = 0;
	struct span line, name, value;

	while (take_line(rest, &line)) {
		if (!line.len)
			return true;
		value = span_cut(line, ':', &name);
		extra += name.len + value.len;
		if (span_is_none(value) || !field_is_token(name) || extra > TRANSFER_EXTRA_MAX)
			return false;
	}
	return false;
}

/* True where it is whole: then what is left of the input stands behind it. */
static bool read_all(struct span *rest, struct buffer *data)
{
	struct span line;
	uint64_t size;

	while (take_line(rest, &line) && read_size(line, &size)) {
		if (!size)
			return read_trailer(rest);
		if (size > rest->len)
			return false;
		buffer_append(data, span_first(*rest, (size_t)size));
		*rest = span_skip(*rest, (size_t)size);
		if (!span_starts_with(*rest, SPAN("\r\n")))
			return false;
		*rest = span_skip(*rest, 2);
	}
	return false;
}

static void check_starved(struct span body)
{
	struct outcome o = run(body, body.len);

	assert(o.r == TRANSFER_STARVED && o.used == body.len);
	buffer_clear(&o.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span body = { data ? data : (const uint8_t *)"", size }, rest = body;
	struct buffer read = BUFFER_INIT(size);
	struct outcome whole, split;

	if (!size)
		return 0;
	whole = run(body, size);
	split = run(body, 1);
	assert(whole.r == split.r && whole.used == split.used);
	assert(span_equal(buffer_span(&whole.data), buffer_span(&split.data)));
	assert(read_all(&rest, &read) == (whole.r == TRANSFER_OVER));
	if (whole.r == TRANSFER_OVER) {
		assert(whole.used == size - rest.len);
		assert(span_equal(buffer_span(&whole.data), buffer_span(&read)));
		check_starved(span_first(body, whole.used - 1));
	}
	buffer_clear(&read);
	buffer_clear(&whole.data);
	buffer_clear(&split.data);
	return 0;
}
