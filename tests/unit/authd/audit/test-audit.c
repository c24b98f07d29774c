/* SPDX-License-Identifier: Apache-2.0 */

/* What is in the audit log of orders, and that nothing is done without it. */

#include "audit-scene.h"
#include "authd/orders/order.h"
#include "base/fd.h"
#include "base/log.h"

static void test_an_order_is_there_before_it_is_done_and_so_is_its_outcome(void)
{
	const char *text;

	office_open(&office);
	assert(order("{\"do\":\"tenant.create\",\"name\":\"beta\",\"email\":\"b@x\"}"));
	text = kept("audit.1.log");
	expect_sound(text);
	assert(count_lines(text, "{\"event\":\"order\",\"time\":",
			   "\"do\":\"tenant.create\",\"uid\":4242,\"pid\":4343,\"name\":\"beta\"",
			   "\"email\":\"b@x\"") == 1);
	assert(count_lines(text, "{\"event\":\"outcome\"", "\"do\":\"tenant.create\"",
			   "\"outcome\":\"done\"") == 1);
	assert(strstr(text, "\"event\":\"order\"") < strstr(text, "\"event\":\"outcome\""));
	office_close(&office);
}

static void test_what_is_refused_or_only_read_is_there_too(void)
{
	const char *text;

	office_open(&office);
	assert(order("{\"do\":\"key.list\"}"));
	assert(!order("{\"do\":\"key.delete\",\"access_key\":\"NOBODY\"}"));
	assert(!order("{\"do\":\"everything\"}"));
	assert(!order("no json"));
	text = kept("queries.1.log");
	expect_sound(text);
	assert(count_lines(text, "order", "key.list", "\"outcome\":\"done\"") == 1);
	assert(count_lines(text, "order", "\"do\":\"-\"", "\"outcome\":\"refused\"") == 2);
	text = kept("audit.1.log");
	assert(!strstr(text, "key.list"));
	assert(count_lines(
		       text, "outcome", "key.delete",
		       "\"outcome\":\"refused\",\"error\":\"There is no access key NOBODY.\"") ==
	       1);
	office_close(&office);
}

static void test_t42_no_secret_is_in_it(void)
{
	static const char *const secrets[] = { "wJalrXUtnFEMI", "stolen-secret", "cft_hidden",
					       "pasted-into-the-wrong-field" };
	json_t *made, *key;
	const char *text;

	office_open(&office);
	assert(order("{\"do\":\"key.create\",\"tenant\":\"acme\",\"access_key\":\"GIVEN\","
		     "\"secret_key\":\"wJalrXUtnFEMI\"}"));
	assert(!order("{\"do\":\"key.create\",\"tenant\":\"acme\",\"access_key\":\"GIVEN\","
		      "\"secret_key\":\"stolen-secret\"}"));
	assert(!order("{\"do\":\"key.create\",\"tenant\":\"pasted-into-the-wrong-field!\"}"));
	order("{\"do\":\"token.show\",\"token\":\"cft_hidden\"}");
	made = clerk_ask(&office, "{\"do\":\"key.create\",\"tenant\":\"acme\"}");
	text = kept("audit.1.log");
	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++)
		assert(!strstr(text, secrets[i]));
	assert(!strstr(kept("queries.1.log"), "cft_hidden"));
	text = kept("audit.1.log");
	key = json_object_get(made, "key");
	assert(!strstr(text, json_string_value(json_object_get(key, "secret_key"))));
	/* But which key was made, that is. */
	assert(count_lines(text, "outcome", "\"outcome\":\"done\",\"key\":\"",
			   json_string_value(json_object_get(key, "access_key"))) == 1);
	json_decref(made);
	office_close(&office);
}

/* Orders what needs a bucket, which stored has. */
static void order_with_bucket(int stored, const char *line)
{
	int fd = clerk_connect(&office);
	struct ipc_message m;

	clerk_say(&office, fd, line, strlen(line));
	clerk_say(&office, fd, "\n", 1);
	assert(office_receive(&office, stored, IPC_AUTHD_TO_STORED_DIRECTION, &m));
	assert(m.number == IPC_PROVIDE);
	m = (struct ipc_message){ .number = IPC_PROVIDED, .provided.order = m.provide.order };
	office_send(stored, &m);
	assert(strstr(clerk_hear(&office, fd), "\"ok\":true"));
	close(fd);
	office_settle(&office);
}

#define FOREIGN(name, digit)                                                                       \
	"{\"name\":\"" name "\",\"expires\":null,\"hash\":\"" digit                                \
	"123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}"
#define IMPORT "{\"do\":\"token.import\",\"tenant\":\"acme\",\"tokens\":["

