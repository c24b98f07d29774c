/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/route.h"

#include "head.h"

/* What any operation may need, so that only the route decides. */
#define COMMON "\nHost: h\nContent-Length: 1\nContent-MD5: 1B2M2Y8AsgTpgAmY7PhCfg=="

static void test_every_row_is_reached(void)
{
	static const struct {
		const char *head;
		enum s3_operation operation;
	} cases[] = {
		{ "GET /" COMMON, S3_LIST_BUCKETS },
		{ "GET /?location" COMMON, S3_LIST_BUCKETS },
		{ "GET /?x-id=ListBuckets" COMMON, S3_LIST_BUCKETS },
		{ "GET /bkt?location" COMMON, S3_GET_BUCKET_LOCATION },
		{ "GET /bkt/?location=" COMMON, S3_GET_BUCKET_LOCATION },
		{ "GET /bkt?uploads&prefix=p" COMMON, S3_LIST_MULTIPART_UPLOADS },
		{ "GET /bkt?policy" COMMON, S3_GET_BUCKET_POLICY },
		{ "GET /bkt?policyStatus" COMMON, S3_GET_BUCKET_POLICY_STATUS },
		{ "PUT /bkt?policy" COMMON, S3_PUT_BUCKET_POLICY },
		{ "DELETE /bkt?policy" COMMON, S3_DELETE_BUCKET_POLICY },
		{ "GET /bkt?publicAccessBlock" COMMON, S3_GET_PUBLIC_ACCESS_BLOCK },
		{ "PUT /bkt?publicAccessBlock" COMMON, S3_PUT_PUBLIC_ACCESS_BLOCK },
		{ "DELETE /bkt?publicAccessBlock" COMMON, S3_DELETE_PUBLIC_ACCESS_BLOCK },
		{ "GET /bkt?cors" COMMON, S3_GET_BUCKET_CONFIGURATION },
		{ "GET /bkt?list-type=2" COMMON, S3_LIST_OBJECTS_V2 },
		{ "GET /bkt?prefix=a&list-type=2" COMMON, S3_LIST_OBJECTS_V2 },
		{ "GET /bkt" COMMON, S3_LIST_OBJECTS },
		{ "GET /bkt/?list-type=1" COMMON, S3_LIST_OBJECTS },
		{ "GET /bkt?unknown=1" COMMON, S3_LIST_OBJECTS },
		{ "HEAD /bkt" COMMON, S3_HEAD_BUCKET },
		{ "PUT /bkt" COMMON, S3_CREATE_BUCKET },
		{ "PUT /bkt/" COMMON, S3_CREATE_BUCKET },
		{ "DELETE /bkt" COMMON, S3_DELETE_BUCKET },
		{ "POST /bkt?delete" COMMON, S3_DELETE_OBJECTS },
		{ "POST /bkt/?delete=" COMMON, S3_DELETE_OBJECTS },
		{ "GET /bkt/k?uploadId=u" COMMON, S3_LIST_PARTS },
		{ "GET /bkt?acl" COMMON, S3_GET_BUCKET_ACL },
		{ "GET /bkt/k?acl" COMMON, S3_GET_OBJECT_ACL },
		{ "GET /bkt/k?tagging" COMMON, S3_GET_OBJECT_TAGGING },
		{ "GET /bkt/k?attributes" COMMON "\nx-amz-object-attributes: ETag",
		  S3_GET_OBJECT_ATTRIBUTES },
		{ "GET /bkt/k" COMMON, S3_GET_OBJECT },
		{ "GET /bkt/k?partNumber=1&versionId=null&x-id=GetObject" COMMON, S3_GET_OBJECT },
		{ "HEAD /bkt/k" COMMON, S3_HEAD_OBJECT },
		{ "PUT /bkt/k?uploadId=u&partNumber=1" COMMON "\nx-amz-copy-source: src/k",
		  S3_UPLOAD_PART_COPY },
		{ "PUT /bkt/k?partNumber=1&uploadId=u" COMMON, S3_UPLOAD_PART },
		{ "PUT /bkt/k" COMMON "\nx-amz-copy-source: src/k", S3_COPY_OBJECT },
		{ "PUT /bkt/k" COMMON, S3_PUT_OBJECT },
		{ "PUT /bkt/k?x-id=PutObject" COMMON, S3_PUT_OBJECT },
		{ "POST /bkt/k?uploads" COMMON, S3_CREATE_MULTIPART_UPLOAD },
		{ "POST /bkt/k?uploadId=u" COMMON, S3_COMPLETE_MULTIPART_UPLOAD },
		{ "DELETE /bkt/k?uploadId=u" COMMON, S3_ABORT_MULTIPART_UPLOAD },
		{ "DELETE /bkt/k?versionId=null" COMMON, S3_DELETE_OBJECT },
	};
	bool reached[S3_OPERATION_COUNT] = { false };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(test_request_clear) struct test_request t;
		const struct s3_request *r = test_request_init(&t, cases[i].head);

		assert(t.result == 0 && r->operation == cases[i].operation);
		reached[r->operation] = true;
	}
	for (unsigned int i = 0; i < S3_OPERATION_COUNT; i++)
		assert(reached[i]);
}

