/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/orders/orders.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "clerk.h"
#include "s3/encoding.h"

#undef NDEBUG
#include <assert.h>

#define DAY_S (24 * 60 * 60)

static struct office office;
static int stored; /* the other end of authd's line to it */

static struct tokens *tokens(void)
{
	return keyring_tokens(office.authd.keyring);
}

static void receive_provide(struct ipc_message *ret)
{
	assert(office_receive(&office, stored, IPC_AUTHD_TO_STORED_DIRECTION, ret));
	assert(ret->number == IPC_PROVIDE);
}

static void answer_provide(uint64_t order, enum s3_error error)
{
	struct ipc_message m = { .number = IPC_PROVIDED,
				 .provided = { .order = order, .error = (uint16_t)error } };

	office_send(stored, &m);
}

/* Orders what needs a bucket, which stored is asked for and says `error` to. */
static json_t *order_with(const char *line, const char *bucket, enum s3_error error)
{
	int fd = clerk_connect(&office);
	struct ipc_message m;
	json_t *answer;

	clerk_say(&office, fd, line, strlen(line));
	clerk_say(&office, fd, "\n", 1);
	receive_provide(&m);
	assert(span_equal(m.provide.bucket, span_from_string(bucket)));
	/* Nothing is made, and nothing answered, before the bucket is there. */
	assert(office_silent(&office, fd));
	answer_provide(m.provide.order, error);
	answer = json_loads(clerk_hear(&office, fd), 0, NULL);
	assert(answer);
	close(fd);
	office_settle(&office);
	return answer;
}

static const json_t *token_in(const json_t *answer)
{
	assert(json_is_true(json_object_get(answer, "ok")));
	return json_object_get(answer, "token");
}

static const char *text_in(const json_t *answer, const char *member)
{
	return json_string_value(json_object_get(token_in(answer), member));
}

static struct token *recognise(const json_t *answer)
{
	return tokens_recognise(tokens(), span_from_string(text_in(answer, "token")));
}

static json_t *list(const char *line, size_t n)
{
	json_t *answer = clerk_ask(&office, line);

	assert(json_array_size(json_object_get(answer, "tokens")) == n);
	return answer;
}

static const char create[] = "{\"do\":\"token.create\",\"tenant\":\"acme\","
			     "\"token_name\":\"full\",\"ttl_days\":30}";

/* --- making ------------------------------------------------------------------------------- */

static void test_a_token_is_made_when_its_bucket_is_there(void)
{
	int64_t now_s = (int64_t)(clock_realtime_ns() / NS_PER_S);
	json_t *answer = order_with(create, "acme-objects", S3_ERROR_NONE);
	const struct token *t = recognise(answer);

	assert(t && strcmp(t->name, "full") == 0 && strcmp(t->tenant->name, "acme") == 0);
	assert(strcmp(t->bucket, "acme-objects") == 0 && strcmp(t->prefix, "") == 0);
	assert(t->scopes == TOKEN_SCOPES_ALL && t->rate == 0 && t->number);
	assert(t->expires_s >= now_s + 30 * DAY_S && t->expires_s <= now_s + 30 * DAY_S + 5);
	assert(strcmp(text_in(answer, "name"), "full") == 0);
	assert(strcmp(text_in(answer, "tenant"), "acme") == 0);
	assert(strcmp(text_in(answer, "bucket"), "acme-objects") == 0);
	assert(json_array_size(json_object_get(token_in(answer), "scopes")) == 3);
	assert(json_is_null(json_object_get(token_in(answer), "last_used")));
	json_decref(answer);
	clerk_refused(clerk_ask(&office, create), "A token with name 'full' already exists.");
	office_restart(&office);
	assert(tokens_count(tokens()) == 1);
}

