/* SPDX-License-Identifier: Apache-2.0 */

/* An operator who manages: what there is, and whom it is open to. */

#include "tests/unit/stored/operator-scene.h"

static void keep_upload_id(char to[static 64])
{
	struct span id = world_answer(&w).upload_id;

	assert(id.len < 64);
	memcpy(to, id.data, id.len);
	to[id.len] = '\0';
}

static void test_a_manager_sees_what_there_is_and_deletes_it(void)
{
	struct s3_request buckets = request_for(SPAN_NONE, S3_LIST_BUCKETS),
			  head = request_for(SPAN("bucket"), S3_HEAD_BUCKET),
			  drop = request_for(SPAN("bucket"), S3_DELETE_BUCKET),
			  uploads = request_for(SPAN("bucket"), S3_LIST_MULTIPART_UPLOADS),
			  object = request(S3_DELETE_OBJECT, "old"),
			  upload = request(S3_ABORT_MULTIPART_UPLOAD, "old");
	char id[64];
	struct worker o;

	begin();
	assert(world_ask(&w, "POST /bucket/old?uploads", NO_HEADERS) == IPC_DONE);
	keep_upload_id(id);
	enter_to_manage(SPAN(""), &o);
	buckets.params[S3_PARAM_MAX_BUCKETS] = SPAN("10");
	assert(operate(&o, &buckets) == IPC_DONE && !world_answer(&w).truncated);
	assert(operate(&o, &head) == IPC_DONE && world_answer(&w).region.len);
	uploads.params[S3_PARAM_MAX_UPLOADS] = SPAN("10");
	assert(operate(&o, &uploads) == IPC_DONE && world_answer(&w).count == 1);
	assert_error(operate(&o, &drop), S3_ERROR_BUCKET_NOT_EMPTY);
	upload.params[S3_PARAM_UPLOAD_ID] = span_from_string(id);
	assert(operate(&o, &upload) == IPC_DONE);
	assert(operate(&o, &object) == IPC_DONE);
	assert(operate(&o, &drop) == IPC_DONE);
	assert_error(operate(&o, &head), S3_ERROR_NO_SUCH_BUCKET);
	end(&o);
}

#define POLICY                                                                                     \
	"{ \"Statement\": { \"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": "             \
	"\"s3:GetObject\", \"Resource\": \"arn:aws:s3:::bucket/*\" } }"
#define BLOCK                                                                                      \
	"<PublicAccessBlockConfiguration><BlockPublicPolicy>true</BlockPublicPolicy>"              \
	"</PublicAccessBlockConfiguration>"

static enum ipc_number command(struct worker *o, enum s3_operation operation, struct span document)
{
	struct s3_request r = request(operation, NULL);

	r.length = document.len;
	operate_with(o, &r, true, document);
	return world_hear(&w, o);
}

static void test_a_manager_says_whom_a_bucket_is_open_to(void)
{
	struct s3_request get = request(S3_GET_BUCKET_POLICY, NULL),
			  status = request(S3_GET_BUCKET_POLICY_STATUS, NULL),
			  drop = request(S3_DELETE_BUCKET_POLICY, NULL),
			  block = request(S3_GET_PUBLIC_ACCESS_BLOCK, NULL),
			  unblock = request(S3_DELETE_PUBLIC_ACCESS_BLOCK, NULL);
	struct worker o;

	begin();
	enter_to_manage(SPAN("bucket"), &o);
	assert_error(operate(&o, &get), S3_ERROR_NO_SUCH_BUCKET_POLICY);
	assert(operate(&o, &unblock) == IPC_DONE);
	assert(command(&o, S3_PUT_BUCKET_POLICY, SPAN(POLICY)) == IPC_DONE);
	assert(operate(&o, &get) == IPC_DONE);
	assert(span_starts_with(world_answer(&w).document, SPAN("{\"Statement\":{\"Effect\"")));
	assert(operate(&o, &status) == IPC_DONE && world_answer(&w).is_public == 1);
	assert(operate(&o, &drop) == IPC_DONE);
	assert_error(operate(&o, &status), S3_ERROR_NO_SUCH_BUCKET_POLICY);
	assert(command(&o, S3_PUT_PUBLIC_ACCESS_BLOCK, SPAN(BLOCK)) == IPC_DONE);
	assert(operate(&o, &block) == IPC_DONE && world_answer(&w).blocks == 1u << S3_BLOCK_POLICY);
	assert_error(command(&o, S3_PUT_BUCKET_POLICY, SPAN(POLICY)), S3_ERROR_ACCESS_DENIED);
	assert(operate(&o, &unblock) == IPC_DONE);
	assert(command(&o, S3_PUT_BUCKET_POLICY, SPAN(POLICY)) == IPC_DONE);
	end(&o);
}