static void test_every_imported_token_is_named_be_it_the_only_one(void)
{
	struct ipc_hash key;
	const char *text;
	uint64_t epoch;
	int stored;

	office_open(&office);
	stored = office_stored_ready(&office, &epoch, &key);
	order_with_bucket(stored, IMPORT FOREIGN("alone", "a") "]}");
	order_with_bucket(stored, IMPORT FOREIGN("one", "b") "," FOREIGN("two", "c") "]}");
	/* One that is made here is named by its order. */
	order_with_bucket(stored, "{\"do\":\"token.create\",\"tenant\":\"acme\","
				  "\"token_name\":\"made\",\"ttl_days\":1}");
	text = kept("audit.1.log");
	expect_sound(text);
	assert(count_lines(text, "\"event\":\"token-imported\"", "\"tenant\":\"acme\"",
			   "\"token_name\":\"alone\"") == 1);
	assert(count_lines(text, "token-imported", "\"token_name\":\"one\"", "") == 1);
	assert(count_lines(text, "token-imported", "\"token_name\":\"two\"", "") == 1);
	assert(count_lines(text, "token-imported", "", "") == 3);
	close(stored);
	office_close(&office);
}

/* As long as one can be, of what is longest in a record: control characters, and no ASCII. */
static bool long_order(const char *rest)
{
	static char line[16 * 1024];
	char *to = stpcpy(line, "{\"do\":\"token.create\",\"tenant\":\"nobody\","
				"\"ttl_days\":1,\"token_name\":\"");

	for (int i = 0; i < TOKEN_NAME_MAX / 2; i++)
		to = stpcpy(to, "\xc2\x80");
	to = stpcpy(to, "\",\"scopes\":[\"read\"");
	for (int i = 0; i < 250; i++)
		to = stpcpy(to, ",\"read\"");
	to = stpcpy(to, "],\"prefix\":\"");
	for (int i = 0; i < S3_KEY_MAX; i++)
		to = stpcpy(to, "\\u0001");
	stpcpy(stpcpy(to, "\""), rest);
	return order(line);
}

static void test_what_came_of_an_order_is_told_however_long_it_was(void)
{
	const char *said;

	office_open(&office);
	office_log_begin();
	assert(!long_order("}") && !long_order(",\"rate\":0}"));
	said = office_log_end();
	assert(strstr(said, "\\x01...\" outcome=refused error=\"There is no tenant nobody.\"\n"));
	said = kept("audit.1.log");
	expect_sound(said);
	assert(count_lines(said, "\"prefix\":\"\\u0001", "\\u0001...\"", "") == 2);
	assert(count_lines(said, "\\u0001...\",\"outcome\":\"refused\",\"error\":",
			   "\"rate must be a whole number from 1 to 1000000.\"}", "") == 1);
	office_close(&office);
}

/* Whole characters up to 256 bytes. */
static void test_a_long_value_is_cut_between_characters(void)
{
	char line[1024] = "{\"do\":\"token.create\",\"tenant\":\"nobody\",\"ttl_days\":1,"
			  "\"token_name\":\"x\",\"prefix\":\"a",
	     shown[300] = "\"prefix\":\"a";

	office_open(&office);
	for (int i = 0; i < 128; i++)
		strcat(line, "\xc3\xa9");
	for (int i = 0; i < 127; i++)
		strcat(shown, "\xc3\xa9");
	assert(!order(strcat(line, "\"}")));
	assert(count_lines(kept("audit.1.log"), "order", strcat(shown, "...\""), "") == 1);
	office_close(&office);
}

/* As `cofferctl policy get` shows it, or jq -c makes it of what was given. */
static void test_of_a_policy_there_is_what_tells_it_from_others(void)
{
	static const char put[] =
		"{\"do\":\"policy.put\",\"tenant\":\"acme\",\"user\":\"nobody\",\"policy\":"
		"\"{ \\\"Statement\\\" : [ ]\\n}\"}";

	office_open(&office);
	assert(!order(put));
	assert(count_lines(kept("audit.1.log"), "\"event\":\"order\"",
			   "\"policy_sha256\":\"701f12e2a45641932e7716b160cc43c240755a8790dc94ac5af17eb9dc4d261f\",\"policy_length\":16", "") == 1);
	assert(!strstr(kept("audit.1.log"), "Statement"));
	office_close(&office);
}

/* T42: what is no setting, or none of its values, may be a secret. */
static void test_t42_of_settings_only_right_ones_are_there(void)
{
	static const char *const wrong[] = {
		"{\"do\":\"reload\",\"settings\":{\"request-rate\":[\"3\"],\"hidden-name\":[\"x\"]}"
		"}",
		"{\"do\":\"reload\",\"settings\":{\"keyring-key\":[\"hidden-value\"]}}",
		"{\"do\":\"reload\",\"settings\":{\"request-rate\":[\"hidden-value\"]}}",
	};
	const char *said;

	office_open(&office);
	office_log_begin();
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert(!order(wrong[i]));
	said = office_log_end();
	assert(strstr(said, "do=reload") && !strstr(said, "hidden") && !strstr(said, "settings="));
	said = kept("audit.1.log");
	assert(count_lines(said, "order", "reload", "\"outcome\":\"refused\"") == 3);
	assert(!strstr(said, "hidden") && !strstr(said, "\"settings\""));
	assert(order("{\"do\":\"reload\",\"settings\":{\"request-rate\":[\"3\"]}}"));
	assert(strstr(kept("audit.1.log"), "\"settings\":\"{\\\"request-rate\\\":[\\\"3\\\"]}\""));
	office_close(&office);
}

