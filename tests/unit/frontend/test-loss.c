/* SPDX-License-Identifier: Apache-2.0 */

/* Peers that die, clients that vanish, crawl or only sit there: nothing hangs or leaks. */

#undef NDEBUG
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "frontend/line.h"
#include "stage.h"

#define HOST	  "Host: localhost\r\n"
#define GET	  "GET /bucket/key HTTP/1.1\r\n" HOST "\r\n"
/* Answered without authd and stored. */
#define OWN_PAGE  "POST /-/health HTTP/1.1\r\n" HOST "\r\n"
#define PUT_LARGE "PUT /bucket/key HTTP/1.1\r\n" HOST "Content-Length: 1048576\r\n\r\n"

static struct stage s;

static void expect_status(int client, unsigned int status, const char *body)
{
	struct stage_answer a = stage_read(&s, client, false);

	if (a.status != status)
		fprintf(stderr, "%s\n", a.text);
	assert(a.status == status && strstr(a.body, body));
	if (status == 503)
		assert(strcmp(stage_field(&a, "Retry-After"), "1") == 0);
	stage_answer_clear(&a);
}

static void expect_message(int *channel, enum ipc_number number)
{
	struct stage_packet p = stage_expect(&s, channel, number);

	stage_packet_clear(&p);
}

static enum line_word hear_wish(void)
{
	enum line_word word;
	int fd, r;

	while ((r = line_hear(s.line, &word, &fd)) == -EAGAIN)
		stage_step(&s);
	assert(r == 0 && fd == -1);
	return word;
}

static void lose(int *channel)
{
	*channel = fd_close(*channel);
}

/* --- peers -------------------------------------------------------------------------------- */

static void test_request_at_a_dying_authd_is_503_and_authd_is_dialled_again(void)
{
	int client = stage_connect(&s);

	stage_send_text(&s, client, GET);
	expect_message(&s.authd, IPC_ASK);
	lose(&s.authd);
	expect_status(client, 503, "<Code>ServiceUnavailable</Code>");
	assert(hear_wish() == LINE_AUTHD);
	stage_send_text(&s, client, GET);
	expect_status(client, 503, "<Code>ServiceUnavailable</Code>");
	stage_send_text(&s, client, "GET /-/health HTTP/1.1\r\n" HOST "\r\n");
	stage_pong(&s, LINKS_STORED);
	expect_status(client, 503, "\"authd\":false,\"stored\":true");
	stage_connect_authd(&s);
	/* Its grants are for another channel than the one to stored was opened as. */
	assert(hear_wish() == LINE_STORED);
	lose(&s.stored);
	stage_connect_stored(&s);
	stage_send_text(&s, client, GET);
	stage_grant(&s);
	expect_message(&s.stored, IPC_CALL);
	close(client);
	stage_steps(&s, 5);
}

static void test_request_at_a_dying_stored_is_503_and_stored_is_dialled_again(void)
{
	int client = stage_connect(&s);

	stage_send_text(&s, client, GET);
	stage_grant(&s);
	expect_message(&s.stored, IPC_CALL);
	lose(&s.stored);
	expect_status(client, 503, "<Code>ServiceUnavailable</Code>");
	assert(hear_wish() == LINE_STORED);
	stage_send_text(&s, client, GET);
	stage_grant(&s);
	expect_status(client, 503, "<Code>ServiceUnavailable</Code>");
	stage_connect_stored(&s);
	close(client);
}

static void test_upload_at_a_dying_stored_is_503(void)
{
	struct ipc_message m = { .number = IPC_PIPE };
	int client = stage_connect(&s), fds[2];

	stage_send_text(&s, client, PUT_LARGE);
	m.pipe.call = stage_grant(&s);
	expect_message(&s.stored, IPC_CALL);
	assert(pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0);
	stage_say(&s, s.stored, &m, fds[1]);
	stage_send_text(&s, client, "some bytes");
	stage_steps(&s, 5);
	close(fds[0]);
	lose(&s.stored);
	expect_status(client, 503, "<Code>ServiceUnavailable</Code>");
	stage_expect_close(&s, client);
	assert(hear_wish() == LINE_STORED);
	stage_connect_stored(&s);
}

