/* SPDX-License-Identifier: Apache-2.0 */

/* Requests by the door of the REST dialect, through a whole worker. */

#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <unistd.h>

#include "frontend/exchange.h"
#include "stage.h"

#define HOST "Host: localhost\r\n"

static struct stage s;

static struct answer object_answer(uint64_t size)
{
	struct answer a;

	answer_init(&a);
	a.etag = SPAN("d41d8cd98f00b204e9800998ecf8427e");
	a.size = size;
	a.last_modified = 1700000000 * NS_PER_S;
	return a;
}

static void expect_call(uint64_t call, bool has_body, struct span body)
{
	struct stage_packet p = stage_expect(&s, &s.stored, IPC_CALL);

	assert(p.message.call.call == call && p.message.call.has_body == has_body);
	assert(span_equal(p.message.call.body, body));
	stage_packet_clear(&p);
}

static void say_object(uint64_t call, const struct answer *a, struct span body)
{
	struct buffer b = BUFFER_INIT(IPC_ITEMS_MAX);
	struct ipc_message m = { .number = IPC_OBJECT };

	answer_encode(a, &b);
	m.object = (struct ipc_object){ call, buffer_span(&b), body, 0 };
	stage_say(&s, s.stored, &m, -1);
	buffer_clear(&b);
}

/* Every answer here is of this dialect, whatever it says. */
static void expect_answer(int client, unsigned int status, const char *type, const char *body)
{
	struct stage_answer a = stage_read(&s, client, false);

	if (a.status != status || !strstr(a.body, body))
		fprintf(stderr, "want %u %s\ngot %s\n", status, body, a.text);
	assert(a.status == status && strstr(a.body, body) && (*body || !a.body_len));
	assert(strlen(stage_field(&a, "X-Request-Id")) == 16);
	assert(!stage_field(&a, "x-amz-request-id") && !strstr(a.text, "<?xml"));
	assert(strcmp(stage_field(&a, "X-Content-Type-Options"), "nosniff") == 0);
	assert(!type || strcmp(stage_field(&a, "Content-Type"), type) == 0);
	stage_answer_clear(&a);
}

static void test_authd_is_told_the_dialect_of_the_door(void)
{
	for (enum s3_dialect d = 0; d < S3_DIALECT_COUNT; d++) {
		int client = stage_connect_to(&s, d);
		struct stage_packet p;

		stage_send_text(&s, client, "GET /objects/k HTTP/1.1\r\n" HOST "\r\n");
		p = stage_expect(&s, &s.authd, IPC_ASK);
		assert(p.message.ask.dialect == d);
		stage_denied(&s, p.message.ask.call, S3_ERROR_ACCESS_DENIED);
		stage_packet_clear(&p);
		stage_steps(&s, 3);
		close(client);
	}
}

static void get_hello(int client)
{
	struct answer a = object_answer(5);
	uint64_t call;

	stage_send_text(&s, client, "GET /objects/a/b HTTP/1.1\r\n" HOST "Accept: a/b\r\n\r\n");
	call = stage_grant(&s);
	expect_call(call, false, SPAN(""));
	say_object(call, &a, SPAN("hello"));
	expect_answer(client, 200, "a/b", "hello");
}

static void test_an_object_is_got(void)
{
	int client = stage_connect_to(&s, S3_DIALECT_REST);

	for (int i = 0; i < 3; i++)
		get_hello(client);
	close(client);
}

static void put(int client, const char *fields, const char *body)
{
	struct answer a = object_answer(strlen(body));
	char head[256];
	uint64_t call;

	snprintf(head, sizeof(head), "PUT /objects/a%%20b HTTP/1.1\r\n" HOST "%s\r\n%s", fields,
		 body);
	stage_send_text(&s, client, head);
	call = stage_grant(&s);
	expect_call(call, true, span_from_string(body));
	stage_done(&s, call, &a);
	expect_answer(client, 200, "application/json", "{\"key\":\"a b\",\"size\":");
}

static void test_an_object_is_put(void)
{
	int client = stage_connect_to(&s, S3_DIALECT_REST);

	put(client, "Content-Length: 5\r\n", "hello");
	put(client, "Content-Length: 0\r\n", "");
	/* Neither length nor coding: an empty body. */
	put(client, "", "");
	get_hello(client);
	close(client);
}

static void list(int client, const char *query, uint64_t limit, const char *key, const char *want)
{
	struct ipc_message m = { .number = IPC_ITEMS };
	struct buffer items = BUFFER_INIT(IPC_ITEMS_MAX);
	struct answer item, done;
	char head[256];
	uint64_t call;

	snprintf(head, sizeof(head), "GET /objects%s HTTP/1.1\r\n" HOST "\r\n", query);
	stage_send_text(&s, client, head);
	call = stage_grant(&s);
	expect_call(call, false, SPAN(""));
	answer_init(&item);
	item.kind = ANSWER_KIND_OBJECT;
	item.key = span_from_string(key);
	answer_append_item(&item, &items);
	m.items = (struct ipc_items){ call, buffer_span(&items) };
	if (key)
		stage_say(&s, s.stored, &m, -1);
	answer_init(&done);
	done.limit = limit;
	done.truncated = key != NULL;
	stage_done(&s, call, &done);
	expect_answer(client, 200, "application/json", want);
	buffer_clear(&items);
}

