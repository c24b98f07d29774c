/* SPDX-License-Identifier: Apache-2.0 */

/*
 * T54: heads that two readers could take for different requests. Each is refused, no one behind is
 * asked, the connection closes, and a request pipelined behind it is never served.
 */

#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stage.h"

#define HOST "Host: localhost\r\n"
#define NEXT "GET /bucket/smuggled HTTP/1.1\r\n" HOST "\r\n"

static struct stage s;

static const struct attack {
	const char *name;
	struct span bytes;
} attacks[] = {
	{ "length and chunked", SPAN("PUT /b/k HTTP/1.1\r\n" HOST
				     "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
				     "0\r\n\r\n" NEXT) },
	{ "chunked and length", SPAN("PUT /b/k HTTP/1.1\r\n" HOST
				     "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
				     "0\r\n\r\n" NEXT) },
	{ "an unknown coding",
	  SPAN("PUT /b/k HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n" NEXT) },
	{ "two codings", SPAN("PUT /b/k HTTP/1.1\r\n" HOST
			      "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" NEXT) },
	{ "chunked twice", SPAN("PUT /b/k HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n"
				"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" NEXT) },
	{ "identity behind chunked",
	  SPAN("PUT /b/k HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n"
	       "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n" NEXT) },
	{ "chunked in HTTP/1.0",
	  SPAN("PUT /b/k HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" NEXT) },
	{ "an empty coding", SPAN("PUT /b/k HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n\r\n" NEXT) },
	{ "two lengths", SPAN("PUT /b/k HTTP/1.1\r\n" HOST
			      "Content-Length: 0\r\nContent-Length: 90\r\n\r\n" NEXT) },
	{ "the same length twice", SPAN("PUT /b/k HTTP/1.1\r\n" HOST
					"Content-Length: 0\r\nContent-Length: 0\r\n\r\n" NEXT) },
	{ "a list of lengths",
	  SPAN("PUT /b/k HTTP/1.1\r\n" HOST "Content-Length: 0, 0\r\n\r\n" NEXT) },
	{ "a signed length", SPAN("PUT /b/k HTTP/1.1\r\n" HOST "Content-Length: +0\r\n\r\n" NEXT) },
	{ "an empty length", SPAN("PUT /b/k HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n" NEXT) },
	{ "a length in hexadecimal",
	  SPAN("PUT /b/k HTTP/1.1\r\n" HOST "Content-Length: 0x0\r\n\r\n" NEXT) },
	{ "no host", SPAN("GET /b/k HTTP/1.1\r\n\r\n" NEXT) },
	{ "an empty host", SPAN("GET /b/k HTTP/1.1\r\nHost:\r\n\r\n" NEXT) },
	{ "two hosts", SPAN("GET /b/k HTTP/1.1\r\n" HOST "Host: other\r\n\r\n" NEXT) },
	{ "two authorizations", SPAN("GET /b/k HTTP/1.1\r\n" HOST "Authorization: a\r\n"
				     "authorization: b\r\n\r\n" NEXT) },
	{ "a blank before the colon",
	  SPAN("PUT /b/k HTTP/1.1\r\n" HOST "Content-Length : 0\r\n\r\n" NEXT) },
	{ "a tab in a name", SPAN("GET /b/k HTTP/1.1\r\n" HOST "X\tA: b\r\n\r\n" NEXT) },
	{ "a name that is no token", SPAN("GET /b/k HTTP/1.1\r\n" HOST "X(A): b\r\n\r\n" NEXT) },
	{ "a name of UTF-8", SPAN("GET /b/k HTTP/1.1\r\n" HOST "X-\xc3\xa4: b\r\n\r\n" NEXT) },
	{ "an empty name", SPAN("GET /b/k HTTP/1.1\r\n" HOST ": b\r\n\r\n" NEXT) },
	{ "a carriage return in a value",
	  SPAN("GET /b/k HTTP/1.1\r\n" HOST "X-A: b\rX-B: c\r\n\r\n" NEXT) },
	{ "a NUL in a value", SPAN("GET /b/k HTTP/1.1\r\n" HOST "X-A: b\0c\r\n\r\n" NEXT) },
	{ "a NUL at the end of a value",
	  SPAN("GET /b/k HTTP/1.1\r\n" HOST "X-A: b\0\r\n\r\n" NEXT) },
	{ "a NUL at the end of the last value and of the head",
	  SPAN("GET /b/k HTTP/1.1\r\n" HOST "X-A: b\0\r\n\0\r\n\r\n" NEXT) },
	{ "a NUL in a length",
	  SPAN("PUT /b/k HTTP/1.1\r\n" HOST "Content-Length: 0\0 5\r\n\r\n" NEXT) },
	{ "another control byte", SPAN("GET /b/k HTTP/1.1\r\n" HOST "X-A: b\x01\r\n\r\n" NEXT) },
	{ "a delete byte", SPAN("GET /b/k HTTP/1.1\r\n" HOST "X-A: b\x7f\r\n\r\n" NEXT) },
	{ "a folded field", SPAN("GET /b/k HTTP/1.1\r\n" HOST "X-A: b\r\n c: d\r\n\r\n" NEXT) },
	{ "a folded last field", SPAN("GET /b/k HTTP/1.1\r\n" HOST "X-A: b\r\n\tc\r\n\r\n" NEXT) },
	{ "a folded first field", SPAN("GET /b/k HTTP/1.1\r\n X-A: b\r\n" HOST "\r\n" NEXT) },
	{ "a bare line feed", SPAN("GET /b/k HTTP/1.1\r\n" HOST "X-A: b\nX-B: c\r\n\r\n" NEXT) },
	{ "a bare line feed behind the request line",
	  SPAN("GET /b/k HTTP/1.1\n" HOST "\r\n" NEXT) },
	{ "bare line feeds at the end", SPAN("GET /b/k HTTP/1.1\r\n" HOST "X-A: b\n\n" NEXT) },
	{ "a blank line of a bare line feed",
	  SPAN("GET /b/k HTTP/1.1\r\n" HOST "X-A: b\r\n\n" NEXT) },
	{ "an encoded NUL", SPAN("GET /b/k%00.png HTTP/1.1\r\n" HOST "\r\n" NEXT) },
	{ "an encoded NUL in the query", SPAN("GET /b?prefix=%00 HTTP/1.1\r\n" HOST "\r\n" NEXT) },
	{ "a NUL in the target", SPAN("GET /b/k\0/x HTTP/1.1\r\n" HOST "\r\n" NEXT) },
	{ "a blank in the target", SPAN("GET /b/k x HTTP/1.1\r\n" HOST "\r\n" NEXT) },
	{ "two blanks before the target", SPAN("GET  /b/k HTTP/1.1\r\n" HOST "\r\n" NEXT) },
	{ "two blanks behind the target", SPAN("GET /b/k  HTTP/1.1\r\n" HOST "\r\n" NEXT) },
	{ "a tab in the target", SPAN("GET /b/k\tx HTTP/1.1\r\n" HOST "\r\n" NEXT) },
	{ "an absolute target", SPAN("GET http://localhost/b/k HTTP/1.1\r\n" HOST "\r\n" NEXT) },
	{ "an authority", SPAN("GET localhost:80 HTTP/1.1\r\n" HOST "\r\n" NEXT) },
	{ "an asterisk", SPAN("OPTIONS * HTTP/1.1\r\n" HOST "\r\n" NEXT) },
	{ "a method that is no token", SPAN("G@T /b/k HTTP/1.1\r\n" HOST "\r\n" NEXT) },
	{ "a method too long", SPAN("GETGETGETGETGETGET /b/k HTTP/1.1\r\n" HOST "\r\n" NEXT) },
	{ "another version", SPAN("GET /b/k HTTP/1.2\r\n" HOST "\r\n" NEXT) },
};

