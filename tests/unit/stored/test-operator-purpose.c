/* SPDX-License-Identifier: Apache-2.0 */

/* What an operator may do with a bucket's objects, and that his grant is for nothing else. */

#include "tests/unit/stored/operator-scene.h"

/* --- a life ---------------------------------------------------------------------------------- */

static void test_an_importer_puts_looks_reads_and_lists(void)
{
	struct s3_request get = request(S3_GET_OBJECT, "small"),
			  head = request(S3_HEAD_OBJECT, "large"),
			  list = request(S3_LIST_OBJECTS_V2, NULL);
	struct span large = make_bytes(300000);
	struct worker o;

	begin();
	enter(OPERATOR_IMPORT, &o);
	assert(put_inside(&o, "small", SPAN("hello")) == IPC_DONE);
	assert(span_equal(world_answer(&w).etag, SPAN("5d41402abc4b2a76b9719d911017c592")));
	assert(put_through_pipe(&o, "large", large, checksum_of(large)) == IPC_DONE);
	assert(span_equal(world_answer(&w).checksum, checksum_of(large)));
	assert(operate(&o, &get) == IPC_OBJECT);
	assert(span_equal(w.heard.message.object.body, SPAN("hello")));
	assert(operate(&o, &head) == IPC_OBJECT && world_answer(&w).size == large.len);
	list.params[S3_PARAM_MAX_KEYS] = SPAN("2");
	assert(operate(&o, &list) == IPC_DONE);
	assert(world_answer(&w).count == 2 && world_answer(&w).truncated);
	/* They are the tenant's, as if a client had put them. */
	assert(world_ask(&w, "GET /bucket/large", NO_HEADERS) == IPC_OBJECT);
	end(&o);
}

static void test_an_exporter_reads_extents_as_a_worker_does(void)
{
	struct s3_request get = request(S3_GET_OBJECT, "large");
	struct span large = make_bytes(300000);
	struct worker o;
	uint8_t *bytes = malloc(large.len);

	begin();
	assert(world_put(&w, "PUT /bucket/large", NO_HEADERS, large) == IPC_DONE);
	enter(OPERATOR_EXPORT, &o);
	assert(operate(&o, &get) == IPC_OBJECT);
	assert(w.heard.message.object.extents == large.len);
	assert(world_hear(&w, &o) == IPC_EXTENT && w.heard.message.extent.last);
	assert(pread(w.heard.fd, bytes, large.len, (off_t)w.heard.message.extent.offset) ==
	       (ssize_t)large.len);
	assert(memcmp(bytes, large.data, large.len) == 0);
	free(bytes);
	end(&o);
}

static void test_other_bytes_than_were_hashed_are_no_object(void)
{
	struct s3_request inside = request(S3_PUT_OBJECT, "new");
	struct span large = make_bytes(300000);
	struct worker o;

	begin();
	enter(OPERATOR_IMPORT, &o);
	assert_error(put_through_pipe(&o, "new", large, checksum_of(SPAN("other"))),
		     S3_ERROR_BAD_DIGEST);
	inside.length = 5;
	inside.checksum_algorithm = CHECKSUM_CRC64NVME;
	assert(checksum_parse(CHECKSUM_CRC64NVME, checksum_of(SPAN("other")), &inside.checksum));
	operate_with(&o, &inside, true, SPAN("hello"));
	assert_error(world_hear(&w, &o), S3_ERROR_BAD_DIGEST);
	inside.operation = S3_HEAD_OBJECT;
	inside.length = 0;
	assert_error(operate(&o, &inside), S3_ERROR_NO_SUCH_KEY);
	end(&o);
}

static void test_a_key_that_is_there_is_not_replaced_unless_that_is_asked(void)
{
	struct s3_request r = request(S3_PUT_OBJECT, "old");
	struct worker o;

	begin();
	enter(OPERATOR_IMPORT, &o);
	r.headers[S3_HEADER_IF_NONE_MATCH] = SPAN("*");
	r.length = 3;
	operate_with(&o, &r, true, SPAN("new"));
	assert_error(world_hear(&w, &o), S3_ERROR_PRECONDITION_FAILED);
	assert(put_inside(&o, "old", SPAN("new")) == IPC_DONE);
	end(&o);
}

