/* SPDX-License-Identifier: Apache-2.0 */
#include "client/admin.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "client/launch/sockets.h"
#include "scratch.h"

/* Answers one connection: reads a line, writes the pieces with a pause between them. */
struct authd {
	int listen_fd;
	const char *pieces[4];
	char got[256];
};

static void *serve(void *arg)
{
	struct authd *a = arg;
	int fd = accept(a->listen_fd, NULL, NULL);
	size_t len = 0;

	assert(fd >= 0);
	do {
		ssize_t n = read(fd, a->got + len, sizeof(a->got) - 1 - len);

		assert(n > 0);
		len += (size_t)n;
	} while (a->got[len - 1] != '\n');
	a->got[len] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(a->pieces) && a->pieces[i]; i++) {
		usleep(2000);
		assert(fd_write_all(fd, span_from_string(a->pieces[i])) == 0);
	}
	fd_close(fd);
	return NULL;
}

static int ask(struct authd *authd, json_t **ret, struct complaint *why)
{
	json_t *request = json_pack("{s:s}", "do", "status");
	pthread_t thread;
	struct admin a;
	int r;

	assert(sockets_listen_unix("a.sock", SOCK_STREAM, &authd->listen_fd, why) == 0);
	r = fcntl(authd->listen_fd, F_SETFL, 0);
	assert(r == 0 && pthread_create(&thread, NULL, serve, authd) == 0);
	assert(admin_open("a.sock", &a, why) == 0);
	r = admin_call(&a, request, ret, why);
	admin_close(&a);
	assert(pthread_join(thread, NULL) == 0);
	authd->listen_fd = fd_close(authd->listen_fd);
	json_decref(request);
	return r;
}

static void test_answer_may_come_in_pieces(void)
{
	struct authd authd = { .pieces = { "{\"ok\":tr", "ue,\"n\"", ":1}", "\n" } };
	struct complaint why = { 0 };
	json_t *answer = NULL;

	assert(ask(&authd, &answer, &why) == ADMIN_OK);
	assert(strcmp(authd.got, "{\"do\":\"status\"}\n") == 0);
	assert(json_integer_value(json_object_get(answer, "n")) == 1);
	json_decref(answer);
}

static void test_refusal_carries_authds_words(void)
{
	struct authd authd = { .pieces = {
				       "{\"ok\":false,\"error\":\"no %s\",\"hint\":\"try\"}\n" } };
	struct complaint why = { 0 };
	json_t *answer = NULL;

	assert(ask(&authd, &answer, &why) == ADMIN_REFUSED);
	assert(strcmp(why.error, "no %s") == 0 && strcmp(why.hint, "try") == 0);
	assert(json_is_false(json_object_get(answer, "ok")));
	json_decref(answer);
}

static void test_what_is_no_answer_is_a_failure(void)
{
	static const char *const lines[] = {
		"\n",
		"nonsense\n",
		"[]\n",
		"{}\n",
		"{\"ok\":1}\n",
		"{\"ok\":true,\"ok\":false}\n",
		"{\"ok\":true} {}\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct authd authd = { .pieces = { lines[i] } };
		struct complaint why = { 0 };
		json_t *answer = NULL;

		assert(ask(&authd, &answer, &why) == -EPROTO);
		assert(!answer && why.error[0]);
	}
}

static void test_closed_connection_is_a_failure(void)
{
	struct authd authd = { .pieces = { "{\"ok\":true}" } };
	struct complaint why = { 0 };
	json_t *answer = NULL;

	assert(ask(&authd, &answer, &why) == -ECONNRESET);
	assert(strstr(why.error, "closed the connection") && why.hint[0]);
}

static void test_too_long_a_request_is_not_sent(void)
{
	_cleanup_(fd_closep) int fd = -1;
	struct complaint why = { 0 };
	json_t *request, *answer = NULL;
	char *text = calloc(1, ADMIN_REQUEST_MAX + 1);
	struct admin a;

	memset(text, 'x', ADMIN_REQUEST_MAX);
	request = json_pack("{s:s}", "do", text);
	assert(sockets_listen_unix("long.sock", SOCK_STREAM, &fd, &why) == 0);
	assert(admin_open("long.sock", &a, &why) == 0);
	assert(admin_call(&a, request, &answer, &why) == -EMSGSIZE);
	admin_close(&a);
	json_decref(request);
	free(text);
}

static void test_missing_socket_is_explained(void)
{
	struct complaint why = { 0 };
	struct admin a;

	assert(admin_open("missing.sock", &a, &why) == -ENOENT);
	assert(strstr(why.error, "missing.sock") && strstr(why.hint, "COFFER_ADMIN_SOCKET"));
}

int main(void)
{
	_cleanup_(scratch_clear) struct scratch s = scratch_make();

	test_answer_may_come_in_pieces();
	test_refusal_carries_authds_words();
	test_what_is_no_answer_is_a_failure();
	test_closed_connection_is_a_failure();
	test_too_long_a_request_is_not_sent();
	test_missing_socket_is_explained();
	return 0;
}
