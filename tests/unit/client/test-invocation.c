/* SPDX-License-Identifier: Apache-2.0 */
#include "client/invocation.h"

#include <assert.h>
#include <string.h>

#define ARGS_MAX 16

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
		const char *request;
	} cases[] = {
		{ { "tenant", "create", "acme" }, "{\"do\":\"tenant.create\",\"name\":\"acme\"}" },
		{ { "tenant", "create", "--display-name", "A B", "--email=e@x", "acme",
		    "--canonical-id", "00ff" },
		  "{\"canonical_id\":\"00ff\",\"display_name\":\"A B\",\"do\":\"tenant.create\","
		  "\"email\":\"e@x\",\"name\":\"acme\"}" },
		{ { "--json", "tenant", "list" }, "{\"do\":\"tenant.list\"}" },
		{ { "tenant", "show", "acme" }, "{\"do\":\"tenant.show\",\"name\":\"acme\"}" },
		{ { "tenant", "update", "acme", "--email", "a@b" },
		  "{\"do\":\"tenant.update\",\"email\":\"a@b\",\"name\":\"acme\"}" },
		{ { "tenant", "suspend", "acme" },
		  "{\"do\":\"tenant.suspend\",\"name\":\"acme\"}" },
		{ { "tenant", "delete", "acme", "--with-data" },
		  "{\"data\":true,\"do\":\"tenant.delete\",\"name\":\"acme\"}" },
		{ { "key", "create", "--tenant", "acme" },
		  "{\"do\":\"key.create\",\"tenant\":\"acme\"}" },
		{ { "key", "create", "--tenant", "acme", "--access-key", "AK1",
		    "--secret-key-stdin" },
		  "{\"access_key\":\"AK1\",\"do\":\"key.create\",\"tenant\":\"acme\"}" },
		{ { "key", "create", "--tenant", "acme", "--user", "a@b", "--ttl", "9" },
		  "{\"do\":\"key.create\",\"tenant\":\"acme\",\"ttl_days\":9,\"user\":\"a@b\"}" },
		{ { "user", "create", "alice" },
		  "{\"do\":\"user.create\",\"tenant\":\"default\",\"user\":\"alice\"}" },
		{ { "policy", "get", "alice", "--tenant", "acme" },
		  "{\"do\":\"policy.get\",\"tenant\":\"acme\",\"user\":\"alice\"}" },
		{ { "user", "create", "alice", "--administrator", "yes" },
		  "{\"administrator\":true,\"do\":\"user.create\",\"tenant\":\"default\","
		  "\"user\":\"alice\"}" },
		{ { "user", "update", "alice", "--tenant", "acme", "--administrator", "no" },
		  "{\"administrator\":false,\"do\":\"user.update\",\"tenant\":\"acme\","
		  "\"user\":\"alice\"}" },
		{ { "user", "list" }, "{\"do\":\"user.list\"}" },
		{ { "user", "delete", "alice", "--tenant", "acme" },
		  "{\"do\":\"user.delete\",\"tenant\":\"acme\",\"user\":\"alice\"}" },
		{ { "key", "list" }, "{\"do\":\"key.list\"}" },
		{ { "key", "list", "--tenant", "a" }, "{\"do\":\"key.list\",\"tenant\":\"a\"}" },
		{ { "key", "disable", "AK" }, "{\"access_key\":\"AK\",\"do\":\"key.disable\"}" },
		{ { "key", "enable", "AK" }, "{\"access_key\":\"AK\",\"do\":\"key.enable\"}" },
		{ { "key", "delete", "AK" }, "{\"access_key\":\"AK\",\"do\":\"key.delete\"}" },
		{ { "token", "add", "full", "--ttl", "030" },
		  "{\"do\":\"token.create\",\"tenant\":\"default\",\"token_name\":\"full\","
		  "\"ttl_days\":30}" },
		{ { "token", "add", "--ttl=7", "--rate=5", "--prefix=p/", "--bucket=b",
		    "--tenant=t", "x", "--scope=read" },
		  "{\"bucket\":\"b\",\"do\":\"token.create\",\"prefix\":\"p/\",\"rate\":5,"
		  "\"scopes\":[\"read\"],\"tenant\":\"t\",\"token_name\":\"x\",\"ttl_days\":7}" },
		{ { "token", "refresh", "full", "--ttl", "30", "--scope", "write", "--scope",
		    "read" },
		  "{\"do\":\"token.refresh\",\"scopes\":[\"write\",\"read\"],"
		  "\"tenant\":\"default\",\"token_name\":\"full\",\"ttl_days\":30}" },
		{ { "token", "refresh", "full", "--ttl", "30", "--prefix", "" },
		  "{\"do\":\"token.refresh\",\"prefix\":\"\",\"tenant\":\"default\","
		  "\"token_name\":\"full\",\"ttl_days\":30}" },
		{ { "token", "delete", "full" },
		  "{\"do\":\"token.delete\",\"tenant\":\"default\",\"token_name\":\"full\"}" },
		{ { "token", "list" }, "{\"do\":\"token.list\"}" },
		{ { "token", "list", "--tenant", "a" },
		  "{\"do\":\"token.list\",\"tenant\":\"a\"}" },
		{ { "token", "import", "tokens.json", "--bucket", "b" },
		  "{\"bucket\":\"b\",\"do\":\"token.import\",\"tenant\":\"default\"}" },
		{ { "status", "--json" }, "{\"do\":\"status\"}" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct complaint why = { 0 };
		struct invocation v;
		json_t *request;
		char *text;

		assert(parse(cases[i].args, &v, &why) == INVOCATION_OK);
		request = invocation_request(&v);
		text = json_dumps(request, JSON_COMPACT | JSON_SORT_KEYS);
		assert(strcmp(text, cases[i].request) == 0);
		free(text);
		json_decref(request);
	}
}

