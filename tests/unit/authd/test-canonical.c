/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/canonical.h"

#include <stdio.h>

#include "signer.h"

#undef NDEBUG
#include <assert.h>

static struct canonical canonical;

static int read_request(struct request *q)
{
	struct s3_head head = request_head(q);

	return canonical_read(&canonical, &head);
}

static void expect(struct request *q, const char *signed_headers, const char *payload,
		   const char *expected)
{
	struct span text;

	assert(read_request(q) == 0);
	assert(canonical_write(&canonical, span_from_string(signed_headers),
			       span_from_string(payload), &text) == CANONICAL_OK);
	assert(span_equal(text, span_from_string(expected)));
	request_clear(q);
}

/* The example "GET Object" of the S3 documentation. */
static void test_published_form_of_a_get(void)
{
	struct request q;

	request_begin(&q, "GET", "/test.txt");
	request_field(&q, "Host", "examplebucket.s3.amazonaws.com");
	request_field(&q, "Range", "bytes=0-9");
	request_field(&q, "x-amz-content-sha256", SIGNER_EMPTY);
	request_field(&q, "x-amz-date", SIGNER_TIME);
	request_field(&q, "User-Agent", "not signed");
	expect(&q, "host;range;x-amz-content-sha256;x-amz-date", SIGNER_EMPTY,
	       "GET\n/test.txt\n\nhost:examplebucket.s3.amazonaws.com\nrange:bytes=0-9\n"
	       "x-amz-content-sha256:" SIGNER_EMPTY "\nx-amz-date:20130524T000000Z\n\n"
	       "host;range;x-amz-content-sha256;x-amz-date\n" SIGNER_EMPTY);
}

static void expect_target(const char *target, const char *path_and_query)
{
	char expected[1024];
	struct request q;

	request_begin(&q, "GET", target);
	request_field(&q, "host", "h");
	snprintf(expected, sizeof(expected), "GET\n%s\nhost:h\n\nhost\nx", path_and_query);
	expect(&q, "host", "x", expected);
}

/* Cases of the published test suite, as S3 treats them: encoded once, never normalised. */
static void test_paths_are_encoded_once_and_kept_as_they_are(void)
{
	expect_target("/", "/\n");
	expect_target("/b/-._~0123456789abcXYZ", "/b/-._~0123456789abcXYZ\n");
	expect_target("/b/\xe1\x88\xb4", "/b/%E1%88%B4\n");
	expect_target("/b/%e1%88%b4", "/b/%E1%88%B4\n");
	expect_target("/b/a%20b", "/b/a%20b\n");
	expect_target("/b/a+b", "/b/a%2Bb\n");
	expect_target("/b/a%2Bb", "/b/a%2Bb\n");
	expect_target("/b/test$file.text", "/b/test%24file.text\n");
	expect_target("/b/(1)!*'", "/b/%281%29%21%2A%27\n");
	expect_target("/b/%25", "/b/%25\n");
	expect_target("/b/%2541", "/b/%2541\n");
	expect_target("/b//x/../y/./", "/b//x/../y/./\n");
	expect_target("/b/%41", "/b/A\n");
}

static void test_parameters_are_sorted_by_their_encoding(void)
{
	expect_target("/?prefix=J&max-keys=2", "/\nmax-keys=2&prefix=J");
	expect_target("/?lifecycle", "/\nlifecycle=");
	expect_target("/?lifecycle=", "/\nlifecycle=");
	expect_target("/?Param1=value2&Param1=value1", "/\nParam1=value1&Param1=value2");
	expect_target("/?b=1&a=2&A=3", "/\nA=3&a=2&b=1");
	expect_target("/?a-b=1&a=2", "/\na=2&a-b=1");
	expect_target("/?p=%c3%a9&p=z", "/\np=%C3%A9&p=z");
	expect_target("/?\xe1\x88\xb4=bar", "/\n%E1%88%B4=bar");
	expect_target("/?p=a/b", "/\np=a%2Fb");
	expect_target("/?p=a%2fb", "/\np=a%2Fb");
	expect_target("/?p=a=b", "/\np=a%3Db");
	expect_target("/?&&p=1&", "/\np=1");
	expect_target("/?p=1;q=2", "/\np=1%3Bq%3D2");
	expect_target("/?X-Amz-Signature=00&p=1", "/\np=1");
}

/* T09: what the parser reads as a space is signed as a space: one signature, one meaning. */
static void test_t09_a_plus_in_a_query_is_a_space(void)
{
	expect_target("/?p=a+b", "/\np=a%20b");
	expect_target("/?p=a%20b", "/\np=a%20b");
	expect_target("/?p=a%2Bb", "/\np=a%2Bb");
}

static void expect_value(const char *value, const char *line)
{
	char expected[1024];
	struct request q;

	request_begin(&q, "GET", "/");
	request_field(&q, "My-Header", value);
	snprintf(expected, sizeof(expected), "GET\n/\n\nmy-header:%s\n\nmy-header\nx", line);
	expect(&q, "my-header", "x", expected);
}

/* T09: values with blanks around and inside. */
static void test_t09_blanks_in_values_collapse(void)
{
	expect_value("value1", "value1");
	expect_value("  value1  ", "value1");
	expect_value("a   b \t c", "a b c");
	expect_value("\"a   b   c\"", "\"a b c\"");
	expect_value("", "");
	expect_value("   ", "");
}

