/* SPDX-License-Identifier: Apache-2.0 */

/* The metrics' own listener: who may come, what is asked of authd and stored, what comes of it. */

#undef NDEBUG
#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "frontend/scrape.h"
#include "ipc/sample.h"
#include "stage.h"

/* SHA-256 of "token" */
#define TOKEN_HASH "3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0"

static struct stage s;
static struct listener listeners[3];

/* A UNIX socket that is nowhere: its address is the kernel's choice. */
static int listen_locally(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a.sun_family)) == 0);
	assert(listen(fd, 20) == 0);
	return fd;
}

static int listen_on_loopback(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
	assert(listen(fd, 20) == 0);
	return fd;
}

enum where {
	LOCALLY,
	BY_TCP,
	AS_CLIENT, /* at the door of S3 */
};

static int come(enum where where)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	int fd;

	assert(getsockname(listeners[where].fd, (struct sockaddr *)&a, &len) == 0);
	fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert(fd >= 0 && connect(fd, (struct sockaddr *)&a, len) == 0);
	assert(fd_set_nonblocking(fd) == 0);
	return fd;
}

static void with_metrics(struct worker_config *c)
{
	char uid[16];

	snprintf(uid, sizeof(uid), "%u", geteuid());
	listeners[LOCALLY] =
		(struct listener){ .fd = listen_locally(), .metrics = true, .is_local = true };
	listeners[BY_TCP] = (struct listener){ .fd = listen_on_loopback(), .metrics = true };
	listeners[AS_CLIENT] = c->listeners[S3_DIALECT_S3];
	c->listeners = listeners;
	c->n_listeners = ARRAY_SIZE(listeners);
	c->deadlines_ms[DEADLINE_MEASURE] = 200;
	assert(peer_list_add_uid(&s.admission.peers, uid));
	assert(admission_set_token(&s.admission, TOKEN_HASH));
}

static void open_stage(void)
{
	stage_open(&s, with_metrics);
}

static void close_stage(void)
{
	stage_close(&s);
	close(listeners[LOCALLY].fd);
	close(listeners[BY_TCP].fd);
}

static void ask(int client, const char *method, const char *path, const char *fields)
{
	char text[500];

	snprintf(text, sizeof(text), "%s %s HTTP/1.1\r\nHost: metrics\r\n%s\r\n", method, path,
		 fields);
	stage_send_text(&s, client, text);
}

static void answer_as(int *channel, enum ipc_number asked, enum ipc_number told, enum metric m,
		      uint64_t value)
{
	struct stage_packet p = stage_expect(&s, channel, asked);
	struct buffer samples = BUFFER_INIT(1000);
	struct ipc_message message = { .number = told };

	sample_put(&samples, m, value, NULL);
	message.measured = (struct ipc_measured){ p.message.measure.number, buffer_span(&samples) };
	stage_say(&s, *channel, &message, -1);
	buffer_clear(&samples);
	stage_packet_clear(&p);
}

static void answer_as_authd(void)
{
	answer_as(&s.authd, IPC_MEASURE, IPC_MEASURED, METRIC_TENANTS, 4);
}

static void answer_as_stored(void)
{
	answer_as(&s.stored, IPC_STORE_MEASURE, IPC_STORE_MEASURED, METRIC_CALLS, 6);
}

static void expect(int client, unsigned int status, const char *const parts[])
{
	struct stage_answer a = stage_read(&s, client, false);

	assert(a.status == status);
	for (; parts && *parts; parts++)
		if (!strstr(a.text, *parts)) {
			fprintf(stderr, "no %s in %s\n", *parts, a.text);
			abort();
		}
	stage_answer_clear(&a);
}

#define PARTS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void test_authd_and_stored_are_asked_and_all_is_told(void)
{
	int client;

	open_stage();
	client = come(LOCALLY);
	for (int i = 0; i < 2; i++) {
		ask(client, "GET", "/metrics", "");
		answer_as_authd();
		answer_as_stored();
		expect(client, 200,
		       PARTS("text/plain; version=0.0.4", "\ncoffer_authd_tenants 4\n",
			     "\ncoffer_stored_calls 6\n", "coffer_up{daemon=\"authd\"} 1\n",
			     "coffer_up{daemon=\"stored\"} 1\n", "\ncoffer_frontend_workers 1\n"));
	}
	close(client);
	close_stage();
}

static void test_who_does_not_answer_is_missing_and_nobody_waits_longer(void)
{
	int client;

	open_stage();
	client = come(LOCALLY);
	ask(client, "GET", "/metrics", "");
	answer_as_authd();
	expect(client, 200,
	       PARTS("\ncoffer_authd_tenants 4\n", "coffer_up{daemon=\"stored\"} 0\n"));
	/* What comes too late is the last one's, and no part of the next. */
	ask(client, "GET", "/metrics", "");
	answer_as_authd();
	answer_as(&s.stored, IPC_STORE_MEASURE, IPC_STORE_MEASURED, METRIC_CALLS, 5);
	answer_as_stored();
	expect(client, 200, PARTS("\ncoffer_stored_calls 6\n"));
	close(client);
	close_stage();
}