static void test_stale_ticket_waits_for_the_next(void)
{
	struct ipc_message stale = { .number = IPC_STALE, .stale = { 8 } };
	struct ipc_message ticket = { .number = IPC_TICKET, .ticket = { 8, SPAN("a newer one") } };
	struct ipc_message entered = { .number = IPC_ENTERED, .entered = { STAGE_INLINE_LIMIT } };
	struct stage_packet p;
	int pair[2];

	lose(&s.stored);
	assert(hear_wish() == LINE_STORED);
	assert(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
	assert(line_say(s.line, LINE_STORED, pair[0]) == 0);
	close(pair[0]);
	s.stored = pair[1];
	expect_message(&s.stored, IPC_ENTER);
	stage_say(&s, s.stored, &stale, -1);
	stage_expect_silence(&s, s.stored);
	stage_say(&s, s.authd, &ticket, -1);
	p = stage_expect(&s, &s.stored, IPC_ENTER);
	assert(span_equal(p.message.enter.ticket, SPAN("a newer one")));
	stage_packet_clear(&p);
	stage_say(&s, s.stored, &entered, -1);
	assert(links_stored_is_open(&s.worker.links));
}

/* A second ENTER before the answer to the first would be a violation at stored. */
static void test_new_ticket_waits_for_the_answer_to_the_old(void)
{
	struct ipc_message ticket = { .number = IPC_TICKET, .ticket = { 9, SPAN("newest") } };
	struct ipc_message entered = { .number = IPC_ENTERED, .entered = { STAGE_INLINE_LIMIT } };
	int pair[2];

	lose(&s.stored);
	assert(hear_wish() == LINE_STORED);
	assert(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
	assert(line_say(s.line, LINE_STORED, pair[0]) == 0);
	close(pair[0]);
	s.stored = pair[1];
	expect_message(&s.stored, IPC_ENTER);
	stage_say(&s, s.authd, &ticket, -1);
	stage_expect_silence(&s, s.stored);
	stage_say(&s, s.stored, &entered, -1);
	/* It was let in as the channel of the old one, and grants are for that of the new one. */
	assert(hear_wish() == LINE_STORED && !links_stored_is_open(&s.worker.links));
	ticket.ticket.ticket = SPAN("a ticket");
	stage_say(&s, s.authd, &ticket, -1);
	lose(&s.stored);
	stage_connect_stored(&s);
}

static void test_new_ticket_is_shown_on_a_channel_of_its_own(void)
{
	struct ipc_message ticket = { .number = IPC_TICKET, .ticket = { 9, SPAN("a ticket") } };
	int client = stage_connect(&s);

	stage_send_text(&s, client, GET);
	stage_grant(&s);
	expect_message(&s.stored, IPC_CALL);
	stage_say(&s, s.authd, &ticket, -1);
	expect_status(client, 503, "<Code>ServiceUnavailable</Code>");
	assert(hear_wish() == LINE_STORED);
	lose(&s.stored);
	stage_connect_stored(&s);
	close(client);
}

static void test_nonsense_from_a_peer_closes_that_link_only(void)
{
	int client = stage_connect(&s);

	assert(send(s.authd, "nonsense", 8, MSG_NOSIGNAL) == 8);
	assert(hear_wish() == LINE_AUTHD);
	lose(&s.authd);
	stage_connect_authd(&s);
	assert(hear_wish() == LINE_STORED);
	lose(&s.stored);
	stage_connect_stored(&s);
	stage_send_text(&s, client, GET);
	stage_grant(&s);
	expect_message(&s.stored, IPC_CALL);
	close(client);
	stage_steps(&s, 5);
}

static void test_answers_to_forgotten_calls_are_ignored(void)
{
	int client = stage_connect(&s);
	struct answer a;
	uint64_t call;

	answer_init(&a);
	stage_send_text(&s, client, "DELETE /bucket/key HTTP/1.1\r\n" HOST "\r\n");
	call = stage_grant(&s);
	expect_message(&s.stored, IPC_CALL);
	stage_done(&s, call, &a);
	expect_status(client, 204, "");
	stage_done(&s, call, &a);
	stage_failed(&s, call + 1000, S3_ERROR_NO_SUCH_KEY);
	stage_denied(&s, call, S3_ERROR_ACCESS_DENIED);
	stage_steps(&s, 5);
	assert(links_authd_is_open(&s.worker.links) && links_stored_is_open(&s.worker.links));
	close(client);
}

/* --- clients that vanish ------------------------------------------------------------------ */

/* Closes with a reset, as a client that dies does. */
static void vanish(int client)
{
	struct linger now = { .l_onoff = 1 };

	assert(setsockopt(client, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) == 0);
	close(client);
}

static void wait_until_empty(void)
{
	uint64_t end = clock_boottime_ns() + STAGE_PATIENCE_MS * NS_PER_MS;

	while (s.worker.idle.count + s.worker.busy.count) {
		assert(clock_boottime_ns() < end);
		stage_step(&s);
	}
}

static void vanish_in_head(void)
{
	int client = stage_connect(&s);

	stage_send_text(&s, client, "GET /bucket/key HTTP/1.1\r\nHo");
	stage_steps(&s, 3);
	vanish(client);
}

/* While authd is asked nobody looks at the client: the answer finds him gone. */
static void vanish_while_asking(void)
{
	int client = stage_connect(&s);
	struct stage_packet p;

	stage_send_text(&s, client, GET);
	p = stage_expect(&s, &s.authd, IPC_ASK);
	vanish(client);
	stage_steps(&s, 3);
	stage_denied(&s, p.message.ask.call, S3_ERROR_ACCESS_DENIED);
	stage_packet_clear(&p);
}

static void vanish_in_gathered_body(void)
{
	int client = stage_connect(&s);

	stage_send_text(&s, client,
			"PUT /bucket/key HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhe");
	stage_grant(&s);
	stage_steps(&s, 3);
	vanish(client);
}

static void vanish_in_upload(void)
{
	struct ipc_message m = { .number = IPC_PIPE };
	int client = stage_connect(&s), fds[2];
	char byte;

	stage_send_text(&s, client, PUT_LARGE);
	m.pipe.call = stage_grant(&s);
	expect_message(&s.stored, IPC_CALL);
	assert(pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0);
	stage_say(&s, s.stored, &m, fds[1]);
	stage_send_text(&s, client, "x");
	stage_steps(&s, 3);
	vanish(client);
	expect_message(&s.stored, IPC_CANCEL);
	assert(read(fds[0], &byte, 1) == 1 && read(fds[0], &byte, 1) == 0);
	close(fds[0]);
}

static void vanish_in_download(void)
{
	struct ipc_message object = { .number = IPC_OBJECT }, extent = { .number = IPC_EXTENT };
	struct buffer b = BUFFER_INIT(1024);
	int client = stage_connect(&s), fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	const uint64_t size = 64 * MIB;
	struct answer a;
	uint64_t call;

	stage_send_text(&s, client, GET);
	call = stage_grant(&s);
	expect_message(&s.stored, IPC_CALL);
	answer_init(&a);
	a.size = size;
	answer_encode(&a, &b);
	object.object = (struct ipc_object){ call, buffer_span(&b), SPAN(""), size };
	stage_say(&s, s.stored, &object, -1);
	buffer_clear(&b);
	extent.extent = (struct ipc_extent){ call, 0, size / 2, 0 };
	stage_say(&s, s.stored, &extent, fd);
	stage_steps(&s, 5);
	vanish(client);
	expect_message(&s.stored, IPC_CANCEL);
}

static void test_t57_clients_that_vanish_leave_nothing_behind(void)
{
	static void (*const ways[])(void) = {
		vanish_in_head,	  vanish_while_asking, vanish_in_gathered_body,
		vanish_in_upload, vanish_in_download,
	};
	unsigned int before = stage_count_fds();

	for (size_t round = 0; round < 20; round++)
		for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
			ways[i]();
	wait_until_empty();
	assert(stage_count_fds() == before);
	assert(s.worker.links.calls.count == 0);
}

/* The last bytes and the end arrive together, and the loop tells of both at once. */
static void end_behind(const char *text, bool granted)
{
	int client = stage_connect(&s);

	stage_send_text(&s, client, text);
	if (granted)
		stage_grant(&s);
	stage_steps(&s, 3);
	stage_send_text(&s, client, "abc");
	assert(shutdown(client, SHUT_WR) == 0);
	stage_expect_close(&s, client);
	wait_until_empty();
}

static void test_t58_body_that_ends_early_ends_the_connection(void)
{
	end_behind("PUT /bucket/key HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n", true);
	end_behind("GET /bucket/key HTTP/1.1\r\nX", false);
}

static void limit_connections(struct worker_config *c)
{
	c->connections_max = 8;
}

static void test_t57_idle_connections_make_room_for_new_ones(void)
{
	int idle[20];

	for (size_t i = 0; i < ARRAY_SIZE(idle); i++) {
		idle[i] = stage_connect(&s);
		stage_send_text(&s, idle[i], OWN_PAGE);
		expect_status(idle[i], 405, "MethodNotAllowed");
	}
	assert(s.worker.idle.count <= 8);
	for (size_t i = 0; i < ARRAY_SIZE(idle); i++)
		close(idle[i]);
	wait_until_empty();
}

/* What a client has been told by now, or 0. */
static unsigned int told(int client)
{
	char text[64] = "";
	unsigned int status = 0;

	if (recv(client, text, sizeof(text) - 1, MSG_PEEK | MSG_DONTWAIT) > 0)
		assert(sscanf(text, "HTTP/1.1 %u ", &status) == 1);
	return status;
}

/* Strangers need no key to make authd's queue long; what must not happen is that it overflows. */
static void test_t57_a_flood_of_large_heads_costs_nobody_the_link_to_authd(void)
{
	static char large[20000];
	int clients[600];
	size_t waiting = 0;

	memset(large, 'a', sizeof(large) - 1);
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++) {
		clients[i] = stage_connect(&s);
		stage_send_text(&s, clients[i], "GET /bucket/key HTTP/1.1\r\n" HOST "X-Large: ");
		stage_send_text(&s, clients[i], large);
		stage_send_text(&s, clients[i], "\r\n\r\n");
	}
	stage_steps(&s, 2 * ARRAY_SIZE(clients));
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++)
		waiting += told(clients[i]) == 0;
	assert(waiting > 100 && waiting < ARRAY_SIZE(clients));
	while (waiting--) {
		struct stage_packet p = stage_expect(&s, &s.authd, IPC_ASK);

		stage_denied(&s, p.message.ask.call, S3_ERROR_ACCESS_DENIED);
		stage_packet_clear(&p);
	}
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++) {
		struct stage_answer a = stage_read(&s, clients[i], false);

		assert(a.status == 403 || a.status == 503);
		stage_answer_clear(&a);
		close(clients[i]);
	}
	wait_until_empty();
	stage_expect_silence(&s, s.line);
}

