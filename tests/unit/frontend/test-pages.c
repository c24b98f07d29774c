/* SPDX-License-Identifier: Apache-2.0 */

/* What a listener says of itself: which paths, and whether it is well. */

#undef NDEBUG
#include "frontend/pages.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "stage.h"

#define HOST	    "Host: localhost\r\n"
#define PATIENCE_MS 300

static struct stage s;

/* --- which paths -------------------------------------------------------------------------- */

static bool is_page(enum s3_dialect dialect, const char *target, const char *host)
{
	static const char *const domains[] = { "s3.example.com", "Example.org", NULL };
	struct head h;
	bool is;

	head_init(&h);
	head_begin(&h, SPAN("GET"), span_from_string(target), SPAN("HTTP/1.1"));
	head_add_field(&h, SPAN("Host"), span_from_string(host));
	assert(head_finish(&h) == 0);
	is = pages_find(dialect, &h, domains) != NULL;
	head_clear(&h);
	return is;
}

static void test_pages_are_where_no_object_can_be(void)
{
	assert(is_page(S3_DIALECT_S3, "/-/health", "localhost:9000"));
	assert(is_page(S3_DIALECT_S3, "/-/health?x=y", "s3.example.com"));
	assert(is_page(S3_DIALECT_S3, "/-/health", "EXAMPLE.ORG:9000"));
	assert(!is_page(S3_DIALECT_S3, "/-/health", "bucket.s3.example.com"));
	assert(!is_page(S3_DIALECT_S3, "/-/health", "bucket.example.ORG:9000"));
	assert(!is_page(S3_DIALECT_S3, "/-/health/", "localhost"));
	assert(!is_page(S3_DIALECT_S3, "/health", "localhost"));
	assert(is_page(S3_DIALECT_REST, "/health", "bucket.s3.example.com"));
	assert(is_page(S3_DIALECT_REST, "/health?", "localhost"));
	assert(!is_page(S3_DIALECT_REST, "/-/health", "localhost"));
	assert(!is_page(S3_DIALECT_REST, "/healthy", "localhost"));
	assert(!is_page(S3_DIALECT_REST, "/objects/health", "localhost"));
	assert(is_page(S3_DIALECT_REST, "/openapi.json", "localhost"));
	assert(!is_page(S3_DIALECT_S3, "/openapi.json", "localhost"));
	assert(is_page(S3_DIALECT_S3, "/-/admin/v1/openapi.json", "localhost"));
	assert(!is_page(S3_DIALECT_S3, "/-/admin/v1/openapi.json", "bucket.s3.example.com"));
	assert(!is_page(S3_DIALECT_REST, "/-/admin/v1/openapi.json", "localhost"));
}

/* --- the description ---------------------------------------------------------------------- */

static const struct description {
	enum s3_dialect dialect;
	const char *path;
} descriptions[] = {
	{ S3_DIALECT_REST, "/openapi.json" },
	{ S3_DIALECT_S3, "/-/admin/v1/openapi.json" },
};

static struct stage_answer get_description(const struct description *d, const char *method,
					   const char *fields)
{
	int client = stage_connect_to(&s, d->dialect);
	struct stage_answer a;
	char head[256];

	snprintf(head, sizeof(head), "%s %s HTTP/1.1\r\n" HOST "%s\r\n", method, d->path, fields);
	stage_send_text(&s, client, head);
	a = stage_read(&s, client, strcmp(method, "HEAD") == 0);
	close(client);
	return a;
}

static void test_the_description_is_of_this_version(const struct description *d)
{
	struct stage_answer a = get_description(d, "GET", "");
	json_t *root = json_loadb(a.body, a.body_len, JSON_REJECT_DUPLICATES, NULL);
	const char *openapi, *version;

	assert(a.status == 200 && strcmp(stage_field(&a, "Content-Type"), "application/json") == 0);
	assert(json_unpack(root, "{s:s, s:{s:s}}", "openapi", &openapi, "info", "version",
			   &version) == 0);
	assert(strcmp(openapi, "3.1.0") == 0 && strcmp(version, COFFER_VERSION) == 0);
	json_decref(root);
	stage_answer_clear(&a);
	a = get_description(d, "HEAD", "");
	assert(a.status == 200 && !a.body_len);
	stage_answer_clear(&a);
}