static void test_t72_his_mistakes_are_answers_and_the_channel_lives(void)
{
	static const struct {
		enum s3_operation operation;
		struct span key, max_keys;
		enum s3_error error;
	} cases[] = {
		{ S3_GET_OBJECT, SPAN("none"), SPAN_NONE, S3_ERROR_NO_SUCH_KEY },
		{ S3_GET_OBJECT, SPAN("a\0b"), SPAN_NONE, S3_ERROR_INVALID_URI },
		{ S3_PUT_OBJECT, SPAN("\xff"), SPAN_NONE, S3_ERROR_INVALID_URI },
		{ S3_PUT_OBJECT, SPAN(""), SPAN_NONE, S3_ERROR_INVALID_URI },
		{ S3_LIST_OBJECTS_V2, SPAN_NONE, SPAN("-1"), S3_ERROR_INVALID_ARGUMENT },
		{ S3_LIST_OBJECTS_V2, SPAN_NONE, SPAN("x"), S3_ERROR_INVALID_ARGUMENT },
	};
	struct worker o;

	begin();
	enter(OPERATOR_IMPORT, &o);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct s3_request r = request(cases[i].operation, NULL);

		r.key = cases[i].key;
		r.params[S3_PARAM_MAX_KEYS] = cases[i].max_keys;
		assert_error(operate(&o, &r), cases[i].error);
	}
	assert(put_inside(&o, "new", SPAN("x")) == IPC_DONE);
	end(&o);
}

/* --- what the grant is not for --------------------------------------------------------------- */

static void test_t71_nothing_beyond_the_purpose_is_done(void)
{
	struct worker o;

	begin();
	for (enum operator_purpose p = 0; p < OPERATOR_PURPOSE_COUNT; p++)
		for (enum s3_operation op = 0; op < S3_OPERATION_COUNT; op++) {
			bool has_key = s3_operations[op].level == S3_LEVEL_OBJECT;
			struct s3_request r = request(op, has_key ? "old" : NULL);

			if (operator_may(p, op))
				continue;
			enter(p, &o);
			operate_with(&o, &r, false, SPAN(""));
			assert_only_his_channel_ended(&o);
		}
	world_end(&w);
}

static void test_t71_no_other_bucket_is_reached(void)
{
	static const struct span buckets[] = { SPAN("second"), SPAN("bucke"), SPAN(""), SPAN_NONE };
	struct worker o;

	begin();
	assert(world_command(&w, "PUT /second", NO_HEADERS, SPAN("")) == IPC_DONE);
	for (size_t i = 0; i < ARRAY_SIZE(buckets); i++) {
		struct s3_request r = request(S3_LIST_OBJECTS_V2, NULL);

		enter(OPERATOR_IMPORT, &o);
		r.bucket = buckets[i];
		operate_with(&o, &r, false, SPAN(""));
		assert_only_his_channel_ended(&o);
	}
	world_end(&w);
}

static void test_t30_another_tenants_bucket_is_closed_to_him(void)
{
	struct s3_request get = request(S3_GET_OBJECT, "old"),
			  list = request(S3_LIST_OBJECTS_V2, NULL);
	struct worker o;

	begin();
	w.tenant.bytes[0]++;
	enter(OPERATOR_IMPORT, &o);
	w.tenant.bytes[0]--;
	assert_error(operate(&o, &get), S3_ERROR_ACCESS_DENIED);
	assert_error(operate(&o, &list), S3_ERROR_ACCESS_DENIED);
	assert_error(put_inside(&o, "old", SPAN("theirs")), S3_ERROR_ACCESS_DENIED);
	assert(world_ask(&w, "GET /bucket/old", NO_HEADERS) == IPC_OBJECT);
	assert(span_equal(w.heard.message.object.body, SPAN("old")));
	end(&o);
}

