/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any text is a cursor or none; one that is stands for a key whose own cursor stands for the same
 * key. And any key has a cursor, which stands for it. The input is taken as text, as JSON and as a
 * key.
 */

#undef NDEBUG
#include <assert.h>

#include "s3/cursor.h"
#include "s3/encoding.h"
#include "s3/errors.h"

#define INPUT_MAX 16384

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_key(struct span key)
{
	_cleanup_(buffer_clear) struct buffer text = BUFFER_INIT(16 * INPUT_MAX);
	_cleanup_(buffer_clear) struct buffer back = BUFFER_INIT(INPUT_MAX);

	cursor_encode(&text, key);
	assert(!buffer_error(&text));
	assert(cursor_decode(buffer_span(&text), &back) == 0);
	assert(span_equal(buffer_span(&back), key));
}

static void check_text(struct span text)
{
	_cleanup_(buffer_clear) struct buffer key = BUFFER_INIT(INPUT_MAX);
	int r = cursor_decode(text, &key);

	assert(r == 0 || r == S3_ERROR_REST_INVALID_CURSOR);
	assert(r == 0 || !key.len);
	if (r)
		return;
	assert(span_is_utf8(buffer_span(&key)));
	assert(!memchr(buffer_span(&key).data, '\0', key.len));
	check_key(buffer_span(&key));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[BASE64_TEXT_SIZE(INPUT_MAX)];
	struct span input = { data ? data : (const uint8_t *)"", MIN(size, (size_t)INPUT_MAX) };

	check_text(input);
	check_text(span_from_string(base64_encode(input, text)));
	if (span_is_utf8(input) && !memchr(input.data, '\0', input.len))
		check_key(input);
	return 0;
}