/* One answer, and nothing behind it. */
static void check_refused(const struct attack *t)
{
	int client = stage_connect(&s);
	struct stage_answer a;
	char byte;

	stage_send(&s, client, t->bytes);
	a = stage_read(&s, client, false);
	if (a.status != 400 || !strstr(a.body, "<Code>Invalid")) {
		fprintf(stderr, "%s: %.200s\n", t->name, a.text);
		abort();
	}
	assert(strcmp(stage_field(&a, "Connection"), "close") == 0);
	stage_answer_clear(&a);
	assert(recv(client, &byte, 1, MSG_DONTWAIT) == 0);
	close(client);
	stage_expect_silence(&s, s.authd);
}

static void test_t54_ambiguous_heads_are_refused_and_the_connection_closed(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(attacks); i++)
		check_refused(&attacks[i]);
}

static const struct attack nonsense[] = {
	{ "TLS", SPAN("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n") },
	{ "a method alone", SPAN("GET\r\n\r\n" NEXT) },
	{ "no version", SPAN("GET /b/k\r\n\r\n" NEXT) },
	{ "HTTP/2.0", SPAN("GET /b/k HTTP/2.0\r\n" HOST "\r\n" NEXT) },
	{ "HTTP/0.9", SPAN("GET /b/k HTTP/0.9\r\n" HOST "\r\n" NEXT) },
	{ "a blank behind the version", SPAN("GET /b/k HTTP/1.1 \r\n" HOST "\r\n" NEXT) },
	{ "no colon", SPAN("GET /b/k HTTP/1.1\r\n" HOST "no colon\r\n\r\n" NEXT) },
	{ "a length too large", SPAN("PUT /b/k HTTP/1.1\r\n" HOST
				     "Content-Length: 99999999999999999999\r\n\r\n" NEXT) },
	{ "a negative length",
	  SPAN("PUT /b/k HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n" NEXT) },
	{ "two empty lines", SPAN("\r\n\r\n" NEXT) },
};

