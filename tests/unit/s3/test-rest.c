/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/rest.h"

#include "head.h"
#include "s3/cursor.h"

struct parse {
	struct test_head head;
	struct s3_parsed parsed;
	const char *detail;
	int result;
};

static void parse_clear(struct parse *p)
{
	s3_parsed_clear(&p->parsed);
	test_head_clear(&p->head);
}

/* Routes and parses a head given as text, as "PUT /objects/k" and then "Name: value" lines. */
static const struct s3_request *parse_init(struct parse *p, const char *text)
{
	enum s3_operation operation;

	*p = (struct parse){ 0 };
	test_head_init(&p->head, text);
	p->result = rest_route(&p->head.head, &operation);
	if (!p->result)
		p->result = rest_parse(&p->head.head, operation, &p->parsed, &p->detail);
	return &p->parsed.request;
}

static void check_cases(const struct test_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		_cleanup_(parse_clear) struct parse p;

		parse_init(&p, cases[i].head);
		if (p.result != cases[i].error)
			fprintf(stderr, "%s\n-> %d, not %d\n", cases[i].head, p.result,
				cases[i].error);
		assert(p.result == cases[i].error);
	}
}

#define CHECK_CASES(cases) check_cases(cases, ARRAY_SIZE(cases))

static bool is(struct span s, const char *text)
{
	return !span_is_none(s) && span_equal(s, span_from_string(text));
}

