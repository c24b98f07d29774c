/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/orders/admin.h"

#include <jansson.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "authd/orders/order.h"
#include "clerk.h"
#include "s3/jsontext.h"

#undef NDEBUG
#include <assert.h>

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct office office;

/* --- a client ----------------------------------------------------------------------------- */

static int connect_admin(void)
{
	return clerk_connect(&office);
}

static void say(int fd, const char *bytes, size_t len)
{
	clerk_say(&office, fd, bytes, len);
}

static const char *hear(int fd)
{
	return clerk_hear(&office, fd);
}

static json_t *ask_on(int fd, const char *line)
{
	return clerk_ask_on(&office, fd, line);
}

static json_t *ask(const char *line)
{
	return clerk_ask(&office, line);
}

/* The member of a success; the answer is kept in *ret to be released. */
static const char *text(const json_t *answer, const char *of, const char *member)
{
	assert(json_is_true(json_object_get(answer, "ok")));
	return json_string_value(json_object_get(json_object_get(answer, of), member));
}

static void expect_refused(const char *line, const char *words)
{
	clerk_refused(ask(line), words);
}

static void expect_done(const char *line)
{
	clerk_done(ask(line));
}

static size_t count_of(const char *line, const char *of)
{
	json_t *answer = ask(line);
	size_t n = json_array_size(json_object_get(answer, of));

	json_decref(answer);
	return n;
}

static const struct keyring *keyring(void)
{
	return office.authd.keyring;
}

/* --- orders ------------------------------------------------------------------------------- */

static void test_a_tenant_is_made_and_listed(void)
{
	json_t *answer =
		ask("{\"do\":\"tenant.create\",\"name\":\"b\",\"display_name\":\"B \\u00e9\","
		    "\"email\":\"b@example.org\",\"canonical_id\":\"" HEX64 "\"}");

	assert(strlen(text(answer, "tenant", "id")) == 32);
	assert(strcmp(text(answer, "tenant", "name"), "b") == 0);
	assert(strcmp(text(answer, "tenant", "display_name"), "B \xc3\xa9") == 0);
	assert(strcmp(text(answer, "tenant", "email"), "b@example.org") == 0);
	assert(strcmp(text(answer, "tenant", "canonical_id"), HEX64) == 0);
	assert(strchr(text(answer, "tenant", "created_at"), 'Z'));
	json_decref(answer);
	answer = ask("{\"do\":\"tenant.create\",\"name\":\"c\"}");
	assert(strcmp(text(answer, "tenant", "display_name"), "c") == 0);
	assert(strlen(text(answer, "tenant", "canonical_id")) == 64);
	json_decref(answer);
	assert(count_of("{\"do\":\"tenant.list\"}", "tenants") == 3);
	expect_refused("{\"do\":\"tenant.create\",\"name\":\"b\"}", "There is already a tenant b.");
	expect_refused("{\"do\":\"tenant.create\",\"name\":\"d\",\"canonical_id\":\"" HEX64 "\"}",
		       "already");
	assert(count_of("{\"do\":\"tenant.list\"}", "tenants") == 3);
}

