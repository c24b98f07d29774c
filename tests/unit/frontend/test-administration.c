/* SPDX-License-Identifier: Apache-2.0 */

/* Requests of the admin API between a client and authd: what the worker adds, keeps back and
 * survives. */

#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "frontend/administration.h"
#include "frontend/line.h"
#include "stage.h"

#define HOST  "Host: localhost\r\n"
#define USERS "/-/admin/v1/users"
#define GET   "GET " USERS " HTTP/1.1\r\n" HOST "\r\n"
#define POST  "POST " USERS " HTTP/1.1\r\n" HOST "Content-Length: 12\r\n\r\n"
#define BODY  "{\"user\":\"a\"}"

static struct stage s;

/* What reaches authd of the request that was sent; with that body. The call's number. */
static uint64_t hear(const char *method, const char *body)
{
	struct stage_packet p = stage_expect(&s, &s.authd, IPC_ADMINISTER);
	const struct ipc_administer *m = &p.message.administer;
	uint64_t call = m->call;

	assert(span_equal(m->method, span_from_string(method)));
	assert(span_equal(m->target, SPAN(USERS)));
	assert(span_equal(m->body, span_from_string(body)));
	stage_packet_clear(&p);
	return call;
}

static void answer(uint64_t call, uint16_t status, uint32_t retry_after, const char *document)
{
	struct ipc_message m = { .number = IPC_ADMINISTERED,
				 .administered = { call, status, retry_after,
						   span_from_string(document) } };

	stage_say(&s, s.authd, &m, -1);
}

static void expect(int client, unsigned int status, const char *words)
{
	struct stage_answer a = stage_read(&s, client, false);

	assert(a.status == status && strstr(a.body, words));
	assert(strcmp(stage_field(&a, "Content-Type"), "application/json") == 0);
	assert(strcmp(stage_field(&a, "X-Content-Type-Options"), "nosniff") == 0);
	assert(stage_field(&a, "x-amz-request-id"));
	stage_answer_clear(&a);
}

static void test_authd_has_head_and_body_and_the_client_its_document(void)
{
	int client = stage_connect(&s);
	struct stage_answer a;

	stage_send_text(&s, client, GET);
	answer(hear("GET", ""), 200, 0, "{\"users\":[]}");
	a = stage_read(&s, client, false);
	assert(a.status == 200 && strcmp(a.body, "{\"users\":[]}") == 0);
	assert(strcmp(stage_field(&a, "Cache-Control"), "no-store") == 0);
	stage_answer_clear(&a);
	/* On the same connection, the body in pieces. */
	stage_send_text(&s, client, POST "{\"use");
	stage_expect_silence(&s, s.authd);
	stage_send_text(&s, client, "r\":\"a\"}");
	answer(hear("POST", BODY), 201, 0, "{\"user\":{}}");
	expect(client, 201, "{\"user\":{}}");
	close(client);
}

static void test_authd_says_when_to_come_again(void)
{
	int client = stage_connect(&s);
	struct stage_answer a;

	stage_send_text(&s, client, GET);
	answer(hear("GET", ""), 503, 7, "{\"error\":{}}");
	a = stage_read(&s, client, false);
	assert(a.status == 503 && strcmp(stage_field(&a, "Retry-After"), "7") == 0);
	stage_answer_clear(&a);
	close(client);
}

