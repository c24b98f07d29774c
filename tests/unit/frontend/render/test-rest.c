/* SPDX-License-Identifier: Apache-2.0 */

/* What a client of the REST dialect hears, to the byte. */

#undef NDEBUG
#include "frontend/render/rest.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>

#include "reply-text.h"
#include "s3/pairs.h"

#define ETAG "d41d8cd98f00b204e9800998ecf8427e"
#define TYPE "Content-Type: application/json\n"
#define IDS  "X-Request-Id: R\nServer: Coffer\nX-Content-Type-Options: nosniff\n"
#define BYTES                                                                                      \
	"Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT\nETag: \"" ETAG "\"\nAccept-Ranges: bytes\n"

/* The state of a test, made anew for each. */
static struct s3_request request;
static struct answer answer;
static struct buffer items, attributes;
static struct reply reply;

static void begin(enum s3_operation operation)
{
	request = (struct s3_request){ .dialect = S3_DIALECT_REST,
				       .operation = operation,
				       .bucket = SPAN("bucket"),
				       .key = SPAN("a key") };
	answer_init(&answer);
	buffer_clear(&items);
	items = BUFFER_INIT(4 * 1024 * 1024);
	buffer_clear(&attributes);
	attributes = BUFFER_INIT(4096);
	reply_clear(&reply);
	reply_init(&reply);
}

static void list_key(struct span key)
{
	struct answer a;

	answer_init(&a);
	a.kind = ANSWER_KIND_OBJECT;
	a.key = key;
	answer_append_item(&a, &items);
}

static void describe_object(void)
{
	answer.last_modified = 1700000000123456789;
	answer.etag = SPAN(ETAG);
	answer.size = 100;
}

static void check(unsigned int status, const char *fields, const char *body)
{
	check_reply(&reply, status, fields, body);
}

static void render_now(void)
{
	struct render in = { .request = &request, .answer = &answer, .items = buffer_span(&items) };

	render_rest(&in, &reply);
}

static void render_and_check(unsigned int status, const char *fields, const char *body)
{
	render_now();
	check(status, fields, body);
}

/* --- objects ------------------------------------------------------------------------------ */

static void test_put_tells_key_size_and_moment(void)
{
	begin(S3_PUT_OBJECT);
	describe_object();
	render_and_check(200, "ETag: \"" ETAG "\"\n" TYPE,
			 "{\"key\":\"a key\",\"size\":100,"
			 "\"created_at\":\"2023-11-14T22:13:20.123456Z\"}");
}

static void test_get_has_the_stored_type_and_no_metadata_of_s3(void)
{
	begin(S3_GET_OBJECT);
	describe_object();
	pairs_append(&attributes, SPAN("content-type"), SPAN("text/plain"));
	pairs_append(&attributes, SPAN("content-disposition"), SPAN("inline"));
	pairs_append(&attributes, SPAN("x-amz-meta-a"), SPAN("b"));
	answer.attributes = buffer_span(&attributes);
	answer.storage_class = SPAN("GLACIER");
	answer.checksum_algorithm = CHECKSUM_CRC32;
	answer.checksum = SPAN("AAAAAA==");
	answer.parts_count = 3;
	request.headers[S3_HEADER_ACCEPT] = SPAN("a/b");
	request.headers[S3_HEADER_AMZ_CHECKSUM_MODE] = SPAN("ENABLED");
	render_and_check(200, BYTES "content-disposition: inline\nContent-Type: text/plain\n", "");
	assert(reply.length == 100);
}

