/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A head ends at the same byte in whatever pieces it comes; and one that is accepted says nothing
 * but what its bytes say: written out again from what was read of it, it is what came, but for
 * blanks around values.
 */

#undef NDEBUG
#include <assert.h>

#include "frontend/headtext.h"
#include "s3/pairs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t find_end_byte_by_byte(struct span bytes, size_t len)
{
	size_t from = 0, found = 0;

	for (size_t n = 1; n <= bytes.len && !found; n++) {
		/* A copy of its own, so that nobody looks behind its end unseen. */
		uint8_t *copy = malloc(n);

		assert(copy);
		memcpy(copy, bytes.data, n);
		found = headtext_len((struct span){ copy, n }, &from);
		free(copy);
		assert(!found || n == len);
	}
	return found;
}

/* What was read, as it would be sent. */
static void write_head(const struct head *h, struct buffer *to)
{
	struct span rest = buffer_span(&h->fields), name, value;

	buffer_append(to, h->method);
	buffer_append_byte(to, ' ');
	buffer_append(to, h->target);
	buffer_append_string(to, h->http_1_0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
	while (pairs_next(&rest, &name, &value) > 0) {
		buffer_append(to, name);
		buffer_append_byte(to, ':');
		buffer_append(to, value);
		buffer_append_string(to, "\r\n");
	}
	buffer_append_string(to, "\r\n");
}

/* What came, without the empty line in front and without blanks behind a colon or before a line's
 * end. */
static void strip(struct span text, struct buffer *to)
{
	if (span_starts_with(text, SPAN("\r\n")))
		text = span_skip(text, 2);
	for (bool is_first = true; text.len; is_first = false) {
		const uint8_t *end = memmem(text.data, text.len, "\r\n", 2);
		struct span line, name, value;

		assert(end);
		line = span_first(text, (size_t)(end - span_bytes(text)));
		text = span_skip(text, line.len + 2);
		value = span_cut(line, ':', &name);
		if (is_first || span_is_none(value)) {
			buffer_append(to, line);
		} else {
			buffer_append(to, name);
			buffer_append_byte(to, ':');
			buffer_append(to, span_trim(value));
		}
		buffer_append_string(to, "\r\n");
	}
}

static unsigned int count_fields(const struct head *h, struct span wanted)
{
	struct span rest = buffer_span(&h->fields), name, value;
	unsigned int n = 0;

	while (pairs_next(&rest, &name, &value) > 0)
		n += span_equal_nocase(name, wanted);
	return n;
}

static void check_accepted(const struct head *h, struct span text)
{
	struct buffer read = BUFFER_INIT(2 * HEAD_BYTES_MAX),
		      came = BUFFER_INIT(2 * HEAD_BYTES_MAX);

	write_head(h, &read);
	strip(text, &came);
	assert(!read.error && !came.error);
	assert(span_equal(buffer_span(&read), buffer_span(&came)));
	assert(!memchr(text.data, '\0', text.len));
	assert(count_fields(h, SPAN("host")) == 1);
	assert(count_fields(h, SPAN("content-length")) +
		       count_fields(h, SPAN("transfer-encoding")) <=
	       1);
	buffer_clear(&read);
	buffer_clear(&came);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = { data ? data : (const uint8_t *)"", size };
	size_t from = 0, len = headtext_len(bytes, &from);
	struct head h;
	int r;

	assert(len <= size);
	assert(find_end_byte_by_byte(bytes, len) == len);
	if (!len)
		return 0;
	head_init(&h);
	headtext_read(span_first(bytes, len), &h);
	r = head_finish(&h);
	assert(r >= 0 && r < S3_ERROR_COUNT && r == (int)h.error);
	assert(h.method.data && h.target.data);
	if (r == 0)
		check_accepted(&h, span_first(bytes, len));
	head_clear(&h);
	return 0;
}