static void test_every_configuration_is_reached_by_its_name(void)
{
	for (unsigned int i = 0; i < S3_CONFIGURATION_COUNT; i++) {
		_cleanup_(test_request_clear) struct test_request t;
		const struct s3_request *r;
		char head[64];

		snprintf(head, sizeof(head), "GET /bkt?%s", s3_configurations[i].subresource);
		r = test_request_init(&t, head);
		assert(t.result == 0 && r->operation == S3_GET_BUCKET_CONFIGURATION);
		assert(r->configuration == i);
		assert(route_subresource(span_from_string(s3_configurations[i].subresource)));
	}
}

/* What is not served must not be taken for the plain operation of that method and path. */
static void test_subresources_that_no_row_serves_are_refused(void)
{
	static const struct test_case cases[] = {
		{ "PUT /bkt?cors" COMMON, S3_ERROR_NOT_IMPLEMENTED },
		{ "POST /bkt?policy" COMMON, S3_ERROR_METHOD_NOT_ALLOWED },
		{ "PUT /bkt?policyStatus" COMMON, S3_ERROR_METHOD_NOT_ALLOWED },
		{ "DELETE /bkt?lifecycle" COMMON, S3_ERROR_NOT_IMPLEMENTED },
		{ "PUT /bkt?versioning" COMMON, S3_ERROR_NOT_IMPLEMENTED },
		{ "PUT /bkt?acl" COMMON, S3_ERROR_NOT_IMPLEMENTED },
		{ "GET /bkt?versions" COMMON, S3_ERROR_NOT_IMPLEMENTED },
		{ "GET /bkt?analytics&id=1" COMMON, S3_ERROR_NOT_IMPLEMENTED },
		{ "DELETE /bkt?inventory&id=1" COMMON, S3_ERROR_NOT_IMPLEMENTED },
		{ "PUT /bkt?metrics&id=1" COMMON, S3_ERROR_NOT_IMPLEMENTED },
		{ "PUT /bkt?intelligent-tiering" COMMON, S3_ERROR_NOT_IMPLEMENTED },
		{ "PUT /bkt?replication" COMMON, S3_ERROR_NOT_IMPLEMENTED },
		{ "GET /bkt?session" COMMON, S3_ERROR_NOT_IMPLEMENTED },
		{ "POST /bkt" COMMON, S3_ERROR_NOT_IMPLEMENTED },
		{ "DELETE /bkt/k?tagging" COMMON, S3_ERROR_NOT_IMPLEMENTED },
		{ "PUT /bkt/k?tagging" COMMON, S3_ERROR_NOT_IMPLEMENTED },
		{ "PUT /bkt/k?acl" COMMON, S3_ERROR_NOT_IMPLEMENTED },
		{ "GET /bkt/k?torrent" COMMON, S3_ERROR_NOT_IMPLEMENTED },
		{ "PUT /bkt/k?retention" COMMON, S3_ERROR_NOT_IMPLEMENTED },
		{ "PUT /bkt/k?legal-hold" COMMON, S3_ERROR_NOT_IMPLEMENTED },
		{ "POST /bkt/k?restore" COMMON, S3_ERROR_NOT_IMPLEMENTED },
		{ "POST /bkt/k?select&select-type=2" COMMON, S3_ERROR_NOT_IMPLEMENTED },
		{ "PUT /bkt/k?renameObject" COMMON, S3_ERROR_NOT_IMPLEMENTED },
		{ "PUT /bkt/k?encryption" COMMON, S3_ERROR_NOT_IMPLEMENTED },
		{ "DELETE /bkt?uploadId=u" COMMON, S3_ERROR_NOT_IMPLEMENTED },
		{ "DELETE /bkt?%75ploadId=u" COMMON, S3_ERROR_NOT_IMPLEMENTED },
		{ "DELETE /bkt?delete" COMMON, S3_ERROR_METHOD_NOT_ALLOWED },
		{ "DELETE /bkt?uploads" COMMON, S3_ERROR_METHOD_NOT_ALLOWED },
		{ "PUT /bkt?location" COMMON, S3_ERROR_METHOD_NOT_ALLOWED },
		{ "PUT /bkt/k?uploads" COMMON, S3_ERROR_METHOD_NOT_ALLOWED },
		{ "DELETE /bkt/k?uploads" COMMON, S3_ERROR_METHOD_NOT_ALLOWED },
		{ "DELETE /bkt/k?attributes" COMMON, S3_ERROR_METHOD_NOT_ALLOWED },
		{ "GET /bkt?acl&policy" COMMON, S3_ERROR_INVALID_ARGUMENT },
		{ "POST /bkt/k?uploads&uploadId=u" COMMON, S3_ERROR_INVALID_ARGUMENT },
	};

	TEST_CASES(cases);
}