static void test_t57_the_1001st_connection_is_served(void)
{
	static int idle[1000];
	int client;

	for (size_t i = 0; i < ARRAY_SIZE(idle); i++) {
		idle[i] = stage_connect(&s);
		if (i % 100 == 0)
			stage_step(&s);
	}
	client = stage_connect(&s);
	stage_send_text(&s, client, OWN_PAGE);
	expect_status(client, 405, "MethodNotAllowed");
	close(client);
	for (size_t i = 0; i < ARRAY_SIZE(idle); i++)
		close(idle[i]);
	wait_until_empty();
}

/* --- clients that crawl ------------------------------------------------------------------- */

static void hurry(struct worker_config *c)
{
	for (size_t i = 1; i < DEADLINE_COUNT; i++)
		c->deadlines_ms[i] = 150;
}

/* A byte now and then keeps no connection: only what must have happened by then counts. */
static void crawl(int client, const char *text)
{
	uint64_t end = clock_boottime_ns() + STAGE_PATIENCE_MS * NS_PER_MS;
	char byte;

	for (size_t i = 0; i < 100; i++) {
		if (send(client, text + i % strlen(text), 1, MSG_NOSIGNAL) < 0)
			return;
		stage_steps(&s, 5);
		if (recv(client, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0)
			return;
		assert(clock_boottime_ns() < end);
	}
	assert(!"it was served for ever");
}

static void test_t57_slow_request_line_ends_the_connection(void)
{
	int client = stage_connect(&s);

	crawl(client, "G");
	stage_expect_close(&s, client);
}

static void test_t57_slow_head_ends_the_connection(void)
{
	int client = stage_connect(&s);

	stage_send_text(&s, client, "GET /bucket/key HTTP/1.1\r\n");
	crawl(client, "X-A: b\r\n");
	stage_expect_close(&s, client);
}

static void test_t57_slow_body_is_told_and_ends_the_connection(void)
{
	int client = stage_connect(&s);

	stage_send_text(&s, client,
			"PUT /bucket/key HTTP/1.1\r\n" HOST "Content-Length: 10000\r\n\r\n");
	stage_grant(&s);
	crawl(client, "x");
	expect_status(client, 400, "<Code>RequestTimeout</Code>");
	stage_expect_close(&s, client);
}

static void test_idle_connection_is_ended(void)
{
	int client = stage_connect(&s);

	stage_expect_close(&s, client);
}

static void test_silent_peers_are_given_up(void)
{
	int client = stage_connect(&s);

	stage_send_text(&s, client, GET);
	expect_message(&s.authd, IPC_ASK);
	expect_status(client, 503, "<Code>ServiceUnavailable</Code>");
	expect_message(&s.authd, IPC_FORGET);
	stage_send_text(&s, client, GET);
	stage_grant(&s);
	expect_message(&s.stored, IPC_CALL);
	expect_status(client, 503, "<Code>ServiceUnavailable</Code>");
	expect_message(&s.stored, IPC_CANCEL);
	close(client);
}

static void test_upload_that_stored_does_not_take_is_given_up(void)
{
	static uint8_t bytes[200000];
	struct ipc_message m = { .number = IPC_PIPE };
	int client = stage_connect(&s), fds[2];

	stage_send_text(&s, client, PUT_LARGE);
	m.pipe.call = stage_grant(&s);
	expect_message(&s.stored, IPC_CALL);
	assert(pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0);
	stage_say(&s, s.stored, &m, fds[1]);
	stage_send(&s, client, (struct span){ bytes, sizeof(bytes) });
	expect_status(client, 503, "<Code>ServiceUnavailable</Code>");
	expect_message(&s.stored, IPC_CANCEL);
	stage_expect_close(&s, client);
	close(fds[0]);
}

static void test_reader_that_does_not_read_is_given_up(void)
{
	struct ipc_message object = { .number = IPC_OBJECT }, extent = { .number = IPC_EXTENT };
	struct buffer b = BUFFER_INIT(1024);
	int client = stage_connect(&s), fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	struct answer a;
	uint64_t call;

	stage_send_text(&s, client, GET);
	call = stage_grant(&s);
	expect_message(&s.stored, IPC_CALL);
	answer_init(&a);
	/* Enough to fill the socket, not enough for the time that each byte gives. */
	a.size = 16 * MIB;
	answer_encode(&a, &b);
	object.object = (struct ipc_object){ call, buffer_span(&b), SPAN(""), a.size };
	stage_say(&s, s.stored, &object, -1);
	buffer_clear(&b);
	extent.extent = (struct ipc_extent){ call, 0, a.size, 1 };
	stage_say(&s, s.stored, &extent, fd);
	stage_steps(&s, 10);
	assert(s.worker.busy.count == 1);
	s.worker.busy.first->deadline_ns = clock_boottime_ns();
	wait_until_empty();
	close(client);
}

/* --- a worker that is to end ----------------------------------------------------------------- */

static int let_in(void)
{
	int client = stage_connect(&s);

	while (!s.worker.idle.count)
		stage_step(&s);
	return client;
}

static void ask_and_hear(int client)
{
	stage_send_text(&s, client, OWN_PAGE);
	expect_status(client, 405, "");
}

/* How long it took. */
static uint64_t wait_for_the_end(void)
{
	uint64_t from_ns = clock_boottime_ns();

	while (!s.worker.loop.stopping) {
		stage_step(&s);
		assert(clock_boottime_ns() - from_ns < STAGE_PATIENCE_MS * NS_PER_MS);
	}
	return (clock_boottime_ns() - from_ns) / NS_PER_MS;
}

static void test_who_was_let_in_before_the_end_is_answered(void)
{
	int client = let_in();
	struct stage_answer a;

	worker_drain(&s.worker);
	stage_steps(&s, 5);
	stage_send_text(&s, client, OWN_PAGE);
	a = stage_read(&s, client, false);
	assert(a.status == 405 && strcmp(stage_field(&a, "Connection"), "close") == 0);
	stage_answer_clear(&a);
	stage_expect_close(&s, client);
	assert(wait_for_the_end() < WORKER_NEWCOMER_MS);
}

static void test_what_is_on_its_way_on_an_idle_connection_is_answered(void)
{
	int client = let_in();

	ask_and_hear(client);
	stage_steps(&s, 5);
	assert(send(client, OWN_PAGE, strlen(OWN_PAGE), MSG_NOSIGNAL) > 0);
	worker_drain(&s.worker);
	expect_status(client, 405, "");
	close(client);
	assert(wait_for_the_end() < WORKER_NEWCOMER_MS);
}

static void test_an_idle_connection_does_not_hold_up_the_end(void)
{
	int client = let_in();

	ask_and_hear(client);
	worker_drain(&s.worker);
	assert(wait_for_the_end() < WORKER_NEWCOMER_MS);
	stage_expect_close(&s, client);
}

static void sweep_rarely(struct worker_config *c)
{
	c->sweep_ms = 3600 * 1000;
}

/* Nothing else happens that the worker could wake from. */
static void test_with_the_last_idle_connection_the_worker_ends_at_once(void)
{
	int client = let_in();
	uint64_t from_ns;

	ask_and_hear(client);
	from_ns = clock_boottime_ns();
	worker_drain(&s.worker);
	stage_step(&s);
	while (!s.worker.loop.stopping)
		assert(worker_step(&s.worker, -1) == 0);
	assert(clock_boottime_ns() - from_ns < WORKER_NEWCOMER_MS * NS_PER_MS / 2);
	stage_expect_close(&s, client);
}

static void test_who_asks_nothing_holds_up_the_end_for_a_moment_only(void)
{
	int client = let_in();
	uint64_t waited_ms;

	worker_drain(&s.worker);
	waited_ms = wait_for_the_end();
	assert(waited_ms >= WORKER_NEWCOMER_MS && waited_ms < WORKER_DRAIN_MS);
	close(client);
}

static void test_a_request_under_way_is_answered_before_the_end(void)
{
	int client = let_in();

	stage_send_text(&s, client, GET);
	expect_message(&s.authd, IPC_ASK);
	worker_drain(&s.worker);
	stage_steps(&s, 5);
	assert(!s.worker.loop.stopping);
	lose(&s.authd);
	expect_status(client, 503, "");
	assert(wait_for_the_end() < WORKER_NEWCOMER_MS);
	close(client);
}

static void run(void (*adjust)(struct worker_config *), void (*const tests[])(void), size_t n)
{
	stage_open(&s, adjust);
	for (size_t i = 0; i < n; i++)
		tests[i]();
	stage_close(&s);
}

int main(void)
{
	static void (*const peers[])(void) = {
		test_request_at_a_dying_authd_is_503_and_authd_is_dialled_again,
		test_request_at_a_dying_stored_is_503_and_stored_is_dialled_again,
		test_upload_at_a_dying_stored_is_503,
		test_stale_ticket_waits_for_the_next,
		test_new_ticket_waits_for_the_answer_to_the_old,
		test_new_ticket_is_shown_on_a_channel_of_its_own,
		test_nonsense_from_a_peer_closes_that_link_only,
		test_answers_to_forgotten_calls_are_ignored,
	};
	static void (*const vanishing[])(void) = {
		test_t57_clients_that_vanish_leave_nothing_behind,
		test_t57_the_1001st_connection_is_served,
		test_t57_a_flood_of_large_heads_costs_nobody_the_link_to_authd,
		test_t58_body_that_ends_early_ends_the_connection,
	};
	static void (*const limited[])(void) = {
		test_t57_idle_connections_make_room_for_new_ones,
	};
	static void (*const slow[])(void) = {
		test_t57_slow_request_line_ends_the_connection,
		test_t57_slow_head_ends_the_connection,
		test_t57_slow_body_is_told_and_ends_the_connection,
		test_idle_connection_is_ended,
		test_silent_peers_are_given_up,
		test_upload_that_stored_does_not_take_is_given_up,
		test_reader_that_does_not_read_is_given_up,
	};

	static void (*const ending[])(void) = {
		test_who_was_let_in_before_the_end_is_answered,
		test_what_is_on_its_way_on_an_idle_connection_is_answered,
		test_an_idle_connection_does_not_hold_up_the_end,
		test_who_asks_nothing_holds_up_the_end_for_a_moment_only,
		test_a_request_under_way_is_answered_before_the_end,
	};
	static void (*const lonely[])(void) = {
		test_with_the_last_idle_connection_the_worker_ends_at_once,
	};

	run(NULL, peers, ARRAY_SIZE(peers));
	run(NULL, vanishing, ARRAY_SIZE(vanishing));
	run(limit_connections, limited, ARRAY_SIZE(limited));
	run(hurry, slow, ARRAY_SIZE(slow));
	for (size_t i = 0; i < ARRAY_SIZE(ending); i++)
		run(NULL, &ending[i], 1);
	run(sweep_rarely, lonely, ARRAY_SIZE(lonely));
	return 0;
}