static void test_a_managers_document_is_read_like_a_clients(void)
{
	struct s3_request get = request(S3_GET_BUCKET_POLICY, NULL),
			  longer = request(S3_PUT_BUCKET_POLICY, NULL);
	struct worker o;

	begin();
	enter_to_manage(SPAN("bucket"), &o);
	assert_error(command(&o, S3_PUT_BUCKET_POLICY, SPAN("")), S3_ERROR_MALFORMED_POLICY);
	assert_error(command(&o, S3_PUT_BUCKET_POLICY, SPAN("{}")), S3_ERROR_MALFORMED_POLICY);
	assert(w.heard.message.failed.detail.len);
	assert_error(command(&o, S3_PUT_PUBLIC_ACCESS_BLOCK, SPAN("<a/>")), S3_ERROR_MALFORMED_XML);
	longer.length = sizeof(POLICY);
	operate_with(&o, &longer, true, SPAN(POLICY));
	assert_error(world_hear(&w, &o), S3_ERROR_INCOMPLETE_BODY);
	assert(command(&o, S3_PUT_BUCKET_POLICY, make_bytes(WORLD_INLINE_LIMIT + 1)) == IPC_FAILED);
	assert_error(operate(&o, &get), S3_ERROR_NO_SUCH_BUCKET_POLICY);
	end(&o);
}

static void test_t70_a_command_has_its_document_and_others_have_none(void)
{
	static const struct {
		enum s3_operation operation;
		bool has_body;
	} cases[] = {
		{ S3_PUT_BUCKET_POLICY, false },
		{ S3_PUT_PUBLIC_ACCESS_BLOCK, false },
		{ S3_GET_BUCKET_POLICY, true },
		{ S3_DELETE_BUCKET_POLICY, true },
	};
	struct worker o;

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct s3_request r = request(cases[i].operation, NULL);

		enter_to_manage(SPAN("bucket"), &o);
		operate_with(&o, &r, cases[i].has_body, SPAN(""));
		assert_only_his_channel_ended(&o);
	}
	world_end(&w);
}

static void test_t21_to_manage_one_bucket_is_not_to_manage_another(void)
{
	static const struct span buckets[] = { SPAN("second"), SPAN("bucke"), SPAN(""), SPAN_NONE };
	struct s3_request list = request_for(SPAN_NONE, S3_LIST_BUCKETS);
	struct worker o;

	begin();
	assert(world_command(&w, "PUT /second", NO_HEADERS, SPAN("")) == IPC_DONE);
	for (size_t i = 0; i < ARRAY_SIZE(buckets); i++) {
		struct s3_request r = request_for(buckets[i], S3_DELETE_BUCKET);

		enter_to_manage(SPAN("bucket"), &o);
		operate_with(&o, &r, false, SPAN(""));
		assert_only_his_channel_ended(&o);
	}
	enter_to_manage(SPAN("bucket"), &o);
	operate_with(&o, &list, false, SPAN(""));
	assert_only_his_channel_ended(&o);
	assert(world_ask(&w, "HEAD /second", NO_HEADERS) == IPC_DONE);
	world_end(&w);
}

