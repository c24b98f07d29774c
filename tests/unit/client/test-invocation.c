/* SPDX-License-Identifier: Apache-2.0 */
#include "client/invocation.h"

#include <assert.h>
#include <string.h>

#define ARGS_MAX 12

static int parse(const char *const args[], struct invocation *ret, struct complaint *why)
{
	const char *argv[ARGS_MAX + 2] = { "cofferctl" };
	int n = 1;

	for (; args[n - 1]; n++)
		argv[n] = args[n - 1];
	return invocation_parse(n, (char **)argv, ret, why);
}

static void test_commands_become_requests(void)
{
	static const struct {
		const char *args[ARGS_MAX];
		const char *secret, *request;
	} cases[] = {
		{ { "tenant", "create", "acme" },
		  NULL,
		  "{\"do\":\"tenant.create\",\"name\":\"acme\"}" },
		{ { "tenant", "create", "--display-name", "A B", "--email=e@x", "acme",
		    "--canonical-id", "00ff" },
		  NULL,
		  "{\"canonical_id\":\"00ff\",\"display_name\":\"A B\",\"do\":\"tenant.create\","
		  "\"email\":\"e@x\",\"name\":\"acme\"}" },
		{ { "--json", "tenant", "list" }, NULL, "{\"do\":\"tenant.list\"}" },
		{ { "key", "create", "--tenant", "acme" },
		  NULL,
		  "{\"do\":\"key.create\",\"tenant\":\"acme\"}" },
		{ { "key", "create", "--tenant", "acme", "--access-key", "AK1",
		    "--secret-key-stdin" },
		  "s\xc3\xa4",
		  "{\"access_key\":\"AK1\",\"do\":\"key.create\",\"secret_key\":\"s\xc3\xa4\","
		  "\"tenant\":\"acme\"}" },
		{ { "key", "list" }, NULL, "{\"do\":\"key.list\"}" },
		{ { "key", "list", "--tenant", "a" },
		  NULL,
		  "{\"do\":\"key.list\",\"tenant\":\"a\"}" },
		{ { "key", "disable", "AK" },
		  NULL,
		  "{\"access_key\":\"AK\",\"do\":\"key.disable\"}" },
		{ { "key", "enable", "AK" },
		  NULL,
		  "{\"access_key\":\"AK\",\"do\":\"key.enable\"}" },
		{ { "key", "delete", "AK" },
		  NULL,
		  "{\"access_key\":\"AK\",\"do\":\"key.delete\"}" },
		{ { "status", "--json" }, NULL, "{\"do\":\"status\"}" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct complaint why = { 0 };
		struct invocation v;
		json_t *request;
		char *text;

		assert(parse(cases[i].args, &v, &why) == INVOCATION_OK);
		request = invocation_request(&v, cases[i].secret);
		text = json_dumps(request, JSON_COMPACT | JSON_SORT_KEYS);
		assert(strcmp(text, cases[i].request) == 0);
		free(text);
		json_decref(request);
	}
}

static void test_what_is_not_understood_is_named(void)
{
	static const struct {
		const char *args[ARGS_MAX];
		const char *named;
	} cases[] = {
		{ { NULL }, "a command is missing" },
		{ { "tenant" }, "tenant" },
		{ { "tenant", "destroy", "acme" }, "tenant destroy" },
		{ { "tenant", "create" }, "NAME is missing" },
		{ { "tenant", "create", "a", "b" }, "b" },
		{ { "tenant", "list", "--tenant", "a" }, "--tenant" },
		{ { "key", "create" }, "--tenant" },
		{ { "key", "create", "--tenant", "a", "--access-key", "b" }, "go together" },
		{ { "key", "create", "--tenant", "a", "--secret-key-stdin" }, "go together" },
		{ { "key", "create", "--tenant", "a", "--secret", "b" }, "b" },
		{ { "key", "delete" }, "ACCESS-KEY is missing" },
		{ { "status", "now" }, "now" },
		{ { "key", "list", "--tenant" }, "--tenant" },
		{ { "--colour", "status" }, "--colour" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct complaint why = { 0 };
		struct invocation v;

		assert(parse(cases[i].args, &v, &why) == INVOCATION_WRONG);
		assert(strstr(why.error, cases[i].named));
		assert(why.hint[0]);
	}
}

static void test_socket_is_named_by_option_then_environment(void)
{
	struct complaint why = { 0 };
	struct invocation v;

	unsetenv("COFFER_ADMIN_SOCKET");
	assert(parse((const char *[]){ "status", NULL }, &v, &why) == INVOCATION_OK);
	assert(strcmp(v.socket, INVOCATION_SOCKET) == 0);
	assert(setenv("COFFER_ADMIN_SOCKET", "/e", 1) == 0);
	assert(parse((const char *[]){ "status", NULL }, &v, &why) == INVOCATION_OK);
	assert(strcmp(v.socket, "/e") == 0);
	assert(parse((const char *[]){ "status", "--socket", "/o", NULL }, &v, &why) ==
	       INVOCATION_OK);
	assert(strcmp(v.socket, "/o") == 0);
}

static void test_bytes_that_are_no_text_make_no_request(void)
{
	struct complaint why = { 0 };
	struct invocation v;

	assert(parse((const char *[]){ "key", "delete", "\xff", NULL }, &v, &why) == INVOCATION_OK);
	assert(!invocation_request(&v, NULL));
}

int main(void)
{
	test_commands_become_requests();
	test_what_is_not_understood_is_named();
	test_socket_is_named_by_option_then_environment();
	test_bytes_that_are_no_text_make_no_request();
	return 0;
}
