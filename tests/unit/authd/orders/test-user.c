/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/orders/orders.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "clerk.h"

#undef NDEBUG
#include <assert.h>

#define DAY_S (24 * 60 * 60)

static struct office office;

static struct user *find(const char *name)
{
	struct keyring *k = office.authd.keyring;

	return keyring_find_user(k, keyring_find_tenant(k, SPAN("acme")), span_from_string(name));
}

static const struct access_key *find_key(const char *id)
{
	return keyring_find_key(office.authd.keyring, span_from_string(id));
}

static json_t *order(const char *what, const char *user, const char *more)
{
	char line[512];

	snprintf(line, sizeof(line), "{\"do\":\"%s\",\"tenant\":\"acme\",\"user\":\"%s\"%s}", what,
		 user, more);
	return clerk_ask(&office, line);
}

static void create_key(const char *user, const char *id, const char *more)
{
	char members[256];

	snprintf(members, sizeof(members),
		 ",\"access_key\":\"%s\",\"secret_key\":\"secretsecret\"%s", id, more);
	clerk_done(order("key.create", user, members));
}

/* --- users ----------------------------------------------------------------------------------- */

static void test_users_are_made_shown_and_deleted(void)
{
	struct ipc_id id;
	json_t *answer;

	clerk_done(order("user.create", "alice", ""));
	id = find("alice")->id;
	clerk_refused(order("user.create", "alice", ""),
		      "The tenant acme already has a user alice.");
	create_key("alice", "key-of-alice", "");
	answer = order("user.show", "alice", "");
	assert(json_integer_value(json_object_get(json_object_get(answer, "user"), "keys")) == 1);
	clerk_done(answer);
	answer = clerk_ask(&office, "{\"do\":\"user.list\",\"tenant\":\"acme\"}");
	assert(json_array_size(json_object_get(answer, "users")) == 1);
	clerk_done(answer);
	office_restart(&office);
	assert(ipc_id_equal(&find("alice")->id, &id));
	clerk_refused(order("user.delete", "alice", ""), "The user alice has access keys.");
	clerk_done(clerk_ask(&office, "{\"do\":\"key.delete\",\"access_key\":\"key-of-alice\"}"));
	clerk_done(order("user.delete", "alice", ""));
	assert(!find("alice"));
	clerk_refused(order("user.delete", "alice", ""), "The tenant acme has no user alice.");
	/* Another one of that name is another. */
	clerk_done(order("user.create", "alice", ""));
	assert(!ipc_id_equal(&find("alice")->id, &id));
	clerk_done(order("user.delete", "alice", ""));
}

static void test_who_is_an_administrator_the_operator_says(void)
{
	clerk_done(order("user.create", "admin", ",\"administrator\":true"));
	clerk_done(order("user.create", "alice", ""));
	assert(find("admin")->administrator && !find("alice")->administrator);
	clerk_done(order("user.update", "admin", ",\"administrator\":false"));
	clerk_done(order("user.update", "alice", ",\"administrator\":true"));
	office_restart(&office);
	assert(!find("admin")->administrator && find("alice")->administrator);
	clerk_refused(order("user.update", "alice", ""), "user.update needs administrator.");
	clerk_refused(order("user.update", "alice", ",\"administrator\":1"),
		      "administrator must be true or false.");
	clerk_refused(order("user.update", "nobody", ",\"administrator\":true"),
		      "The tenant acme has no user nobody.");
	assert(find("alice")->administrator);
	clerk_done(order("user.delete", "admin", ""));
	clerk_done(order("user.delete", "alice", ""));
}

static const char *name_at(const json_t *page, size_t i)
{
	const json_t *user = json_array_get(json_object_get(page, "users"), i);

	return json_string_value(json_object_get(user, "user"));
}