static void test_a_key_is_made_and_shows_its_secret_once(void)
{
	json_t *answer = ask("{\"do\":\"key.create\",\"tenant\":\"b\"}"), *list;
	const char *id = text(answer, "key", "access_key"),
		   *secret = text(answer, "key", "secret_key");
	char shown[1024] = "";

	assert(strlen(id) == 20 && strncmp(id, "CF", 2) == 0);
	assert(strspn(id + 2, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == 18);
	assert(strlen(secret) == 40);
	assert(strcmp(text(answer, "key", "tenant"), "b") == 0);
	assert(strcmp(text(answer, "key", "status"), "enabled") == 0);
	list = ask("{\"do\":\"key.list\",\"tenant\":\"b\"}");
	assert(json_dumpb(list, shown, sizeof(shown) - 1, 0) < sizeof(shown));
	assert(json_array_size(json_object_get(list, "keys")) == 1);
	/* T42: no list shows a secret, not even as a member without a value. */
	assert(strstr(shown, id) && !strstr(shown, secret) && !strstr(shown, "secret"));
	json_decref(list);
	json_decref(answer);
}

static bool signs_in(const char *access_key, const char *secret)
{
	struct signer s = SIGNER;
	struct ruling ruling;
	struct request q;
	struct s3_head head;
	bool ok;

	s.access_key = access_key;
	s.secret = secret;
	request_begin(&q, "GET", "/");
	request_field(&q, "Host", "h");
	request_sign(&q, &s);
	head = request_head(&q);
	assert(judge_hear(office.authd.judge, S3_DIALECT_S3, &head, SPAN("192.0.2.7"),
			  SIGNER_TIME_S, &ruling) == 0);
	ok = ruling.error == S3_ERROR_NONE;
	ruling_clear(&ruling);
	request_clear(&q);
	return ok;
}

static void test_a_given_key_works_until_disabled_or_deleted(void)
{
	expect_done("{\"do\":\"key.create\",\"tenant\":\"acme\",\"access_key\":\"given.key\","
		    "\"secret_key\":\"a given secret\"}");
	assert(signs_in("given.key", "a given secret"));
	expect_refused("{\"do\":\"key.create\",\"tenant\":\"b\",\"access_key\":\"given.key\","
		       "\"secret_key\":\"a given secret\"}",
		       "There is already an access key given.key.");
	expect_done("{\"do\":\"key.disable\",\"access_key\":\"given.key\"}");
	assert(!signs_in("given.key", "a given secret"));
	expect_done("{\"do\":\"key.enable\",\"access_key\":\"given.key\"}");
	assert(signs_in("given.key", "a given secret"));
	expect_done("{\"do\":\"key.delete\",\"access_key\":\"given.key\"}");
	assert(!signs_in("given.key", "a given secret"));
	expect_refused("{\"do\":\"key.delete\",\"access_key\":\"given.key\"}",
		       "There is no access key given.key.");
	expect_done("{\"do\":\"key.create\",\"tenant\":\"acme\",\"access_key\":\"given.key\","
		    "\"secret_key\":\"another secret\"}");
	assert(signs_in("given.key", "another secret") && !signs_in("given.key", "a given secret"));
}

static void test_changes_are_there_after_a_restart(void)
{
	expect_done("{\"do\":\"key.create\",\"tenant\":\"acme\",\"access_key\":\"lasting\","
		    "\"secret_key\":\"a lasting secret\"}");
	expect_done("{\"do\":\"key.disable\",\"access_key\":\"given.key\"}");
	office_restart(&office);
	assert(signs_in("lasting", "a lasting secret"));
	assert(!signs_in("given.key", "another secret"));
	assert(keyring_find_tenant(keyring(), SPAN("c")));
}

static void test_status_says_what_is_connected(void)
{
	json_t *answer = ask("{\"do\":\"status\"}"), *status = json_object_get(answer, "status");
	struct ipc_hash key;
	struct ipc_id channel;
	uint64_t epoch;
	int stored, worker;

	assert(json_is_false(json_object_get(status, "stored_connected")));
	assert(json_integer_value(json_object_get(status, "workers")) == 0);
	assert(json_is_string(json_object_get(status, "version")));
	assert(json_integer_value(json_object_get(status, "pid")) == getpid());
	assert(json_integer_value(json_object_get(status, "stored_pid")) == 0);
	assert(json_integer_value(json_object_get(status, "frontend_pid")) == 0);
	assert(strcmp(text(answer, "status", "confinement"), "degraded") == 0);
	json_decref(answer);
	stored = office_stored_ready(&office, &epoch, &key);
	worker = office_worker_ready(&office, &channel);
	answer = ask("{\"do\":\"status\"}");
	status = json_object_get(answer, "status");
	assert(json_is_true(json_object_get(status, "stored_connected")));
	assert(json_integer_value(json_object_get(status, "workers")) == 1);
	assert(json_integer_value(json_object_get(status, "stored_pid")) == getpid());
	assert(json_integer_value(json_object_get(status, "frontend_pid")) == getpid());
	json_decref(answer);
	close(worker);
	close(stored);
	office_settle(&office);
}

static void expect_changed(const char *settings, const char *changed)
{
	char line[512], said[256];
	json_t *answer;
	size_t n;

	snprintf(line, sizeof(line), "{\"do\":\"reload\",\"settings\":%s}", settings);
	answer = ask(line);
	assert(json_is_true(json_object_get(answer, "ok")));
	n = json_dumpb(json_object_get(json_object_get(answer, "reload"), "changed"), said,
		       sizeof(said) - 1, 0);
	said[n] = '\0';
	assert(strcmp(said, changed) == 0);
	json_decref(answer);
}

static void test_settings_change_while_it_runs(void)
{
	const struct options_live *live = &office.authd.live;

	expect_changed("{}", office.options.live.limits.login_failures == LIMITS_FAILURES
				     ? "[]"
				     : "[\"login-failures\", \"login-pause\"]");
	expect_changed("{\"request-rate\":[\"3\"],\"trusted-proxy\":[\"::1\",\"10.0.0.0/8\"]}",
		       "[\"request-rate\", \"trusted-proxy\"]");
	assert(live->limits.request_rate == 3 && live->n_proxies == 2);
	expect_changed("{\"request-rate\":[\"3\"],\"trusted-proxy\":[\"::1\",\"10.0.0.0/8\"]}",
		       "[]");
	expect_changed("{}", "[\"request-rate\", \"trusted-proxy\"]");
	assert(live->limits.request_rate == 0 && live->n_proxies == 0);
}

static void test_one_wrong_setting_changes_none(void)
{
	const struct options_live *live = &office.authd.live;

	expect_refused("{\"do\":\"reload\"}", "reload needs settings");
	expect_refused("{\"do\":\"reload\",\"settings\":[]}", "an object of settings");
	expect_refused("{\"do\":\"reload\",\"settings\":{\"login-pause\":9}}", "list of strings");
	expect_refused("{\"do\":\"reload\",\"settings\":{\"request-rate\":[\"3\"],"
		       "\"login-pause\":[\"0\"]}}",
		       "login-pause must be seconds, 1 to 3600.");
	expect_refused("{\"do\":\"reload\",\"settings\":{\"request-rate\":[\"3\"],"
		       "\"admin-uid\":[\"0\"]}}",
		       "cannot change while authd runs");
	assert(live->limits.request_rate == 0);
}

static json_malloc_t json_memory;
static unsigned int json_budget;

static void *json_memory_of_budget(size_t len)
{
	if (json_budget && json_budget--)
		return json_memory(len);
	jsontext_starve();
	return NULL;
}

/* What cannot be answered for want of memory was refused all the same. */
static void test_a_refusal_without_memory_is_one_all_the_same(void)
{
	static const struct order_waiter nobody = { .uid = CLERK_UID };
	static const char *const lines[] = {
		"{\"do\":\"reload\",\"settings\":{\"request-rate\":[\"3\"],\"login-pause\":[\"0\"]}"
		"}",
		"{\"do\":\"tenant.create\",\"name\":\"oom\",\"display_name\":\"\"}",
		"{\"do\":\"tenant.create\",\"name\":\"oom\",\"admin\":true}",
	};
	unsigned int n_without_answer = 0;
	json_free_t json_wipe;

	json_get_alloc_funcs(&json_memory, &json_wipe);
	for (unsigned int i = 0; i < 40 * ARRAY_SIZE(lines); i++) {
		const char *line = lines[i % ARRAY_SIZE(lines)];
		struct order *under_way = NULL;
		json_t *answer;

		json_set_alloc_funcs(json_memory_of_budget, json_wipe);
		json_budget = i / ARRAY_SIZE(lines);
		answer = order_give(&office.authd, span_from_string(line), -1, &nobody, &under_way);
		json_set_alloc_funcs(json_memory, json_wipe);
		n_without_answer += !answer && !under_way;
		office_settle(&office);
		assert(!json_is_true(json_object_get(answer, "ok")));
		json_decref(answer);
		while (writer_waiting(office.authd.writer))
			assert(authd_step(&office.authd, 10) == 0);
		assert(office.authd.live.limits.request_rate == 0);
		assert(!keyring_find_tenant(keyring(), SPAN("oom")));
	}
	assert(n_without_answer > 3 * ARRAY_SIZE(lines));
}

/* --- what is refused ---------------------------------------------------------------------- */

static void test_what_is_not_understood_changes_nothing(void)
{
	static const char *const lines[] = {
		"",
		"x",
		"[]",
		"\"status\"",
		"{}",
		"{\"do\":1}",
		"{\"do\":null}",
		"{\"do\":\"tenant.delete\"}",
		"{\"do\":\"tenant.create\"}",
		"{\"do\":\"tenant.create\",\"name\":1}",
		"{\"do\":\"tenant.create\",\"name\":null}",
		"{\"do\":\"tenant.create\",\"name\":\"\"}",
		"{\"do\":\"tenant.create\",\"name\":\"A\"}",
		"{\"do\":\"tenant.create\",\"name\":\"x y\"}",
		"{\"do\":\"tenant.create\",\"name\":\"-x\"}",
		"{\"do\":\"tenant.create\",\"name\":\"x\\u0000y\"}",
		"{\"do\":\"tenant.create\",\"name\":\"x\",\"admin\":true}",
		"{\"do\":\"tenant.create\",\"name\":\"x\",\"secret_key\":\"12345678\"}",
		"{\"do\":\"tenant.create\",\"name\":\"x\",\"name\":\"y\"}",
		"{\"do\":\"tenant.create\",\"name\":\"x\",\"display_name\":\"a\\nb\"}",
		"{\"do\":\"tenant.create\",\"name\":\"x\",\"canonical_id\":\"ABC\"}",
		"{\"do\":\"tenant.create\",\"name\":\"x\"} trailing",
		"{\"do\":\"tenant.create\",\"name\":\"x\"}{}",
		"{\"do\":\"key.create\"}",
		"{\"do\":\"key.create\",\"tenant\":\"nobody\"}",
		"{\"do\":\"key.create\",\"tenant\":\"acme\",\"access_key\":\"only\"}",
		"{\"do\":\"key.create\",\"tenant\":\"acme\",\"secret_key\":\"only this\"}",
		"{\"do\":\"key.create\",\"tenant\":\"acme\",\"access_key\":\"a/"
		"b\",\"secret_key\":\"12345678\"}",
		"{\"do\":\"key.create\",\"tenant\":\"acme\",\"access_key\":\"abc\",\"secret_key\":"
		"\"short\"}",
		"{\"do\":\"key.list\",\"tenant\":\"nobody\"}",
		"{\"do\":\"key.delete\"}",
		"{\"do\":\"key.enable\",\"access_key\":\"nobody\"}",
		"{\"do\":\"status\",\"x\":1}",
	};
	size_t n_tenants = keyring_tenant_count(keyring()), n_keys = keyring_key_count(keyring());
	int fd = connect_admin();

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		json_t *answer = ask_on(fd, lines[i]);

		assert(json_is_false(json_object_get(answer, "ok")));
		assert(json_string_length(json_object_get(answer, "error")) > 10);
		json_decref(answer);
	}
	/* The same connection goes on. */
	json_decref(ask_on(fd, "{\"do\":\"status\"}"));
	assert(keyring_tenant_count(keyring()) == n_tenants &&
	       keyring_key_count(keyring()) == n_keys);
	close(fd);
	office_settle(&office);
}