static void test_a_link_that_ends_is_not_waited_for(void)
{
	int client;

	open_stage();
	client = come(LOCALLY);
	ask(client, "GET", "/metrics", "");
	answer_as_authd();
	s.stored = fd_close(s.stored);
	expect(client, 200,
	       PARTS("coffer_up{daemon=\"stored\"} 0\n",
		     "coffer_ipc_losses_total{daemon=\"frontend\",peer=\"stored\",why=\"hangup\"} "
		     "1\n"));
	close(client);
	close_stage();
}

static void test_a_link_that_is_given_up_for_a_new_ticket_is_not_waited_for(void)
{
	struct ipc_message ticket = { .number = IPC_TICKET, .ticket = { 9, SPAN("a ticket") } };
	int client;

	open_stage();
	client = come(LOCALLY);
	ask(client, "GET", "/metrics", "");
	answer_as_authd();
	stage_say(&s, s.authd, &ticket, -1);
	expect(client, 200,
	       PARTS("coffer_up{daemon=\"stored\"} 0\n",
		     "coffer_ipc_losses_total{daemon=\"frontend\",peer=\"stored\",why=\"hangup\"} "
		     "1\n"));
	close(client);
	close_stage();
}

static void test_t75_over_tcp_nothing_is_told_without_the_token(void)
{
	static const char *const wrong[] = {
		"",
		"Authorization: Bearer\r\n",
		"Authorization: Bearer tokeN\r\n",
		"Authorization: Basic token\r\n",
		"Authorization: token\r\n",
		"Authorization: Bearer " TOKEN_HASH "\r\n",
	};
	int client;

	open_stage();
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		client = come(BY_TCP);
		ask(client, "GET", "/metrics", wrong[i]);
		expect(client, 401, PARTS("WWW-Authenticate: Bearer\r\n", "Connection: close\r\n"));
		stage_expect_close(&s, client);
	}
	/* Not even where they would be. */
	client = come(BY_TCP);
	ask(client, "GET", "/nowhere", "");
	expect(client, 401, NULL);
	stage_expect_close(&s, client);
	client = come(BY_TCP);
	ask(client, "GET", "/metrics", "authorization: bearer token\r\n");
	answer_as_authd();
	answer_as_stored();
	expect(client, 200, PARTS("coffer_scrapes_total{outcome=\"refused\"} 7\n"));
	close(client);
	close_stage();
}

static void fetch(void)
{
	int client = come(BY_TCP);

	ask(client, "GET", "/metrics", "Authorization: Bearer token\r\n");
	answer_as_authd();
	answer_as_stored();
	expect(client, 200, PARTS("\ncoffer_authd_tenants 4\n"));
	close(client);
}

/* What they say never comes to an end, and is no request yet or one without the token. */
static void test_t75_strangers_who_stay_keep_nobody_out(void)
{
	static const char *const said[] = {
		"",
		"GET /metr",
		"POST /metrics HTTP/1.1\r\nHost: m\r\nContent-Length: 9\r\n\r\n",
	};
	int strangers[4 * SCRAPE_CONNECTIONS_MAX];

	open_stage();
	for (size_t i = 0; i < ARRAY_SIZE(said); i++) {
		for (size_t n = 0; n < ARRAY_SIZE(strangers); n++) {
			strangers[n] = come(BY_TCP);
			stage_send_text(&s, strangers[n], said[i]);
			stage_steps(&s, 3);
		}
		fetch();
		assert(s.worker.metrics.n_connections <= SCRAPE_CONNECTIONS_MAX);
		for (size_t n = 0; n < ARRAY_SIZE(strangers); n++)
			close(strangers[n]);
	}
	close_stage();
}

/* The metrics' room is no one else's, and theirs not the metrics'. */
static void test_who_is_idle_at_the_metrics_makes_room_there_only(void)
{
	int clients[SCRAPE_CONNECTIONS_MAX + 1], other;

	open_stage();
	other = come(AS_CLIENT);
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++) {
		clients[i] = come(LOCALLY);
		ask(clients[i], "GET", "/nowhere", "");
		expect(clients[i], 404, NULL);
	}
	stage_expect_close(&s, clients[0]);
	for (size_t i = 1; i < ARRAY_SIZE(clients); i++) {
		ask(clients[i], "GET", "/nowhere", "");
		expect(clients[i], 404, NULL);
		close(clients[i]);
	}
	stage_send_text(&s, other, "POST /-/health HTTP/1.1\r\nHost: a\r\n\r\n");
	expect(other, 405, NULL);
	close(other);
	close_stage();
}