static void test_help_is_of_what_was_typed(void)
{
	static const struct {
		const char *args[ARGS_MAX];
		int outcome;
		enum manual_command command;
	} cases[] = {
		{ { "--help" }, INVOCATION_HELP },
		{ { "help" }, INVOCATION_HELP },
		{ { "--bogus", "--help" }, INVOCATION_HELP },
		{ { "token", "--help" }, INVOCATION_HELP_GROUP, COMMAND_TOKEN_ADD },
		{ { "--help", "token" }, INVOCATION_HELP_GROUP, COMMAND_TOKEN_ADD },
		{ { "help", "key" }, INVOCATION_HELP_GROUP, COMMAND_KEY_CREATE },
		{ { "token", "delete", "--help" }, INVOCATION_HELP_COMMAND, COMMAND_TOKEN_DELETE },
		{ { "help", "token", "delete" }, INVOCATION_HELP_COMMAND, COMMAND_TOKEN_DELETE },
		{ { "key", "--help", "create", "--bogus" },
		  INVOCATION_HELP_COMMAND,
		  COMMAND_KEY_CREATE },
		{ { "export", "--help", "x", "y" }, INVOCATION_HELP_COMMAND, COMMAND_EXPORT },
		{ { "status", "--version" }, INVOCATION_VERSION },
		{ { "token", "dleete", "--help" }, INVOCATION_WRONG },
		{ { "objects", "--help" }, INVOCATION_WRONG },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct complaint why = { 0 };
		struct invocation v = { .command = COMMANDS };
		int outcome = parse(cases[i].args, &v, &why);

		assert(outcome == cases[i].outcome);
		if (outcome == INVOCATION_HELP_COMMAND)
			assert(v.command == cases[i].command);
		if (outcome == INVOCATION_HELP_GROUP)
			assert(manual_commands[v.command].group ==
			       manual_commands[cases[i].command].group);
	}
}