/* T42: a secret in the wrong place does not come back in the complaint about it. */
static void test_t42_refusals_do_not_repeat_what_was_given(void)
{
	static const char *const lines[] = {
		"{\"do\":\"key.create\",\"tenant\":\"acme\",\"secret_key\":\"hidden secret\"}",
		"{\"do\":\"key.create\",\"tenant\":\"acme\",\"access_key\":\"hidden secret\"}",
		"{\"do\":\"key.create\",\"tenant\":\"hidden secret\"}",
		"{\"do\":\"key.create\",\"tenant\":\"acme\",\"hidden secret\":\"x\"}",
		"{\"do\":\"hidden secret\"}",
		"hidden secret",
	};
	int fd = connect_admin();

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		say(fd, lines[i], strlen(lines[i]));
		say(fd, "\n", 1);
		assert(!strstr(hear(fd), "hidden"));
	}
	close(fd);
	office_settle(&office);
}

/* --- the connection ----------------------------------------------------------------------- */

static void test_answers_come_in_the_order_of_the_lines(void)
{
	static const char lines[] = "{\"do\":\"tenant.create\",\"name\":\"one\"}\n"
				    "{\"do\":\"key.list\",\"tenant\":\"one\"}\n"
				    "{\"do\":\"key.create\",\"tenant\":\"one\"}\n"
				    "{\"do\":\"tenant.create\",\"name\":\"one\"}\n"
				    "{\"do\":\"key.list\",\"tenant\":\"one\"}\n";
	static const char *const marks[] = { "\"name\":\"one\"", "\"keys\":[]", "secret_key",
					     "There is already", "\"keys\":[{" };
	int fd = connect_admin();

	say(fd, lines, sizeof(lines) - 1);
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		assert(strstr(hear(fd), marks[i]));
	close(fd);
	office_settle(&office);
}