static void test_a_token_is_bound_as_it_was_said(void)
{
	json_t *answer = order_with("{\"do\":\"token.create\",\"tenant\":\"acme\","
				    "\"token_name\":\"some one\",\"ttl_days\":1,"
				    "\"scopes\":[\"write\",\"read\",\"write\"],"
				    "\"bucket\":\"photos\",\"prefix\":\"a/b\",\"rate\":5}",
				    "photos", S3_ERROR_NONE);
	const struct token *t = recognise(answer);

	assert(t->scopes == (TOKEN_SCOPE_READ | TOKEN_SCOPE_WRITE) && t->rate == 5);
	assert(strcmp(t->bucket, "photos") == 0 && strcmp(t->prefix, "a/b") == 0);
	json_decref(answer);
}

static void test_without_its_bucket_there_is_no_token(void)
{
	static const char line[] = "{\"do\":\"token.create\",\"tenant\":\"acme\","
				   "\"token_name\":\"x\",\"ttl_days\":1,\"bucket\":\"taken\"}";
	size_t before = tokens_count(tokens());

	clerk_refused(order_with(line, "taken", S3_ERROR_BUCKET_ALREADY_EXISTS),
		      "The bucket taken belongs to another tenant.");
	clerk_refused(order_with(line, "taken", S3_ERROR_INSUFFICIENT_STORAGE),
		      "could not be made");
	assert(tokens_count(tokens()) == before);
	assert(!tokens_find(tokens(), keyring_find_tenant(office.authd.keyring, SPAN("acme")),
			    SPAN("x")));
}

static void test_what_a_token_cannot_be_is_refused_at_once(void)
{
	static const char *const members[] = {
		"",
		"\"token_name\":\"x\"",
		"\"ttl_days\":1",
		"\"token_name\":\"\",\"ttl_days\":1",
		"\"token_name\":\"x\\ny\",\"ttl_days\":1",
		"\"token_name\":7,\"ttl_days\":1",
		"\"token_name\":\"x\",\"ttl_days\":0",
		"\"token_name\":\"x\",\"ttl_days\":-1",
		"\"token_name\":\"x\",\"ttl_days\":1.5",
		"\"token_name\":\"x\",\"ttl_days\":\"1\"",
		"\"token_name\":\"x\",\"ttl_days\":36501",
		"\"token_name\":\"x\",\"ttl_days\":true",
		"\"token_name\":\"x\",\"ttl_days\":1,\"scopes\":\"read\"",
		"\"token_name\":\"x\",\"ttl_days\":1,\"scopes\":[]",
		"\"token_name\":\"x\",\"ttl_days\":1,\"scopes\":[\"Read\"]",
		"\"token_name\":\"x\",\"ttl_days\":1,\"scopes\":[\"read\",null]",
		"\"token_name\":\"x\",\"ttl_days\":1,\"bucket\":\"A\"",
		"\"token_name\":\"x\",\"ttl_days\":1,\"bucket\":null",
		"\"token_name\":\"x\",\"ttl_days\":1,\"prefix\":null",
		"\"token_name\":\"x\",\"ttl_days\":1,\"rate\":0",
		"\"token_name\":\"x\",\"ttl_days\":1,\"rate\":1000001",
		"\"token_name\":\"x\",\"ttl_days\":1,\"token\":\"chosen\"",
		"\"token_name\":\"x\",\"ttl_days\":1,\"hash\":\"chosen\"",
	};
	size_t before = tokens_count(tokens());
	char line[512];

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		snprintf(line, sizeof(line), "{\"do\":\"token.create\",\"tenant\":\"acme\"%s%s}",
			 *members[i] ? "," : "", members[i]);
		clerk_refused(clerk_ask(&office, line), " ");
	}
	clerk_refused(clerk_ask(&office, "{\"do\":\"token.create\",\"tenant\":\"nobody\","
					 "\"token_name\":\"x\",\"ttl_days\":1}"),
		      "There is no tenant nobody.");
	assert(tokens_count(tokens()) == before && office_silent(&office, stored));
}

static void test_a_tenant_whose_usual_bucket_cannot_be_names_another(void)
{
	static const char name[] =
		"a123456789-123456789-123456789-123456789-123456789-123456789-12";
	char line[512];

	snprintf(line, sizeof(line), "{\"do\":\"tenant.create\",\"name\":\"%s\"}", name);
	json_decref(clerk_ask(&office, line));
	snprintf(line, sizeof(line),
		 "{\"do\":\"token.create\",\"tenant\":\"%s\",\"token_name\":\"x\","
		 "\"ttl_days\":1}",
		 name);
	clerk_refused(clerk_ask(&office, line), "There can be no bucket");
}

