/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/request.h"

#include "head.h"

#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static bool is(struct span s, const char *text)
{
	return !span_is_none(s) && span_equal(s, span_from_string(text));
}

static void test_headers_are_trimmed_and_found_in_any_case(void)
{
	_cleanup_(test_request_clear) struct test_request t;
	const struct s3_request *r =
		test_request_init(&t, "GET /bkt/k\nHOST: \t h \nRaNgE:bytes=0-1\nX-Other: x");

	assert(t.result == 0 && is(r->headers[S3_HEADER_HOST], "h"));
	assert(is(r->headers[S3_HEADER_RANGE], "bytes=0-1"));
	assert(span_is_none(r->headers[S3_HEADER_DATE]));
	assert(is(s3_head_find(&t.head.head, "x-other"), "x"));
	assert(span_is_none(s3_head_find(&t.head.head, "x-othe")));
}

static void test_parameters_are_decoded_once_and_keep_being_there(void)
{
	_cleanup_(test_request_clear) struct test_request t;
	const struct s3_request *r = test_request_init(
		&t, "GET /bkt?prefix=a%2Fb+c%2Bd%252e&delimiter=&marker&max%2Dkeys=5&other=%41");

	assert(t.result == 0 && is(r->params[S3_PARAM_PREFIX], "a/b c+d%2e"));
	assert(is(r->params[S3_PARAM_DELIMITER], "") && is(r->params[S3_PARAM_MARKER], ""));
	assert(is(r->params[S3_PARAM_MAX_KEYS], "5"));
	assert(span_is_none(r->params[S3_PARAM_KEY_MARKER]));
}

static void test_t09_what_is_sent_twice_is_refused(void)
{
	static const struct test_case cases[] = {
		{ "GET /bkt?prefix=a&prefix=b", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /bkt?prefix=a&pre%66ix=a", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /bkt?uploads&uploads", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /bkt?X-Amz-Date=1&X-Amz-Date=1", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /bkt?unknown=1&unknown=2", 0 },
		{ "GET /bkt/k\nRange: bytes=0-1\nrange: bytes=0-1", S3_ERROR_INVALID_REQUEST },
		{ "GET /bkt/k\nHost: a\nHost: b", S3_ERROR_INVALID_REQUEST },
		{ "GET /bkt/k\nx-amz-date: a\nX-Amz-Date: a", S3_ERROR_INVALID_REQUEST },
		{ "PUT /bkt/k\nContent-Length: 1\nContent-Length: 1", S3_ERROR_INVALID_REQUEST },
	};

	TEST_CASES(cases);
}

static void test_lists_may_come_in_several_fields(void)
{
	_cleanup_(test_request_clear) struct test_request t;
	const struct s3_request *r = test_request_init(
		&t, "GET /bkt/k?attributes\nx-amz-object-attributes: ETag\nHost: h\n"
		    "x-amz-object-attributes: ObjectSize\nX-Amz-Object-Attributes: Checksum");
	unsigned int wanted;

	assert(t.result == 0);
	assert(is(r->headers[S3_HEADER_AMZ_OBJECT_ATTRIBUTES], "ETag,ObjectSize,Checksum"));
	assert(s3_request_wanted_attributes(r, &wanted));
	assert(wanted == (S3_ATTRIBUTE_ETAG | S3_ATTRIBUTE_OBJECT_SIZE | S3_ATTRIBUTE_CHECKSUM));
}

static void test_t57_heads_that_are_too_large_are_refused(void)
{
	_cleanup_(test_head_clear) struct test_head h;
	struct s3_parsed parsed;
	const char *detail;

	test_head_init(&h, "GET /bkt");
	for (unsigned int i = 0; i < S3_FIELDS_MAX; i++)
		pairs_append(&h.fields, SPAN("x"), SPAN("y"));
	h.head.fields = buffer_span(&h.fields);
	assert(s3_request_parse(&h.head, NULL, &parsed, &detail) == 0);
	s3_parsed_clear(&parsed);
	pairs_append(&h.fields, SPAN("x"), SPAN("y"));
	h.head.fields = buffer_span(&h.fields);
	assert(s3_request_parse(&h.head, NULL, &parsed, &detail) ==
	       S3_ERROR_REQUEST_HEADER_SECTION_TOO_LARGE);
}