/* Nor is any of it there to one who came for something else. */
static void test_t21_an_importer_says_nothing_that_managing_needs(void)
{
	static const enum s3_param params[] = { S3_PARAM_MAX_BUCKETS, S3_PARAM_MAX_UPLOADS,
						S3_PARAM_KEY_MARKER, S3_PARAM_UPLOAD_ID_MARKER,
						S3_PARAM_UPLOAD_ID };
	struct worker o;

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(params); i++) {
		struct s3_request r = request(S3_LIST_OBJECTS_V2, NULL);

		r.params[params[i]] = SPAN("1");
		enter(OPERATOR_IMPORT, &o);
		operate_with(&o, &r, false, SPAN(""));
		assert_only_his_channel_ended(&o);
	}
	world_end(&w);
}

static void test_t30_of_another_tenants_buckets_a_manager_sees_none(void)
{
	struct s3_request buckets = request_for(SPAN_NONE, S3_LIST_BUCKETS),
			  drop = request_for(SPAN("bucket"), S3_DELETE_BUCKET),
			  uploads = request_for(SPAN("bucket"), S3_LIST_MULTIPART_UPLOADS),
			  object = request(S3_DELETE_OBJECT, "old");
	static const enum s3_operation asked[] = {
		S3_GET_BUCKET_POLICY,	    S3_GET_BUCKET_POLICY_STATUS,   S3_DELETE_BUCKET_POLICY,
		S3_GET_PUBLIC_ACCESS_BLOCK, S3_DELETE_PUBLIC_ACCESS_BLOCK,
	};
	struct worker o;

	begin();
	w.tenant.bytes[0]++;
	enter_to_manage(SPAN(""), &o);
	w.tenant.bytes[0]--;
	assert(operate(&o, &buckets) == IPC_DONE && !w.items.len);
	assert_error(operate(&o, &uploads), S3_ERROR_ACCESS_DENIED);
	assert_error(operate(&o, &object), S3_ERROR_ACCESS_DENIED);
	assert_error(operate(&o, &drop), S3_ERROR_ACCESS_DENIED);
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		struct s3_request r = request(asked[i], NULL);

		assert_error(operate(&o, &r), S3_ERROR_ACCESS_DENIED);
	}
	assert_error(command(&o, S3_PUT_BUCKET_POLICY, SPAN(POLICY)), S3_ERROR_ACCESS_DENIED);
	assert_error(command(&o, S3_PUT_PUBLIC_ACCESS_BLOCK, SPAN(BLOCK)), S3_ERROR_ACCESS_DENIED);
	assert(world_ask(&w, "GET /bucket/old", NO_HEADERS) == IPC_OBJECT);
	end(&o);
}

static void test_t72_a_name_that_no_bucket_can_have_is_an_answer(void)
{
	static const struct span names[] = { SPAN(""), SPAN(".."), SPAN("a/b"), SPAN("Bucket") };
	struct worker o;

	begin();
	enter_to_manage(SPAN(""), &o);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct s3_request r = request_for(names[i], S3_HEAD_BUCKET);

		assert_error(operate(&o, &r), S3_ERROR_INVALID_BUCKET_NAME);
	}
	end(&o);
}

int main(void)
{
	test_a_manager_sees_what_there_is_and_deletes_it();
	test_a_manager_says_whom_a_bucket_is_open_to();
	test_a_managers_document_is_read_like_a_clients();
	test_t70_a_command_has_its_document_and_others_have_none();
	test_t21_to_manage_one_bucket_is_not_to_manage_another();
	test_t21_an_importer_says_nothing_that_managing_needs();
	test_t30_of_another_tenants_buckets_a_manager_sees_none();
	test_t72_a_name_that_no_bucket_can_have_is_an_answer();
	buffer_clear(&sealed);
	return 0;
}
