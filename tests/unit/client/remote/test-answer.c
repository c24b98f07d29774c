/* SPDX-License-Identifier: Apache-2.0 */
#include "client/remote/answer.h"

#include <assert.h>
#include <string.h>

static struct http_answer json(unsigned int status, const char *body)
{
	return (struct http_answer){ .status = status,
				     .is_json = true,
				     .body = span_from_string(body) };
}

static void assert_json(json_t *value, const char *text)
{
	char *dumped = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	assert(dumped && strcmp(dumped, text) == 0);
	free(dumped);
	json_decref(value);
}

static void test_objects_are_told_as_the_socket_does(void)
{
	struct http_answer a = json(201, "{\"key\":{\"a\":1}}");
	struct complaint why = { 0 };
	json_t *ret = NULL;

	assert(answer_object(&a, "key", &ret, &why) == ADMIN_OK);
	assert_json(ret, "{\"ok\":true,\"key\":{\"a\":1}}");
	a = json(200, "{\"key\":{},\"warning\":\"w\"}");
	assert(answer_object(&a, "key", &ret, &why) == ADMIN_OK);
	assert_json(ret, "{\"ok\":true,\"key\":{},\"warning\":\"w\"}");
}

static void test_other_forms_are_no_answer(void)
{
	const struct http_answer answers[] = {
		json(200, ""),
		json(200, "{}"),
		json(200, "[]"),
		json(200, "{\"key\":[]}"),
		json(200, "{\"key\":\"x\"}"),
		json(200, "{\"key\":{}"),
		json(200, "{\"key\":{},\"key\":{}}"),
		json(200, "{\"key\":{}} x"),
		json(200, "{\"key\":{},\"warning\":1}"),
		json(200, "{\"key\":{\"a\":\"\xff\"}}"),
		json(202, "{\"key\":{}}"),
		json(204, "{\"key\":{}}"),
		json(206, "{\"key\":{}}"),
		json(301, "{\"key\":{}}"),
		json(302, "{\"error\":{\"code\":\"c\",\"message\":\"m\"}}"),
		json(403, "{}"),
		json(403, "{\"error\":\"m\"}"),
		json(403, "{\"error\":{\"code\":\"c\"}}"),
		json(403, "{\"error\":{\"message\":\"m\"}}"),
		json(403, "{\"error\":{\"code\":1,\"message\":\"m\"}}"),
		json(0, ""),
		{ .status = 200, .is_json = false, .body = SPAN("{\"key\":{}}") },
		{ .status = 403,
		  .is_json = false,
		  .body = SPAN("{\"error\":{\"code\":\"c\",\"message\":\"m\"}}") },
		{ .status = 404, .is_json = false, .body = SPAN("<html>") },
	};

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		struct complaint why = { 0 };
		json_t *ret = NULL;

		assert(answer_object(&answers[i], "key", &ret, &why) == -EPROTO);
		assert(!ret && why.error[0]);
	}
}

static void test_refusals_are_told_and_fit_a_terminal(void)
{
	struct http_answer a =
		json(403, "{\"error\":{\"code\":\"AccessDenied\",\"message\":\"no\\u001b[2J"
			  "\\nthat\",\"hint\":\"ask\\u0007\",\"more\":[]}}");
	struct complaint why = { 0 };
	json_t *ret = NULL;

	assert(answer_object(&a, "key", &ret, &why) == ADMIN_REFUSED);
	assert(strcmp(why.error, "no?[2J?that") == 0 && strcmp(why.hint, "ask?") == 0);
	assert_json(ret, "{\"ok\":false,\"error\":\"no\\u001B[2J\\nthat\",\"hint\":\"ask\\u0007\","
			 "\"code\":\"AccessDenied\"}");
	a = json(500, "{\"error\":{\"code\":\"c\",\"message\":\"%s%n\"}}");
	assert(answer_object(&a, "key", &ret, &why) == ADMIN_REFUSED);
	assert(strcmp(why.error, "%s%n") == 0 && !why.hint[0]);
	json_decref(ret);
}

static void test_a_policy_is_told_as_its_text_or_null(void)
{
	struct http_answer a = json(200, "{\"Statement\":[]}");
	struct complaint why = { 0 };
	json_t *ret = NULL;

	assert(answer_policy(&a, &ret, &why) == ADMIN_OK);
	assert_json(ret, "{\"ok\":true,\"policy\":\"{\\\"Statement\\\":[]}\"}");
	a = json(404, "{\"error\":{\"code\":\"NoSuchPolicy\",\"message\":\"m\"}}");
	assert(answer_policy(&a, &ret, &why) == ADMIN_OK);
	assert_json(ret, "{\"ok\":true,\"policy\":null}");
	a = json(404, "{\"error\":{\"code\":\"NoSuchUser\",\"message\":\"m\"}}");
	assert(answer_policy(&a, &ret, &why) == ADMIN_REFUSED);
	json_decref(ret);
	a = json(403, "{\"error\":{\"code\":\"NoSuchPolicy\",\"message\":\"m\"}}");
	assert(answer_policy(&a, &ret, &why) == ADMIN_REFUSED);
	json_decref(ret);
	a = json(200, "[]");
	assert(answer_policy(&a, &ret, &why) == -EPROTO);
}

static void test_pages_are_put_together(void)
{
	struct http_answer first = json(200,
					"{\"keys\":[{\"n\":1},{\"n\":2}],\"next_cursor\":\"c\"}"),
			   last = json(200, "{\"keys\":[{\"n\":3}],\"next_cursor\":null}");
	json_t *list = json_array(), *cursor = NULL, *refusal = NULL;
	struct complaint why = { 0 };

	assert(answer_page(&first, "keys", list, &cursor, &refusal, &why) == ADMIN_OK);
	assert_json(cursor, "\"c\"");
	cursor = NULL;
	assert(answer_page(&last, "keys", list, &cursor, &refusal, &why) == ADMIN_OK);
	assert(!cursor && !refusal);
	assert_json(list, "[{\"n\":1},{\"n\":2},{\"n\":3}]");
}

static void test_what_is_no_page_adds_nothing(void)
{
	static const char *const pages[] = {
		"{\"keys\":[]}",
		"{\"keys\":[],\"next_cursor\":\"\"}",
		"{\"keys\":[],\"next_cursor\":1}",
		"{\"keys\":{},\"next_cursor\":null}",
		"{\"keys\":[1],\"next_cursor\":null}",
		"{\"keys\":[{},\"x\"],\"next_cursor\":null}",
		"{\"users\":[],\"next_cursor\":null}",
	};
	json_t *list = json_array(), *cursor = NULL, *refusal = NULL;
	struct complaint why = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		struct http_answer a = json(200, pages[i]);

		assert(answer_page(&a, "keys", list, &cursor, &refusal, &why) == -EPROTO);
		assert(!cursor && !refusal && json_array_size(list) == 0);
	}
	json_decref(list);
}

int main(void)
{
	test_objects_are_told_as_the_socket_does();
	test_other_forms_are_no_answer();
	test_refusals_are_told_and_fit_a_terminal();
	test_a_policy_is_told_as_its_text_or_null();
	test_pages_are_put_together();
	test_what_is_no_page_adds_nothing();
	return 0;
}