static void test_objects_are_listed(void)
{
	int client = stage_connect_to(&s, S3_DIALECT_REST);

	list(client, "?prefix=a", 100, "a",
	     "{\"keys\":[\"a\"],\"next_cursor\":\"eyJsYXN0X2tleSI6ICJhIn0=\",\"has_more\":true}");
	list(client, "", 100, NULL, "{\"keys\":[],\"next_cursor\":null,\"has_more\":false}");
	list(client, "?limit=0&cursor=eyJsYXN0X2tleSI6ICJhIn0=", 0, NULL,
	     "{\"keys\":[],\"next_cursor\":\"eyJsYXN0X2tleSI6ICJhIn0=\",\"has_more\":true}");
	close(client);
}

static void test_an_object_is_deleted_or_was_not_there(void)
{
	int client = stage_connect_to(&s, S3_DIALECT_REST);
	struct answer a;
	uint64_t call;

	answer_init(&a);
	stage_send_text(&s, client, "DELETE /objects/k HTTP/1.1\r\n" HOST "\r\n");
	call = stage_grant(&s);
	expect_call(call, false, SPAN(""));
	stage_done(&s, call, &a);
	expect_answer(client, 204, NULL, "");
	stage_send_text(&s, client,
			"DELETE /objects/k%22 HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n");
	call = stage_grant(&s);
	expect_call(call, false, SPAN(""));
	stage_failed(&s, call, S3_ERROR_NO_SUCH_KEY);
	expect_answer(client, 404, "application/json",
		      "{\"error\":{\"code\":\"404\",\"message\":\"Object k\\\" not found\"}}");
	close(client);
}

static void test_a_denial_is_json(void)
{
	int client = stage_connect_to(&s, S3_DIALECT_REST);
	struct stage_packet p;
	struct ipc_message m = { .number = IPC_DENIED };

	stage_send_text(&s, client, "GET /objects HTTP/1.1\r\n" HOST "\r\n");
	p = stage_expect(&s, &s.authd, IPC_ASK);
	m.denied = (struct ipc_denied){ p.message.ask.call, S3_ERROR_REST_MISSING_SCOPES, 0,
					SPAN("Missing required scopes: ['read']") };
	stage_say(&s, s.authd, &m, -1);
	stage_packet_clear(&p);
	expect_answer(client, 403, "application/json", "Missing required scopes: ['read']");
	close(client);
}

/* The form of a head is judged before anybody is asked, and the connection ends with the answer. */
static void test_t54_a_malformed_head_is_refused_in_json(void)
{
	static const char *const heads[] = {
		"GET /objects/k HTTP/1.1\r\n\r\n",
		"GET /objects/%00 HTTP/1.1\r\n" HOST "\r\n",
		"GET /objects/\xc3\xa4 HTTP/1.1\r\n" HOST "\r\n",
		"GET http://h/objects/k HTTP/1.1\r\n" HOST "\r\n",
		"PUT /objects/k HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
		"PUT /objects/k HTTP/1.1\r\n" HOST
		"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
		"PUT /objects/k HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n",
		"GET /objects/k HTTP/1.1\r\n" HOST "Authorization: a\r\nAuthorization: b\r\n\r\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		int client = stage_connect_to(&s, S3_DIALECT_REST);

		stage_send_text(&s, client, heads[i]);
		expect_answer(client, 400, "application/json", "{\"error\":{\"code\":\"400\",");
		stage_expect_close(&s, client);
	}
}

static void test_who_waits_is_told_when_a_daemon_goes(void)
{
	int client = stage_connect_to(&s, S3_DIALECT_REST);
	uint64_t call;

	stage_send_text(&s, client, "GET /objects/k HTTP/1.1\r\n" HOST "\r\n");
	call = stage_grant(&s);
	expect_call(call, false, SPAN(""));
	close(s.stored);
	s.stored = -1;
	expect_answer(client, 503, "application/json", "{\"error\":{\"code\":\"503\",");
	close(client);
}

int main(void)
{
	stage_open(&s, NULL);
	test_authd_is_told_the_dialect_of_the_door();
	test_an_object_is_got();
	test_an_object_is_put();
	test_objects_are_listed();
	test_an_object_is_deleted_or_was_not_there();
	test_a_denial_is_json();
	test_t54_a_malformed_head_is_refused_in_json();
	test_who_waits_is_told_when_a_daemon_goes();
	stage_close(&s);
	return 0;
}
