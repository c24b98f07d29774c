/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/target.h"

#undef NDEBUG
#include <assert.h>

#include "s3/errors.h"
#include "s3/request.h"

static const char *const domains[] = { "example.com", "s3.example.com", NULL };

struct located {
	struct buffer decoded;
	struct place place;
};

static void located_clear(struct located *l)
{
	buffer_clear(&l->decoded);
}

static int locate(const char *path, const char *host, struct located *l)
{
	l->decoded = BUFFER_INIT(16384);
	assert(buffer_reserve(&l->decoded, 16384));
	return target_locate(span_from_string(path), span_from_string(host), domains, &l->decoded,
			     &l->place);
}

static void test_a_target_is_cut_at_its_first_question_mark(void)
{
	struct target t;

	assert(target_split(SPAN("/b/k?x=?y"), &t) == 0);
	assert(span_equal(t.path, SPAN("/b/k")) && span_equal(t.query, SPAN("x=?y")));
	assert(target_split(SPAN("/b/k"), &t) == 0 && span_is_none(t.query));
	assert(target_split(SPAN("/?"), &t) == 0 && !span_is_none(t.query) && !t.query.len);
}

static void test_t54_targets_that_are_not_origin_form_are_refused(void)
{
	static const struct span bad[] = {
		SPAN(""),      SPAN("*"),      SPAN("http://h/b"), SPAN("b/k"),
		SPAN("/a b"),  SPAN("/a\tb"),  SPAN("/a\rb"),	   SPAN("/a\nb"),
		SPAN("/a\0b"), SPAN("/a\x7f"), SPAN(" /a"),
	};
	static char longest[S3_TARGET_MAX + 1];
	struct target t;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert(target_split(bad[i], &t) == S3_ERROR_INVALID_URI);
	memset(longest, 'a', sizeof(longest));
	longest[0] = '/';
	assert(target_split((struct span){ longest, S3_TARGET_MAX }, &t) == 0);
	assert(target_split((struct span){ longest, S3_TARGET_MAX + 1 }, &t) ==
	       S3_ERROR_INVALID_URI);
}

static void test_parameters_are_cut_while_encoded(void)
{
	struct span rest = SPAN("&a=1&&b&c=&d=e=f&g%26=h&"), name, value;

	assert(query_next(&rest, &name, &value) && span_equal(name, SPAN("a")) &&
	       span_equal(value, SPAN("1")));
	assert(query_next(&rest, &name, &value) && span_equal(name, SPAN("b")) &&
	       span_is_none(value));
	assert(query_next(&rest, &name, &value) && span_equal(name, SPAN("c")) && !value.len &&
	       !span_is_none(value));
	assert(query_next(&rest, &name, &value) && span_equal(value, SPAN("e=f")));
	assert(query_next(&rest, &name, &value) && span_equal(name, SPAN("g%26")));
	assert(!query_next(&rest, &name, &value));
	rest = SPAN_NONE;
	assert(!query_next(&rest, &name, &value));
}

