/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/policy/needs.h"

#include "s3/policy/actions.h"

#include "head.h"

/* All needs of a request, as `s3:Action bucket key;` each. */
static void describe(const struct s3_request *r, struct buffer *b)
{
	struct policy_need needs[POLICY_NEEDS_MAX];
	size_t n = policy_needs_of_request(r, needs);

	for (size_t i = 0; i < n; i++) {
		buffer_append(b, needs[i].action);
		buffer_append_byte(b, ' ');
		buffer_append(b, needs[i].bucket);
		buffer_append_byte(b, ' ');
		buffer_append(b, needs[i].key);
		buffer_append_byte(b, ';');
	}
	assert(!buffer_error(b));
}

static void check(const struct s3_request *r, const char *expected)
{
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(KIB);

	describe(r, &b);
	if (!span_equal(buffer_span(&b), span_from_string(expected)))
		fprintf(stderr, "%s\n-> %.*s\n", expected, (int)b.len, (const char *)b.data);
	assert(span_equal(buffer_span(&b), span_from_string(expected)));
}

static void test_t20_needs_of_heads(void)
{
	static const struct {
		const char *head, *expected;
	} rows[] = {
		{ "GET /", "s3:ListAllMyBuckets  ;" },
		{ "GET /bkt", "s3:ListBucket bkt ;" },
		{ "GET /bkt?cors", "s3:GetBucketCORS bkt ;" },
		{ "GET /bkt?policy", "s3:GetBucketPolicy bkt ;" },
		{ "GET /bkt/a/b", "s3:GetObject bkt a/b;" },
		{ "HEAD /bkt/k", "s3:GetObject bkt k;" },
		{ "GET /bkt/k?attributes\nx-amz-object-attributes: ETag",
		  "s3:GetObjectAttributes bkt k;s3:GetObject bkt k;" },
		{ "PUT /bkt/k\nContent-Length: 1", "s3:PutObject bkt k;" },
		{ "PUT /bkt/k\nContent-Length: 1\nx-amz-acl: private", "s3:PutObject bkt k;" },
		{ "PUT /bkt/k\nx-amz-copy-source: src/a",
		  "s3:PutObject bkt k;s3:GetObject src a;" },
		{ "PUT /bkt/k?uploadId=u&partNumber=1\nx-amz-copy-source: src/a",
		  "s3:PutObject bkt k;s3:GetObject src a;" },
		{ "DELETE /bkt/k", "s3:DeleteObject bkt k;" },
		{ "POST /bkt?delete\nContent-Length: 1\nContent-MD5: 1B2M2Y8AsgTpgAmY7PhCfg==",
		  "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(test_request_clear) struct test_request t;
		const struct s3_request *r = test_request_init(&t, rows[i].head);

		if (t.result)
			fprintf(stderr, "%s -> %d\n", rows[i].head, t.result);
		assert(t.result == 0);
		check(r, rows[i].expected);
	}
}

/* Whatever parsing may refuse today: each header and version has its action. */
static void test_t22_versions_have_actions_of_their_own(void)
{
	static const struct {
		enum s3_operation operation;
		const char *expected;
	} rows[] = {
		{ S3_GET_OBJECT, "s3:GetObjectVersion bkt k;" },
		{ S3_HEAD_OBJECT, "s3:GetObjectVersion bkt k;" },
		{ S3_GET_OBJECT_ACL, "s3:GetObjectVersionAcl bkt k;" },
		{ S3_GET_OBJECT_TAGGING, "s3:GetObjectVersionTagging bkt k;" },
		{ S3_GET_OBJECT_ATTRIBUTES,
		  "s3:GetObjectVersionAttributes bkt k;s3:GetObjectVersion bkt k;" },
		{ S3_DELETE_OBJECT, "s3:DeleteObjectVersion bkt k;" },
		{ S3_LIST_PARTS, "s3:ListMultipartUploadParts bkt k;" },
	};
	struct policy_need need = policy_need_of_delete(SPAN("bkt"), SPAN("k"), true);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct s3_request r = { .operation = rows[i].operation,
					.bucket = SPAN("bkt"),
					.key = SPAN("k") };

		r.params[S3_PARAM_VERSION_ID] = SPAN("v");
		check(&r, rows[i].expected);
		/* One that is empty is one that was asked for. */
		r.params[S3_PARAM_VERSION_ID] = SPAN("");
		check(&r, rows[i].expected);
	}
	assert(span_equal(need.action, SPAN("s3:DeleteObjectVersion")));
	need = policy_need_of_delete(SPAN("bkt"), SPAN("k"), false);
	assert(span_equal(need.action, SPAN("s3:DeleteObject")) && span_equal(need.key, SPAN("k")));
}