static void test_methods_and_paths_are_operations(void)
{
	static const struct {
		const char *head;
		enum s3_operation operation;
	} cases[] = {
		{ "GET /objects", S3_LIST_OBJECTS_V2 },
		{ "GET /objects?limit=1", S3_LIST_OBJECTS_V2 },
		{ "GET /objects/k", S3_GET_OBJECT },
		{ "HEAD /objects/k", S3_HEAD_OBJECT },
		{ "PUT /objects/k", S3_PUT_OBJECT },
		{ "DELETE /objects/k", S3_DELETE_OBJECT },
		/* Selectors of S3 select nothing here. */
		{ "DELETE /objects/k?tagging", S3_DELETE_OBJECT },
		{ "PUT /objects/k?uploadId=1&partNumber=1", S3_PUT_OBJECT },
		{ "PUT /objects/k\nx-amz-copy-source: /b/k", S3_PUT_OBJECT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(parse_clear) struct parse p;
		const struct s3_request *r = parse_init(&p, cases[i].head);

		assert(p.result == 0 && r->operation == cases[i].operation);
		assert(r->dialect == S3_DIALECT_REST && span_is_none(r->bucket));
		assert(r->payload == S3_PAYLOAD_UNSIGNED);
		assert(span_is_none(r->key) == (r->operation == S3_LIST_OBJECTS_V2));
	}
}

static void test_other_methods_and_paths_are_none(void)
{
	static const struct test_case cases[] = {
		{ "GET /", S3_ERROR_REST_NOT_FOUND },
		{ "GET /object", S3_ERROR_REST_NOT_FOUND },
		{ "GET /objectsx", S3_ERROR_REST_NOT_FOUND },
		{ "GET /objects%2Fk", S3_ERROR_REST_NOT_FOUND },
		{ "GET //objects/k", S3_ERROR_REST_NOT_FOUND },
		{ "GET /Objects/k", S3_ERROR_REST_NOT_FOUND },
		{ "GET /x/../objects/k", S3_ERROR_REST_NOT_FOUND },
		{ "HEAD /objects", S3_ERROR_METHOD_NOT_ALLOWED },
		{ "PUT /objects", S3_ERROR_METHOD_NOT_ALLOWED },
		{ "DELETE /objects", S3_ERROR_METHOD_NOT_ALLOWED },
		{ "POST /objects", S3_ERROR_METHOD_NOT_ALLOWED },
		{ "POST /objects/k", S3_ERROR_METHOD_NOT_ALLOWED },
		{ "PATCH /objects/k", S3_ERROR_METHOD_NOT_ALLOWED },
		{ "OPTIONS /objects/k", S3_ERROR_METHOD_NOT_ALLOWED },
		{ "get /objects/k", S3_ERROR_METHOD_NOT_ALLOWED },
		{ "GET objects/k", S3_ERROR_INVALID_URI },
		{ "GET http://h/objects/k", S3_ERROR_INVALID_URI },
	};

	CHECK_CASES(cases);
	assert(!strcmp(rest_allowed(SPAN("/objects?x")), "GET"));
	assert(!strcmp(rest_allowed(SPAN("/objects/")), "DELETE, GET, HEAD, PUT"));
	assert(!rest_allowed(SPAN("/other")) && !rest_allowed(SPAN("objects")));
}

static void test_t50_the_path_behind_objects_is_decoded_once(void)
{
	static const struct {
		const char *path, *key;
	} cases[] = {
		{ "k", "k" },
		{ "a/b", "a/b" },
		{ "a%2Fb", "a/b" },
		{ "a%2fb", "a/b" },
		{ "a+b", "a+b" },
		{ "a%2Bb%20c", "a+b c" },
		{ "%252F", "%2F" },
		{ "/a", "/a" },
		{ "/", "/" },
		{ "a//b", "a//b" },
		{ "a/", "a/" },
		{ "..", ".." },
		{ "../../etc/passwd", "../../etc/passwd" },
		{ "./a/.", "./a/." },
		{ "%2e%2e/x", "../x" },
		{ "%C3%A4\xc3\xa4", "\xc3\xa4\xc3\xa4" },
		{ "%0A%09%7F", "\n\t\x7f" },
		{ "a%3Fb%23", "a?b#" },
		{ "a#b", "a#b" },
		{ "a;b=c&d", "a;b=c&d" },
		{ "k?x=y", "k" },
		{ "%27;DROP%20TABLE%20objects;--", "';DROP TABLE objects;--" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(parse_clear) struct parse p;
		char head[128];

		snprintf(head, sizeof(head), "GET /objects/%s", cases[i].path);
		assert(is(parse_init(&p, head)->key, cases[i].key) && p.result == 0);
	}
}

static void test_t50_what_is_no_key_is_told_why(void)
{
	static const struct {
		const char *path;
		int error;
		const char *why;
	} cases[] = {
		{ "", S3_ERROR_INVALID_URI, "empty" },
		{ "?x=y", S3_ERROR_INVALID_URI, "empty" },
		{ "%", S3_ERROR_INVALID_URI, "percent-encoding" },
		{ "a%4", S3_ERROR_INVALID_URI, "percent-encoding" },
		{ "%zz", S3_ERROR_INVALID_URI, "percent-encoding" },
		{ "a%00b", S3_ERROR_INVALID_URI, "NUL" },
		{ "%FF", S3_ERROR_INVALID_URI, "UTF-8" },
		{ "\xff", S3_ERROR_INVALID_URI, "UTF-8" },
		{ "%C0%AF", S3_ERROR_INVALID_URI, "UTF-8" },
		{ "%ED%A0%80", S3_ERROR_INVALID_URI, "UTF-8" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(parse_clear) struct parse p;
		char head[64];

		snprintf(head, sizeof(head), "PUT /objects/%s", cases[i].path);
		parse_init(&p, head);
		assert(p.result == cases[i].error && strstr(p.detail, cases[i].why));
	}
}

static void test_t50_a_key_has_1024_bytes_at_most(void)
{
	_cleanup_(parse_clear) struct parse fits, over;
	char head[16 + 3 * (S3_KEY_MAX + 1)] = "GET /objects/";

	for (size_t i = 0; i < S3_KEY_MAX; i++)
		strcat(head, "%61");
	assert(parse_init(&fits, head)->key.len == S3_KEY_MAX && fits.result == 0);
	strcat(head, "%61");
	parse_init(&over, head);
	assert(over.result == S3_ERROR_KEY_TOO_LONG && strstr(over.detail, "1024"));
}

static void test_a_list_has_prefix_limit_and_cursor(void)
{
	_cleanup_(parse_clear) struct parse all, none;
	const struct s3_request *r = parse_init(
		&all, "GET /objects?prefix=a%2Fb+c%2B&limit=7&cursor=eyJsYXN0X2tleSI6ICJhIn0%3D&x");

	assert(all.result == 0 && is(r->params[S3_PARAM_PREFIX], "a/b c+"));
	assert(is(r->params[S3_PARAM_MAX_KEYS], "7") && is(r->params[S3_PARAM_START_AFTER], "a"));
	r = parse_init(&none, "GET /objects?prefix=&cursor=");
	assert(none.result == 0 && is(r->params[S3_PARAM_MAX_KEYS], "100"));
	assert(span_is_none(r->params[S3_PARAM_PREFIX]));
	assert(span_is_none(r->params[S3_PARAM_START_AFTER]));
}

static void test_parameters_of_s3_mean_nothing(void)
{
	_cleanup_(parse_clear) struct parse p;
	const struct s3_request *r =
		parse_init(&p, "GET /objects?max-keys=x&delimiter=/&start-after=z&fetch-owner=x&"
			       "X-Amz-Signature=1&list-type=3&max-keys=y&encoding-type=url");

	assert(p.result == 0);
	for (unsigned int i = 0; i < S3_PARAM_COUNT; i++)
		assert(span_is_none(r->params[i]) == (i != S3_PARAM_MAX_KEYS));
}

static void test_a_limit_is_a_whole_number(void)
{
	static const struct {
		const char *limit, *keys;
	} cases[] = {
		{ "0", "0" },	    { "1", "1" },	{ "007", "007" },
		{ "1000", "1000" }, { "1001", "1000" }, { "99999999999999999999999999", "1000" },
		{ "", NULL },	    { "-1", NULL },	{ "+1", NULL },
		{ "%2B1", NULL },   { "1.0", NULL },	{ "1e2", NULL },
		{ "0x10", NULL },   { "ten", NULL },	{ "%201", NULL },
		{ "1%20", NULL },   { "%D9%A1", NULL }, /* a digit, but of another script */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(parse_clear) struct parse p;
		const struct s3_request *r;
		char head[64];

		snprintf(head, sizeof(head), "GET /objects?limit=%s", cases[i].limit);
		r = parse_init(&p, head);
		assert(p.result == (cases[i].keys ? 0 : S3_ERROR_REST_INVALID_LIMIT));
		assert(p.result || is(r->params[S3_PARAM_MAX_KEYS], cases[i].keys));
	}
}

static void test_malformed_parameters_are_refused_known_or_not(void)
{
	static const struct test_case cases[] = {
		{ "GET /objects?prefix=%zz", S3_ERROR_INVALID_URI },
		{ "GET /objects?other=%", S3_ERROR_INVALID_URI },
		{ "GET /objects?%4=x", S3_ERROR_INVALID_URI },
		{ "GET /objects/k?other=%zz", S3_ERROR_INVALID_URI },
		{ "GET /objects?prefix=%FF", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /objects?prefix=a%00b", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /objects?%FF", S3_ERROR_INVALID_ARGUMENT },
		{ "DELETE /objects/k?a=%FF", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /objects?limit=1&limit=1", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /objects?prefix=&prefix=a", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /objects?cursor=&curs%6Fr=", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /objects?cursor=nonsense", S3_ERROR_REST_INVALID_CURSOR },
		{ "GET /objects?other=1&other=2&&=&a=b=c", 0 },
		{ "GET /objects/k?limit=-1&limit=x&cursor=nonsense", 0 },
	};

	CHECK_CASES(cases);
}

static void test_a_cursor_keeps_its_plus_signs(void)
{
	_cleanup_(parse_clear) struct parse raw, encoded;

	/* {"last_key": "~"}, whose base64 has one. */
	assert(is(parse_init(&raw, "GET /objects?cursor=eyJsYXN0X2tleSI6ICJ+In0=")
			  ->params[S3_PARAM_START_AFTER],
		  "~"));
	assert(is(parse_init(&encoded, "GET /objects?cursor=eyJsYXN0X2tleSI6ICJ%2BIn0%3D")
			  ->params[S3_PARAM_START_AFTER],
		  "~"));
}

static void test_a_body_is_as_long_as_http_says(void)
{
	static const struct {
		const char *fields;
		uint64_t length;
	} cases[] = {
		{ "", 0 },
		{ "\nContent-Length: 0", 0 },
		{ "\nContent-Length: 5", 5 },
		{ "\nContent-Length: 5368709120", S3_PUT_MAX },
		{ "\nTransfer-Encoding: chunked", S3_LENGTH_UNKNOWN },
	};
	static const struct test_case bad[] = {
		{ "PUT /objects/k\nContent-Length: 5368709121", S3_ERROR_ENTITY_TOO_LARGE },
		{ "PUT /objects/k\nContent-Length: -1", S3_ERROR_INVALID_REQUEST },
		{ "PUT /objects/k\nContent-Length: 1\nTransfer-Encoding: chunked",
		  S3_ERROR_INVALID_REQUEST },
		{ "PUT /objects/k\nContent-Length: 1\nContent-Length: 1",
		  S3_ERROR_INVALID_REQUEST },
		{ "PUT /objects/k\nTransfer-Encoding: gzip", S3_ERROR_NOT_IMPLEMENTED },
		{ "PUT /objects/k\nContent-Length: 1\nContent-MD5: x", S3_ERROR_INVALID_DIGEST },
		{ "PUT /objects/k\nContent-Length: 1\nContent-Encoding: aws-chunked",
		  S3_ERROR_INVALID_REQUEST },
		{ "DELETE /objects/k\nContent-Length: 0", 0 },
		{ "GET /objects/k\nContent-Length: 3", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(parse_clear) struct parse p;
		char head[128];

		snprintf(head, sizeof(head), "PUT /objects/k%s", cases[i].fields);
		assert(parse_init(&p, head)->length == cases[i].length && p.result == 0);
	}
	CHECK_CASES(bad);
}

static void test_an_object_keeps_its_content_headers(void)
{
	_cleanup_(parse_clear) struct parse p, bare, get;
	const struct s3_request *r = parse_init(&p, "PUT /objects/k\nContent-Type: text/plain\n"
						    "Content-Length: 1\nx-amz-meta-a: b\n"
						    "Content-Disposition: inline");

	assert(p.result == 0 && pairs_are_whole(r->attributes));
	assert(is(pairs_find(r->attributes, SPAN("content-type")), "text/plain"));
	assert(is(pairs_find(r->attributes, SPAN("content-disposition")), "inline"));
	assert(span_is_none(pairs_find(r->attributes, SPAN("x-amz-meta-a"))));
	assert(!parse_init(&bare, "PUT /objects/k")->attributes.len && bare.result == 0);
	assert(!parse_init(&get, "GET /objects/k\nContent-Type: a/b")->attributes.len);
}

/* Nothing that is believed for S3 only because it is signed there may be believed here (T28). */
static void test_t28_headers_of_s3_mean_nothing(void)
{
	_cleanup_(parse_clear) struct parse p;
	const struct s3_request *r = parse_init(
		&p, "PUT /objects/k\nContent-Length: 5\nAuthorization: Bearer secret\n"
		    "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\n"
		    "x-amz-decoded-content-length: 1\nx-amz-trailer: x-amz-checksum-crc32\n"
		    "X-Amz-Acl: public-read\nx-amz-server-side-encryption: AES256\n"
		    "x-amz-acl: public-read\nx-amz-tagging: a=b\nx-amz-storage-class: NONE");

	assert(p.result == 0 && r->length == 5 && r->payload == S3_PAYLOAD_UNSIGNED);
	assert(r->checksum_algorithm == CHECKSUM_NONE);
	assert(span_is_none(r->headers[S3_HEADER_AUTHORIZATION]));
	for (unsigned int h = S3_HEADER_AMZ_ACL; h < S3_HEADER_COUNT; h++)
		assert(span_is_none(r->headers[h]));
}

static void test_conditions_are_those_of_s3(void)
{
	static const struct test_case cases[] = {
		{ "GET /objects/k\nRange: bytes=0-1\nIf-Match: \"a\"\nIf-None-Match: *", 0 },
		{ "HEAD /objects/k\nIf-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT", 0 },
		{ "PUT /objects/k\nIf-None-Match: *", 0 },
		{ "PUT /objects/k\nIf-Match: \"a\"", 0 },
		{ "PUT /objects/k\nIf-Match: \"a\"\nIf-None-Match: *", S3_ERROR_NOT_IMPLEMENTED },
		{ "PUT /objects/k\nIf-Unmodified-Since: x", S3_ERROR_NOT_IMPLEMENTED },
		{ "DELETE /objects/k\nIf-Match: \"a\"", 0 },
		{ "DELETE /objects/k\nIf-None-Match: \"a\"", S3_ERROR_NOT_IMPLEMENTED },
		{ "GET /objects/k\nRange: bytes=0-1\nRange: bytes=0-1", S3_ERROR_INVALID_REQUEST },
	};
	_cleanup_(parse_clear) struct parse p;
	const struct s3_request *r =
		parse_init(&p, "GET /objects/k\nrange: bytes=0-1\nAccept: a/b\naccept: c/d");

	CHECK_CASES(cases);
	assert(is(r->headers[S3_HEADER_RANGE], "bytes=0-1"));
	assert(is(r->headers[S3_HEADER_ACCEPT], "a/b,c/d"));
}

static void test_ranges_are_for_get_alone(void)
{
	_cleanup_(parse_clear) struct parse p;
	const struct s3_request *r = parse_init(&p, "HEAD /objects/k\nRange: bytes=9-");

	assert(p.result == 0 && span_is_none(r->headers[S3_HEADER_RANGE]));
}

static void test_t52_a_line_break_in_a_header_is_refused(void)
{
	static const struct span bad[] = { SPAN("a\rb"), SPAN("a\nb"), SPAN("a\0b") };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_(test_head_clear) struct test_head h;
		struct s3_parsed parsed;
		const char *detail;

		test_head_init(&h, "PUT /objects/k");
		pairs_append(&h.fields, SPAN("x-other"), bad[i]);
		h.head.fields = buffer_span(&h.fields);
		assert(rest_parse(&h.head, S3_PUT_OBJECT, &parsed, &detail) ==
		       S3_ERROR_INVALID_REQUEST);
	}
}

/* The longest cursor, prefix and path there can be fit into what was reserved. */
static void test_the_longest_target_fits(void)
{
	_cleanup_(buffer_clear) struct buffer target = BUFFER_INIT(65536), key = BUFFER_INIT(65536),
					      cursor = BUFFER_INIT(65536);
	_cleanup_(s3_parsed_clear) struct s3_parsed parsed = { 0 };
	struct s3_head head = { .method = SPAN("GET"), .fields = SPAN("") };
	const char *detail;

	buffer_append_string(&target, "/objects?cursor=");
	while (key.len < 12000)
		buffer_append_byte(&key, 'a');
	cursor_encode(&cursor, buffer_span(&key));
	buffer_append(&target, buffer_span(&cursor));
	buffer_append_string(&target, "&prefix=");
	while (target.len < S3_TARGET_MAX)
		buffer_append_byte(&target, 'p');
	head.target = buffer_span(&target);
	assert(rest_parse(&head, S3_LIST_OBJECTS_V2, &parsed, &detail) == 0);
	assert(span_equal(parsed.request.params[S3_PARAM_START_AFTER], buffer_span(&key)));
	buffer_append_byte(&target, 'p');
	head.target = buffer_span(&target);
	assert(rest_parse(&head, S3_LIST_OBJECTS_V2, &parsed, &detail) == S3_ERROR_INVALID_URI);
}

int main(void)
{
	test_methods_and_paths_are_operations();
	test_other_methods_and_paths_are_none();
	test_t50_the_path_behind_objects_is_decoded_once();
	test_t50_what_is_no_key_is_told_why();
	test_t50_a_key_has_1024_bytes_at_most();
	test_a_list_has_prefix_limit_and_cursor();
	test_parameters_of_s3_mean_nothing();
	test_a_limit_is_a_whole_number();
	test_malformed_parameters_are_refused_known_or_not();
	test_a_cursor_keeps_its_plus_signs();
	test_a_body_is_as_long_as_http_says();
	test_an_object_keeps_its_content_headers();
	test_t28_headers_of_s3_mean_nothing();
	test_conditions_are_those_of_s3();
	test_ranges_are_for_get_alone();
	test_t52_a_line_break_in_a_header_is_refused();
	test_the_longest_target_fits();
	return 0;
}