/* A program that looks at the status each second must not push out what was changed. */
static void test_what_only_asks_is_kept_by_itself(void)
{
	office_open(&office);
	for (int i = 0; i < 10; i++)
		assert(order("{\"do\":\"status\"}"));
	assert(strcmp(kept("audit.1.log"), "") == 0);
	assert(count_lines(kept("queries.1.log"), "status", "", "") == 10);
	office_close(&office);
}

static void test_without_an_audit_log_nothing_is_changed(void)
{
	json_t *answer;

	office_open(&office);
	assert(order("{\"do\":\"tenant.create\",\"name\":\"before\"}"));
	kept("audit.1.log");
	limit_files(1);
	answer = clerk_ask(&office, "{\"do\":\"tenant.create\",\"name\":\"lost\"}");
	assert(json_is_false(json_object_get(answer, "ok")));
	assert(strstr(json_string_value(json_object_get(answer, "error")),
		      "Nothing was done, because the audit log cannot be written"));
	json_decref(answer);
	/* What changes nothing is answered, or nobody could look what is wrong. */
	assert(order("{\"do\":\"status\"}"));
	kept("audit.1.log");
	limit_files(RLIM_INFINITY);
	assert(!keyring_find_tenant(office.authd.keyring, SPAN("lost")));
	assert(office.authd.audit.n_lost > 0);
	assert(order("{\"do\":\"tenant.create\",\"name\":\"after\"}"));
	office_close(&office);
}

static void dropped(struct change *c)
{
	change_free(c);
}

/* As many changes as there may be; none comes back before the loop turns. */
static void crowd_the_writer(void)
{
	for (size_t n = writer_waiting(office.authd.writer); n < WRITER_QUEUE_MAX; n++) {
		struct change *c = calloc(1, sizeof(*c));

		assert(c);
		*c = (struct change){ .kind = CHANGE_AUDIT,
				      .file = office.authd.audit.orders,
				      .done = dropped };
		assert(writer_submit(office.authd.writer, c) == WRITER_OK);
	}
}

static void test_an_order_in_a_crowd_may_come_again(void)
{
	static const struct order_waiter nobody = { .uid = CLERK_UID };
	struct order *under_way = NULL;
	json_t *answer;

	office_open(&office);
	crowd_the_writer();
	answer = order_give(&office.authd, SPAN("{\"do\":\"tenant.create\",\"name\":\"late\"}"),
			    -1, &nobody, &under_way);
	assert(!under_way && json_is_false(json_object_get(answer, "ok")));
	assert(json_is_true(json_object_get(answer, "again")));
	json_decref(answer);
	kept("audit.1.log");
	assert(!keyring_find_tenant(office.authd.keyring, SPAN("late")));
	office_close(&office);
}

static void test_what_came_of_an_order_is_kept_though_authd_ends(void)
{
	static const struct order_waiter nobody = { .uid = CLERK_UID };
	struct order *under_way = NULL;
	const char *text;

	office_open(&office);
	assert(!order_give(&office.authd, SPAN("{\"do\":\"tenant.create\",\"name\":\"last\"}"),
			   -1, &nobody, &under_way) &&
	       under_way);
	office_restart(&office);
	text = kept("audit.1.log");
	assert(count_lines(text, "\"event\":\"order\"", "tenant.create", "last") == 1);
	assert(count_lines(text, "\"event\":\"outcome\"", "tenant.create", "\"outcome\":") == 1);
	office_close(&office);
}

static void test_where_only_the_journal_is_wanted_there_is_no_file(void)
{
	office_open(&office);
	office.options.audit = AUDIT_JOURNAL;
	office_restart(&office);
	assert(!audit_is_kept(&office.authd.audit));
	assert(order("{\"do\":\"tenant.create\",\"name\":\"beta\"}"));
	assert(strcmp(kept("audit.1.log"), "") == 0);
	office_close(&office);
}

static void test_places_have_names(void)
{
	enum audit_place p = AUDIT_FILE;

	assert(audit_place_parse("journal", &p) && p == AUDIT_JOURNAL);
	assert(audit_place_parse("file", &p) && p == AUDIT_FILE);
	assert(!audit_place_parse("", &p) && !audit_place_parse("none", &p));
}

int main(void)
{
	test_an_order_is_there_before_it_is_done_and_so_is_its_outcome();
	test_what_is_refused_or_only_read_is_there_too();
	test_t42_no_secret_is_in_it();
	test_what_came_of_an_order_is_told_however_long_it_was();
	test_a_long_value_is_cut_between_characters();
	test_of_a_policy_there_is_what_tells_it_from_others();
	test_t42_of_settings_only_right_ones_are_there();
	test_every_imported_token_is_named_be_it_the_only_one();
	test_what_only_asks_is_kept_by_itself();
	test_without_an_audit_log_nothing_is_changed();
	test_an_order_in_a_crowd_may_come_again();
	test_what_came_of_an_order_is_kept_though_authd_ends();
	test_where_only_the_journal_is_wanted_there_is_no_file();
	test_places_have_names();
	return 0;
}