static void test_t22_a_version_is_copied_by_its_own_action(void)
{
	struct s3_request r = { .operation = S3_COPY_OBJECT,
				.bucket = SPAN("bkt"),
				.key = SPAN("k"),
				.source_bucket = SPAN("src"),
				.source_key = SPAN("a"),
				.source_version = SPAN("v") };

	check(&r, "s3:PutObject bkt k;s3:GetObjectVersion src a;");
}

/* That it fits tells what is in the object. */
static void test_t24_who_compares_an_etag_must_be_allowed_to_read(void)
{
	static const struct {
		enum s3_operation operation;
		const char *if_match;
		const char *expected;
	} rows[] = {
		{ S3_PUT_OBJECT, "\"e\"", "s3:PutObject bkt k;s3:GetObject bkt k;" },
		{ S3_PUT_OBJECT, "", "s3:PutObject bkt k;s3:GetObject bkt k;" },
		{ S3_PUT_OBJECT, "*", "s3:PutObject bkt k;" },
		{ S3_COMPLETE_MULTIPART_UPLOAD, "e", "s3:PutObject bkt k;s3:GetObject bkt k;" },
		{ S3_DELETE_OBJECT, "e", "s3:DeleteObject bkt k;s3:GetObject bkt k;" },
		{ S3_DELETE_OBJECT, "*", "s3:DeleteObject bkt k;" },
		{ S3_GET_OBJECT, "e", "s3:GetObject bkt k;" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct s3_request r = { .operation = rows[i].operation,
					.bucket = SPAN("bkt"),
					.key = SPAN("k") };

		r.headers[S3_HEADER_IF_MATCH] = span_from_string(rows[i].if_match);
		check(&r, rows[i].expected);
	}
}

static void test_what_is_set_beside_is_asked_for_beside(void)
{
	static const struct {
		enum s3_operation operation;
		enum s3_header header;
		const char *expected;
	} rows[] = {
		{ S3_PUT_OBJECT, S3_HEADER_AMZ_ACL, "s3:PutObject bkt k;s3:PutObjectAcl bkt k;" },
		{ S3_PUT_OBJECT, S3_HEADER_AMZ_GRANT_FULL_CONTROL,
		  "s3:PutObject bkt k;s3:PutObjectAcl bkt k;" },
		{ S3_PUT_OBJECT, S3_HEADER_AMZ_GRANT_READ,
		  "s3:PutObject bkt k;s3:PutObjectAcl bkt k;" },
		{ S3_PUT_OBJECT, S3_HEADER_AMZ_GRANT_READ_ACP,
		  "s3:PutObject bkt k;s3:PutObjectAcl bkt k;" },
		{ S3_PUT_OBJECT, S3_HEADER_AMZ_GRANT_WRITE,
		  "s3:PutObject bkt k;s3:PutObjectAcl bkt k;" },
		{ S3_PUT_OBJECT, S3_HEADER_AMZ_GRANT_WRITE_ACP,
		  "s3:PutObject bkt k;s3:PutObjectAcl bkt k;" },
		{ S3_PUT_OBJECT, S3_HEADER_AMZ_TAGGING,
		  "s3:PutObject bkt k;s3:PutObjectTagging bkt k;" },
		{ S3_CREATE_MULTIPART_UPLOAD, S3_HEADER_AMZ_TAGGING,
		  "s3:PutObject bkt k;s3:PutObjectTagging bkt k;" },
		{ S3_PUT_OBJECT, S3_HEADER_AMZ_OBJECT_LOCK_MODE,
		  "s3:PutObject bkt k;s3:PutObjectRetention bkt k;" },
		{ S3_PUT_OBJECT, S3_HEADER_AMZ_OBJECT_LOCK_RETAIN_UNTIL_DATE,
		  "s3:PutObject bkt k;s3:PutObjectRetention bkt k;" },
		{ S3_PUT_OBJECT, S3_HEADER_AMZ_OBJECT_LOCK_LEGAL_HOLD,
		  "s3:PutObject bkt k;s3:PutObjectLegalHold bkt k;" },
		{ S3_GET_OBJECT, S3_HEADER_AMZ_TAGGING, "s3:GetObject bkt k;" },
		{ S3_CREATE_BUCKET, S3_HEADER_AMZ_ACL,
		  "s3:CreateBucket bkt ;s3:PutBucketAcl bkt ;" },
		{ S3_CREATE_BUCKET, S3_HEADER_AMZ_OBJECT_OWNERSHIP,
		  "s3:CreateBucket bkt ;s3:PutBucketOwnershipControls bkt ;" },
		{ S3_CREATE_BUCKET, S3_HEADER_AMZ_BUCKET_OBJECT_LOCK_ENABLED,
		  "s3:CreateBucket bkt ;s3:PutBucketObjectLockConfiguration bkt ;"
		  "s3:PutBucketVersioning bkt ;" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct s3_request r = { .operation = rows[i].operation, .bucket = SPAN("bkt") };

		if (rows[i].operation != S3_CREATE_BUCKET)
			r.key = SPAN("k");
		r.headers[rows[i].header] = SPAN("public-read");
		check(&r, rows[i].expected);
	}
}

/* A policy could name it. */
static bool exists(struct span action)
{
	_cleanup_(arena_clear) struct arena a = ARENA_INIT(MIB);
	struct policy_matcher m = { .steps = POLICY_STEPS_MAX };
	struct policy_pattern p;

	assert(span_starts_with(action, SPAN(POLICY_ACTION_VENDOR)));
	action = span_skip(action, strlen(POLICY_ACTION_VENDOR));
	assert(policy_pattern_compile(&a, action, 0, &p) == 0);
	return policy_action_exists(&m, &p);
}

/* All headers at once, on every operation, with a version and without: there is room. */
static void test_no_request_needs_too_much_or_what_is_no_action(void)
{
	for (unsigned int i = 0; i < 2 * S3_OPERATION_COUNT; i++) {
		struct policy_need needs[POLICY_NEEDS_MAX];
		struct s3_request r = { .operation = (enum s3_operation)(i / 2) };
		size_t n;

		for (unsigned int h = 0; h < S3_HEADER_COUNT; h++)
			r.headers[h] = SPAN("x");
		if (i % 2)
			r.source_version = r.params[S3_PARAM_VERSION_ID] = SPAN("v");
		n = policy_needs_of_request(&r, needs);
		assert((n == 0) == (r.operation == S3_DELETE_OBJECTS));
		for (size_t j = 0; j < n; j++)
			assert(exists(needs[j].action));
	}
}

int main(void)
{
	test_t20_needs_of_heads();
	test_t22_versions_have_actions_of_their_own();
	test_t22_a_version_is_copied_by_its_own_action();
	test_t24_who_compares_an_etag_must_be_allowed_to_read();
	test_what_is_set_beside_is_asked_for_beside();
	test_no_request_needs_too_much_or_what_is_no_action();
	return 0;
}