static void test_repeated_fields_are_joined_in_order(void)
{
	struct request q;

	request_begin(&q, "GET", "/");
	request_field(&q, "My-Header1", "value2");
	request_field(&q, "my-header1", "value2");
	request_field(&q, "Host", "h");
	request_field(&q, "MY-HEADER1", "value1 ");
	expect(&q, "host;my-header1", "x",
	       "GET\n/\n\nhost:h\nmy-header1:value2,value2,value1\n\nhost;my-header1\nx");
}

/* T09: empty names, capitals, wrong order, twice the same, nothing at all. */
static void test_t09_signed_headers_must_be_well_formed(void)
{
	static const char *const lists[] = {
		"",
		";",
		"host;",
		";host",
		"host;;x-amz-date",
		"Host",
		"x-amz-date;host",
		"host;host",
		"host,x-amz-date",
		"host ;x-amz-date",
		"ho\nst",
		"host:h\nx-amz-date",
	};
	struct span text;
	struct request q;

	request_begin(&q, "GET", "/");
	request_field(&q, "Host", "h");
	request_field(&q, "X-Amz-Date", SIGNER_TIME);
	assert(read_request(&q) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		assert(canonical_write(&canonical, span_from_string(lists[i]), SPAN("x"), &text) ==
		       CANONICAL_MALFORMED);
	assert(canonical_write(&canonical, SPAN("host;x-amz-date"), SPAN("x"), &text) ==
	       CANONICAL_OK);
	assert(canonical_write(&canonical, SPAN("host;range"), SPAN("x"), &text) ==
	       CANONICAL_ABSENT);
	request_clear(&q);
}

static const char *unsigned_with(const char *signed_headers)
{
	static char name[64];
	struct span text, found;
	struct request q;

	request_begin(&q, "PUT", "/");
	request_field(&q, "Host", "h");
	request_field(&q, "X-Amz-Date", SIGNER_TIME);
	request_field(&q, "Content-Type", "text/plain");
	request_field(&q, "X-AMZ-Tagging", "a=b");
	assert(read_request(&q) == 0);
	assert(canonical_write(&canonical, span_from_string(signed_headers), SPAN("x"), &text) ==
	       CANONICAL_OK);
	found = canonical_unsigned(&canonical);
	snprintf(name, sizeof(name), "%.*s", (int)found.len, found.data ? (char *)found.data : "");
	request_clear(&q);
	return name;
}

static void test_t01_what_must_be_signed_is_found_missing(void)
{
	assert(strcmp(unsigned_with("host;x-amz-date;x-amz-tagging"), "") == 0);
	assert(strcmp(unsigned_with("content-type;host;x-amz-date;x-amz-tagging"), "") == 0);
	assert(strcmp(unsigned_with("host;x-amz-date"), "X-AMZ-Tagging") == 0);
	assert(strcmp(unsigned_with("host;x-amz-tagging"), "X-Amz-Date") == 0);
	assert(strcmp(unsigned_with("x-amz-date;x-amz-tagging"), "host") == 0);
}

static void test_heads_that_cannot_be_canonical_are_refused(void)
{
	static const char *const targets[] = { "", "x", "*", "http://h/", "/%", "/%4", "/%zz",
					       "/?p=%", "/?%zz=1", "/a b", "/a\nb" };
	struct request q;

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		request_begin(&q, "GET", targets[i]);
		assert(read_request(&q) == S3_ERROR_INVALID_URI);
		request_clear(&q);
	}
	/* A line end in a value, or in the method, would be one more line of the canonical form. */
	request_begin(&q, "GET", "/");
	request_field(&q, "x-amz-meta-a", "1\nx-amz-meta-b:2");
	assert(read_request(&q) == S3_ERROR_INVALID_ARGUMENT);
	request_clear(&q);
	request_begin(&q, "GET\n/", "/");
	assert(read_request(&q) == S3_ERROR_INVALID_ARGUMENT);
	request_clear(&q);
}

static void test_many_fields_and_parameters_are_refused(void)
{
	struct request q;

	request_begin(&q, "GET", "/");
	for (int i = 0; i < S3_FIELDS_MAX; i++)
		request_field(&q, "a", "b");
	assert(read_request(&q) == 0);
	request_field(&q, "a", "b");
	assert(read_request(&q) == S3_ERROR_REQUEST_HEADER_SECTION_TOO_LARGE);
	request_clear(&q);
	request_begin(&q, "GET", "/?");
	for (int i = 0; i < CANONICAL_PARAMS_MAX; i++)
		strcat(q.target, "a&");
	assert(read_request(&q) == 0);
	strcat(q.target, "a");
	assert(read_request(&q) == S3_ERROR_INVALID_URI);
	request_clear(&q);
}

/* What was read of one head must not be seen in the next. */
static void test_nothing_is_left_of_the_head_before(void)
{
	test_many_fields_and_parameters_are_refused();
	test_published_form_of_a_get();
}

int main(void)
{
	canonical_init(&canonical);
	test_published_form_of_a_get();
	test_paths_are_encoded_once_and_kept_as_they_are();
	test_parameters_are_sorted_by_their_encoding();
	test_t09_a_plus_in_a_query_is_a_space();
	test_t09_blanks_in_values_collapse();
	test_repeated_fields_are_joined_in_order();
	test_t09_signed_headers_must_be_well_formed();
	test_t01_what_must_be_signed_is_found_missing();
	test_heads_that_cannot_be_canonical_are_refused();
	test_many_fields_and_parameters_are_refused();
	test_nothing_is_left_of_the_head_before();
	canonical_clear(&canonical);
	return 0;
}