/* --- changing ----------------------------------------------------------------------------- */

static void test_a_refreshed_token_is_another_with_the_same_terms(void)
{
	json_t *before = order_with("{\"do\":\"token.create\",\"tenant\":\"acme\","
				    "\"token_name\":\"fresh\",\"ttl_days\":1,"
				    "\"scopes\":[\"read\"],\"prefix\":\"p/\",\"rate\":9}",
				    "acme-objects", S3_ERROR_NONE);
	uint64_t number = recognise(before)->number;
	const struct token *t;
	json_t *after;

	json_decref(order_with("{\"do\":\"token.create\",\"tenant\":\"acme\","
			       "\"token_name\":\"behind\",\"ttl_days\":1}",
			       "acme-objects", S3_ERROR_NONE));
	recognise(before)->use.used_s = 4711;
	after = order_with("{\"do\":\"token.refresh\",\"tenant\":\"acme\","
			   "\"token_name\":\"fresh\",\"ttl_days\":60}",
			   "acme-objects", S3_ERROR_NONE);
	assert(!recognise(before));
	t = recognise(after);
	assert(t && t->number == number && t->scopes == TOKEN_SCOPE_READ && t->rate == 9);
	assert(strcmp(t->prefix, "p/") == 0 && t->use.used_s == 4711);
	assert(t->next && strcmp(t->next->name, "behind") == 0);
	assert(t->expires_s > (int64_t)(clock_realtime_ns() / NS_PER_S) + 59 * DAY_S);
	json_decref(after);
	after = order_with("{\"do\":\"token.refresh\",\"tenant\":\"acme\","
			   "\"token_name\":\"fresh\",\"ttl_days\":60,\"scopes\":[\"delete\"],"
			   "\"prefix\":\"\",\"bucket\":\"photos\"}",
			   "photos", S3_ERROR_NONE);
	t = recognise(after);
	assert(t->scopes == TOKEN_SCOPE_DELETE && strcmp(t->prefix, "") == 0);
	assert(strcmp(t->bucket, "photos") == 0);
	json_decref(before);
	json_decref(after);
}

static void test_a_refresh_that_is_refused_leaves_the_old_one(void)
{
	static const char line[] = "{\"do\":\"token.refresh\",\"tenant\":\"acme\","
				   "\"token_name\":\"full\",\"ttl_days\":60}";
	const struct tenant *acme = keyring_find_tenant(office.authd.keyring, SPAN("acme"));
	struct token before = *tokens_find(tokens(), acme, SPAN("full"));

	clerk_refused(order_with(line, "acme-objects", S3_ERROR_BUCKET_ALREADY_EXISTS),
		      "belongs to another tenant");
	assert(tokens_find_hash(tokens(), before.hash)->expires_s == before.expires_s);
	clerk_refused(clerk_ask(&office, "{\"do\":\"token.refresh\",\"tenant\":\"acme\","
					 "\"token_name\":\"nope\",\"ttl_days\":60}"),
		      "No token with name 'nope' found.");
}

static void test_a_deleted_token_is_worth_nothing_at_once(void)
{
	static const char line[] = "{\"do\":\"token.delete\",\"tenant\":\"acme\","
				   "\"token_name\":\"gone\"}";
	json_t *made = order_with("{\"do\":\"token.create\",\"tenant\":\"acme\","
				  "\"token_name\":\"gone\",\"ttl_days\":1}",
				  "acme-objects", S3_ERROR_NONE);
	json_t *answer;

	assert(recognise(made));
	answer = clerk_ask(&office, line);
	assert(strcmp(text_in(answer, "name"), "gone") == 0 && !text_in(answer, "token"));
	json_decref(answer);
	assert(!recognise(made));
	clerk_refused(clerk_ask(&office, line), "No token with name 'gone' found.");
	json_decref(made);
}