static void test_without_a_stored_type_it_is_the_one_accepted(void)
{
	static const struct {
		const char *accept, *type;
	} cases[] = {
		{ NULL, "application/octet-stream" },
		{ "", "application/octet-stream" },
		{ "image/png", "image/png" },
		{ " image/png ; q=0.5", "image/png" },
		{ "*/*", "application/octet-stream" },
		{ "image/*", "application/octet-stream" },
		{ "image/png, image/jpeg", "application/octet-stream" },
		{ "image/png;q=1,image/jpeg", "application/octet-stream" },
		{ "image", "application/octet-stream" },
		{ "image/", "application/octet-stream" },
		{ "/png", "application/octet-stream" },
		{ "a/b/c", "application/octet-stream" },
		{ "a b/c", "application/octet-stream" },
		{ "a/\"b\"", "application/octet-stream" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char fields[256];

		begin(S3_GET_OBJECT);
		describe_object();
		request.headers[S3_HEADER_ACCEPT] = span_from_string(cases[i].accept);
		snprintf(fields, sizeof(fields), BYTES "Content-Type: %s\n", cases[i].type);
		render_and_check(200, fields, "");
	}
}

static void test_ranges_are_partial_content(void)
{
	begin(S3_GET_OBJECT);
	describe_object();
	answer.range_start = 10;
	answer.range_length = 5;
	render_and_check(206,
			 BYTES "Content-Range: bytes 10-14/100\n"
			       "Content-Type: application/octet-stream\n",
			 "");
	assert(reply.length == 5);
}

static void test_delete_has_no_content(void)
{
	begin(S3_DELETE_OBJECT);
	render_and_check(204, "", "");
}

/* --- lists -------------------------------------------------------------------------------- */

static void test_a_list_is_of_raw_keys(void)
{
	begin(S3_LIST_OBJECTS_V2);
	list_key(SPAN("a b/%2F"));
	list_key(SPAN("\xc3\xa4\"\\\n\x01\x7f"));
	answer.limit = 100;
	answer.truncated = 0;
	render_and_check(200, TYPE,
			 "{\"keys\":[\"a b/%2F\",\"\xc3\xa4\\\"\\\\\\n\\u0001\x7f\"],"
			 "\"next_cursor\":null,\"has_more\":false}");
}

static void test_a_page_that_is_not_the_last_has_a_cursor(void)
{
	begin(S3_LIST_OBJECTS_V2);
	list_key(SPAN("0"));
	list_key(SPAN("a"));
	answer.limit = 2;
	answer.truncated = 1;
	render_and_check(200, TYPE,
			 "{\"keys\":[\"0\",\"a\"],\"next_cursor\":\"eyJsYXN0X2tleSI6ICJhIn0=\","
			 "\"has_more\":true}");
}

static void test_an_empty_page(void)
{
	begin(S3_LIST_OBJECTS_V2);
	answer.limit = 100;
	answer.truncated = 0;
	render_and_check(200, TYPE, "{\"keys\":[],\"next_cursor\":null,\"has_more\":false}");
}

static void test_a_page_without_room_ends_where_it_began(void)
{
	begin(S3_LIST_OBJECTS_V2);
	answer.limit = 0;
	answer.truncated = 0;
	render_and_check(200, TYPE, "{\"keys\":[],\"next_cursor\":null,\"has_more\":true}");
	request.params[S3_PARAM_START_AFTER] = SPAN("a");
	render_and_check(
		200, TYPE,
		"{\"keys\":[],\"next_cursor\":\"eyJsYXN0X2tleSI6ICJhIn0=\",\"has_more\":true}");
}

static void test_the_largest_page_fits(void)
{
	char key[S3_KEY_MAX];

	memset(key, 1, sizeof(key));
	begin(S3_LIST_OBJECTS_V2);
	for (unsigned int i = 0; i < S3_LIST_MAX; i++)
		list_key((struct span){ key, sizeof(key) });
	answer.limit = S3_LIST_MAX;
	answer.truncated = 1;
	render_now();
	assert(reply_error(&reply) == 0 && reply.length > UINT64_C(6) * S3_KEY_MAX * S3_LIST_MAX);
}

static void test_a_key_that_is_no_text_is_our_failure(void)
{
	begin(S3_LIST_OBJECTS_V2);
	list_key(SPAN("a\xff"));
	render_now();
	assert(reply_error(&reply) < 0);
}

static void test_other_operations_have_no_answer_here(void)
{
	for (enum s3_operation o = 0; o < S3_OPERATION_COUNT; o++) {
		bool is_rest = o == S3_LIST_OBJECTS_V2 || o == S3_GET_OBJECT ||
			       o == S3_HEAD_OBJECT || o == S3_PUT_OBJECT || o == S3_DELETE_OBJECT;

		begin(o);
		render_now();
		assert((reply_error(&reply) == 0) == is_rest);
	}
}

/* --- errors ------------------------------------------------------------------------------- */

static void refuse_at(const char *target, enum s3_error error, const char *detail, bool understood)
{
	struct render_error in = { .error = error,
				   .detail = span_from_string(detail),
				   .target = span_from_string(target),
				   .request = understood ? &request : NULL,
				   .answer = &answer,
				   .ids = { "R", "H" } };

	render_rest_error(&in, &reply);
}

static void test_errors_of_the_contract(void)
{
	static const struct {
		enum s3_error error;
		const char *detail;
		unsigned int status;
		const char *fields, *body;
	} cases[] = {
		{ S3_ERROR_NO_SUCH_KEY, NULL, 404, "",
		  "{\"error\":{\"code\":\"404\",\"message\":\"Object a key not found\"}}" },
		{ S3_ERROR_REST_NOT_AUTHENTICATED, NULL, 401, "WWW-Authenticate: Bearer\n",
		  "{\"error\":{\"code\":\"401\",\"message\":\"Not authenticated\"}}" },
		{ S3_ERROR_REST_UNKNOWN_TOKEN, NULL, 401, "WWW-Authenticate: Bearer\n",
		  "{\"error\":{\"code\":\"401\",\"message\":\"Invalid or missing token\"}}" },
		{ S3_ERROR_REST_TOKEN_EXPIRED, NULL, 401, "WWW-Authenticate: Bearer\n",
		  "{\"error\":{\"code\":\"401\",\"message\":\"Token expired\"}}" },
		{ S3_ERROR_REST_MISSING_SCOPES, "Missing required scopes: ['write']", 403, "",
		  "{\"error\":{\"code\":\"403\","
		  "\"message\":\"Missing required scopes: ['write']\"}}" },
		{ S3_ERROR_SLOW_DOWN, NULL, 429, "Retry-After: 1\n",
		  "{\"error\":{\"code\":\"429\",\"message\":\"Rate limit exceeded\"}}" },
		{ S3_ERROR_INSUFFICIENT_STORAGE, NULL, 507, "",
		  "{\"error\":{\"code\":\"507\",\"message\":\"Quota exceeded\"}}" },
		{ S3_ERROR_QUOTA_EXCEEDED, "which one", 507, "",
		  "{\"error\":{\"code\":\"507\",\"message\":\"Quota exceeded\"}}" },
		{ S3_ERROR_BAD_DIGEST, "in words of S3", 400, "",
		  "{\"error\":{\"code\":\"400\","
		  "\"message\":\"Content-MD5 is not that of the body\"}}" },
		{ S3_ERROR_INVALID_DIGEST, "in words of S3", 400, "",
		  "{\"error\":{\"code\":\"400\","
		  "\"message\":\"Content-MD5 is no base64 of 16 bytes\"}}" },
		{ S3_ERROR_REST_INVALID_CURSOR, NULL, 400, "",
		  "{\"error\":{\"code\":\"400\",\"message\":\"Invalid cursor\"}}" },
		{ S3_ERROR_ENTITY_TOO_LARGE, NULL, 413, "",
		  "{\"error\":{\"code\":\"413\",\"message\":\"An object has at most 5 GiB\"}}" },
		{ S3_ERROR_INVALID_URI, "The key is empty", 400, "",
		  "{\"error\":{\"code\":\"400\",\"message\":\"The key is empty\"}}" },
		{ S3_ERROR_SERVICE_UNAVAILABLE, NULL, 503, "Retry-After: 1\n",
		  "{\"error\":{\"code\":\"503\",\"message\":\"Service unavailable\"}}" },
		{ S3_ERROR_METHOD_NOT_ALLOWED, NULL, 405, "Allow: DELETE, GET, HEAD, PUT\n",
		  "{\"detail\":\"Method Not Allowed\"}" },
		{ S3_ERROR_REST_NOT_FOUND, NULL, 404, "", "{\"detail\":\"Not Found\"}" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char fields[512];

		begin(S3_GET_OBJECT);
		refuse_at("/objects/a%20key", cases[i].error, cases[i].detail, true);
		snprintf(fields, sizeof(fields), IDS "%s" TYPE, cases[i].fields);
		check(cases[i].status, fields, cases[i].body);
	}
}

static void test_a_method_that_is_not_allowed_names_those_that_are(void)
{
	begin(S3_GET_OBJECT);
	refuse_at("/objects?x", S3_ERROR_METHOD_NOT_ALLOWED, NULL, false);
	check(405, IDS "Allow: GET\n" TYPE, "{\"detail\":\"Method Not Allowed\"}");
}

static void test_a_missing_object_is_named_whatever_its_key(void)
{
	begin(S3_GET_OBJECT);
	request.key = SPAN("\"\\\x01\n\xf0\x9f\x98\x80%s");
	refuse_at("/objects/x", S3_ERROR_NO_SUCH_KEY, NULL, true);
	check(404, IDS TYPE,
	      "{\"error\":{\"code\":\"404\",\"message\":"
	      "\"Object \\\"\\\\\\u0001\\n\xf0\x9f\x98\x80%s not found\"}}");
}

static void test_a_limit_that_is_none_is_shown_again(void)
{
	begin(S3_LIST_OBJECTS_V2);
	refuse_at("/objects?prefix=a&limit=t%65n&limit=x", S3_ERROR_REST_INVALID_LIMIT, NULL,
		  false);
	check(422, IDS TYPE,
	      "{\"detail\":[{\"type\":\"int_parsing\",\"loc\":[\"query\",\"limit\"],"
	      "\"msg\":\"Input should be a valid integer, unable to parse string as an integer\","
	      "\"input\":\"ten\"}]}");
	refuse_at("/objects?limit=-1", S3_ERROR_REST_INVALID_LIMIT, NULL, false);
	check(422, IDS TYPE,
	      "{\"detail\":[{\"type\":\"greater_than_equal\",\"loc\":[\"query\",\"limit\"],"
	      "\"msg\":\"Input should be greater than or equal to 0\","
	      "\"input\":\"-1\",\"ctx\":{\"ge\":0}}]}");
	refuse_at("/objects?limit=%FF", S3_ERROR_REST_INVALID_LIMIT, NULL, false);
	assert(reply_error(&reply) == 0 && reply.status == 422);
}

static void test_not_modified_has_no_document(void)
{
	begin(S3_GET_OBJECT);
	describe_object();
	refuse_at("/objects/k", S3_ERROR_NOT_MODIFIED, NULL, true);
	check(304, IDS "Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT\nETag: \"" ETAG "\"\n", "");
}

static void test_a_range_that_cannot_be_tells_the_size(void)
{
	begin(S3_GET_OBJECT);
	answer.size = 100;
	refuse_at("/objects/k", S3_ERROR_INVALID_RANGE, NULL, true);
	check(416, IDS "Content-Range: bytes */100\n" TYPE,
	      "{\"error\":{\"code\":\"416\",\"message\":\"Range not satisfiable\"}}");
}

static void test_retry_after_is_authds(void)
{
	struct render_error in = { .error = S3_ERROR_SLOW_DOWN,
				   .retry_after_s = 7,
				   .target = SPAN("/objects/k"),
				   .ids = { "R", "H" } };

	begin(S3_GET_OBJECT);
	render_rest_error(&in, &reply);
	assert(strstr(fields_text(&reply), "Retry-After: 7\n"));
}

/* One of the three forms: an error with the status in it, a detail, or a list of details. */
static void check_document(unsigned int status, bool is_error)
{
	json_t *root = json_loadb((const char *)reply.body.data, reply.body.len,
				  JSON_REJECT_DUPLICATES, NULL);
	const char *code, *message;
	json_t *detail;

	assert(json_is_object(root) && json_object_size(root) == 1);
	if (is_error) {
		assert(json_unpack_ex(root, NULL, JSON_STRICT, "{s:{s:s, s:s}}", "error", "code",
				      &code, "message", &message) == 0);
		assert((unsigned int)atoi(code) == status && *message);
	} else {
		detail = json_object_get(root, "detail");
		assert(json_is_string(detail) || json_array_size(detail) == 1);
	}
	json_decref(root);
}

/* Whatever authd or stored may ever say, with what is known of the request and without. */
static void test_every_error_is_json_of_the_right_form(void)
{
	for (enum s3_error e = 1; e < S3_ERROR_COUNT; e++) {
		bool is_error = e != S3_ERROR_REST_NOT_FOUND && e != S3_ERROR_METHOD_NOT_ALLOWED &&
				e != S3_ERROR_REST_INVALID_LIMIT;

		for (unsigned int known = 0; known < 4; known++) {
			begin(S3_PUT_OBJECT);
			refuse_at("/objects/k?limit=x", e, known & 1 ? "A \"detail\"" : NULL,
				  known & 2);
			assert(reply_error(&reply) == 0);
			assert(reply.status >= 300 && reply.status < 600);
			if (e == S3_ERROR_NOT_MODIFIED) {
				assert(reply.status == 304 && !reply.body.len);
				continue;
			}
			assert(strstr(fields_text(&reply), TYPE));
			assert(strstr(fields_text(&reply), "X-Request-Id: R\n"));
			assert((reply.status == 401) ==
			       !!strstr(fields_text(&reply), "WWW-Authenticate: Bearer\n"));
			check_document(reply.status, is_error);
		}
	}
}

/* The sentences of S3 that speak of its headers or of XML are for its own clients. */
static void test_what_can_happen_here_is_not_said_in_words_of_s3(void)
{
	static const enum s3_error errors[] = {
		S3_ERROR_ACCESS_DENIED,	   S3_ERROR_BAD_DIGEST,
		S3_ERROR_ENTITY_TOO_LARGE, S3_ERROR_INCOMPLETE_BODY,
		S3_ERROR_INTERNAL_ERROR,   S3_ERROR_INVALID_ARGUMENT,
		S3_ERROR_INVALID_DIGEST,   S3_ERROR_INVALID_REQUEST,
		S3_ERROR_INVALID_URI,	   S3_ERROR_NO_SUCH_BUCKET,
		S3_ERROR_NO_SUCH_KEY,	   S3_ERROR_PRECONDITION_FAILED,
		S3_ERROR_REQUEST_TIMEOUT,  S3_ERROR_SERVICE_UNAVAILABLE,
		S3_ERROR_SLOW_DOWN,
	};

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		begin(S3_PUT_OBJECT);
		refuse_at("/objects/k", errors[i], NULL, true);
		buffer_append_byte(&reply.body, '\0');
		assert(!strstr((char *)reply.body.data, s3_errors[errors[i]].message));
	}
}

int main(void)
{
	test_put_tells_key_size_and_moment();
	test_get_has_the_stored_type_and_no_metadata_of_s3();
	test_without_a_stored_type_it_is_the_one_accepted();
	test_ranges_are_partial_content();
	test_delete_has_no_content();
	test_a_list_is_of_raw_keys();
	test_a_page_that_is_not_the_last_has_a_cursor();
	test_an_empty_page();
	test_a_page_without_room_ends_where_it_began();
	test_the_largest_page_fits();
	test_a_key_that_is_no_text_is_our_failure();
	test_other_operations_have_no_answer_here();
	test_errors_of_the_contract();
	test_a_method_that_is_not_allowed_names_those_that_are();
	test_a_missing_object_is_named_whatever_its_key();
	test_a_limit_that_is_none_is_shown_again();
	test_not_modified_has_no_document();
	test_a_range_that_cannot_be_tells_the_size();
	test_retry_after_is_authds();
	test_every_error_is_json_of_the_right_form();
	test_what_can_happen_here_is_not_said_in_words_of_s3();
	reply_clear(&reply);
	buffer_clear(&items);
	buffer_clear(&attributes);
	return 0;
}