static void test_wrong_methods_are_not_allowed(void)
{
	static const char *const heads[] = {
		"PUT /" COMMON,	       "POST /" COMMON,	     "DELETE /" COMMON,
		"HEAD /" COMMON,       "POST /bkt/k" COMMON, "PATCH /bkt/k" COMMON,
		"OPTIONS /bkt" COMMON, "get /bkt" COMMON,
	};

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		assert(test_parse(heads[i]) == S3_ERROR_METHOD_NOT_ALLOWED);
}

static void test_half_of_a_part_is_refused(void)
{
	assert(test_parse("PUT /bkt/k?uploadId=u" COMMON) == S3_ERROR_INVALID_ARGUMENT);
	assert(test_parse("PUT /bkt/k?partNumber=1" COMMON) == S3_ERROR_INVALID_ARGUMENT);
	assert(test_parse("DELETE /bkt/k?partNumber=1" COMMON) == S3_ERROR_INVALID_ARGUMENT);
}

static void test_a_copy_source_belongs_to_copies(void)
{
	static const char *const heads[] = {
		"GET /bkt/k\nx-amz-copy-source: src/k",
		"DELETE /bkt/k\nx-amz-copy-source: src/k",
		"POST /bkt/k?uploads\nx-amz-copy-source: src/k",
		"PUT /bkt\nx-amz-copy-source: src/k",
	};

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		assert(test_parse(heads[i]) == S3_ERROR_INVALID_ARGUMENT);
}

int main(void)
{
	test_every_row_is_reached();
	test_every_configuration_is_reached_by_its_name();
	test_subresources_that_no_row_serves_are_refused();
	test_wrong_methods_are_not_allowed();
	test_half_of_a_part_is_refused();
	test_a_copy_source_belongs_to_copies();
	return 0;
}
