/* SPDX-License-Identifier: Apache-2.0 */

/* Objects and lists on their way through a worker to the client. */

#include <sys/mman.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "frontend/exchange.h"
#include "worker-scene.h"

static void say_extent(uint64_t call, size_t offset, size_t length, bool last)
{
	struct ipc_message m = { .number = IPC_EXTENT, .extent = { call, offset, length, last } };
	int fd = memfd_create("blob", MFD_CLOEXEC);

	assert(fd >= 0 && write(fd, large, LARGE) == LARGE);
	stage_say(&s, s.stored, &m, fd);
}

static uint64_t begin_large_get(int client)
{
	struct answer a = object_answer(LARGE);
	uint64_t call;

	stage_send_text(&s, client, "GET /bucket/large HTTP/1.1\r\n" HOST "\r\n");
	call = stage_grant(&s);
	expect_call(call, false, SPAN(""));
	say_object(call, &a, SPAN(""), LARGE);
	return call;
}

static void expect_large(int client)
{
	struct stage_answer a = stage_read(&s, client, false);

	assert(a.status == 200 && a.body_len == LARGE);
	assert(memcmp(a.body, large, LARGE) == 0);
	stage_answer_clear(&a);
}

static void test_object_of_one_extent(void)
{
	int client = stage_connect(&s);
	uint64_t call = begin_large_get(client);

	stage_expect_silence(&s, client);
	say_extent(call, 0, LARGE, true);
	expect_large(client);
	get_hello(client);
	expect_answer(client, 200, "hello");
	close(client);
}

static void expect_next(uint64_t call)
{
	struct stage_packet p = stage_expect(&s, &s.stored, IPC_NEXT);

	assert(p.message.next.call == call);
	stage_packet_clear(&p);
}

/* Wishes for more extents may cross with the last of them. */
static void forget_messages(int channel)
{
	uint8_t dropped[64];

	while (recv(channel, dropped, sizeof(dropped), MSG_DONTWAIT) > 0)
		;
}

static void test_object_of_many_extents(void)
{
	int client = stage_connect(&s);
	uint64_t call = begin_large_get(client);
	const size_t part = LARGE / 8;

	for (size_t i = 0; i < 4; i++)
		say_extent(call, i * part, part, false);
	for (size_t i = 4; i < 8; i++) {
		expect_next(call);
		say_extent(call, i * part, part, i == 7);
	}
	expect_large(client);
	forget_messages(s.stored);
	get_hello(client);
	expect_answer(client, 200, "hello");
	close(client);
}

static void test_download_waits_for_a_slow_stored(void)
{
	int client = stage_connect(&s);
	uint64_t call = begin_large_get(client);

	say_extent(call, 0, LARGE / 2, false);
	expect_next(call);
	stage_steps(&s, 10);
	assert(s.worker.busy.first->exchange->state == EXCHANGE_STARVED);
	say_extent(call, LARGE / 2, LARGE / 2, true);
	expect_large(client);
	close(client);
}

static void test_download_that_breaks_off_closes_the_connection(void)
{
	int client = stage_connect(&s);
	uint64_t call = begin_large_get(client);
	struct stage_answer a;

	say_extent(call, 0, LARGE / 2, false);
	expect_next(call);
	stage_failed(&s, call, S3_ERROR_INTERNAL_ERROR);
	a = stage_read(&s, client, false);
	assert(a.closed && a.body_len == LARGE / 2);
	stage_answer_clear(&a);
	close(client);
}

/* A blob never gets shorter; where one does, nothing else is sent in its place. */
static void test_file_that_is_too_short_closes_the_connection(void)
{
	struct ipc_message m = { .number = IPC_EXTENT };
	int client = stage_connect(&s), fd = memfd_create("blob", MFD_CLOEXEC);
	struct stage_answer a;

	assert(fd >= 0 && write(fd, large, LARGE / 2) == LARGE / 2);
	m.extent = (struct ipc_extent){ begin_large_get(client), 0, LARGE, true };
	stage_say(&s, s.stored, &m, fd);
	a = stage_read(&s, client, false);
	assert(a.closed && a.body_len == LARGE / 2);
	stage_answer_clear(&a);
	close(client);
}