/* FNV-1a: of one byte more or less or changed it would be another. */
static void test_the_description_is_tagged_by_its_bytes(const struct description *d)
{
	struct stage_answer a = get_description(d, "GET", "");
	uint64_t tag = 0xcbf29ce484222325;
	char quoted[32];

	for (size_t i = 0; i < a.body_len; i++)
		tag = (tag ^ (uint8_t)a.body[i]) * 0x100000001b3;
	snprintf(quoted, sizeof(quoted), "\"%016llx\"", (unsigned long long)tag);
	assert(strcmp(stage_field(&a, "ETag"), quoted) == 0);
	stage_answer_clear(&a);
}

static void test_who_has_the_description_is_told_so(const struct description *d)
{
	struct stage_answer a = get_description(d, "GET", "");
	char fields[128];

	assert(strcmp(stage_field(&a, "Cache-Control"), "public, max-age=300") == 0);
	snprintf(fields, sizeof(fields), "If-None-Match: \"x\", %s\r\n", stage_field(&a, "ETag"));
	stage_answer_clear(&a);
	a = get_description(d, "GET", fields);
	assert(a.status == 304 && !a.body_len && stage_field(&a, "ETag"));
	stage_answer_clear(&a);
	a = get_description(d, "GET", "If-None-Match: \"x\"\r\n");
	assert(a.status == 200);
	stage_answer_clear(&a);
	a = get_description(d, "DELETE", "");
	assert(a.status == 405 && strcmp(stage_field(&a, "Allow"), "GET, HEAD") == 0);
	stage_answer_clear(&a);
}

/* --- is it well --------------------------------------------------------------------------- */

static const char *const paths[S3_DIALECT_COUNT] = {
	[S3_DIALECT_S3] = "/-/health",
	[S3_DIALECT_REST] = "/health",
};

static int ask_as(enum s3_dialect dialect, const char *method)
{
	int client = stage_connect_to(&s, dialect);
	char head[128];

	snprintf(head, sizeof(head), "%s %s HTTP/1.1\r\n" HOST "\r\n", method, paths[dialect]);
	stage_send_text(&s, client, head);
	return client;
}

static int ask(void)
{
	return ask_as(S3_DIALECT_REST, "GET");
}

static void expect(int client, unsigned int status, const char *want)
{
	struct stage_answer a = stage_read(&s, client, false);

	if (a.status != status || !strstr(a.body, want))
		fprintf(stderr, "want %u %s\ngot %s\n", status, want, a.text);
	assert(a.status == status && strstr(a.body, want));
	assert(!!stage_field(&a, "Retry-After") == (status == 503));
	stage_answer_clear(&a);
	close(client);
}

static void pong_both(void)
{
	stage_pong(&s, LINKS_AUTHD);
	stage_pong(&s, LINKS_STORED);
}

/* So long that what was heard is old, and both are asked again. */
static void grow_stale(void)
{
	uint64_t end = clock_boottime_ns() + (PULSE_FRESH_MS + 20) * NS_PER_MS;

	while (clock_boottime_ns() < end)
		stage_step(&s);
}

#define SERVICE	 "\"service\":\"coffer\",\"version\":\"" COFFER_VERSION "\""
#define HEALTHY	 "{\"status\":\"healthy\"," SERVICE
#define DEGRADED "{\"status\":\"degraded\"," SERVICE

static void test_it_is_healthy_once_both_have_answered(void)
{
	static const char *const wanted[S3_DIALECT_COUNT] = {
		[S3_DIALECT_S3] =
			HEALTHY ",\"confinement\":\"full\",\"authd\":true,\"stored\":true}",
		[S3_DIALECT_REST] = HEALTHY "}",
	};

	for (enum s3_dialect d = 0; d < S3_DIALECT_COUNT; d++) {
		int client;

		grow_stale();
		client = ask_as(d, "GET");
		stage_expect_silence(&s, client);
		stage_pong(&s, LINKS_AUTHD);
		stage_expect_silence(&s, client);
		stage_pong(&s, LINKS_STORED);
		expect(client, 200, wanted[d]);
	}
}

static void test_head_and_other_methods(void)
{
	for (enum s3_dialect d = 0; d < S3_DIALECT_COUNT; d++) {
		struct stage_answer a;
		int client;

		grow_stale();
		client = ask_as(d, "HEAD");
		pong_both();
		a = stage_read(&s, client, true);
		assert(a.status == 200 && !a.body_len);
		stage_answer_clear(&a);
		close(client);

		client = ask_as(d, "DELETE");
		a = stage_read(&s, client, false);
		assert(a.status == 405 && strcmp(stage_field(&a, "Allow"), "GET, HEAD") == 0);
		assert(!!strstr(a.body, "<Code>") == (d == S3_DIALECT_S3));
		stage_answer_clear(&a);
		close(client);
	}
}

