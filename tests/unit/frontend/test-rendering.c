/* SPDX-License-Identifier: Apache-2.0 */

/* Long documents of several tenants in one worker: who waits for whom. */

#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "stage.h"

#define KEYS	      1000
#define FLOOD	      1
#define QUIET	      2
#define SHORT_CALL_MS 20

static struct stage s;

static void short_calls(struct worker_config *c)
{
	c->deadlines_ms[DEADLINE_CALL] = SHORT_CALL_MS;
}

static void end_page(uint64_t call)
{
	struct answer a;

	answer_init(&a);
	a.count = a.limit = KEYS;
	a.truncated = 0;
	stage_done(&s, call, &a);
}

/* Asks for a list and is told all of its items, but not that these were all. */
static uint64_t begin_page(int client, uint8_t tenant, unsigned int keys)
{
	struct buffer items = BUFFER_INIT(IPC_ITEMS_MAX);
	struct ipc_message m = { .number = IPC_ITEMS };
	struct stage_packet p;
	struct answer a;
	char key[16];
	uint64_t call;

	stage_send_text(&s, client, "GET /bucket?list-type=2 HTTP/1.1\r\nHost: h\r\n\r\n");
	call = stage_grant_tenant(&s, tenant);
	p = stage_expect(&s, &s.stored, IPC_CALL);
	stage_packet_clear(&p);
	for (unsigned int n = 0; n < keys; n++) {
		answer_init(&a);
		a.kind = ANSWER_KIND_OBJECT;
		snprintf(key, sizeof(key), "%u", n);
		a.key = span_from_string(key);
		answer_append_item(&a, &items);
	}
	m.items = (struct ipc_items){ call, buffer_span(&items) };
	assert(buffer_error(&items) == 0);
	stage_say(&s, s.stored, &m, -1);
	buffer_clear(&items);
	return call;
}

static void expect_page(int client, unsigned int keys)
{
	struct stage_answer a = stage_read(&s, client, false);
	const char *at = a.body;
	unsigned int n = 0;

	assert(a.status == 200 && stage_field(&a, "x-amz-request-id"));
	while ((at = strstr(at, "<Key>"))) {
		assert(strtoul(at + strlen("<Key>"), NULL, 10) == n++);
		at++;
	}
	assert(n == keys && strstr(a.body, "</ListBucketResult>"));
	stage_answer_clear(&a);
}

static bool has_heard_nothing(int client)
{
	char byte;

	return recv(client, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

static void test_t57_a_page_waits_for_one_page_of_another_tenant_and_not_for_all(void)
{
	int flood[3], quiet = stage_connect(&s);
	uint64_t calls[3], call;

	for (int i = 0; i < 3; i++) {
		flood[i] = stage_connect(&s);
		calls[i] = begin_page(flood[i], FLOOD, KEYS);
	}
	call = begin_page(quiet, QUIET, KEYS);
	for (int i = 0; i < 3; i++)
		end_page(calls[i]);
	end_page(call);
	expect_page(quiet, KEYS);
	assert(has_heard_nothing(flood[1]) && has_heard_nothing(flood[2]));
	for (int i = 0; i < 3; i++) {
		expect_page(flood[i], KEYS);
		assert(i == 2 || has_heard_nothing(flood[2]));
		close(flood[i]);
	}
	close(quiet);
}

static void test_t57_what_is_short_does_not_wait_for_a_page(void)
{
	int flood = stage_connect(&s), quiet = stage_connect(&s);
	uint64_t call = begin_page(flood, FLOOD, KEYS), other;

	end_page(call);
	other = begin_page(quiet, QUIET, 3);
	end_page(other);
	expect_page(quiet, 3);
	assert(has_heard_nothing(flood) && s.worker.renderings.count == 1);
	expect_page(flood, KEYS);
	assert(s.worker.renderings.count == 0);
	close(flood);
	close(quiet);
}

static void test_a_page_that_waits_for_too_long_is_given_up(void)
{
	int client = stage_connect(&s);
	struct stage_answer a;
	uint64_t call = begin_page(client, FLOOD, KEYS);

	end_page(call);
	assert(s.worker.renderings.count == 1);
	usleep(2 * SHORT_CALL_MS * 1000);
	a = stage_read(&s, client, false);
	assert(a.status == 503 && s.worker.renderings.count == 0);
	stage_answer_clear(&a);
	close(client);
}

static void test_a_page_that_waits_may_be_left_behind(void)
{
	int client = stage_connect(&s);
	uint64_t call = begin_page(client, FLOOD, KEYS);

	end_page(call);
	assert(s.worker.renderings.count == 1);
	stage_close(&s);
	close(client);
}

int main(void)
{
	stage_open(&s, NULL);
	test_t57_a_page_waits_for_one_page_of_another_tenant_and_not_for_all();
	test_t57_what_is_short_does_not_wait_for_a_page();
	stage_close(&s);
	stage_open(&s, short_calls);
	test_a_page_that_waits_for_too_long_is_given_up();
	test_a_page_that_waits_may_be_left_behind();
	return 0;
}
