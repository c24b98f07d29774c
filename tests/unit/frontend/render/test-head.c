/* SPDX-License-Identifier: Apache-2.0 */

/* Heads of replies, to the byte. */

#undef NDEBUG
#include "frontend/render/head.h"

#include <assert.h>
#include <stdio.h>

static void expect(const struct reply *r, bool persists, bool is_old, const char *expected)
{
	const struct render_connection in = { persists, is_old, SPAN("now") };
	struct buffer b = BUFFER_INIT(4096);

	render_head(r, &in, &b);
	if (!span_equal(buffer_span(&b), span_from_string(expected)))
		fprintf(stderr, "%.*s", (int)b.len, (const char *)b.data);
	assert(span_equal(buffer_span(&b), span_from_string(expected)));
	buffer_clear(&b);
}

static void test_a_head_says_what_the_reply_says(void)
{
	struct reply r;

	reply_init(&r);
	reply_reset(&r, 206);
	r.length = UINT64_MAX;
	reply_field_string(&r, "ETag", "a");
	reply_field_named(&r, SPAN("x-amz-meta-b"), SPAN(""));
	expect(&r, true, false,
	       "HTTP/1.1 206 Partial Content\r\nDate: now\r\nETag: a\r\nx-amz-meta-b: \r\n"
	       "Content-Length: 18446744073709551615\r\n\r\n");
	reply_clear(&r);
}

static void test_the_last_reply_says_so_and_old_clients_that_there_may_be_more(void)
{
	struct reply r;

	reply_init(&r);
	reply_reset(&r, 404);
	expect(&r, false, false,
	       "HTTP/1.1 404 Not Found\r\nDate: now\r\nConnection: close\r\n"
	       "Content-Length: 0\r\n\r\n");
	expect(&r, false, true,
	       "HTTP/1.1 404 Not Found\r\nDate: now\r\nConnection: close\r\n"
	       "Content-Length: 0\r\n\r\n");
	expect(&r, true, true,
	       "HTTP/1.1 404 Not Found\r\nDate: now\r\nConnection: Keep-Alive\r\n"
	       "Content-Length: 0\r\n\r\n");
	reply_clear(&r);
}

static void test_no_content_has_no_length(void)
{
	struct reply r;

	reply_init(&r);
	reply_reset(&r, 204);
	expect(&r, true, false, "HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n");
	assert(!render_head_allows_body(204) && !render_head_allows_body(304));
	assert(render_head_allows_body(200) && render_head_allows_body(404));
	reply_clear(&r);
}

static void test_a_status_without_a_name_is_a_status(void)
{
	struct reply r;

	reply_init(&r);
	reply_reset(&r, 299);
	expect(&r, true, false, "HTTP/1.1 299 \r\nDate: now\r\nContent-Length: 0\r\n\r\n");
	reply_clear(&r);
}

int main(void)
{
	test_a_head_says_what_the_reply_says();
	test_the_last_reply_says_so_and_old_clients_that_there_may_be_more();
	test_no_content_has_no_length();
	test_a_status_without_a_name_is_a_status();
	return 0;
}