static void test_t57_what_is_no_http_is_told_so_and_ends_the_connection(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(nonsense); i++)
		check_refused(&nonsense[i]);
}

/* Sound heads in odd shapes, so that the strictness above is not bought with honest clients. */
static void test_sound_heads_are_asked_about(void)
{
	static const struct span heads[] = {
		SPAN("GET /b/k HTTP/1.1\r\n" HOST "\r\n"),
		SPAN("GET /b/k HTTP/1.0\r\n" HOST "\r\n"),
		SPAN("GET /b/k HTTP/1.1\r\nHost:localhost\r\nX-A:\r\nX-B: \r\nX-C:\t c \t\r\n\r\n"),
		SPAN("GET /b/k?x=%zz&&a=b?c HTTP/1.1\r\n" HOST "X-A: \xc3\xa4\r\n\r\n"),
		SPAN("\r\nGET /b//..%2F/k HTTP/1.1\r\n" HOST "Cookie: a=b; c=d\r\n\r\n"),
		SPAN("PATCH /b/k HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		int client = stage_connect(&s);
		struct stage_packet p;

		stage_send(&s, client, heads[i]);
		p = stage_expect(&s, &s.authd, IPC_ASK);
		close(client);
		stage_denied(&s, p.message.ask.call, S3_ERROR_ACCESS_DENIED);
		stage_packet_clear(&p);
	}
}

/* The parser keeps lines that come in pieces, whatever the pieces. */
static void test_heads_split_at_every_byte_are_the_same(void)
{
	static const char head[] =
		"GET /bucket/key?a=b HTTP/1.1\r\n" HOST "X-A: b\r\nX-B: c\r\n\r\n";

	for (size_t i = 1; i < sizeof(head) - 1; i++) {
		int client = stage_connect(&s);
		struct stage_packet p;
		struct s3_head h;

		stage_send(&s, client, (struct span){ head, i });
		stage_steps(&s, 2);
		stage_send(&s, client, (struct span){ head + i, sizeof(head) - 1 - i });
		p = stage_expect(&s, &s.authd, IPC_ASK);
		h = (struct s3_head){ p.message.ask.method, p.message.ask.target,
				      p.message.ask.fields };
		assert(span_equal(h.target, SPAN("/bucket/key?a=b")));
		assert(span_equal(s3_head_find(&h, "x-b"), SPAN("c")));
		close(client);
		stage_denied(&s, p.message.ask.call, S3_ERROR_ACCESS_DENIED);
		stage_packet_clear(&p);
	}
}

static void test_head_too_large_is_refused(void)
{
	static char value[40 * 1024];
	int client = stage_connect(&s);
	struct stage_answer a;

	memset(value, 'a', sizeof(value) - 1);
	stage_send_text(&s, client, "GET /b/k HTTP/1.1\r\n" HOST "X-A: ");
	stage_send_text(&s, client, value);
	stage_send_text(&s, client, "\r\n\r\n");
	a = stage_read(&s, client, false);
	assert(a.status == 400 && strstr(a.body, "<Code>RequestHeaderSectionTooLarge</Code>"));
	stage_answer_clear(&a);
	stage_expect_close(&s, client);
	stage_expect_silence(&s, s.authd);
}

int main(void)
{
	stage_open(&s, NULL);
	test_t54_ambiguous_heads_are_refused_and_the_connection_closed();
	test_t57_what_is_no_http_is_told_so_and_ends_the_connection();
	test_sound_heads_are_asked_about();
	test_heads_split_at_every_byte_are_the_same();
	test_head_too_large_is_refused();
	stage_close(&s);
	return 0;
}