static void test_hint_is_what_was_meant(void)
{
	static const struct {
		const char *args[ARGS_MAX];
		const char *hint;
	} cases[] = {
		{ { "token", "dleete", "--help" }, "did you mean `cofferctl token delete`?" },
		{ { "tokne", "add", "x" }, "did you mean `cofferctl token add`?" },
		{ { "exprot", "/srv" }, "did you mean `cofferctl export`?" },
		{ { "tenant" }, "`cofferctl tenant --help`" },
		{ { "tenant", "explode", "acme" }, "`cofferctl tenant --help`" },
		{ { "frobnicate" }, "`cofferctl --help`" },
		{ { "token", "add", "x", "--tll", "3" }, "did you mean --ttl?" },
		{ { "token", "add", "x", "--tennant=a" }, "did you mean --tenant?" },
		{ { "token", "add", "x", "--frobnicate" }, "`cofferctl token add --help`" },
		{ { "key", "delete" }, "`cofferctl key delete --help`" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct complaint why = { 0 };
		struct invocation v;

		assert(parse(cases[i].args, &v, &why) == INVOCATION_WRONG);
		assert(strncmp(why.hint, cases[i].hint, strlen(cases[i].hint)) == 0);
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
		{ { "-xy", "status" }, "-x" },
		{ { "--json=yes", "status" }, "--json takes no value" },
		{ { "user", "update", "a", "--administrator", "maybe" },
		  "--administrator takes yes or no" },
		{ { "user", "update", "a" }, "user update needs --administrator" },
		{ { "--colour", "status", "--tll" }, "--colour" },
		{ { "token", "add", "--ttl", "1" }, "NAME is missing" },
		{ { "token", "add", "full" }, "--ttl" },
		{ { "token", "add", "full", "--ttl", "0" }, "whole number" },
		{ { "token", "add", "full", "--ttl", "-1" }, "whole number" },
		{ { "token", "add", "full", "--ttl", "a week" }, "whole number" },
		{ { "token", "add", "full", "--ttl", "1.5" }, "whole number" },
		{ { "token", "add", "full", "--ttl", "99999999999999999999" }, "whole number" },
		{ { "token", "add", "full", "--ttl", "1", "--scope", "admin" }, "--scope" },
		{ { "token", "add", "full", "--ttl", "1", "--rate", "0" }, "--rate" },
		{ { "token", "refresh", "full" }, "--ttl" },
		{ { "token", "delete" }, "NAME is missing" },
		{ { "token", "delete", "full", "--ttl", "1" }, "--ttl" },
		{ { "token", "list", "--bucket", "b" }, "--bucket" },
		{ { "token", "import" }, "FILE is missing" },
		{ { "tenant", "list", "--scope", "read" }, "--scope" },
		{ { "tenant", "usage", "acme", "other" }, "other" },
		{ { "tenant", "quota" }, "NAME is missing" },
		{ { "tenant", "quota", "acme", "--bytes", "10GB" }, "GiB" },
		{ { "tenant", "quota", "acme", "--bytes", "9223372036854775808" }, "--bytes" },
		{ { "tenant", "quota", "acme", "--objects", "1KiB" }, "whole number, or none" },
		{ { "bucket", "quota", "photos", "--recount" }, "--recount" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct complaint why = { 0 };
		struct invocation v;

		assert(parse(cases[i].args, &v, &why) == INVOCATION_WRONG);
		assert(strstr(why.error, cases[i].named));
		assert(why.hint[0]);
	}
}

static void test_an_operand_in_brackets_may_be_left_out(void)
{
	struct complaint why = { 0 };
	struct invocation v;

	assert(parse((const char *[]){ "tenant", "usage", NULL }, &v, &why) == INVOCATION_OK);
	assert(v.command == COMMAND_TENANT_USAGE && !v.operand);
	assert(parse((const char *[]){ "tenant", "usage", "acme", "--recount", NULL }, &v, &why) ==
	       INVOCATION_OK);
	assert(strcmp(v.operand, "acme") == 0 && v.options[OPTION_RECOUNT]);
}

static void test_a_limit_may_be_none(void)
{
	struct complaint why = { 0 };
	struct invocation v;

	assert(parse((const char *[]){ "tenant", "quota", "acme", "--bytes", "none", "--objects",
				       "none", NULL },
		     &v, &why) == INVOCATION_OK);
	assert(parse((const char *[]){ "bucket", "quota", "photos", "--bytes", "8388607TiB",
				       "--objects", "0", NULL },
		     &v, &why) == INVOCATION_OK);
}

static void test_socket_is_named_by_option_then_environment(void)
{
	struct complaint why = { 0 };
	struct invocation v;

	unsetenv("COFFER_ADMIN_SOCKET");
	assert(parse((const char *[]){ "status", NULL }, &v, &why) == INVOCATION_OK);
	assert(strcmp(v.socket, MANUAL_SOCKET) == 0);
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
	assert(!invocation_request(&v));
}

int main(void)
{
	test_commands_become_requests();
	test_help_is_of_what_was_typed();
	test_hint_is_what_was_meant();
	test_what_is_not_understood_is_named();
	test_an_operand_in_brackets_may_be_left_out();
	test_a_limit_may_be_none();
	test_socket_is_named_by_option_then_environment();
	test_bytes_that_are_no_text_make_no_request();
	return 0;
}