static void test_what_is_no_resource_or_too_long_authd_never_hears(void)
{
	static const struct {
		const char *request;
		unsigned int status;
		const char *code;
	} cases[] = {
		{ "GET /-/admin/v1/nothing HTTP/1.1\r\n" HOST "\r\n", 404, "NoSuchResource" },
		{ "PATCH " USERS " HTTP/1.1\r\n" HOST "\r\n", 405, "MethodNotAllowed" },
		{ "GET " USERS "/%zz HTTP/1.1\r\n" HOST "\r\n", 400, "InvalidURI" },
		{ "POST " USERS " HTTP/1.1\r\n" HOST "Content-Length: 65537\r\n\r\n", 413,
		  "BodyTooLarge" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int client = stage_connect(&s);

		stage_send_text(&s, client, cases[i].request);
		expect(client, cases[i].status, cases[i].code);
		close(client);
	}
	stage_expect_silence(&s, s.authd);
}

static void test_a_refused_head_is_answered_as_whom_it_was_for(void)
{
	static const struct {
		const char *host, *type;
	} cases[] = {
		{ "localhost", "application/json" },
		{ "s3.example.com:9000", "application/json" },
		{ "bucket.s3.example.com", "application/xml" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int client = stage_connect(&s);
		struct stage_answer a;
		char head[256];

		snprintf(head, sizeof(head),
			 "GET " USERS " HTTP/1.1\r\nHost: %s\r\nTransfer-Encoding: gzip\r\n\r\n",
			 cases[i].host);
		stage_send_text(&s, client, head);
		a = stage_read(&s, client, false);
		assert(a.status == 400);
		assert(strcmp(stage_field(&a, "Content-Type"), cases[i].type) == 0);
		stage_answer_clear(&a);
		close(client);
	}
	stage_expect_silence(&s, s.authd);
}

static void test_t57_bodies_of_strangers_are_bounded(void)
{
	int client = stage_connect(&s), other = stage_connect(&s);

	/* One that is here, and as if the others were. */
	stage_send_text(&s, client, POST "{\"use");
	while (!s.worker.n_admin_bodies)
		stage_step(&s);
	assert(s.worker.n_admin_bodies == 1);
	s.worker.n_admin_bodies = ADMINISTRATION_BODIES_MAX;
	stage_send_text(&s, other, POST BODY);
	expect(other, 503, "SlowDown");
	close(other);
	/* What has no body needs no room, and what has room goes on. */
	other = stage_connect(&s);
	stage_send_text(&s, other, GET);
	answer(hear("GET", ""), 200, 0, "{}");
	expect(other, 200, "{}");
	stage_send_text(&s, client, "r\":\"a\"}");
	answer(hear("POST", BODY), 201, 0, "{}");
	expect(client, 201, "{}");
	stage_steps(&s, 5);
	assert(s.worker.n_admin_bodies == ADMINISTRATION_BODIES_MAX - 1);
	s.worker.n_admin_bodies = 1;
	stage_send_text(&s, other, POST BODY);
	answer(hear("POST", BODY), 201, 0, "{}");
	expect(other, 201, "{}");
	stage_steps(&s, 5);
	assert(s.worker.n_admin_bodies == 1);
	s.worker.n_admin_bodies = 0;
	close(client);
	close(other);
}

static void test_a_client_that_vanishes_is_forgotten(void)
{
	int client = stage_connect(&s);
	struct stage_packet p;
	uint64_t call;

	stage_send_text(&s, client, POST BODY);
	call = hear("POST", BODY);
	close(client);
	stage_steps(&s, 5);
	/* While authd is asked nobody looks at the client: the answer comes to nobody. */
	answer(call, 201, 0, "{}");
	stage_steps(&s, 5);
	client = stage_connect(&s);
	stage_send_text(&s, client, GET);
	p = stage_expect(&s, &s.authd, IPC_ADMINISTER);
	answer(p.message.administer.call, 200, 0, "{}");
	stage_packet_clear(&p);
	expect(client, 200, "{}");
	close(client);
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

/* The next authd's tickets are for another channel to stored than the one there is. */
static void connect_again(void)
{
	stage_connect_authd(&s);
	assert(hear_wish() == LINE_STORED);
	s.stored = fd_close(s.stored);
	stage_connect_stored(&s);
}

static void test_a_dying_authd_is_503_in_json(void)
{
	int client = stage_connect(&s);

	stage_send_text(&s, client, POST BODY);
	hear("POST", BODY);
	s.authd = fd_close(s.authd);
	expect(client, 503, "ServiceUnavailable");
	assert(hear_wish() == LINE_AUTHD);
	stage_send_text(&s, client, GET);
	expect(client, 503, "ServiceUnavailable");
	connect_again();
	close(client);
}

static void test_t70_an_answer_that_is_none_ends_authds_channel(void)
{
	static const uint16_t none[] = { 0, 100, 199, 204, 304, 600, 65535 };

	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		int client = stage_connect(&s);

		stage_send_text(&s, client, GET);
		answer(hear("GET", ""), none[i], 0, "{}");
		expect(client, 503, "ServiceUnavailable");
		assert(hear_wish() == LINE_AUTHD);
		s.authd = fd_close(s.authd);
		connect_again();
		close(client);
	}
}

static void with_a_domain(struct worker_config *c)
{
	static const char *const domains[] = { "s3.example.com", NULL };

	c->domains = domains;
}

int main(void)
{
	stage_open(&s, with_a_domain);
	test_authd_has_head_and_body_and_the_client_its_document();
	test_authd_says_when_to_come_again();
	test_what_is_no_resource_or_too_long_authd_never_hears();
	test_a_refused_head_is_answered_as_whom_it_was_for();
	test_t57_bodies_of_strangers_are_bounded();
	test_a_client_that_vanishes_is_forgotten();
	test_a_dying_authd_is_503_in_json();
	test_t70_an_answer_that_is_none_ends_authds_channel();
	stage_close(&s);
	return 0;
}