static void test_paths_name_service_bucket_or_object(void)
{
	static const struct {
		const char *path;
		enum s3_level level;
		const char *bucket, *key;
	} cases[] = {
		{ "/", S3_LEVEL_SERVICE, NULL, NULL },
		{ "/bucket", S3_LEVEL_BUCKET, "bucket", NULL },
		{ "/bucket/", S3_LEVEL_BUCKET, "bucket", NULL },
		{ "/bucket/k", S3_LEVEL_OBJECT, "bucket", "k" },
		{ "/bucket/k/", S3_LEVEL_OBJECT, "bucket", "k/" },
		{ "/bucket//k", S3_LEVEL_OBJECT, "bucket", "/k" },
		{ "/bucket//", S3_LEVEL_OBJECT, "bucket", "/" },
		{ "/bucket/a//b", S3_LEVEL_OBJECT, "bucket", "a//b" },
		{ "/bucket/../x", S3_LEVEL_OBJECT, "bucket", "../x" },
		{ "/bucket/.", S3_LEVEL_OBJECT, "bucket", "." },
		{ "/bucket/a+b%20c", S3_LEVEL_OBJECT, "bucket", "a+b c" },
		{ "/bucket/a%2Fb%3Fc", S3_LEVEL_OBJECT, "bucket", "a/b?c" },
		{ "/bucket/%252F", S3_LEVEL_OBJECT, "bucket", "%2F" },
		{ "/%62ucket/k", S3_LEVEL_OBJECT, "bucket", "k" },
		{ "/bucket/\xc3\xa4", S3_LEVEL_OBJECT, "bucket", "\xc3\xa4" },
		{ "/bucket/%C3%A4", S3_LEVEL_OBJECT, "bucket", "\xc3\xa4" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(located_clear) struct located l;

		assert(locate(cases[i].path, "127.0.0.1:9000", &l) == 0);
		assert(l.place.level == cases[i].level && !l.place.virtual_host);
		assert(span_is_none(l.place.bucket) == !cases[i].bucket);
		assert(span_is_none(l.place.key) == !cases[i].key);
		assert(span_equal(l.place.bucket, span_from_string(cases[i].bucket)));
		assert(span_equal(l.place.key, span_from_string(cases[i].key)));
	}
}

static void test_t50_paths_that_name_nothing_are_refused(void)
{
	static const struct {
		const char *path;
		int error;
	} cases[] = {
		{ "//k", S3_ERROR_INVALID_BUCKET_NAME },
		{ "/..", S3_ERROR_INVALID_BUCKET_NAME },
		{ "/../k", S3_ERROR_INVALID_BUCKET_NAME },
		{ "/%2e%2e/k", S3_ERROR_INVALID_BUCKET_NAME },
		{ "/bucket%2Fk", S3_ERROR_INVALID_BUCKET_NAME },
		{ "/Bucket/k", S3_ERROR_INVALID_BUCKET_NAME },
		{ "/bu%00ket/k", S3_ERROR_INVALID_BUCKET_NAME },
		{ "/%zz/k", S3_ERROR_INVALID_URI },
		{ "/bucket/%", S3_ERROR_INVALID_URI },
		{ "/bucket/%4", S3_ERROR_INVALID_URI },
		{ "/bucket/a%00b", S3_ERROR_INVALID_URI },
		{ "/bucket/%FF", S3_ERROR_INVALID_URI },
		{ "/bucket/%C0%AF", S3_ERROR_INVALID_URI },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(located_clear) struct located l;

		assert(locate(cases[i].path, "h", &l) == cases[i].error);
	}
}

static void test_t50_the_decoded_key_is_what_counts_for_its_length(void)
{
	_cleanup_(located_clear) struct located fits, over = { 0 };
	char path[8 + 3 * (S3_KEY_MAX + 1) + 1] = "/bucket/";

	for (size_t i = 0; i < S3_KEY_MAX; i++)
		strcat(path, "%61");
	assert(locate(path, "h", &fits) == 0 && fits.place.key.len == S3_KEY_MAX);
	strcat(path, "%61");
	assert(locate(path, "h", &over) == S3_ERROR_KEY_TOO_LONG);
}

static void test_hosts_name_buckets(void)
{
	static const struct {
		const char *host;
		const char *bucket; /* of path "/some/key" */
		bool virtual_host;
	} cases[] = {
		{ "bucket.s3.example.com", "bucket", true },
		{ "bucket.s3.example.com:9000", "bucket", true },
		{ "BUCKET.S3.Example.COM:9000", "bucket", true },
		{ "bucket.s3.example.com.", "bucket", true },
		{ "my.bucket.s3.example.com", "my.bucket", true },
		{ "bucket.example.com", "bucket", true },
		{ "s3.example.com", "some", false },
		{ "S3.example.com:80", "some", false },
		{ "example.com", "some", false },
		{ "notexample.com", "some", false },
		{ "bucket.s3.example.org", "some", false },
		{ "[::1]:9000", "some", false },
		{ "127.0.0.1", "some", false },
		{ "", "some", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(located_clear) struct located l;
		int r = locate("/some/key", cases[i].host, &l);

		assert(r == 0 && l.place.virtual_host == cases[i].virtual_host);
		assert(span_equal(l.place.bucket, span_from_string(cases[i].bucket)));
		assert(span_equal(l.place.key,
				  cases[i].virtual_host ? SPAN("some/key") : SPAN("key")));
	}
}

static void test_a_host_with_a_bucket_makes_the_root_that_bucket(void)
{
	_cleanup_(located_clear) struct located root, deep;

	assert(locate("/", "bucket.example.com", &root) == 0);
	assert(root.place.level == S3_LEVEL_BUCKET && span_is_none(root.place.key));
	assert(locate("//k", "bucket.example.com", &deep) == 0);
	assert(span_equal(deep.place.key, SPAN("/k")));
}

static void test_a_host_with_a_bad_bucket_is_refused(void)
{
	static const char *const hosts[] = { "a_b.example.com", ".s3.example.com",
					     "x.example.com" };

	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		_cleanup_(located_clear) struct located l;

		assert(locate("/k", hosts[i], &l) == S3_ERROR_INVALID_BUCKET_NAME);
	}
}

static void test_copy_sources_in_all_their_forms(void)
{
	static const struct {
		const char *value;
		int error;
		const char *key, *version;
	} cases[] = {
		{ "bucket/k", 0, "k", NULL },
		{ "/bucket/k", 0, "k", NULL },
		{ "bucket/a/b", 0, "a/b", NULL },
		{ "bucket//a", 0, "/a", NULL },
		{ "/bucket/%C3%A4%20%2B+", 0, "\xc3\xa4 ++", NULL },
		{ "bucket/k?versionId=null", 0, "k", "null" },
		{ "bucket/k%3FversionId=1", 0, "k?versionId=1", NULL },
		{ "bucket/who?", 0, "who?", NULL },
		{ "bucket/who?x=1&y", 0, "who?x=1&y", NULL },
		{ "bucket/%252e", 0, "%2e", NULL },
		{ "bucket/../x", 0, "../x", NULL },
		{ "bucket/a b", 0, "a b", NULL },
		{ "bucket/a%20%20b", 0, "a  b", NULL },
		/* Signed alike, but of other keys. */
		{ "bucket/a  b", S3_ERROR_INVALID_ARGUMENT, NULL, NULL },
		{ "bucket/a\tb", S3_ERROR_INVALID_ARGUMENT, NULL, NULL },
		{ "", S3_ERROR_INVALID_ARGUMENT, NULL, NULL },
		{ "/", S3_ERROR_INVALID_ARGUMENT, NULL, NULL },
		{ "bucket", S3_ERROR_INVALID_ARGUMENT, NULL, NULL },
		{ "bucket/", S3_ERROR_INVALID_ARGUMENT, NULL, NULL },
		{ "/bucket/?versionId=1", S3_ERROR_INVALID_ARGUMENT, NULL, NULL },
		{ "bucket/k?versionId=", S3_ERROR_INVALID_ARGUMENT, NULL, NULL },
		{ "bucket%2Fk", 0, "k", NULL },
		{ "%2Fbucket%2Fa%2Fb", 0, "a/b", NULL },
		{ "//k", S3_ERROR_INVALID_BUCKET_NAME, NULL, NULL },
		{ "../k", S3_ERROR_INVALID_BUCKET_NAME, NULL, NULL },
		{ "bucket/%00", S3_ERROR_INVALID_URI, NULL, NULL },
		{ "bucket/%ff", S3_ERROR_INVALID_URI, NULL, NULL },
		{ "bucket/%", S3_ERROR_INVALID_URI, NULL, NULL },
		{ "arn:aws:s3:::bucket/k", S3_ERROR_NOT_IMPLEMENTED, NULL, NULL },
		{ "ARN:aws:s3:us-west-2:1:accesspoint/a/object/k", S3_ERROR_NOT_IMPLEMENTED, NULL,
		  NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_clear) struct buffer decoded = BUFFER_INIT(1024);
		struct span version = SPAN("untouched");
		struct place place;
		int r;

		assert(buffer_reserve(&decoded, 1024));
		r = target_locate_source(span_from_string(cases[i].value), &decoded, &place,
					 &version);
		assert(r == cases[i].error);
		if (r)
			continue;
		assert(span_equal(place.bucket, SPAN("bucket")));
		assert(span_equal(place.key, span_from_string(cases[i].key)));
		assert(span_is_none(version) == !cases[i].version);
		assert(span_equal(version, span_from_string(cases[i].version)));
	}
}

int main(void)
{
	test_a_target_is_cut_at_its_first_question_mark();
	test_t54_targets_that_are_not_origin_form_are_refused();
	test_parameters_are_cut_while_encoded();
	test_paths_name_service_bucket_or_object();
	test_t50_paths_that_name_nothing_are_refused();
	test_t50_the_decoded_key_is_what_counts_for_its_length();
	test_hosts_name_buckets();
	test_a_host_with_a_bucket_makes_the_root_that_bucket();
	test_a_host_with_a_bad_bucket_is_refused();
	test_copy_sources_in_all_their_forms();
	return 0;
}