static void test_t57_bytes_beyond_the_limit_of_a_head_are_refused(void)
{
	static char value[S3_HEAD_MAX];
	_cleanup_(test_head_clear) struct test_head h;
	struct s3_parsed parsed;
	const char *detail;

	memset(value, 'v', sizeof(value));
	test_head_init(&h, "GET /bkt");
	pairs_append(&h.fields, SPAN("x"), (struct span){ value, sizeof(value) - 7 });
	h.head.fields = buffer_span(&h.fields);
	assert(s3_request_parse(&h.head, NULL, &parsed, &detail) == 0);
	s3_parsed_clear(&parsed);
	pairs_append(&h.fields, SPAN(""), SPAN(""));
	h.head.fields = buffer_span(&h.fields);
	assert(s3_request_parse(&h.head, NULL, &parsed, &detail) ==
	       S3_ERROR_REQUEST_HEADER_SECTION_TOO_LARGE);
}

/*
 * Each join copies what stands before: however many there are, the answer is the request with all
 * of them or a refusal, never more memory and never half of it.
 */
static void test_t57_a_list_joined_beyond_measure_is_refused(void)
{
	static const char tag[] = "\"0123456789012345678901234567890123456789\"";
	bool refused = false;

	for (unsigned int n = 1; n < 100; n++) {
		_cleanup_(s3_parsed_clear) struct s3_parsed parsed = { 0 };
		_cleanup_(test_head_clear) struct test_head h;
		const char *detail;
		int r;

		test_head_init(&h, "PUT /bkt/some/key\nContent-Length: 0\nx-amz-meta-a: b");
		for (unsigned int i = 0; i < n; i++)
			pairs_append(&h.fields, SPAN("Cache-Control"), SPAN(tag));
		h.head.fields = buffer_span(&h.fields);
		r = s3_request_parse(&h.head, NULL, &parsed, &detail);
		refused = refused || r;
		if (refused) {
			assert(r == S3_ERROR_REQUEST_HEADER_SECTION_TOO_LARGE);
			continue;
		}
		assert(pairs_find(parsed.request.attributes, SPAN("cache-control")).len ==
		       n * sizeof(tag) - 1);
		assert(is(parsed.request.key, "some/key"));
	}
	assert(refused);
}

static void test_t52_line_breaks_and_nul_in_headers_are_refused(void)
{
	static const struct span bad[] = { SPAN("a\rb"), SPAN("a\nb"), SPAN("a\r\n b"),
					   SPAN("a\0b"), SPAN("\n") };
	static const char *const names[] = { "x-other", "x-amz-meta-a", "Content-Type", "Host" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(names); j++) {
			_cleanup_(test_head_clear) struct test_head h;
			struct s3_parsed parsed;
			const char *detail;

			test_head_init(&h, "PUT /bkt/k\nContent-Length: 1");
			pairs_append(&h.fields, span_from_string(names[j]), bad[i]);
			h.head.fields = buffer_span(&h.fields);
			assert(s3_request_parse(&h.head, NULL, &parsed, &detail) ==
			       S3_ERROR_INVALID_REQUEST);
		}
	}
}

static void test_t52_overrides_cannot_write_headers(void)
{
	static const struct test_case cases[] = {
		{ "GET /bkt/k?response-content-type=text%2Fplain", 0 },
		{ "GET /bkt/k?response-content-disposition=a%C3%A4%22;b", 0 },
		{ "GET /bkt/k?response-content-type=a%0D%0ASet-Cookie:x",
		  S3_ERROR_INVALID_ARGUMENT },
		{ "GET /bkt/k?response-content-disposition=%0A", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /bkt/k?response-cache-control=%0D", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /bkt/k?response-content-encoding=%1f", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /bkt/k?response-content-language=%7f", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /bkt/k?response-expires=a%00", S3_ERROR_INVALID_ARGUMENT },
	};

	TEST_CASES(cases);
}

static void test_t50_parameters_that_are_no_text_are_refused(void)
{
	static const struct test_case cases[] = {
		{ "GET /bkt?prefix=%ff", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /bkt?prefix=a%00b", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /bkt?prefix=%0g", S3_ERROR_INVALID_URI },
		{ "GET /bkt?%=x", S3_ERROR_INVALID_URI },
		{ "GET /bkt?other=%ff", 0 },
	};

	TEST_CASES(cases);
}