static void test_head_tells_the_length_and_has_no_body(void)
{
	int client = stage_connect(&s);
	struct answer a = object_answer(123456);
	struct stage_answer h;
	uint64_t call;

	stage_send_text(&s, client, "HEAD /bucket/key HTTP/1.1\r\n" HOST "\r\n");
	call = stage_grant(&s);
	expect_call(call, false, SPAN(""));
	say_object(call, &a, SPAN(""), 0);
	h = stage_read(&s, client, true);
	assert(h.status == 200 && strcmp(stage_field(&h, "Content-Length"), "123456") == 0);
	stage_answer_clear(&h);
	get_hello(client);
	expect_answer(client, 200, "hello");
	close(client);
}

static void test_refused_head_has_no_body(void)
{
	int client = stage_connect(&s);
	struct stage_answer h;
	uint64_t call;

	stage_send_text(&s, client, "HEAD /bucket/key HTTP/1.1\r\n" HOST "\r\n");
	call = stage_grant(&s);
	expect_call(call, false, SPAN(""));
	stage_failed(&s, call, S3_ERROR_NO_SUCH_KEY);
	h = stage_read(&s, client, true);
	assert(h.status == 404);
	stage_answer_clear(&h);
	get_hello(client);
	expect_answer(client, 200, "hello");
	close(client);
}

static void test_not_modified_keeps_the_connection(void)
{
	int client = stage_connect(&s);
	struct buffer b = BUFFER_INIT(4096);
	struct answer a = object_answer(5);
	struct ipc_message m = { .number = IPC_FAILED };
	struct stage_answer h;
	uint64_t call;

	stage_send_text(&s, client, "GET /bucket/key HTTP/1.1\r\n" HOST "If-None-Match: *\r\n\r\n");
	call = stage_grant(&s);
	expect_call(call, false, SPAN(""));
	answer_encode(&a, &b);
	m.failed = (struct ipc_failed){ call, S3_ERROR_NOT_MODIFIED, SPAN(""), buffer_span(&b) };
	stage_say(&s, s.stored, &m, -1);
	buffer_clear(&b);
	h = stage_read(&s, client, false);
	assert(h.status == 304 &&
	       strcmp(stage_field(&h, "ETag"), "\"d41d8cd98f00b204e9800998ecf8427e\"") == 0);
	stage_answer_clear(&h);
	get_hello(client);
	expect_answer(client, 200, "hello");
	close(client);
}

static void test_no_content_has_no_length(void)
{
	int client = stage_connect(&s);
	struct stage_answer h;
	struct answer a;
	uint64_t call;

	stage_send_text(&s, client, "DELETE /bucket/key HTTP/1.1\r\n" HOST "\r\n");
	call = stage_grant(&s);
	expect_call(call, false, SPAN(""));
	answer_init(&a);
	stage_done(&s, call, &a);
	h = stage_read(&s, client, false);
	assert(h.status == 204 && !stage_field(&h, "Content-Length"));
	stage_answer_clear(&h);
	close(client);
}

static void test_list_is_gathered_from_many_messages(void)
{
	int client = stage_connect(&s);
	struct buffer b = BUFFER_INIT(IPC_ITEMS_MAX);
	struct ipc_message m = { .number = IPC_ITEMS };
	struct answer a, done;
	uint64_t call;

	stage_send_text(&s, client, "GET /bucket?list-type=2 HTTP/1.1\r\n" HOST "\r\n");
	call = stage_grant(&s);
	expect_call(call, false, SPAN(""));
	for (int i = 0; i < 3; i++) {
		char key[16];

		a = object_answer(5);
		a.kind = ANSWER_KIND_OBJECT;
		a.key = (struct span){ key, (size_t)snprintf(key, sizeof(key), "key-%d", i) };
		buffer_reset(&b);
		answer_append_item(&a, &b);
		m.items = (struct ipc_items){ call, buffer_span(&b) };
		stage_say(&s, s.stored, &m, -1);
	}
	buffer_clear(&b);
	answer_init(&done);
	done.count = 3;
	stage_done(&s, call, &done);
	expect_answer(client, 200, "<Key>key-2</Key>");
	close(client);
}

int main(void)
{
	fill_large();
	stage_open(&s, NULL);
	test_object_of_one_extent();
	test_object_of_many_extents();
	test_download_waits_for_a_slow_stored();
	test_download_that_breaks_off_closes_the_connection();
	test_file_that_is_too_short_closes_the_connection();
	test_head_tells_the_length_and_has_no_body();
	test_refused_head_has_no_body();
	test_not_modified_keeps_the_connection();
	test_no_content_has_no_length();
	test_list_is_gathered_from_many_messages();
	stage_close(&s);
	return 0;
}
