/* SPDX-License-Identifier: Apache-2.0 */
#include "client/remote/http.h"

#include <arpa/inet.h>
#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_S 20

/* A process that listens on the loopback interface and says one thing to whoever comes. */
struct listener {
	int fd;
	pid_t pid;
	struct endpoint at;
};

static struct listener listener_open(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct listener l = { .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	socklen_t len = sizeof(a);
	char url[64];

	assert(l.fd >= 0 && bind(l.fd, (struct sockaddr *)&a, sizeof(a)) == 0);
	assert(getsockname(l.fd, (struct sockaddr *)&a, &len) == 0 && listen(l.fd, 4) == 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", ntohs(a.sin_port));
	assert(endpoint_parse(url, &l.at));
	return l;
}

/* Says `head`, then `filler` again and again where that is not 0; then waits until it is killed. */
static void listener_serve(struct listener *l, const char *head, char filler)
{
	char piece[4096];

	l->pid = fork();
	assert(l->pid >= 0);
	if (l->pid > 0)
		return;
	signal(SIGPIPE, SIG_IGN);
	memset(piece, filler, sizeof(piece));
	for (;;) {
		int fd = accept(l->fd, NULL, NULL);
		ssize_t n = read(fd, piece, 1);

		if (n == 1 && *head)
			n = write(fd, head, strlen(head));
		memset(piece, filler, sizeof(piece));
		while (filler && n > 0)
			n = write(fd, piece, sizeof(piece));
		if (n > 0 && filler)
			pause();
		if (!*head)
			pause();
		shutdown(fd, SHUT_WR);
		while (read(fd, piece, sizeof(piece)) > 0)
			;
		close(fd);
	}
}

static void listener_close(struct listener *l)
{
	if (l->pid > 0) {
		kill(l->pid, SIGKILL);
		assert(waitpid(l->pid, NULL, 0) == l->pid);
	}
	if (l->fd >= 0)
		close(l->fd);
}

static int ask(const struct endpoint *to, unsigned int patience_s, struct http_answer *ret,
	       char body[static 256], struct complaint *why)
{
	const struct http_request q = { .method = "GET", .target = "/x", .body = SPAN_NONE };
	struct http *h = NULL;
	int r = http_open(to, NULL, patience_s, &h, why);

	assert(r == 0);
	r = http_ask(h, &q, ret, why);
	if (r == 0)
		snprintf(body, 256, "%.*s", (int)ret->body.len, (const char *)ret->body.data);
	http_free(h);
	return r;
}

static int ask_one_that_says(const char *head, char filler, unsigned int patience_s,
			     struct http_answer *ret, char body[static 256], struct complaint *why)
{
	struct listener l = listener_open();
	int r;

	listener_serve(&l, head, filler);
	r = ask(&l.at, patience_s, ret, body, why);
	listener_close(&l);
	return r;
}

static void test_an_answer_is_its_status_type_and_body(void)
{
	static const struct {
		const char *head;
		unsigned int status;
		bool is_json;
		const char *body;
	} cases[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
		  "2\r\n\r\n{}",
		  200, true, "{}" },
		{ "HTTP/1.1 201 OK\r\ncontent-type: Application/JSON; charset=utf-8\r\n"
		  "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
		  201, true, "{}" },
		{ "HTTP/1.1 404 No\r\nContent-Type: application/jsonish\r\nContent-Length: "
		  "1\r\n\r\nx",
		  404, false, "x" },
		{ "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", 403, false, "" },
		{ "HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
		  302, false, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct complaint why = { 0 };
		struct http_answer a;
		char body[256];

		assert(ask_one_that_says(cases[i].head, 0, PATIENCE_S, &a, body, &why) == 0);
		assert(a.status == cases[i].status && a.is_json == cases[i].is_json);
		assert(strcmp(body, cases[i].body) == 0);
	}
}

static void test_what_is_no_http_is_no_answer(void)
{
	static const char *const heads[] = {
		"garbage\r\n\r\n",
		"{\"ok\":true}\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"SSH-2.0-x\r\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		struct complaint why = { 0 };
		struct http_answer a;
		char body[256];

		assert(ask_one_that_says(heads[i], 0, PATIENCE_S, &a, body, &why) < 0);
		assert(strstr(why.error, "http://127.0.0.1:"));
	}
}

static void test_answers_end_at_a_limit(void)
{
	struct complaint why = { 0 };
	struct http_answer a;
	char body[256];

	assert(ask_one_that_says("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", 'x',
				 PATIENCE_S, &a, body, &why) == -EPROTO);
	assert(strstr(why.error, "more than 4194304 bytes"));
	assert(ask_one_that_says("HTTP/1.1 200 OK\r\nA: ", 'x', PATIENCE_S, &a, body, &why) < 0);
	assert(why.error[0]);
}

static void test_who_says_nothing_is_given_up(void)
{
	struct complaint why = { 0 };
	struct http_answer a;
	char body[256];

	assert(ask_one_that_says("", 0, 1, &a, body, &why) < 0);
	assert(strstr(why.hint, "longer than 1 s"));
}

static void test_who_is_away_is_told(void)
{
	struct listener l = listener_open();
	struct complaint why = { 0 };
	struct http_answer a;
	char body[256];

	close(l.fd);
	assert(ask(&l.at, PATIENCE_S, &a, body, &why) < 0);
	assert(strstr(why.error, l.at.authority) && why.hint[0]);
}

static void test_no_proxy_of_the_environment_is_used(void)
{
	struct complaint why = { 0 };
	struct http_answer a;
	char body[256];

	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	assert(ask_one_that_says("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", 0, PATIENCE_S, &a,
				 body, &why) == 0);
	assert(a.status == 403);
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
}

int main(void)
{
	test_an_answer_is_its_status_type_and_body();
	test_what_is_no_http_is_no_answer();
	test_answers_end_at_a_limit();
	test_who_says_nothing_is_given_up();
	test_who_is_away_is_told();
	test_no_proxy_of_the_environment_is_used();
	return 0;
}