static void test_a_page_is_in_the_order_of_names_and_says_where_the_next_begins(void)
{
	json_t *page;

	clerk_done(order("user.create", "b", ""));
	clerk_done(order("user.create", "c", ""));
	clerk_done(order("user.create", "a", ""));
	page = clerk_ask(&office, "{\"do\":\"user.list\",\"tenant\":\"acme\",\"limit\":2}");
	assert(json_array_size(json_object_get(page, "users")) == 2);
	assert(strcmp(name_at(page, 0), "a") == 0 && strcmp(name_at(page, 1), "b") == 0);
	assert(strcmp(json_string_value(json_object_get(page, "next_cursor")), "b") == 0);
	clerk_done(page);
	/* Whatever has become of that one meanwhile. */
	clerk_done(order("user.delete", "b", ""));
	page = clerk_ask(&office, "{\"do\":\"user.list\",\"tenant\":\"acme\",\"cursor\":\"b\"}");
	assert(json_array_size(json_object_get(page, "users")) == 1);
	assert(strcmp(name_at(page, 0), "c") == 0);
	assert(json_is_null(json_object_get(page, "next_cursor")));
	clerk_done(page);
	/* All of it has no pages, and stands as it was made. */
	page = clerk_ask(&office, "{\"do\":\"user.list\",\"tenant\":\"acme\"}");
	assert(strcmp(name_at(page, 0), "c") == 0 && strcmp(name_at(page, 1), "a") == 0);
	assert(!json_object_get(page, "next_cursor"));
	clerk_done(page);
	clerk_refused(clerk_ask(&office, "{\"do\":\"user.list\",\"limit\":101}"), "limit must be");
	clerk_done(order("user.delete", "a", ""));
	clerk_done(order("user.delete", "c", ""));
}

static void test_names_are_those_that_iam_allows(void)
{
	static const char *const wrong[] = { "", "a b", "a/b", "a:b", "a*", "\\u00e4", "a\\n" };
	char longest[USER_NAME_MAX + 2];

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		clerk_refused(order("user.create", wrong[i], ""), "user must be");
	memset(longest, 'a', sizeof(longest));
	longest[USER_NAME_MAX + 1] = '\0';
	clerk_refused(order("user.create", longest, ""), "user must be");
	longest[USER_NAME_MAX] = '\0';
	clerk_done(order("user.create", longest, ""));
	clerk_done(order("user.create", "Az09+=,.@_-", ""));
	clerk_done(order("user.delete", longest, ""));
	clerk_done(order("user.delete", "Az09+=,.@_-", ""));
}

static void test_a_user_is_found_in_his_own_tenant_only(void)
{
	clerk_done(clerk_ask(&office, "{\"do\":\"tenant.create\",\"name\":\"other\"}"));
	clerk_done(order("user.create", "bob", ""));
	clerk_refused(
		clerk_ask(&office, "{\"do\":\"user.show\",\"tenant\":\"other\",\"user\":\"bob\"}"),
		"The tenant other has no user bob.");
	clerk_refused(
		clerk_ask(&office, "{\"do\":\"key.create\",\"tenant\":\"other\",\"user\":\"bob\"}"),
		"The tenant other has no user bob.");
	clerk_refused(
		clerk_ask(&office, "{\"do\":\"user.show\",\"tenant\":\"none\",\"user\":\"bob\"}"),
		"There is no tenant none.");
	clerk_done(order("user.delete", "bob", ""));
}

/* --- their keys ------------------------------------------------------------------------------ */

static void test_a_key_is_a_users_and_ends_when_it_was_said(void)
{
	int64_t now_s = (int64_t)(clock_realtime_ns() / NS_PER_S);
	const struct access_key *a;

	clerk_done(order("user.create", "carol", ""));
	create_key("carol", "key-of-carol", ",\"ttl_days\":3");
	office_restart(&office);
	a = find_key("key-of-carol");
	assert(strcmp(a->user->name, "carol") == 0 && a->enabled);
	assert(a->expires_s >= now_s + 3 * DAY_S && a->expires_s <= now_s + 3 * DAY_S + 5);
	assert(!find_key(OFFICE_KEY)->user && !find_key(OFFICE_KEY)->expires_s);
	clerk_done(clerk_ask(&office, "{\"do\":\"key.delete\",\"access_key\":\"key-of-carol\"}"));
	clerk_done(order("user.delete", "carol", ""));
}

