/* SPDX-License-Identifier: Apache-2.0 */
#include "client/remote/route.h"

#include <assert.h>
#include <string.h>

#include "client/invocation.h"

#define ARGS_MAX 16
#define EXAMPLE	 "--endpoint=https://coffer.example"

static json_t *request_of(const char *const args[], enum manual_command *ret)
{
	const char *argv[ARGS_MAX + 3] = { "cofferctl", EXAMPLE };
	struct complaint why = { 0 };
	struct invocation i;
	json_t *request;
	int n = 2;

	for (; args[n - 2]; n++)
		argv[n] = args[n - 2];
	assert(invocation_parse(n, (char **)argv, &i, &why) == INVOCATION_OK);
	assert(strcmp(i.endpoint, "https://coffer.example") == 0);
	request = invocation_request(&i);
	assert(request);
	*ret = i.command;
	return request;
}

static void assert_is(const struct buffer *b, const char *text)
{
	assert(span_equal(buffer_span(b), span_from_string(text)));
}

static void test_commands_become_requests(void)
{
	static const struct {
		const char *args[ARGS_MAX];
		const char *method, *path, *body;
	} cases[] = {
		{ { "user", "create", "alice" },
		  "POST",
		  "/-/admin/v1/users",
		  "{\"user\":\"alice\"}" },
		{ { "user", "list" }, "GET", "/-/admin/v1/users", "" },
		{ { "user", "show", "a+b@c" }, "GET", "/-/admin/v1/users/a%2Bb%40c", "" },
		{ { "user", "delete", ".." }, "DELETE", "/-/admin/v1/users/..", "" },
		{ { "policy", "get", "bob" }, "GET", "/-/admin/v1/users/bob/policy", "" },
		{ { "policy", "delete", "bob" }, "DELETE", "/-/admin/v1/users/bob/policy", "" },
		{ { "key", "create", "--user", "bob" },
		  "POST",
		  "/-/admin/v1/users/bob/keys",
		  "{}" },
		{ { "key", "create", "--user", "bob", "--ttl", "9" },
		  "POST",
		  "/-/admin/v1/users/bob/keys",
		  "{\"ttl_days\":9}" },
		{ { "key", "list" }, "GET", "/-/admin/v1/keys", "" },
		{ { "key", "list", "--user", "bob" }, "GET", "/-/admin/v1/users/bob/keys", "" },
		{ { "key", "disable", "AK" },
		  "PATCH",
		  "/-/admin/v1/keys/AK",
		  "{\"enabled\":false}" },
		{ { "key", "enable", "AK" }, "PATCH", "/-/admin/v1/keys/AK", "{\"enabled\":true}" },
		{ { "key", "delete", "AK" }, "DELETE", "/-/admin/v1/keys/AK", "" },
		{ { "token", "add", "a/b", "--ttl", "30", "--rate", "5", "--scope", "read" },
		  "POST",
		  "/-/admin/v1/tokens",
		  "{\"token_name\":\"a/b\",\"ttl_days\":30,\"scopes\":[\"read\"],\"rate\":5}" },
		{ { "token", "list" }, "GET", "/-/admin/v1/tokens", "" },
		{ { "token", "refresh", "a/b c", "--ttl", "1", "--prefix", "" },
		  "POST",
		  "/-/admin/v1/tokens/a%2Fb%20c/refresh",
		  "{\"ttl_days\":1,\"prefix\":\"\"}" },
		{ { "token", "delete", "\xc3\xa4?#" },
		  "DELETE",
		  "/-/admin/v1/tokens/%C3%A4%3F%23",
		  "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buffer path = BUFFER_INIT(ROUTE_TARGET_MAX),
			      body = BUFFER_INIT(ROUTE_BODY_MAX);
		struct complaint why = { 0 };
		enum manual_command c;
		json_t *request = request_of(cases[i].args, &c);
		const struct route *r = route_find(c, request);

		assert(r && strcmp(r->method, cases[i].method) == 0);
		assert(route_path(r, request, &path, &why) == 0);
		assert_is(&path, cases[i].path);
		assert(route_body(r, request, &body, &why) == 0);
		assert_is(&body, cases[i].body);
		buffer_clear(&path);
		buffer_clear(&body);
		json_decref(request);
	}
}

static void test_exactly_those_with_endpoint_have_a_route(void)
{
	json_t *request =
		json_pack("{s:s, s:s, s:s}", "user", "u", "access_key", "k", "token_name", "t");

	for (enum manual_command c = 0; c < COMMANDS; c++)
		assert(!route_find(c, request) ==
		       !(manual_commands[c].takes & MANUAL_BIT(ENDPOINT)));
	json_decref(request);
}

static void test_a_policy_is_the_body_as_it_is(void)
{
	json_t *request = json_pack("{s:s, s:s, s:s}", "do", "policy.put", "user", "bob", "policy",
				    "{ \"Version\" : \"\xc3\xa4\"\n}");
	const struct route *r = route_find(COMMAND_POLICY_PUT, request);
	struct buffer body = BUFFER_INIT(ROUTE_BODY_MAX);
	struct complaint why = { 0 };

	assert(r && strcmp(r->method, "PUT") == 0);
	assert(route_body(r, request, &body, &why) == 0);
	assert_is(&body, "{ \"Version\" : \"\xc3\xa4\"\n}");
	buffer_clear(&body);
	json_decref(request);
}

static void test_names_that_name_nothing_or_something_else_are_refused(void)
{
	static char longest[ROUTE_TARGET_MAX];
	const char *const names[] = { "", longest, "alice/policy" };

	memset(longest, 'a', sizeof(longest) - 1);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		json_t *request = json_pack("{s:s}", "user", names[i]);
		const struct route *r = route_find(COMMAND_USER_DELETE, request);
		struct buffer path = BUFFER_INIT(ROUTE_TARGET_MAX);
		struct complaint why = { 0 };

		assert(route_path(r, request, &path, &why) < 0 && why.error[0]);
		buffer_clear(&path);
		json_decref(request);
	}
}

static void test_a_body_that_the_server_does_not_take_is_refused(void)
{
	static char text[ROUTE_BODY_MAX + 2];
	struct complaint why = { 0 };

	for (size_t len = ROUTE_BODY_MAX; len <= ROUTE_BODY_MAX + 1; len++) {
		json_t *request;
		struct buffer body = BUFFER_INIT(ROUTE_BODY_MAX);
		int r;

		memset(text, 'a', len);
		request = json_pack("{s:s, s:s}", "user", "bob", "policy", text);
		r = route_body(route_find(COMMAND_POLICY_PUT, request), request, &body, &why);
		assert(r == (len == ROUTE_BODY_MAX ? 0 : -EMSGSIZE));
		buffer_clear(&body);
		json_decref(request);
	}
}

int main(void)
{
	test_commands_become_requests();
	test_exactly_those_with_endpoint_have_a_route();
	test_a_policy_is_the_body_as_it_is();
	test_names_that_name_nothing_or_something_else_are_refused();
	test_a_body_that_the_server_does_not_take_is_refused();
	return 0;
}