static void test_more_scrapes_than_there_is_room_for_close_no_door(void)
{
	int clients[SCRAPE_CONNECTIONS_MAX], one_more;

	open_stage();
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++) {
		clients[i] = come(LOCALLY);
		ask(clients[i], "GET", "/metrics", "");
		stage_steps(&s, 2);
	}
	one_more = come(LOCALLY);
	stage_expect_close(&s, one_more);
	assert(s.worker.doors.are_open);
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++) {
		expect(clients[i], 200, PARTS("coffer_up{daemon=\"authd\"} 0\n"));
		close(clients[i]);
	}
	close_stage();
}

static void with_little_patience(struct worker_config *c)
{
	with_metrics(c);
	c->deadlines_ms[DEADLINE_IDLE] = 100;
}

static void test_who_is_idle_at_the_metrics_is_not_waited_for(void)
{
	int client;

	stage_open(&s, with_little_patience);
	client = come(BY_TCP);
	stage_expect_close(&s, client);
	close_stage();
	/* Nor by a worker that is to end. */
	open_stage();
	client = come(LOCALLY);
	ask(client, "GET", "/nowhere", "");
	expect(client, 404, NULL);
	worker_drain(&s.worker);
	stage_expect_close(&s, client);
	stage_step(&s);
	assert(s.worker.loop.stopping);
	close_stage();
}

static void test_who_was_let_in_to_the_metrics_may_still_ask(void)
{
	int client;

	open_stage();
	client = come(LOCALLY);
	stage_steps(&s, 3);
	worker_drain(&s.worker);
	stage_steps(&s, 3);
	assert(!s.worker.loop.stopping);
	ask(client, "GET", "/nowhere", "");
	expect(client, 404, NULL);
	close(client);
	close_stage();
}

static void test_t75_another_user_is_turned_away_at_the_unix_socket(void)
{
	int client;

	if (geteuid() == 0)
		return;
	open_stage();
	s.admission.peers.n_uids = 0;
	client = come(LOCALLY);
	ask(client, "GET", "/metrics", "");
	stage_expect_close(&s, client);
	close_stage();
}

static void test_metrics_can_be_read_and_nothing_else(void)
{
	int client;

	open_stage();
	client = come(LOCALLY);
	ask(client, "DELETE", "/metrics", "");
	expect(client, 405, PARTS("Allow: GET, HEAD\r\n"));
	ask(client, "GET", "/bucket/key", "");
	expect(client, 404, NULL);
	ask(client, "HEAD", "/metrics", "");
	answer_as_authd();
	answer_as_stored();
	close(client);
	client = come(LOCALLY);
	stage_send_text(&s, client,
			"POST /metrics HTTP/1.1\r\nHost: m\r\nContent-Length: 5\r\n\r\n12345");
	stage_expect_close(&s, client);
	close_stage();
}

static void test_t70_figures_that_are_anothers_end_the_channel(void)
{
	int client;

	open_stage();
	client = come(LOCALLY);
	ask(client, "GET", "/metrics", "");
	answer_as(&s.stored, IPC_STORE_MEASURE, IPC_STORE_MEASURED, METRIC_TENANTS, 1);
	answer_as_authd();
	expect(client, 200,
	       PARTS("peer=\"stored\",why=\"violation\"} 1\n", "\ncoffer_authd_tenants 4\n"));
	fd_close(s.stored);
	stage_connect_stored(&s);
	close(client);
	close_stage();
}

static void test_scrapes_are_no_requests(void)
{
	int client;

	open_stage();
	client = come(LOCALLY);
	for (int i = 0; i < 2; i++) {
		ask(client, "GET", "/metrics", "");
		answer_as_authd();
		answer_as_stored();
		expect(client, 200,
		       PARTS("\ncoffer_connections 0\n", "\ncoffer_requests_in_flight 0\n"));
	}
	close(client);
	close_stage();
}

static void test_a_worker_that_ends_takes_scrapes_with_it(void)
{
	int client;

	open_stage();
	client = come(LOCALLY);
	ask(client, "GET", "/metrics", "");
	stage_steps(&s, 5);
	close_stage();
	close(client);
}

int main(void)
{
	test_authd_and_stored_are_asked_and_all_is_told();
	test_who_does_not_answer_is_missing_and_nobody_waits_longer();
	test_a_link_that_ends_is_not_waited_for();
	test_a_link_that_is_given_up_for_a_new_ticket_is_not_waited_for();
	test_t75_over_tcp_nothing_is_told_without_the_token();
	test_t75_strangers_who_stay_keep_nobody_out();
	test_who_is_idle_at_the_metrics_makes_room_there_only();
	test_more_scrapes_than_there_is_room_for_close_no_door();
	test_who_is_idle_at_the_metrics_is_not_waited_for();
	test_who_was_let_in_to_the_metrics_may_still_ask();
	test_t75_another_user_is_turned_away_at_the_unix_socket();
	test_metrics_can_be_read_and_nothing_else();
	test_t70_figures_that_are_anothers_end_the_channel();
	test_scrapes_are_no_requests();
	test_a_worker_that_ends_takes_scrapes_with_it();
	return 0;
}