static void test_a_line_may_come_in_pieces(void)
{
	static const char line[] = "{\"do\":\"status\"}\n";
	int fd = connect_admin();

	for (size_t i = 0; i < sizeof(line) - 1; i++)
		say(fd, line + i, 1);
	assert(strstr(hear(fd), "\"ok\":true"));
	close(fd);
	office_settle(&office);
}

static void test_a_line_that_does_not_end_is_refused(void)
{
	static char filler[ADMIN_LINE_MAX + 1];
	int fd = connect_admin();

	memset(filler, ' ', sizeof(filler));
	say(fd, filler, sizeof(filler));
	assert(strstr(hear(fd), "A line is at most"));
	assert(!hear(fd));
	close(fd);
	/* One of exactly the limit is taken. */
	fd = connect_admin();
	memcpy(filler, "{\"do\":\"status\"}", 15);
	filler[ADMIN_LINE_MAX] = '\n';
	say(fd, filler, sizeof(filler));
	assert(strstr(hear(fd), "\"ok\":true"));
	close(fd);
	office_settle(&office);
}

static void test_who_has_said_all_still_hears_the_answer(void)
{
	static const char line[] = "{\"do\":\"tenant.create\",\"name\":\"half\"}\n";
	int fd = connect_admin();

	say(fd, line, sizeof(line) - 1);
	shutdown(fd, SHUT_WR);
	assert(strstr(hear(fd), "\"ok\":true"));
	assert(!hear(fd));
	close(fd);
	office_settle(&office);
}

