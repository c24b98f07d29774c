/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/administration.h"

#undef NDEBUG
#include <assert.h>

#define AT(path) ADMINISTRATION_PREFIX path

static struct buffer decoded;
static struct administration_target found;

static int find(const char *method, const char *target)
{
	buffer_clear(&decoded);
	decoded = BUFFER_INIT(4096);
	found = (struct administration_target){ 0 };
	return administration_find(span_from_string(method), span_from_string(target), &decoded,
				   &found);
}

static bool is(enum administration_route route, const char *member, const char *value)
{
	return found.route == route && span_equal(found.member, span_from_string(member)) &&
	       span_equal(found.value, span_from_string(value));
}

static void test_each_resource_is_found_by_its_method(void)
{
	assert(find("GET", AT("/tenant")) == 0 && found.route == ADMINISTRATION_TENANT_SHOW);
	assert(span_is_none(found.member) && span_is_none(found.query));
	assert(find("GET", AT("/users?limit=3")) == 0 && found.route == ADMINISTRATION_USER_LIST);
	assert(span_equal(found.query, SPAN("limit=3")));
	assert(find("POST", AT("/users")) == 0 && found.route == ADMINISTRATION_USER_CREATE);
	assert(find("DELETE", AT("/users/a")) == 0);
	assert(is(ADMINISTRATION_USER_DELETE, "user", "a"));
	assert(find("PUT", AT("/users/a/policy")) == 0);
	assert(is(ADMINISTRATION_POLICY_PUT, "user", "a"));
	assert(find("GET", AT("/users/keys/keys")) == 0);
	assert(is(ADMINISTRATION_USER_KEYS, "user", "keys"));
	assert(find("PATCH", AT("/keys/CFX")) == 0);
	assert(is(ADMINISTRATION_KEY_UPDATE, "access_key", "CFX"));
}

static void test_a_name_is_decoded_once(void)
{
	assert(find("GET", AT("/users/a%2540b")) == 0);
	assert(is(ADMINISTRATION_USER_SHOW, "user", "a%40b"));
	assert(find("GET", AT("/users/a+b")) == 0);
	assert(is(ADMINISTRATION_USER_SHOW, "user", "a+b"));
	assert(find("GET", AT("/tokens/%C3%A4%20b")) == 0);
	assert(is(ADMINISTRATION_TOKEN_GET, "token_name", "\xc3\xa4 b"));
}

/* A signature cannot tell an encoded slash from another, so that no meaning hangs on which it is.
 */
static void test_only_a_token_has_slashes_however_they_are_written(void)
{
	assert(find("GET", AT("/users/a%2Fpolicy")) == 0);
	assert(is(ADMINISTRATION_POLICY_GET, "user", "a"));
	assert(find("GET", AT("/users/a%2Fb")) == ADMINISTRATION_NOWHERE);
	assert(find("GET", AT("/keys/a/b")) == ADMINISTRATION_NOWHERE);
	for (int i = 0; i < 2; i++) {
		assert(find("GET", i ? AT("/tokens/a%2Fb") : AT("/tokens/a/b")) == 0);
		assert(is(ADMINISTRATION_TOKEN_GET, "token_name", "a/b"));
		assert(find("GET", i ? AT("/tokens/a%2Frefresh") : AT("/tokens/a/refresh")) == 0);
		assert(is(ADMINISTRATION_TOKEN_GET, "token_name", "a/refresh"));
		assert(find("POST", i ? AT("/tokens/a%2Frefresh") : AT("/tokens/a/refresh")) == 0);
		assert(is(ADMINISTRATION_TOKEN_REFRESH, "token_name", "a"));
	}
	assert(find("POST", AT("/tokens/refresh/refresh/refresh")) == 0);
	assert(is(ADMINISTRATION_TOKEN_REFRESH, "token_name", "refresh/refresh"));
}

static void test_other_methods_are_told_which_there_are(void)
{
	assert(find("PATCH", AT("/users")) == ADMINISTRATION_NO_METHOD);
	assert(strcmp(found.methods, "GET, POST") == 0);
	assert(find("get", AT("/tenant")) == ADMINISTRATION_NO_METHOD);
	assert(strcmp(found.methods, "GET") == 0);
	assert(find("POST", AT("/users/a/policy")) == ADMINISTRATION_NO_METHOD);
	assert(strcmp(found.methods, "GET, PUT, DELETE") == 0);
}

static void test_what_is_no_resource_is_nowhere(void)
{
	static const char *const nowhere[] = {
		"/",
		"/-/admin",
		"/-/admin/",
		AT(""),
		AT("/"),
		AT("/user"),
		AT("/users/"),
		AT("/users/a/"),
		AT("/users//policy"),
		AT("//users"),
		AT("/tokens/"),
		AT("/keys/"),
		"/-/admin/v2/users",
		"/-/admin/v1users",
	};

	for (size_t i = 0; i < ARRAY_SIZE(nowhere); i++)
		assert(find("GET", nowhere[i]) == ADMINISTRATION_NOWHERE);
	assert(find("POST", AT("/tokens//refresh")) == ADMINISTRATION_NO_METHOD);
	assert(find("GET", "*") == ADMINISTRATION_MALFORMED);
	assert(find("GET", "") == ADMINISTRATION_MALFORMED);
	assert(find("GET", AT("/users/%zz")) == ADMINISTRATION_MALFORMED);
}

int main(void)
{
	test_each_resource_is_found_by_its_method();
	test_a_name_is_decoded_once();
	test_only_a_token_has_slashes_however_they_are_written();
	test_other_methods_are_told_which_there_are();
	test_what_is_no_resource_is_nowhere();
	buffer_clear(&decoded);
	return 0;
}