/* Each was let through while there was room for one. */
static void test_t81_two_keys_made_at_once_are_not_more_than_there_may_be(void)
{
	static const char line[] =
		"{\"do\":\"key.create\",\"tenant\":\"acme\",\"user\":\"gina\"}\n";
	int fds[4], n_refused = 0;
	json_t *answer;
	char id[32];

	clerk_done(order("user.create", "gina", ""));
	for (int i = 0; i < USER_KEYS_MAX - 1; i++) {
		snprintf(id, sizeof(id), "key-of-gina-%d", i);
		create_key("gina", id, "");
	}
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = clerk_connect(&office);
		assert(send(fds[i], line, strlen(line), MSG_NOSIGNAL) == (ssize_t)strlen(line));
	}
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		n_refused += strstr(clerk_hear(&office, fds[i]),
				    "A user has at most 16 access keys.") != NULL;
		close(fds[i]);
	}
	assert(n_refused == ARRAY_SIZE(fds) - 1);
	answer = order("key.list", "gina", "");
	assert(json_array_size(json_object_get(answer, "keys")) == USER_KEYS_MAX);
	clerk_done(answer);
}

static void test_keys_of_a_user_are_listed_and_bounded(void)
{
	json_t *answer;
	char id[32];

	clerk_done(order("user.create", "dave", ""));
	for (int i = 0; i < USER_KEYS_MAX; i++) {
		snprintf(id, sizeof(id), "key-of-dave-%d", i);
		create_key("dave", id, "");
	}
	clerk_refused(order("key.create", "dave", ""), "A user has at most 16 access keys.");
	answer = order("key.list", "dave", "");
	assert(json_array_size(json_object_get(answer, "keys")) == USER_KEYS_MAX);
	clerk_done(answer);
	answer = clerk_ask(&office, "{\"do\":\"key.list\",\"tenant\":\"acme\"}");
	assert(json_array_size(json_object_get(answer, "keys")) == USER_KEYS_MAX + 1);
	clerk_done(answer);
	clerk_refused(order("key.list", "nobody", ""), "has no user nobody");
	clerk_refused(clerk_ask(&office, "{\"do\":\"key.list\",\"user\":\"dave\"}"),
		      "needs tenant");
}

/* --- policies -------------------------------------------------------------------------------- */

#define POLICY(effect)                                                                             \
	"{ \\\"Statement\\\": {\\\"Effect\\\":\\\"" effect "\\\", \\\"Action\\\":\\\"s3:*\\\", "   \
	"\\\"Resource\\\":\\\"*\\\"}}"

static bool says_policy(json_t *answer)
{
	bool says = json_is_true(json_object_get(json_object_get(answer, "user"), "policy"));

	clerk_done(answer);
	return says;
}

static void test_a_policy_is_kept_without_its_white_space_and_a_wrong_one_changes_nothing(void)
{
	static const char kept[] = "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:*\","
				   "\"Resource\":\"*\"}}";
	json_t *answer;

	clerk_done(order("user.create", "frank", ""));
	assert(!find("frank")->policy);
	assert(!says_policy(order("user.show", "frank", "")));
	assert(says_policy(order("policy.put", "frank", ",\"policy\":\"" POLICY("Allow") "\"")));
	assert(says_policy(order("user.show", "frank", "")));
	office_restart(&office);
	assert(find("frank")->policy && strcmp(find("frank")->policy_text, kept) == 0);
	clerk_refused(order("policy.put", "frank", ",\"policy\":\"" POLICY("Maybe") "\""),
		      "Statement 1");
	clerk_refused(order("policy.put", "frank", ",\"policy\":\"\""), "");
	clerk_refused(order("policy.put", "frank", ",\"policy\":{}"), "policy must be");
	answer = order("policy.get", "frank", "");
	assert(strcmp(json_string_value(json_object_get(answer, "policy")), kept) == 0);
	clerk_done(answer);
	assert(!says_policy(order("policy.delete", "frank", "")));
	assert(!find("frank")->policy && !find("frank")->policy_text);
	office_restart(&office);
	assert(!find("frank")->policy);
	answer = order("policy.get", "frank", "");
	assert(json_is_null(json_object_get(answer, "policy")));
	clerk_done(answer);
	clerk_refused(order("policy.put", "nobody", ",\"policy\":\"" POLICY("Allow") "\""),
		      "no user nobody");
	clerk_done(order("user.delete", "frank", ""));
}

static size_t policies_len(void)
{
	assert(find("grace")->tenant->policies_len == keyring_policies_len(office.authd.keyring));
	return find("grace")->tenant->policies_len;
}