static void test_t70_a_request_says_nothing_that_the_purpose_does_not_need(void)
{
	struct s3_request r;
	struct worker o;

	begin();
	for (int h = 0; h < S3_HEADER_COUNT; h++) {
		if (h == S3_HEADER_IF_MATCH || h == S3_HEADER_IF_NONE_MATCH ||
		    h == S3_HEADER_AUTHORIZATION || h == S3_HEADER_AMZ_SECURITY_TOKEN)
			continue;
		r = request(S3_GET_OBJECT, "old");
		r.headers[h] = SPAN("1");
		enter(OPERATOR_IMPORT, &o);
		operate_with(&o, &r, false, SPAN(""));
		assert_only_his_channel_ended(&o);
	}
	for (int which = 0; which < 9; which++) {
		r = request(S3_PUT_OBJECT, "new");
		if (which == 0)
			r.dialect = S3_DIALECT_REST;
		else if (which == 1)
			r.source_bucket = SPAN("bucket");
		else if (which == 2)
			r.source_key = SPAN("old");
		else if (which == 3)
			r.payload = S3_PAYLOAD_SIGNED;
		else if (which == 4)
			r.payload = S3_PAYLOAD_STREAMING_SIGNED;
		else if (which == 5)
			r.payload = S3_PAYLOAD_STREAMING_UNSIGNED_TRAILER;
		else if (which == 6)
			r.length = S3_LENGTH_UNKNOWN;
		else if (which == 7)
			r.params[S3_PARAM_UPLOAD_ID] = SPAN("u");
		else
			r.key = SPAN_NONE;
		enter(OPERATOR_IMPORT, &o);
		operate_with(&o, &r, false, SPAN(""));
		assert_only_his_channel_ended(&o);
	}
	world_end(&w);
}

static void test_t70_bytes_that_are_no_request_close_the_channel(void)
{
	struct s3_request r = request(S3_PUT_OBJECT, "new");
	struct buffer b = BUFFER_INIT(IPC_REQUEST_MAX);
	struct worker o;

	begin();
	request_put(&b, &r);
	for (size_t len = 0; len < b.len; len += 7) {
		enter(OPERATOR_IMPORT, &o);
		world_send(&w, &o,
			   &(struct ipc_message){
				   .number = IPC_OPERATE,
				   .operate = { .call = 1,
						.request = span_first(buffer_span(&b), len),
						.body = SPAN("") } },
			   -1);
		assert_only_his_channel_ended(&o);
	}
	buffer_clear(&b);
	world_end(&w);
}

static void test_t70_a_body_that_does_not_belong_closes_the_channel(void)
{
	struct s3_request get = request(S3_GET_OBJECT, "old"), put = request(S3_PUT_OBJECT, "new");
	struct worker o;

	begin();
	enter(OPERATOR_IMPORT, &o);
	operate_with(&o, &get, true, SPAN("x"));
	assert_only_his_channel_ended(&o);
	enter(OPERATOR_IMPORT, &o);
	put.length = 1;
	operate_with(&o, &put, false, SPAN("x"));
	assert_only_his_channel_ended(&o);
	enter(OPERATOR_IMPORT, &o);
	put.length = WORLD_INLINE_LIMIT + 1;
	operate_with(&o, &put, true, make_bytes(WORLD_INLINE_LIMIT + 1));
	assert_only_his_channel_ended(&o);
	world_end(&w);
}

int main(void)
{
	test_an_importer_puts_looks_reads_and_lists();
	test_an_exporter_reads_extents_as_a_worker_does();
	test_other_bytes_than_were_hashed_are_no_object();
	test_a_key_that_is_there_is_not_replaced_unless_that_is_asked();
	test_t72_his_mistakes_are_answers_and_the_channel_lives();
	test_t71_nothing_beyond_the_purpose_is_done();
	test_t71_no_other_bucket_is_reached();
	test_t30_another_tenants_bucket_is_closed_to_him();
	test_t70_a_request_says_nothing_that_the_purpose_does_not_need();
	test_t70_bytes_that_are_no_request_close_the_channel();
	test_t70_a_body_that_does_not_belong_closes_the_channel();
	buffer_clear(&sealed);
	return 0;
}