static void test_who_does_not_answer_is_named(void)
{
	int client;

	grow_stale();
	client = ask();
	stage_pong(&s, LINKS_AUTHD);
	expect(client, 503, DEGRADED ",\"reason\":\"coffer-stored does not answer\"}");
	/* Nobody waits again for what did not come, until it comes. */
	client = ask();
	grow_stale();
	client = ask();
	stage_pong(&s, LINKS_AUTHD);
	expect(client, 503, "coffer-stored does not answer");
	stage_pong(&s, LINKS_STORED);
	stage_steps(&s, 5);
	client = ask();
	expect(client, 200, "healthy");
}

static void test_it_takes_no_longer_than_the_patience(void)
{
	uint64_t began, took_ms;
	int client;

	grow_stale();
	began = clock_boottime_ns();
	client = ask();
	stage_pong(&s, LINKS_STORED);
	expect(client, 503, "coffer-authd does not answer");
	took_ms = (clock_boottime_ns() - began) / NS_PER_MS;
	assert(took_ms >= PATIENCE_MS - 10 && took_ms < 10 * PATIENCE_MS);
	stage_pong(&s, LINKS_AUTHD);
}

static void test_many_questions_are_one_ping(void)
{
	int clients[50];

	grow_stale();
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++)
		clients[i] = ask();
	while (s.worker.busy.count < ARRAY_SIZE(clients))
		stage_step(&s);
	stage_steps(&s, 5);
	pong_both();
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++)
		expect(clients[i], 200, "healthy");
	stage_expect_silence(&s, s.authd);
	stage_expect_silence(&s, s.stored);
}

static void test_a_pong_that_nobody_asked_for_is_nothing(void)
{
	struct ipc_message m = { .number = IPC_STORE_PONG, .store_pong.number = 99999 };
	int client;

	grow_stale();
	stage_say(&s, s.stored, &m, -1);
	client = ask();
	stage_pong(&s, LINKS_AUTHD);
	stage_say(&s, s.stored, &m, -1);
	stage_expect_silence(&s, client);
	stage_pong(&s, LINKS_STORED);
	expect(client, 200, "healthy");
}

static void test_a_client_that_goes_is_waited_for_by_nobody(void)
{
	grow_stale();
	close(ask());
	stage_steps(&s, 10);
	pong_both();
	stage_steps(&s, 10);
	expect(ask(), 200, "healthy");
}

/* Heard a moment ago or asked just now: a link that is gone is away at once. */
static void test_a_lost_link_is_known_at_once(void)
{
	int client;

	grow_stale();
	client = ask_as(S3_DIALECT_S3, "GET");
	stage_pong(&s, LINKS_AUTHD);
	close(s.stored);
	s.stored = -1;
	stage_steps(&s, 5);
	stage_pong(&s, LINKS_AUTHD);
	expect(client, 503,
	       DEGRADED ",\"confinement\":\"full\",\"authd\":true,\"stored\":false,"
			"\"reason\":\"coffer-stored does not answer\"}");
	close(s.authd);
	s.authd = -1;
	stage_steps(&s, 5);
	expect(ask(), 503, "coffer-authd and coffer-stored do not answer");
}

static void adjust(struct worker_config *c)
{
	c->pulse_ms = PATIENCE_MS;
}

int main(void)
{
	test_pages_are_where_no_object_can_be();
	stage_open(&s, adjust);
	for (size_t i = 0; i < ARRAY_SIZE(descriptions); i++) {
		const struct description *d = &descriptions[i];

		test_the_description_is_of_this_version(d);
		test_the_description_is_tagged_by_its_bytes(d);
		test_who_has_the_description_is_told_so(d);
	}
	test_it_is_healthy_once_both_have_answered();
	test_head_and_other_methods();
	test_who_does_not_answer_is_named();
	test_it_takes_no_longer_than_the_patience();
	test_many_questions_are_one_ping();
	test_a_pong_that_nobody_asked_for_is_nothing();
	test_a_client_that_goes_is_waited_for_by_nobody();
	test_a_lost_link_is_known_at_once();
	stage_close(&s);
	return 0;
}