static void test_numbers_are_within_what_s3_takes(void)
{
	static const struct test_case cases[] = {
		{ "GET /bkt?max-keys=0", 0 },
		{ "GET /bkt?max-keys=", 0 },
		{ "GET /bkt?max-keys=2147483647", 0 },
		{ "GET /bkt?max-keys=2147483648", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /bkt?max-keys=-1", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /bkt?max-keys=ten", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /bkt?max-keys=1.5", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /bkt?max-keys=99999999999999999999999", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /bkt?uploads&max-uploads=x", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /bkt/k?uploadId=u&max-parts=-1", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /bkt/k?uploadId=u&part-number-marker=x", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /?max-buckets=0", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /?max-buckets=10001", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /?max-buckets=10000", 0 },
		{ "GET /bkt/k?partNumber=0", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /bkt/k?partNumber=1", 0 },
		{ "GET /bkt/k?partNumber=10000", 0 },
		{ "GET /bkt/k?partNumber=10001", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /bkt/k?partNumber=", S3_ERROR_INVALID_ARGUMENT },
		{ "PUT /bkt/k?uploadId=u&partNumber=0\nContent-Length: 1",
		  S3_ERROR_INVALID_ARGUMENT },
		{ "GET /bkt/k?attributes\nx-amz-object-attributes: ETag\nx-amz-max-parts: x",
		  S3_ERROR_INVALID_ARGUMENT },
		{ "GET /bkt/k?partNumber=1\nRange: bytes=0-1", S3_ERROR_INVALID_REQUEST },
	};

	TEST_CASES(cases);
}

static void test_pages_are_cut_down_to_a_thousand(void)
{
	_cleanup_(test_request_clear) struct test_request t, u;
	const struct s3_request *r = test_request_init(&t, "GET /bkt?max-keys=5000");

	assert(t.result == 0 && s3_request_number(r, S3_PARAM_MAX_KEYS, 7) == S3_LIST_MAX);
	assert(s3_request_number(r, S3_PARAM_MAX_UPLOADS, 7) == 7);
	r = test_request_init(&u, "GET /bkt/k?uploadId=u&max-parts=3&part-number-marker=9999");
	assert(u.result == 0 && s3_request_number(r, S3_PARAM_MAX_PARTS, 7) == 3);
	assert(s3_request_number(r, S3_PARAM_PART_NUMBER_MARKER, 0) == 9999);
}

static void test_listings_know_one_encoding(void)
{
	static const struct test_case cases[] = {
		{ "GET /bkt?encoding-type=url", 0 },
		{ "GET /bkt?encoding-type=", 0 },
		{ "GET /bkt?encoding-type=base64", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /bkt?list-type=2&fetch-owner=true", 0 },
		{ "GET /bkt?list-type=2&fetch-owner=perhaps", S3_ERROR_INVALID_ARGUMENT },
	};

	TEST_CASES(cases);
}

static void test_versions_belong_to_reading_and_deleting(void)
{
	static const struct test_case cases[] = {
		{ "GET /bkt/k?versionId=null", 0 },
		{ "HEAD /bkt/k?versionId=anything", 0 },
		{ "DELETE /bkt/k?versionId=anything", 0 },
		{ "GET /bkt/k?versionId=", S3_ERROR_INVALID_ARGUMENT },
		{ "DELETE /bkt/k?versionId", S3_ERROR_INVALID_ARGUMENT },
		{ "PUT /bkt/k?versionId=null\nContent-Length: 1", S3_ERROR_INVALID_ARGUMENT },
	};

	TEST_CASES(cases);
}

static void test_acls_are_those_of_a_bucket_without(void)
{
	static const struct test_case cases[] = {
		{ "PUT /bkt\nx-amz-acl: private", 0 },
		{ "PUT /bkt/k\nContent-Length: 0\nx-amz-acl: bucket-owner-full-control", 0 },
		{ "PUT /bkt\nx-amz-acl: public-read", S3_ERROR_ACCESS_CONTROL_LIST_NOT_SUPPORTED },
		{ "PUT /bkt\nx-amz-acl: Private", S3_ERROR_INVALID_ARGUMENT },
		{ "PUT /bkt\nx-amz-acl:", S3_ERROR_INVALID_ARGUMENT },
		{ "PUT /bkt/k\nContent-Length: 0\nX-Amz-Grant-Read: id=1",
		  S3_ERROR_ACCESS_CONTROL_LIST_NOT_SUPPORTED },
		{ "PUT /bkt\nx-amz-grant-anything: id=1",
		  S3_ERROR_ACCESS_CONTROL_LIST_NOT_SUPPORTED },
	};

	TEST_CASES(cases);
}

#define PUT_WITH(line) "PUT /bkt/k\nContent-Length: 0\n" line

static void test_headers_for_what_is_not_there_are_not_implemented(void)
{
	static const struct test_case cases[] = {
		{ PUT_WITH("x-amz-server-side-encryption: AES256"), S3_ERROR_NOT_IMPLEMENTED },
		{ PUT_WITH("x-amz-server-side-encryption-aws-kms-key-id: k"),
		  S3_ERROR_NOT_IMPLEMENTED },
		{ PUT_WITH("X-Amz-Server-Side-Encryption-Customer-Key: k"),
		  S3_ERROR_NOT_IMPLEMENTED },
		{ "GET /bkt/k\nx-amz-server-side-encryption-customer-algorithm: AES256",
		  S3_ERROR_NOT_IMPLEMENTED },
		{ "PUT /bkt/k\nx-amz-copy-source: b-b/k\n"
		  "x-amz-copy-source-server-side-encryption-customer-key: k",
		  S3_ERROR_NOT_IMPLEMENTED },
		{ PUT_WITH("x-amz-object-lock-mode: COMPLIANCE"), S3_ERROR_NOT_IMPLEMENTED },
		{ PUT_WITH("x-amz-tagging: a=b"), S3_ERROR_NOT_IMPLEMENTED },
		{ PUT_WITH("x-amz-tagging:"), 0 },
		{ PUT_WITH("x-amz-website-redirect-location: /x"), S3_ERROR_NOT_IMPLEMENTED },
		{ PUT_WITH("x-amz-write-offset-bytes: 1"), S3_ERROR_NOT_IMPLEMENTED },
		{ "DELETE /bkt/k\nx-amz-if-match-size: 1", S3_ERROR_NOT_IMPLEMENTED },
		{ "PUT /bkt\nx-amz-bucket-object-lock-enabled: true", S3_ERROR_NOT_IMPLEMENTED },
		{ "PUT /bkt\nx-amz-bucket-object-lock-enabled: false", 0 },
		{ "PUT /bkt\nx-amz-bucket-object-lock-enabled: x", S3_ERROR_INVALID_ARGUMENT },
		{ "PUT /bkt\nx-amz-object-ownership: BucketOwnerEnforced", 0 },
		{ "PUT /bkt\nx-amz-object-ownership: ObjectWriter", S3_ERROR_NOT_IMPLEMENTED },
		{ "PUT /bkt\nx-amz-object-ownership: x", S3_ERROR_INVALID_ARGUMENT },
		{ PUT_WITH("x-amz-security-token: t"), S3_ERROR_INVALID_TOKEN },
		{ "GET /bkt/k?X-Amz-Security-Token=t", S3_ERROR_INVALID_TOKEN },
		{ PUT_WITH("x-amz-request-payer: requester"), 0 },
	};

	TEST_CASES(cases);
}

static void test_storage_classes_are_those_of_s3(void)
{
	static const struct test_case cases[] = {
		{ PUT_WITH("x-amz-storage-class: STANDARD"), 0 },
		{ PUT_WITH("x-amz-storage-class: FSX_OPENZFS"), 0 },
		{ PUT_WITH("x-amz-storage-class: standard"), S3_ERROR_INVALID_STORAGE_CLASS },
		{ PUT_WITH("x-amz-storage-class:"), S3_ERROR_INVALID_STORAGE_CLASS },
	};

	TEST_CASES(cases);
}

static void test_conditions_on_writes_are_understood_or_refused(void)
{
	static const struct test_case cases[] = {
		{ PUT_WITH("If-None-Match: *"), 0 },
		{ PUT_WITH("If-Match: \"abc\""), 0 },
		{ PUT_WITH("If-None-Match: \"abc\", \"def\""), 0 },
		{ PUT_WITH("If-None-Match: *\nIf-Match: \"abc\""), S3_ERROR_NOT_IMPLEMENTED },
		{ PUT_WITH("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT"),
		  S3_ERROR_NOT_IMPLEMENTED },
		{ PUT_WITH("If-Unmodified-Since: x"), S3_ERROR_NOT_IMPLEMENTED },
		{ "DELETE /bkt/k\nIf-Match: *", 0 },
		{ "DELETE /bkt/k\nIf-None-Match: *", S3_ERROR_NOT_IMPLEMENTED },
		{ "DELETE /bkt\nIf-Match: *", S3_ERROR_NOT_IMPLEMENTED },
		{ "POST /bkt/k?uploadId=u\nContent-Length: 9\nIf-None-Match: *", 0 },
		{ "POST /bkt/k?uploads\nIf-None-Match: *", S3_ERROR_NOT_IMPLEMENTED },
		{ "PUT /bkt/k?uploadId=u&partNumber=1\nContent-Length: 1\nIf-Match: x",
		  S3_ERROR_NOT_IMPLEMENTED },
		{ "GET /bkt/k\nIf-None-Match: \"abc\"\nIf-Modified-Since: x", 0 },
	};

	TEST_CASES(cases);
}

static void test_attributes_to_get_are_known(void)
{
	static const struct test_case cases[] = {
		{ "GET /bkt/k?attributes\nx-amz-object-attributes: ETag, Checksum ,ObjectParts,"
		  "StorageClass,ObjectSize",
		  0 },
		{ "GET /bkt/k?attributes", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /bkt/k?attributes\nx-amz-object-attributes:", S3_ERROR_INVALID_ARGUMENT },
		{ "GET /bkt/k?attributes\nx-amz-object-attributes: etag",
		  S3_ERROR_INVALID_ARGUMENT },
		{ "GET /bkt/k?attributes\nx-amz-object-attributes: ETag,Color",
		  S3_ERROR_INVALID_ARGUMENT },
	};

	TEST_CASES(cases);
}

static void test_copies_name_their_source(void)
{
	_cleanup_(test_request_clear) struct test_request t;
	const struct s3_request *r = test_request_init(
		&t, "PUT /bkt/k\nx-amz-copy-source: /src/a%20b%2Fc?versionId=nu%6cl");

	assert(t.result == 0 && is(r->source_bucket, "src"));
	assert(is(r->source_key, "a b/c") && is(r->source_version, "null"));
	assert(is(r->key, "k") && r->length == 0);
}

#define COPY "PUT /bkt/k\nx-amz-copy-source: "

static void test_copies_that_make_no_sense_are_refused(void)
{
	static const struct test_case cases[] = {
		{ COPY "src", S3_ERROR_INVALID_ARGUMENT },
		{ COPY "", S3_ERROR_INVALID_ARGUMENT },
		{ COPY "src/%00", S3_ERROR_INVALID_URI },
		{ COPY "arn:aws:s3:::src/k", S3_ERROR_NOT_IMPLEMENTED },
		{ COPY "src/k\nx-amz-metadata-directive: REPLACE", 0 },
		{ COPY "src/k\nx-amz-metadata-directive: replace", S3_ERROR_INVALID_ARGUMENT },
		{ COPY "src/k\nx-amz-tagging-directive: x", S3_ERROR_INVALID_ARGUMENT },
		{ COPY "bkt/k", S3_ERROR_INVALID_REQUEST },
		{ COPY "bkt/k\nx-amz-metadata-directive: COPY", S3_ERROR_INVALID_REQUEST },
		{ COPY "bkt/k\nx-amz-metadata-directive: REPLACE", 0 },
		{ COPY "bkt/k\nx-amz-storage-class: STANDARD_IA", 0 },
		{ COPY "bkt/k\nx-amz-checksum-algorithm: SHA256", 0 },
		{ COPY "bkt/%6b?versionId=null", 0 },
		{ COPY "bkt/%6b", S3_ERROR_INVALID_REQUEST },
		{ COPY "bkt/K", 0 },
	};

	TEST_CASES(cases);
}

static void test_ranges_of_copies_are_strict(void)
{
#define PART_COPY                                                                                  \
	"PUT /bkt/k?uploadId=u&partNumber=1\nx-amz-copy-source: src/k\n"                           \
	"x-amz-copy-source-range: "
	static const struct test_case cases[] = {
		{ PART_COPY "bytes=0-9", 0 },
		{ PART_COPY "bytes=0-", S3_ERROR_INVALID_ARGUMENT },
		{ PART_COPY "bytes=-5", S3_ERROR_INVALID_ARGUMENT },
		{ PART_COPY "bytes=9-0", S3_ERROR_INVALID_ARGUMENT },
		{ PART_COPY "0-9", S3_ERROR_INVALID_ARGUMENT },
		{ PART_COPY "bytes=0-1,2-3", S3_ERROR_INVALID_ARGUMENT },
	};

	TEST_CASES(cases);
}

static void test_an_object_keeps_what_it_was_sent_with(void)
{
	_cleanup_(test_request_clear) struct test_request t;
	const struct s3_request *r = test_request_init(
		&t, "PUT /bkt/k\nContent-Length: 0\nContent-Type: Text/Plain; a=\"B\"\n"
		    "Expires: never\nCache-Control: no-cache\nCache-Control: private\n"
		    "X-Amz-Meta-Name: one\nx-amz-meta-other: \xc3\xa4\nX-AMZ-META-NAME: two\n"
		    "x-amz-meta-none:\nContent-Encoding: gzip, br\nHost: h");
	struct span name, value, rest = r->attributes;
	unsigned int count = 0;

	assert(t.result == 0 && pairs_are_whole(r->attributes));
	assert(is(pairs_find(rest, SPAN("content-type")), "Text/Plain; a=\"B\""));
	assert(is(pairs_find(rest, SPAN("expires")), "never"));
	assert(is(pairs_find(rest, SPAN("cache-control")), "no-cache,private"));
	assert(is(pairs_find(rest, SPAN("content-encoding")), "gzip, br"));
	assert(is(pairs_find(rest, SPAN("x-amz-meta-name")), "one,two"));
	assert(is(pairs_find(rest, SPAN("x-amz-meta-other")), "\xc3\xa4"));
	assert(is(pairs_find(rest, SPAN("x-amz-meta-none")), ""));
	while (pairs_next(&rest, &name, &value) > 0)
		count++;
	assert(count == 7);
}

static void test_only_what_makes_objects_has_attributes(void)
{
	static const char *const heads[] = {
		"GET /bkt/k\nContent-Type: a/b\nx-amz-meta-a: b",
		"PUT /bkt/k?uploadId=u&partNumber=1\nContent-Length: 1\nContent-Type: a/b",
		"POST /bkt/k?uploadId=u\nContent-Length: 1\nContent-Type: a/b",
		"PUT /bkt\nContent-Type: a/b",
	};
	_cleanup_(test_request_clear) struct test_request create;

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		_cleanup_(test_request_clear) struct test_request t;
		const struct s3_request *r = test_request_init(&t, heads[i]);

		assert(t.result == 0 && r->attributes.len == 0);
	}
	test_request_init(&create, "POST /bkt/k?uploads\nContent-Type: a/b");
	assert(create.result == 0);
	assert(is(pairs_find(create.parsed.request.attributes, SPAN("content-type")), "a/b"));
}

static void test_aws_chunked_does_not_stay_with_the_object(void)
{
	static const char *const cases[][2] = {
		{ "aws-chunked", NULL },
		{ "AWS-Chunked", NULL },
		{ "aws-chunked,gzip", "gzip" },
		{ "gzip, aws-chunked", "gzip" },
		{ "gzip,aws-chunked ,  br", "gzip,br" },
		{ "aws-chunked, aws-chunked", NULL },
		{ "gzip", "gzip" },
		{ "gzip ,br", "gzip ,br" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(test_request_clear) struct test_request t;
		const struct s3_request *r;
		struct span kept;
		char head[512];

		snprintf(head, sizeof(head),
			 "PUT /bkt/k\nContent-Encoding: %s\nContent-Type: a/b\n"
			 "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\n"
			 "x-amz-decoded-content-length: 5\nTransfer-Encoding: chunked",
			 cases[i][0]);
		r = test_request_init(&t, head);
		assert(t.result == 0 && pairs_are_whole(r->attributes));
		kept = pairs_find(r->attributes, SPAN("content-encoding"));
		assert(span_is_none(kept) == !cases[i][1]);
		assert(span_equal(kept, span_from_string(cases[i][1])));
		assert(is(pairs_find(r->attributes, SPAN("content-type")), "a/b"));
	}
}

static void test_metadata_has_a_limit(void)
{
	char head[64 + S3_METADATA_MAX + 2] = PUT_WITH("x-amz-meta-ab: ");
	size_t at = strlen(head);

	memset(head + at, 'v', S3_METADATA_MAX - 2);
	assert(test_parse(head) == 0);
	head[at + S3_METADATA_MAX - 2] = 'v';
	assert(test_parse(head) == S3_ERROR_METADATA_TOO_LARGE);
	assert(test_parse(PUT_WITH("x-amz-meta-: v")) == S3_ERROR_INVALID_ARGUMENT);
	assert(test_parse(PUT_WITH("x-amz-meta-a: b\x01")) == S3_ERROR_INVALID_ARGUMENT);
	assert(test_parse(PUT_WITH("Content-Type: b\x7f")) == S3_ERROR_INVALID_ARGUMENT);
}

#define PRESIGNED "&X-Amz-Signature=00&X-Amz-Algorithm=AWS4-HMAC-SHA256"

static void test_headers_in_a_presigned_query_are_headers(void)
{
	_cleanup_(test_request_clear) struct test_request t;
	const struct s3_request *r = test_request_init(
		&t, "PUT /bkt/k?x-amz-storage-class=GLACIER&X-Amz-Meta-A=%20b+c" PRESIGNED
		    "\nContent-Length: 0");

	assert(t.result == 0 && is(r->headers[S3_HEADER_AMZ_STORAGE_CLASS], "GLACIER"));
	assert(is(pairs_find(r->attributes, SPAN("x-amz-meta-a")), "b c"));
}

static void test_headers_in_a_query_are_checked_like_others(void)
{
	static const struct test_case cases[] = {
		{ "PUT /bkt?x-amz-acl=public-read" PRESIGNED,
		  S3_ERROR_ACCESS_CONTROL_LIST_NOT_SUPPORTED },
		{ "PUT /bkt?x-amz-grant-read=a" PRESIGNED,
		  S3_ERROR_ACCESS_CONTROL_LIST_NOT_SUPPORTED },
		{ "PUT /bkt/k?x-amz-server-side-encryption=AES256" PRESIGNED,
		  S3_ERROR_NOT_IMPLEMENTED },
		{ "PUT /bkt/k?x-amz-meta-a=b%0d%0a" PRESIGNED "\nContent-Length: 0",
		  S3_ERROR_INVALID_ARGUMENT },
		{ "PUT /bkt/k?x-amz-meta-a=b&x-amz-meta-a=c" PRESIGNED "\nContent-Length: 0",
		  S3_ERROR_INVALID_REQUEST },
		{ "PUT /bkt/k?x-amz-meta-a=b&X-Amz-Meta-A=c" PRESIGNED "\nContent-Length: 0",
		  S3_ERROR_INVALID_REQUEST },
		{ "GET /bkt/k?attributes&x-amz-object-attributes=ETag"
		  "&x-amz-object-attributes=Checksum" PRESIGNED,
		  S3_ERROR_INVALID_REQUEST },
		{ "PUT /bkt?x-amz-acl=private" PRESIGNED "\nx-amz-acl: private",
		  S3_ERROR_INVALID_REQUEST },
		/* Without a signature over the query they are nothing. */
		{ "PUT /bkt?x-amz-acl=public-read", 0 },
	};

	TEST_CASES(cases);
}

static void test_virtual_hosts_name_the_bucket(void)
{
	static const char *const domains[] = { "s3.test", NULL };
	_cleanup_(test_head_clear) struct test_head h;
	_cleanup_(s3_parsed_clear) struct s3_parsed parsed = { 0 };
	const char *detail;

	test_head_init(&h, "GET /some/key\nHost: Bucket.s3.test:9000");
	assert(s3_request_parse(&h.head, domains, &parsed, &detail) == 0);
	assert(parsed.virtual_host && is(parsed.request.bucket, "bucket"));
	assert(is(parsed.request.key, "some/key"));
	assert(parsed.request.operation == S3_GET_OBJECT);
}

/* Every process parses for itself: what they get must be the same. */
static void test_parsing_twice_gives_the_same(void)
{
	static const char head[] = "PUT /bkt/a%20b?x-id=PutObject\nHost: h\nContent-Length: 5\n"
				   "x-amz-content-sha256: " EMPTY_SHA256 "\nx-amz-meta-a: b";
	_cleanup_(test_request_clear) struct test_request t, u;
	const struct s3_request *a = test_request_init(&t, head), *b = test_request_init(&u, head);

	assert(t.result == 0 && u.result == 0 && a->operation == b->operation);
	assert(span_equal(a->key, b->key) && span_equal(a->attributes, b->attributes));
	assert(span_equal(buffer_span(&t.parsed.decoded), buffer_span(&u.parsed.decoded)));
}

/* Truncated or flipped anywhere, a head is a request or a refusal, no crash (run under ASan). */
static void test_t57_broken_heads_are_answered(void)
{
	static const char whole[] =
		"PUT /bkt/a%20b?partNumber=1&uploadId=u%2F" PRESIGNED "\nHost: h:1\n"
		"Content-Length: 5\nx-amz-copy-source: /s-s/k%20?versionId=null\n"
		"Content-Encoding: aws-chunked,gzip\nx-amz-checksum-crc32: AAAAAA==\n"
		"x-amz-meta-a: b\nx-amz-copy-source-range: bytes=0-4";
	char head[sizeof(whole)];

	for (size_t i = 0; i < sizeof(whole); i++) {
		memcpy(head, whole, sizeof(whole));
		head[i] = '\0';
		assert(test_parse(head) >= 0);
		for (unsigned int bit = 0; bit < 8; bit++) {
			memcpy(head, whole, sizeof(whole));
			head[i] = (char)(head[i] ^ 1 << bit);
			head[sizeof(whole) - 1] = '\0';
			assert(test_parse(head) >= 0);
		}
	}
}

static void test_t57_fields_that_are_no_pairs_are_refused(void)
{
	_cleanup_(test_head_clear) struct test_head h;
	struct s3_parsed parsed;
	const char *detail;

	test_head_init(&h, "GET /bkt\nHost: h");
	h.head.fields.len--;
	assert(s3_request_parse(&h.head, NULL, &parsed, &detail) == S3_ERROR_INVALID_REQUEST);
}

int main(void)
{
	test_headers_are_trimmed_and_found_in_any_case();
	test_parameters_are_decoded_once_and_keep_being_there();
	test_t09_what_is_sent_twice_is_refused();
	test_lists_may_come_in_several_fields();
	test_t57_heads_that_are_too_large_are_refused();
	test_t57_bytes_beyond_the_limit_of_a_head_are_refused();
	test_t57_a_list_joined_beyond_measure_is_refused();
	test_t52_line_breaks_and_nul_in_headers_are_refused();
	test_t52_overrides_cannot_write_headers();
	test_t50_parameters_that_are_no_text_are_refused();
	test_numbers_are_within_what_s3_takes();
	test_pages_are_cut_down_to_a_thousand();
	test_listings_know_one_encoding();
	test_versions_belong_to_reading_and_deleting();
	test_acls_are_those_of_a_bucket_without();
	test_headers_for_what_is_not_there_are_not_implemented();
	test_storage_classes_are_those_of_s3();
	test_conditions_on_writes_are_understood_or_refused();
	test_attributes_to_get_are_known();
	test_copies_name_their_source();
	test_copies_that_make_no_sense_are_refused();
	test_ranges_of_copies_are_strict();
	test_an_object_keeps_what_it_was_sent_with();
	test_only_what_makes_objects_has_attributes();
	test_aws_chunked_does_not_stay_with_the_object();
	test_metadata_has_a_limit();
	test_headers_in_a_presigned_query_are_headers();
	test_headers_in_a_query_are_checked_like_others();
	test_virtual_hosts_name_the_bucket();
	test_parsing_twice_gives_the_same();
	test_t57_broken_heads_are_answered();
	test_t57_fields_that_are_no_pairs_are_refused();
	return 0;
}