static void test_names_are_looked_for_within_the_tenant(void)
{
	json_decref(clerk_ask(&office, "{\"do\":\"tenant.create\",\"name\":\"other\"}"));
	clerk_refused(clerk_ask(&office, "{\"do\":\"token.delete\",\"tenant\":\"other\","
					 "\"token_name\":\"full\"}"),
		      "No token with name 'full' found.");
	json_decref(order_with("{\"do\":\"token.create\",\"tenant\":\"other\","
			       "\"token_name\":\"full\",\"ttl_days\":1}",
			       "other-objects", S3_ERROR_NONE));
	json_decref(list("{\"do\":\"token.list\",\"tenant\":\"other\"}", 1));
}

static void test_a_text_is_shown_whose_it_is(void)
{
	json_t *made = order_with("{\"do\":\"token.create\",\"tenant\":\"acme\","
				  "\"token_name\":\"asked\",\"ttl_days\":1}",
				  "acme-objects", S3_ERROR_NONE);
	char line[256];
	json_t *answer;

	snprintf(line, sizeof(line), "{\"do\":\"token.show\",\"token\":\"%s\"}",
		 text_in(made, "token"));
	answer = clerk_ask(&office, line);
	assert(strcmp(text_in(answer, "name"), "asked") == 0 && !text_in(answer, "token"));
	assert(json_is_false(json_object_get(token_in(answer), "expired")));
	json_decref(answer);
	recognise(made)->expires_s = 1;
	answer = clerk_ask(&office, line);
	assert(json_is_true(json_object_get(token_in(answer), "expired")));
	json_decref(answer);
	json_decref(made);
	clerk_refused(clerk_ask(&office, "{\"do\":\"token.show\",\"token\":\"hidden secret\"}"),
		      "There is no such token.");
}

/* T42: a list tells what tokens are worth, not what they are. */
static void test_t42_lists_show_neither_texts_nor_hashes(void)
{
	json_t *answer = list("{\"do\":\"token.list\"}", tokens_count(tokens()));
	char shown[8192] = "";

	assert(json_dumpb(answer, shown, sizeof(shown) - 1, 0) < sizeof(shown));
	assert(strstr(shown, "\"full\"") && strstr(shown, "acme-objects"));
	assert(!strstr(shown, "cft_") && !strstr(shown, "hash") && !strstr(shown, "\"token\""));
	json_decref(answer);
}

/* --- importing ---------------------------------------------------------------------------- */

#define ITEM(name, hash) "{\"name\":\"" name "\",\"hash\":\"" hash "\",\"expires\":null}"
#define IMPORT(items)                                                                              \
	"{\"do\":\"token.import\",\"tenant\":\"acme\",\"bucket\":\"photos\",\"tokens\":[" items "]}"

static const char *hash_of(const char *text, char ret[static 2 * TOKEN_HASH_LEN + 1])
{
	uint8_t hash[TOKEN_HASH_LEN];

	token_hash(span_from_string(text), hash);
	return hex_encode((struct span){ hash, sizeof(hash) }, ret);
}

static void test_tokens_of_an_older_service_go_on_working(void)
{
	char one[2 * TOKEN_HASH_LEN + 1], two[2 * TOKEN_HASH_LEN + 1], line[1024];
	const struct token *t;
	json_t *answer;

	snprintf(line, sizeof(line),
		 IMPORT("{\"name\":\"old one\",\"hash\":\"%s\",\"scopes\":[\"read\"],"
			"\"created_at\":\"2025-01-02T03:04:05.678901+00:00\","
			"\"expires\":\"2026-12-22T01:50:40\"},"
			"{\"name\":\"old two\",\"hash\":\"%s\",\"scopes\":[],"
			"\"created_at\":null,\"expires\":null}"),
		 hash_of("old token 1", one), hash_of("old token 2", two));
	answer = order_with(line, "photos", S3_ERROR_NONE);
	assert(json_array_size(json_object_get(answer, "tokens")) == 2);
	json_decref(answer);
	office_restart(&office);
	t = tokens_recognise(tokens(), SPAN("old token 1"));
	assert(t && strcmp(t->name, "old one") == 0 && strcmp(t->bucket, "photos") == 0);
	assert(t->scopes == TOKEN_SCOPE_READ && t->created_s == 1735787045);
	assert(t->expires_s == 1797904240);
	t = tokens_recognise(tokens(), SPAN("old token 2"));
	assert(t && t->scopes == 0 && t->expires_s == 0 && t->created_s > 1735787045);
}