static void test_t40_the_policies_of_a_tenant_have_a_limit_in_all(void)
{
	const size_t filled = KEYRING_TENANT_POLICIES_MAX;
	size_t one;

	clerk_done(order("user.create", "grace", ""));
	clerk_done(order("user.create", "heidi", ""));
	assert(policies_len() == 0);
	assert(says_policy(order("policy.put", "grace", ",\"policy\":\"" POLICY("Allow") "\"")));
	one = policies_len();
	assert(one > strlen(find("grace")->policy_text));
	assert(says_policy(order("policy.put", "heidi", ",\"policy\":\"" POLICY("Allow") "\"")));
	assert(policies_len() == 2 * one);
	office_restart(&office);
	assert(policies_len() == 2 * one);
	clerk_done(order("policy.delete", "heidi", ""));
	assert(policies_len() == one);
	/* As if others had nearly all of it. */
	find("grace")->tenant->policies_len = filled - one + 1;
	clerk_refused(order("policy.put", "heidi", ",\"policy\":\"" POLICY("Allow") "\""),
		      "The policies of the tenant's users would take more than 16 MiB.");
	assert(!find("heidi")->policy);
	/* In the place of one that takes as much there is room. */
	assert(says_policy(order("policy.put", "grace", ",\"policy\":\"" POLICY("Allow") "\"")));
	find("grace")->tenant->policies_len = filled - one;
	assert(says_policy(order("policy.put", "heidi", ",\"policy\":\"" POLICY("Allow") "\"")));
	assert(find("grace")->tenant->policies_len == filled);
	find("grace")->tenant->policies_len = 2 * one;
	clerk_done(order("user.delete", "heidi", ""));
	clerk_done(order("policy.delete", "grace", ""));
	assert(find("grace")->tenant->policies_len == 0);
	clerk_done(order("user.delete", "grace", ""));
}

/* Both are right when they are ordered; only one of them can be. */
static void test_a_user_and_his_first_key_at_once_leave_nothing_dangling(void)
{
	static const char key[] = "{\"do\":\"key.create\",\"tenant\":\"acme\",\"user\":\"erin\"}\n",
			  gone[] = "{\"do\":\"user.delete\",\"tenant\":\"acme\","
				   "\"user\":\"erin\"}\n";
	for (int first = 0; first < 2; first++) {
		int a = clerk_connect(&office), b = clerk_connect(&office);
		const char *one = first ? key : gone, *two = first ? gone : key;
		const struct user *u;

		clerk_done(order("user.create", "erin", ""));
		assert(send(a, one, strlen(one), 0) > 0 && send(b, two, strlen(two), 0) > 0);
		assert(clerk_hear(&office, a) && clerk_hear(&office, b));
		u = find("erin");
		assert(!u || keyring_keys_of(office.authd.keyring, u) == 1);
		for (const struct access_key *k = keyring_keys(office.authd.keyring); k;
		     k = k->next)
			assert(!k->user_number == !k->user);
		close(a);
		close(b);
		office_restart(&office);
		u = find("erin");
		if (!u)
			continue;
		for (const struct access_key *k = keyring_keys(office.authd.keyring); k;
		     k = k->next)
			if (k->user == u) {
				char line[256];

				snprintf(line, sizeof(line),
					 "{\"do\":\"key.delete\",\"access_key\":\"%s\"}", k->id);
				clerk_done(clerk_ask(&office, line));
				break;
			}
		clerk_done(order("user.delete", "erin", ""));
	}
}

int main(void)
{
	office_open(&office);
	test_users_are_made_shown_and_deleted();
	test_who_is_an_administrator_the_operator_says();
	test_a_page_is_in_the_order_of_names_and_says_where_the_next_begins();
	test_names_are_those_that_iam_allows();
	test_a_user_is_found_in_his_own_tenant_only();
	test_a_key_is_a_users_and_ends_when_it_was_said();
	test_keys_of_a_user_are_listed_and_bounded();
	test_t81_two_keys_made_at_once_are_not_more_than_there_may_be();
	test_a_policy_is_kept_without_its_white_space_and_a_wrong_one_changes_nothing();
	test_t40_the_policies_of_a_tenant_have_a_limit_in_all();
	test_a_user_and_his_first_key_at_once_leave_nothing_dangling();
	office_close(&office);
	return 0;
}
