/* SPDX-License-Identifier: Apache-2.0 */

/* What the log says of requests, in each form. */

#undef NDEBUG
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "stage.h"

static struct stage s;
static int log_pipe[2];
static int terminal;

/* From here on stderr is heard by the test. */
static void divert_log(void)
{
	assert(pipe2(log_pipe, O_CLOEXEC | O_NONBLOCK) == 0);
	terminal = dup(STDERR_FILENO);
	assert(terminal >= 0 && dup2(log_pipe[1], STDERR_FILENO) >= 0);
}

static void restore_log(void)
{
	assert(dup2(terminal, STDERR_FILENO) >= 0);
	close(terminal);
	close(log_pipe[0]);
	close(log_pipe[1]);
}

/* What it has said since the last time, NUL-terminated, in a static buffer. */
static const char *heard(void)
{
	static char text[16 * RECORD_MAX];
	ssize_t n;

	stage_steps(&s, 5);
	n = read(log_pipe[0], text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void answer_with_hello(uint64_t call)
{
	struct stage_packet p = stage_expect(&s, &s.stored, IPC_CALL);
	struct buffer b = BUFFER_INIT(IPC_ITEMS_MAX);
	struct ipc_message m = { .number = IPC_OBJECT };
	struct answer a;

	stage_packet_clear(&p);
	answer_init(&a);
	a.etag = SPAN("d41d8cd98f00b204e9800998ecf8427e");
	a.size = 5;
	answer_encode(&a, &b);
	m.object = (struct ipc_object){ call, buffer_span(&b), SPAN("hello"), 0 };
	stage_say(&s, s.stored, &m, -1);
	buffer_clear(&b);
}

static void get(int client, const char *target)
{
	char text[4000];

	snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", target);
	stage_send_text(&s, client, text);
}

static void get_hello(const char *target)
{
	int client = stage_connect(&s);
	struct stage_answer a;

	get(client, target);
	answer_with_hello(stage_grant(&s));
	a = stage_read(&s, client, false);
	assert(a.status == 200);
	stage_answer_clear(&a);
	close(client);
}

static void open_with(void (*adjust)(struct worker_config *c))
{
	stage_open(&s, adjust);
	divert_log();
}

static void close_it(void)
{
	restore_log();
	stage_close(&s);
}

static void as_json(struct worker_config *c)
{
	c->access = ACCESS_JSON;
}

static void as_nothing(struct worker_config *c)
{
	c->access = ACCESS_NONE;
}

static void expect_in(const char *said, const char *const parts[])
{
	for (; *parts; parts++)
		if (!strstr(said, *parts)) {
			dprintf(terminal, "no %s in %s\n", *parts, said);
			abort();
		}
}

static void test_a_request_is_one_line_that_says_all_about_it(void)
{
	static const char *const parts[] = {
		"tester: request id=",
		" peer=127.0.0.1 tenant=acme credential=test dialect=s3 ",
		" status=200 in=0 out=5 ms=",
		" authd_ms=",
		" answer_ms=",
		" op=GetObject bucket=bucket key=\"a b/\\xc3\\xa9\"\n",
		NULL
	};
	const char *said;

	open_with(NULL);
	get_hello("/bucket/a%20b/%C3%A9");
	said = heard();
	expect_in(said, parts);
	assert(strchr(said, '\n') == said + strlen(said) - 1);
	close_it();
}

static void test_in_json_it_is_one_object_with_its_time(void)
{
	static const char *const parts[] = {
		",\"time\":\"2", "\"tenant\":\"acme\"", "\"status\":200,\"in\":0,\"out\":5,\"ms\":",
		"\"op\":\"GetObject\",\"bucket\":\"bucket\",\"key\":\"a b/\xc3\xa9\"}\n", NULL
	};
	const char *said;

	open_with(as_json);
	get_hello("/bucket/a%20b/%C3%A9");
	said = heard();
	assert(strncmp(said, "{\"event\":\"request\",", 19) == 0);
	expect_in(said, parts);
	close_it();
}

static void test_the_longest_key_is_whole(void)
{
	static char target[8 + 3 * S3_KEY_MAX + 1] = "/bucket/", key[4 * S3_KEY_MAX + 1];

	for (size_t i = 0; i < S3_KEY_MAX / 2; i++) {
		strcat(target, "%C3%A9");
		strcat(key, "\xc3\xa9");
	}
	open_with(as_json);
	get_hello(target);
	assert(strstr(heard(), key));
	close_it();
}

static void test_t42_what_authd_did_not_let_pass_is_not_named(void)
{
	int client;
	struct stage_packet p;
	struct stage_answer a;
	const char *said;

	open_with(NULL);
	client = stage_connect(&s);
	get(client, "/bucket/key?X-Amz-Signature=5ec2e7");
	p = stage_expect(&s, &s.authd, IPC_ASK);
	stage_denied(&s, p.message.ask.call, S3_ERROR_ACCESS_DENIED);
	stage_packet_clear(&p);
	a = stage_read(&s, client, false);
	assert(a.status == 403);
	stage_answer_clear(&a);
	said = heard();
	assert(strstr(said, " status=403 error=AccessDenied "));
	assert(!strstr(said, "bucket") && !strstr(said, "key") && !strstr(said, "5ec2e7") &&
	       !strstr(said, "tenant=") && !strstr(said, " op="));
	close(client);
	close_it();
}

static void test_a_client_that_leaves_is_said_to_have_left(void)
{
	int client;

	open_with(NULL);
	client = stage_connect(&s);
	stage_send_text(&s, client,
			"PUT /bucket/key HTTP/1.1\r\nHost: localhost\r\n"
			"Content-Length: 10\r\n\r\n12345");
	stage_grant(&s);
	stage_steps(&s, 5);
	close(client);
	stage_steps(&s, 5);
	assert(strstr(heard(), " in=5 out=0 aborted=true "));
	close_it();
}

static void test_none_is_none(void)
{
	open_with(as_nothing);
	get_hello("/bucket/key");
	assert(!strstr(heard(), "request "));
	close_it();
}

static void test_forms_have_names(void)
{
	enum access_form f = ACCESS_NONE;

	assert(access_form_parse("kv", &f) && f == ACCESS_KV);
	assert(access_form_parse("json", &f) && f == ACCESS_JSON);
	assert(access_form_parse("none", &f) && f == ACCESS_NONE);
	assert(!access_form_parse("JSON", &f) && !access_form_parse("", &f));
}

int main(void)
{
	log_init("tester", LOG_LEVEL_INFO);
	test_a_request_is_one_line_that_says_all_about_it();
	test_in_json_it_is_one_object_with_its_time();
	test_the_longest_key_is_whole();
	test_t42_what_authd_did_not_let_pass_is_not_named();
	test_a_client_that_leaves_is_said_to_have_left();
	test_none_is_none();
	test_forms_have_names();
	return 0;
}