static void expect_import_refused(const char *items, const char *words)
{
	size_t before = tokens_count(tokens());
	char line[4096];

	snprintf(line, sizeof(line), IMPORT("%s"), items);
	clerk_refused(clerk_ask(&office, line), words);
	assert(tokens_count(tokens()) == before && office_silent(&office, stored));
}

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define UPPER "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_an_import_with_anything_wrong_imports_nothing(void)
{
	static const struct {
		const char *items, *words;
	} cases[] = {
		{ "", "tokens must be a list of 1 to 4096 objects" },
		{ "7", "tokens must be a list of 1 to 4096 objects" },
		{ ITEM("a", HEX64) ",{}", "Token 1 of the list: name must be" },
		{ ITEM("a", HEX64) "," ITEM("b", "abc"), "Token 1 of the list: hash must be" },
		{ ITEM("a", UPPER), "Token 0 of the list: hash must be" },
		{ ITEM("", HEX64), "Token 0 of the list: name must be" },
		{ ITEM("a", HEX64) "," ITEM("a", OTHER),
		  "Token 1 of the list: another one before" },
		{ ITEM("a", HEX64) "," ITEM("b", HEX64),
		  "Token 1 of the list: another one before" },
		{ "{\"name\":\"a\",\"hash\":\"" HEX64 "\"}", "expires must be" },
		{ "{\"name\":\"a\",\"hash\":\"" HEX64 "\",\"expires\":\"tomorrow\"}",
		  "expires must be" },
		{ "{\"name\":\"a\",\"hash\":\"" HEX64 "\",\"expires\":null,\"created_at\":1}",
		  "created_at must be" },
		{ "{\"name\":\"a\",\"hash\":\"" HEX64 "\",\"expires\":null,\"scopes\":[\"x\"]}",
		  "scopes must be" },
		{ "{\"name\":\"a\",\"hash\":\"" HEX64 "\",\"expires\":null,\"disabled\":true}",
		  "there is more than" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		expect_import_refused(cases[i].items, cases[i].words);
}

static void test_names_and_hashes_that_are_there_are_named(void)
{
	char hash[2 * TOKEN_HASH_LEN + 1], items[1024];

	expect_import_refused(ITEM("a", OTHER) "," ITEM("full", HEX64),
			      "A token with name 'full' already exists.");
	expect_import_refused(ITEM("old one", OTHER) "," ITEM("full", HEX64),
			      "Tokens with the names 'old one', 'full' already exist.");
	snprintf(items, sizeof(items), ITEM("another name", "%s"), hash_of("old token 1", hash));
	expect_import_refused(items,
			      "Token 0 of the list: there is a token with this hash already.");
}

static void test_as_many_as_one_import_may_have_are_imported(void)
{
	size_t size = (MEMBER_TOKENS_MAX + 1) * 160, len = 0, before = tokens_count(tokens());
	_cleanup_(freep) char *items = malloc(size), *line = malloc(size + 200);
	int fd = clerk_connect(&office);
	struct ipc_message m;

	for (int i = 0; i < MEMBER_TOKENS_MAX; i++)
		len += (size_t)snprintf(
			items + len, size - len,
			"%s{\"name\":\"many %d\",\"hash\":\"%064x\",\"expires\":null}",
			i ? "," : "", i, i + 1);
	snprintf(line, size + 200, IMPORT("%s") "\n", items);
	clerk_say(&office, fd, line, strlen(line));
	receive_provide(&m);
	answer_provide(m.provide.order, S3_ERROR_NONE);
	assert(strstr(clerk_hear(&office, fd), "\"ok\":true"));
	assert(tokens_count(tokens()) == before + MEMBER_TOKENS_MAX);
	snprintf(line, size + 200, IMPORT("%s," ITEM("one more", HEX64)) "\n", items);
	clerk_say(&office, fd, line, strlen(line));
	assert(strstr(clerk_hear(&office, fd), "tokens must be a list of 1 to 4096 objects"));
	close(fd);
	office_settle(&office);
}

/* --- stored is away ----------------------------------------------------------------------- */

static void test_orders_under_way_fail_when_stored_goes_away(void)
{
	static const char line[] = "{\"do\":\"token.create\",\"tenant\":\"acme\","
				   "\"token_name\":\"lost\",\"ttl_days\":1}\n";
	int fd = clerk_connect(&office);
	struct ipc_message m;
	struct ipc_hash key;
	uint64_t epoch;

	clerk_say(&office, fd, line, sizeof(line) - 1);
	receive_provide(&m);
	close(stored);
	assert(strstr(clerk_hear(&office, fd), "stored does not answer"));
	assert(!office.authd.errands.first);
	clerk_say(&office, fd, line, sizeof(line) - 1);
	assert(strstr(clerk_hear(&office, fd), "stored does not answer"));
	close(fd);
	stored = office_stored_ready(&office, &epoch, &key);
	/* An answer to an order that is over is nobody's. */
	answer_provide(m.provide.order, S3_ERROR_NONE);
	office_settle(&office);
	assert(!tokens_find(tokens(), keyring_find_tenant(office.authd.keyring, SPAN("acme")),
			    SPAN("lost")));
}

static void test_who_leaves_at_once_has_ordered_all_the_same(void)
{
	static const char line[] = "{\"do\":\"token.create\",\"tenant\":\"acme\","
				   "\"token_name\":\"left\",\"ttl_days\":1}\n";
	const struct tenant *acme = keyring_find_tenant(office.authd.keyring, SPAN("acme"));
	int fd = clerk_connect(&office);
	struct ipc_message m;

	clerk_say(&office, fd, line, sizeof(line) - 1);
	receive_provide(&m);
	close(fd);
	office_settle(&office);
	answer_provide(m.provide.order, S3_ERROR_NONE);
	for (int i = 0; i < 100 && !tokens_find(tokens(), acme, SPAN("left")); i++)
		assert(authd_step(&office.authd, 10) == 0);
	assert(tokens_find(tokens(), acme, SPAN("left")));
}

static void test_an_answer_with_an_error_that_is_none_ends_the_line(void)
{
	struct ipc_hash key;
	uint64_t epoch;

	answer_provide(1, S3_ERROR_COUNT);
	assert(office_hung_up(&office, stored));
	close(stored);
	stored = office_stored_ready(&office, &epoch, &key);
}

int main(void)
{
	struct ipc_hash key;
	uint64_t epoch;

	office_open(&office);
	stored = office_stored_ready(&office, &epoch, &key);
	test_a_token_is_made_when_its_bucket_is_there();
	stored = office_stored_ready(&office, &epoch, &key);
	test_a_token_is_bound_as_it_was_said();
	test_without_its_bucket_there_is_no_token();
	test_what_a_token_cannot_be_is_refused_at_once();
	test_a_tenant_whose_usual_bucket_cannot_be_names_another();
	test_a_refreshed_token_is_another_with_the_same_terms();
	test_a_refresh_that_is_refused_leaves_the_old_one();
	test_a_deleted_token_is_worth_nothing_at_once();
	test_names_are_looked_for_within_the_tenant();
	test_a_text_is_shown_whose_it_is();
	test_t42_lists_show_neither_texts_nor_hashes();
	test_tokens_of_an_older_service_go_on_working();
	stored = office_stored_ready(&office, &epoch, &key);
	test_an_import_with_anything_wrong_imports_nothing();
	test_names_and_hashes_that_are_there_are_named();
	test_as_many_as_one_import_may_have_are_imported();
	test_orders_under_way_fail_when_stored_goes_away();
	test_who_leaves_at_once_has_ordered_all_the_same();
	test_an_answer_with_an_error_that_is_none_ends_the_line();
	close(stored);
	office_close(&office);
	return 0;
}