/* Who leaves before the answer: what he ordered is done, and nothing is left behind. */
static void test_who_leaves_at_once_has_ordered_all_the_same(void)
{
	static const char line[] = "{\"do\":\"tenant.create\",\"name\":\"left\"}\n";
	int fd = connect_admin();

	assert(send(fd, line, sizeof(line) - 1, 0) == sizeof(line) - 1);
	assert(authd_step(&office.authd, 100) == 0);
	close(fd);
	for (int i = 0; i < 100 && !keyring_find_tenant(keyring(), SPAN("left")); i++)
		assert(authd_step(&office.authd, 10) == 0);
	assert(keyring_find_tenant(keyring(), SPAN("left")));
	office_settle(&office);
	assert(office.authd.admin.n == 0);
}

static void test_the_number_of_connections_is_bounded(void)
{
	int fds[ADMIN_CONNECTIONS_MAX], ends[2];

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = connect_admin();
	assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	assert(admin_open(&office.authd.admin, ends[0], &(struct peer){ 0 }) == LISTENER_FULL);
	assert(recv(ends[1], ends, 1, 0) == 0);
	close(ends[1]);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	office_settle(&office);
	assert(office.authd.admin.n == 0);
}

/* A list longer than a socket's buffer goes out as it is read. */
static void test_a_long_list_comes_whole(void)
{
	const struct tenant *t = keyring_find_tenant(keyring(), SPAN("c"));
	int fd = connect_admin();
	json_t *answer;

	for (int i = 0; i < 3000; i++) {
		struct access_key *a;
		char id[32];

		snprintf(id, sizeof(id), "one-of-very-many-%d", i);
		assert(access_key_new(office.authd.keyring, t, span_from_string(id),
				      SPAN("12345678"), &a) == 0);
		assert(keyring_add_key(office.authd.keyring, a) == KEYRING_OK);
	}
	answer = ask_on(fd, "{\"do\":\"key.list\",\"tenant\":\"c\"}");
	assert(json_array_size(json_object_get(answer, "keys")) == 3000);
	json_decref(answer);
	close(fd);
	office_settle(&office);
}

int main(void)
{
	office_open(&office);
	test_a_tenant_is_made_and_listed();
	test_a_key_is_made_and_shows_its_secret_once();
	test_a_given_key_works_until_disabled_or_deleted();
	test_changes_are_there_after_a_restart();
	test_status_says_what_is_connected();
	test_settings_change_while_it_runs();
	test_one_wrong_setting_changes_none();
	test_a_refusal_without_memory_is_one_all_the_same();
	test_what_is_not_understood_changes_nothing();
	test_t42_refusals_do_not_repeat_what_was_given();
	test_answers_come_in_the_order_of_the_lines();
	test_a_line_may_come_in_pieces();
	test_a_line_that_does_not_end_is_refused();
	test_who_has_said_all_still_hears_the_answer();
	test_who_leaves_at_once_has_ordered_all_the_same();
	test_the_number_of_connections_is_bounded();
	test_a_long_list_comes_whole();
	office_close(&office);
	return 0;
}
