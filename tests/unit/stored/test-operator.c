/* SPDX-License-Identifier: Apache-2.0 */

/* What an operator may do on his channel, and what he must not. */

#include "stored/operator.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "ipc/peer.h"
#include "ipc/request.h"
#include "s3/encoding.h"
#include "stored/call.h"
#include "stored/worker.h"
#include "tests/unit/stored/world.h"

#define UID 1000

static struct world w;
static struct operator_grant grant;
static struct buffer sealed = BUFFER_INIT(SEALS_MAX);

#define assert_error(x, error) assert((x) == IPC_FAILED && world_error(&w) == (error))

/* --- an operator ----------------------------------------------------------------------------- */

/* Another grant, good and not yet shown. */
static void make_grant(enum operator_purpose purpose)
{
	grant = (struct operator_grant){ .epoch = w.seals.epoch,
					 .expires_ns =
						 clock_boottime_ns() + OPERATOR_LIFE_NS - NS_PER_S,
					 .uid = UID,
					 .principal = { .tenant = w.tenant,
							.tenant_name = SPAN("somebody"),
							.canonical_id = SPAN("0123456789abcdef"),
							.display_name = SPAN("Somebody"),
							.user = SPAN(""),
							.credential = SPAN("uid:1000"),
							.prefix = SPAN("") },
					 .bucket = SPAN("bucket"),
					 .purpose = purpose };
	randombytes_buf(grant.id.bytes, sizeof(grant.id.bytes));
}

static struct span seal_grant(void)
{
	buffer_reset(&sealed);
	seals_seal_operator(&w.seals, &grant, &sealed);
	return buffer_span(&sealed);
}

static void present(struct worker *o, struct span bytes)
{
	world_send(&w, o,
		   &(struct ipc_message){ .number = IPC_PRESENT, .present = { .grant = bytes } },
		   -1);
}

static void enter(enum operator_purpose purpose, struct worker *ret)
{
	make_grant(purpose);
	if (!operator_fits_bucket(purpose, true))
		grant.bucket = SPAN("");
	world_connect(&w, &operator_role, UID, ret);
	present(ret, seal_grant());
	assert(world_hear(&w, ret) == IPC_ENTERED);
	assert(w.heard.message.entered.inline_limit == WORLD_INLINE_LIMIT);
	ret->phase = IPC_PHASE_READY;
}

static void begin(void)
{
	world_begin(&w);
	assert(world_command(&w, "PUT /bucket", NO_HEADERS, SPAN("")) == IPC_DONE);
	assert(world_put(&w, "PUT /bucket/old", NO_HEADERS, SPAN("old")) == IPC_DONE);
}

static void end(struct worker *o)
{
	close(o->fd);
	world_end(&w);
}

/* Whatever ended the operator's channel, a worker's lives, and the bucket has what it had. */
static void assert_only_his_channel_ended(struct worker *o)
{
	assert(world_is_closed(&w, o));
	close(o->fd);
	assert(world_ask(&w, "GET /bucket?list-type=2", NO_HEADERS) == IPC_DONE);
	assert(world_answer(&w).count == 1);
}

/* --- what he asks ---------------------------------------------------------------------------- */

static struct s3_request request(enum s3_operation operation, const char *key)
{
	return (struct s3_request){ .operation = operation,
				    .bucket = SPAN("bucket"),
				    .key = span_from_string(key),
				    .length = 0 };
}

static void operate_with(struct worker *o, const struct s3_request *r, bool has_body,
			 struct span body)
{
	struct buffer b = BUFFER_INIT(IPC_REQUEST_MAX);

	request_put(&b, r);
	world_send(&w, o,
		   &(struct ipc_message){ .number = IPC_OPERATE,
					  .operate = { .call = w.next_call++,
						       .request = buffer_span(&b),
						       .has_body = has_body,
						       .body = body } },
		   -1);
	buffer_clear(&b);
}

static enum ipc_number operate(struct worker *o, const struct s3_request *r)
{
	operate_with(o, r, false, SPAN(""));
	return world_hear(&w, o);
}

static enum ipc_number put_inside(struct worker *o, const char *key, struct span body)
{
	struct s3_request r = request(S3_PUT_OBJECT, key);

	r.length = body.len;
	operate_with(o, &r, true, body);
	return world_hear(&w, o);
}

static struct span make_bytes(size_t len)
{
	static uint8_t bytes[MIB];

	assert(len <= sizeof(bytes));
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(i * 31 + i / 251);
	return (struct span){ bytes, len };
}

static struct s3_request request_with_trailer(const char *key, uint64_t length)
{
	struct s3_request r = request(S3_PUT_OBJECT, key);

	r.length = length;
	r.payload = S3_PAYLOAD_STREAMING_UNSIGNED_TRAILER;
	r.trailer = r.checksum_algorithm = CHECKSUM_CRC64NVME;
	return r;
}

/* The checksum goes behind the body, as of a file that is read once. */
static enum ipc_number put_through_pipe(struct worker *o, const char *key, struct span body,
					struct span checksum)
{
	struct s3_request r = request_with_trailer(key, body.len);

	if (operate(o, &r) != IPC_PIPE)
		return w.heard.number;
	world_write(&w, w.heard.fd, body);
	world_send(&w, o,
		   &(struct ipc_message){ .number = IPC_COMMIT,
					  .commit = { .call = w.next_call - 1,
						      .length = body.len,
						      .seal = SPAN(""),
						      .trailer = checksum } },
		   -1);
	return world_hear(&w, o);
}

static struct span checksum_of(struct span body)
{
	static char text[CHECKSUM_TEXT_MAX];
	struct checksum_value value;
	struct checksum *c;

	assert(checksum_new(CHECKSUM_CRC64NVME, &c) == 0 && checksum_update(c, body) == 0);
	assert(checksum_finish(c, &value) == 0);
	checksum_free(c);
	return span_from_string(checksum_format(&value, 0, text));
}

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

/* --- what opens the channel ------------------------------------------------------------------ */

static void test_t71_an_operator_grant_opens_once(void)
{
	struct worker first, second;

	begin();
	enter(OPERATOR_IMPORT, &first);
	world_connect(&w, &operator_role, UID, &second);
	present(&second, buffer_span(&sealed));
	assert_only_his_channel_ended(&second);
	assert(put_inside(&first, "new", SPAN("x")) == IPC_DONE);
	close(first.fd);
	assert(world_is_silent(&w, &w.worker));
	assert(sessions_count(&w.service.sessions, &operator_role) == 0);
	/* Nor when the channel that it opened is gone. */
	world_connect(&w, &operator_role, UID, &second);
	present(&second, buffer_span(&sealed));
	assert(world_is_closed(&w, &second));
	end(&second);
}

static void test_t71_a_flipped_bit_anywhere_opens_nothing(void)
{
	struct worker o;
	struct buffer bent = BUFFER_INIT(SEALS_MAX);

	begin();
	make_grant(OPERATOR_IMPORT);
	buffer_append(&bent, seal_grant());
	/* The epoch in the clear aside: another one is stale. */
	for (size_t at = 8; at < bent.len; at++) {
		bent.data[at] ^= 1;
		world_connect(&w, &operator_role, UID, &o);
		present(&o, buffer_span(&bent));
		assert(world_is_closed(&w, &o));
		close(o.fd);
		bent.data[at] ^= 1;
	}
	for (size_t len = 0; len < bent.len; len += 17) {
		world_connect(&w, &operator_role, UID, &o);
		present(&o, span_first(buffer_span(&bent), len));
		assert(world_is_closed(&w, &o));
		close(o.fd);
	}
	/* It was good: bent, it has not been spent either. */
	world_connect(&w, &operator_role, UID, &o);
	present(&o, buffer_span(&bent));
	assert(world_hear(&w, &o) == IPC_ENTERED);
	buffer_clear(&bent);
	end(&o);
}

static void test_t75_who_did_not_ask_for_the_grant_cannot_show_it(void)
{
	struct worker o;

	begin();
	make_grant(OPERATOR_IMPORT);
	world_connect(&w, &operator_role, 0, &o);
	present(&o, seal_grant());
	assert_only_his_channel_ended(&o);
	world_connect(&w, &operator_role, UID, &o);
	present(&o, buffer_span(&sealed));
	assert(world_hear(&w, &o) == IPC_ENTERED);
	end(&o);
}

static void test_t71_an_expired_grant_and_one_of_another_epoch_are_told_so(void)
{
	struct worker o;

	begin();
	world_connect(&w, &operator_role, UID, &o);
	make_grant(OPERATOR_IMPORT);
	grant.expires_ns = clock_boottime_ns() - 1;
	present(&o, seal_grant());
	assert(world_hear(&w, &o) == IPC_STALE);
	make_grant(OPERATOR_IMPORT);
	seal_grant();
	sealed.data[0] ^= 1;
	present(&o, buffer_span(&sealed));
	assert(world_hear(&w, &o) == IPC_STALE);
	assert(w.heard.message.stale.epoch == w.seals.epoch);
	/* Nothing was opened; the next that he gets may be good. */
	sealed.data[0] ^= 1;
	present(&o, buffer_span(&sealed));
	assert(world_hear(&w, &o) == IPC_ENTERED);
	end(&o);
}

static void test_t71_a_grant_for_longer_than_authd_gives_is_forged(void)
{
	struct worker o;

	begin();
	make_grant(OPERATOR_IMPORT);
	grant.expires_ns = clock_boottime_ns() + 2 * OPERATOR_LIFE_NS;
	world_connect(&w, &operator_role, UID, &o);
	present(&o, seal_grant());
	assert_only_his_channel_ended(&o);
	world_end(&w);
}

/* The same contents, sealed as something else. */
static void test_t71_a_seal_of_another_kind_is_no_operator_grant(void)
{
	struct buffer contents = BUFFER_INIT(SEALS_MAX);
	struct worker o;

	begin();
	for (enum sealed_kind kind = 0; kind < SEALED_KIND_COUNT; kind++) {
		if (kind == SEALED_OPERATOR)
			continue;
		make_grant(OPERATOR_IMPORT);
		buffer_reset(&contents);
		operator_grant_encode(&grant, &contents);
		buffer_reset(&sealed);
		seals_seal(&w.seals, kind, buffer_span(&contents), &sealed);
		world_connect(&w, &operator_role, UID, &o);
		present(&o, buffer_span(&sealed));
		assert_only_his_channel_ended(&o);
	}
	buffer_clear(&contents);
	world_end(&w);
}

/* And the other way: what an administrator is given opens nothing to a frontend. */
static void test_t71_an_operator_grant_is_neither_ticket_nor_grant(void)
{
	struct worker o;

	begin();
	make_grant(OPERATOR_IMPORT);
	world_connect(&w, &worker_role, getuid(), &o);
	world_send(
		&w, &o,
		&(struct ipc_message){ .number = IPC_ENTER, .enter = { .ticket = seal_grant() } },
		-1);
	assert_only_his_channel_ended(&o);
	world_enter(&w, &o);
	world_send(&w, &o,
		   &(struct ipc_message){
			   .number = IPC_CALL,
			   .call = { .call = 1, .grant = buffer_span(&sealed), .body = SPAN("") } },
		   -1);
	assert_only_his_channel_ended(&o);
	world_end(&w);
}

static void test_t70_each_role_has_its_own_messages(void)
{
	struct ipc_message call = { .number = IPC_CALL,
				    .call = { .grant = SPAN(""), .body = SPAN("") } };
	struct ipc_message enter_message = { .number = IPC_ENTER, .enter = { .ticket = SPAN("") } };
	struct worker o;

	begin();
	world_connect(&w, &operator_role, UID, &o);
	world_send(&w, &o, &enter_message, -1);
	assert_only_his_channel_ended(&o);
	enter(OPERATOR_IMPORT, &o);
	world_grant(&w, "DELETE /bucket/old", NO_HEADERS);
	call.call.grant = buffer_span(&w.sealed);
	world_send(&w, &o, &call, -1);
	assert_only_his_channel_ended(&o);
	world_enter(&w, &o);
	make_grant(OPERATOR_IMPORT);
	present(&o, seal_grant());
	assert_only_his_channel_ended(&o);
	world_enter(&w, &o);
	operate_with(&o, &(struct s3_request){ .operation = S3_LIST_OBJECTS_V2 }, false, SPAN(""));
	assert_only_his_channel_ended(&o);
	world_end(&w);
}

static void test_t70_a_channel_is_opened_once_and_before_anything_is_asked(void)
{
	struct s3_request list = request(S3_LIST_OBJECTS_V2, NULL);
	struct worker o;

	begin();
	world_connect(&w, &operator_role, UID, &o);
	operate_with(&o, &list, false, SPAN(""));
	assert_only_his_channel_ended(&o);
	enter(OPERATOR_EXPORT, &o);
	make_grant(OPERATOR_IMPORT);
	present(&o, seal_grant());
	assert_only_his_channel_ended(&o);
	world_end(&w);
}

static void test_a_new_epoch_ends_his_channel(void)
{
	struct s3_request r = request_with_trailer("new", 300000);
	struct worker o;

	begin();
	enter(OPERATOR_IMPORT, &o);
	assert(operate(&o, &r) == IPC_PIPE);
	world_new_epoch(&w);
	assert(world_is_closed(&w, &o));
	close(w.worker.fd);
	world_enter(&w, &w.worker);
	assert_only_his_channel_ended(&o);
	enter(OPERATOR_IMPORT, &o);
	assert(put_inside(&o, "new", SPAN("again")) == IPC_DONE);
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

/* --- managing -------------------------------------------------------------------------------- */

static struct s3_request request_for(struct span bucket, enum s3_operation operation)
{
	struct s3_request r = request(operation, NULL);

	r.bucket = bucket;
	return r;
}

/* A channel for that bucket alone, or for all. */
static void enter_to_manage(struct span bucket, struct worker *ret)
{
	make_grant(OPERATOR_MANAGE);
	grant.bucket = bucket;
	world_connect(&w, &operator_role, UID, ret);
	present(ret, seal_grant());
	assert(world_hear(&w, ret) == IPC_ENTERED);
	ret->phase = IPC_PHASE_READY;
}

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

/* --- usage and quotas ------------------------------------------------------------------------ */

static struct ipc_message usage_of(struct span bucket)
{
	return (struct ipc_message){ .number = IPC_USAGE,
				     .usage = { .call = w.next_call++, .bucket = bucket } };
}

static struct ipc_message recount_of(struct span bucket)
{
	return (struct ipc_message){ .number = IPC_RECOUNT,
				     .recount = { .call = w.next_call++, .bucket = bucket } };
}

/* Of bytes alone. */
static struct ipc_message quota_of(struct span bucket, uint64_t bytes)
{
	return (struct ipc_message){
		.number = IPC_QUOTA,
		.quota = { .call = w.next_call++, .bucket = bucket, .set_bytes = 1, .bytes = bytes }
	};
}

static enum ipc_number say(struct worker *o, struct ipc_message m)
{
	world_send(&w, o, &m, -1);
	return world_hear(&w, o);
}

static void test_a_manager_is_told_what_is_used_and_what_may_be(void)
{
	struct ipc_message quota = quota_of(SPAN("bucket"), 10);
	struct answer a;
	struct worker o;

	begin();
	enter_to_manage(SPAN(""), &o);
	assert(say(&o, usage_of(SPAN("bucket"))) == IPC_DONE);
	a = world_answer(&w);
	assert(a.objects == 1 && a.bytes == 3 && a.uploads == 0 && a.upload_bytes == 0);
	assert(a.quota_bytes == ANSWER_ABSENT && a.quota_objects == ANSWER_ABSENT);
	quota.quota.set_objects = 1;
	quota.quota.objects = 7;
	assert(say(&o, quota) == IPC_DONE);
	assert(world_answer(&w).quota_bytes == 10 && world_answer(&w).quota_objects == 7);
	/* What is not set stays. */
	assert(say(&o, quota_of(SPAN("bucket"), QUOTA_NONE)) == IPC_DONE);
	a = world_answer(&w);
	assert(a.quota_bytes == ANSWER_ABSENT && a.quota_objects == 7 && a.bytes == 3);
	assert(say(&o, quota_of(SPAN(""), QUOTA_MAX)) == IPC_DONE);
	assert(say(&o, usage_of(SPAN(""))) == IPC_DONE);
	a = world_answer(&w);
	assert(a.objects == 1 && a.bytes == 3 && a.quota_bytes == QUOTA_MAX);
	assert(a.quota_objects == ANSWER_ABSENT);
	assert(say(&o, recount_of(SPAN("bucket"))) == IPC_DONE);
	a = world_answer(&w);
	assert(a.objects == 1 && a.bytes == 3 && a.wrong_objects == ANSWER_ABSENT);
	assert_error(say(&o, usage_of(SPAN("nobody"))), S3_ERROR_NO_SUCH_BUCKET);
	assert_error(say(&o, quota_of(SPAN("nobody"), 1)), S3_ERROR_NO_SUCH_BUCKET);
	assert_error(say(&o, recount_of(SPAN("nobody"))), S3_ERROR_NO_SUCH_BUCKET);
	assert_error(say(&o, usage_of(SPAN("No Name"))), S3_ERROR_INVALID_BUCKET_NAME);
	end(&o);
}

static void assert_quota_error(enum ipc_number got, const char *sentence)
{
	assert_error(got, S3_ERROR_QUOTA_EXCEEDED);
	assert(span_equal(w.heard.message.failed.detail, span_from_string(sentence)));
}

/* Small ones by the commit, large ones before a pipe is given out. */
static void test_what_a_quota_has_no_room_for_is_refused(void)
{
	const char *bucket = "The request would exceed the bucket's quota of bytes.",
		   *tenant = "The request would exceed the quota of bytes of the bucket's owner.";
	struct worker o;

	begin();
	enter_to_manage(SPAN(""), &o);
	assert(say(&o, quota_of(SPAN("bucket"), 10)) == IPC_DONE);
	assert_quota_error(world_put(&w, "PUT /bucket/new", NO_HEADERS, SPAN("12345678")), bucket);
	assert_quota_error(world_ask(&w, "PUT /bucket/new", HEADERS("Content-Length: 100000")),
			   bucket);
	assert(world_put(&w, "PUT /bucket/new", NO_HEADERS, SPAN("1234567")) == IPC_DONE);
	assert(say(&o, quota_of(SPAN("bucket"), 1000)) == IPC_DONE);
	assert(say(&o, quota_of(SPAN(""), 9)) == IPC_DONE);
	assert_quota_error(world_put(&w, "PUT /bucket/old", NO_HEADERS, SPAN("1234")), tenant);
	assert_quota_error(world_ask(&w, "PUT /bucket/old", HEADERS("Content-Length: 100000")),
			   bucket);
	/* And by who brings them as an operator. */
	close(o.fd);
	enter(OPERATOR_IMPORT, &o);
	assert_quota_error(put_inside(&o, "more", SPAN("1")), tenant);
	end(&o);
}

static void test_t21_figures_are_not_for_who_came_for_something_else(void)
{
	const struct ipc_message asked[] = { usage_of(SPAN("bucket")), recount_of(SPAN("bucket")),
					     quota_of(SPAN("bucket"), 1), usage_of(SPAN("")),
					     quota_of(SPAN(""), 1) };
	struct worker o;

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		enter(i % 2 ? OPERATOR_IMPORT : OPERATOR_EXPORT, &o);
		world_send(&w, &o, &asked[i], -1);
		assert_only_his_channel_ended(&o);
	}
	assert(world_put(&w, "PUT /bucket/old", NO_HEADERS, SPAN("not limited")) == IPC_DONE);
	world_end(&w);
}

static void test_t21_who_manages_one_bucket_sets_no_quota_elsewhere(void)
{
	struct ipc_message asked[] = { usage_of(SPAN("second")), recount_of(SPAN("second")),
				       recount_of(SPAN("")),	 quota_of(SPAN("second"), 1),
				       quota_of(SPAN(""), 1),	 usage_of(SPAN("")) };
	struct worker o;

	begin();
	assert(world_command(&w, "PUT /second", NO_HEADERS, SPAN("")) == IPC_DONE);
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		enter_to_manage(SPAN("bucket"), &o);
		world_send(&w, &o, &asked[i], -1);
		assert_only_his_channel_ended(&o);
	}
	assert(world_put(&w, "PUT /second/new", NO_HEADERS, SPAN("not limited")) == IPC_DONE);
	world_end(&w);
}

static void test_t30_another_tenants_figures_are_not_seen(void)
{
	struct worker o;

	begin();
	w.tenant.bytes[0]++;
	enter_to_manage(SPAN(""), &o);
	w.tenant.bytes[0]--;
	assert_error(say(&o, usage_of(SPAN("bucket"))), S3_ERROR_ACCESS_DENIED);
	assert_error(say(&o, quota_of(SPAN("bucket"), 1)), S3_ERROR_ACCESS_DENIED);
	assert_error(say(&o, recount_of(SPAN("bucket"))), S3_ERROR_ACCESS_DENIED);
	assert(say(&o, usage_of(SPAN(""))) == IPC_DONE && world_answer(&w).objects == 0);
	assert(world_put(&w, "PUT /bucket/old", NO_HEADERS, SPAN("not limited")) == IPC_DONE);
	end(&o);
}

static void test_t72_a_quota_that_is_none_ends_the_channel(void)
{
	struct ipc_message asked[] = { quota_of(SPAN("bucket"), QUOTA_MAX + 1),
				       quota_of(SPAN("bucket"), QUOTA_NONE - 1),
				       quota_of(SPAN("bucket"), 1), quota_of(SPAN("bucket"), 1) };
	struct worker o;

	begin();
	asked[2].quota.set_bytes = 2;
	asked[3].quota.set_objects = 2;
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		enter_to_manage(SPAN("bucket"), &o);
		world_send(&w, &o, &asked[i], -1);
		assert_only_his_channel_ended(&o);
	}
	assert(world_put(&w, "PUT /bucket/old", NO_HEADERS, SPAN("not limited")) == IPC_DONE);
	world_end(&w);
}

/* --- copies of a tenant ---------------------------------------------------------------------- */

/* A file with these bytes, to be read. */
static int file_of(struct span bytes)
{
	char path[] = "/tmp/coffer-file-XXXXXX";
	int fd = mkstemp(path), read_fd = open(path, O_RDONLY | O_CLOEXEC);

	assert(fd >= 0 && read_fd >= 0 && unlink(path) == 0);
	assert(fd_write_all(fd, bytes) == 0);
	close(fd);
	return read_fd;
}

static struct ipc_message of_copies(enum ipc_number number)
{
	return (struct ipc_message){ .number = number };
}

/* What comes back to a message about copies, which may bring a file. */
static enum ipc_number say_of_copies(struct worker *o, struct ipc_message m, int fd)
{
	switch ((int)m.number) {
	case IPC_SNAPSHOT:
		m.snapshot.call = w.next_call++;
		break;
	case IPC_FETCH:
		m.fetch.call = w.next_call++;
		break;
	case IPC_RECEIVE_CATALOG:
		m.receive_catalog.call = w.next_call++;
		break;
	case IPC_RECEIVE_BLOB:
		m.receive_blob.call = w.next_call++;
		break;
	default:
		m.adopt.call = w.next_call++;
	}
	world_send(&w, o, &m, fd);
	return world_hear(&w, o);
}

static const struct {
	enum ipc_number number;
	enum operator_purpose purpose;
	bool has_file;
} of_copying[] = {
	{ IPC_SNAPSHOT, OPERATOR_BACKUP, false },
	{ IPC_FETCH, OPERATOR_BACKUP, false },
	{ IPC_RECEIVE_CATALOG, OPERATOR_RESTORE, true },
	{ IPC_RECEIVE_BLOB, OPERATOR_RESTORE, true },
	{ IPC_ADOPT, OPERATOR_RESTORE, false },
};

static void test_t21_a_tenant_is_copied_by_whom_the_grant_lets(void)
{
	struct worker o;

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(of_copying); i++)
		for (enum operator_purpose p = 0; p < OPERATOR_PURPOSE_COUNT; p++) {
			struct ipc_message m = of_copies(of_copying[i].number);

			if (p == of_copying[i].purpose)
				continue;
			enter(p, &o);
			world_send(&w, &o, &m, of_copying[i].has_file ? file_of(SPAN("x")) : -1);
			assert_only_his_channel_ended(&o);
		}
	world_end(&w);
}

static void test_a_snapshot_is_two_files_that_can_only_be_read(void)
{
	struct ipc_message unknown = of_copies(IPC_FETCH);
	struct worker o;

	begin();
	enter(OPERATOR_BACKUP, &o);
	/* Of no snapshot there is no blob. */
	assert_error(say_of_copies(&o, unknown, -1), S3_ERROR_INVALID_REQUEST);
	assert(say_of_copies(&o, of_copies(IPC_SNAPSHOT), -1) == IPC_OBJECT);
	for (int i = 0; i < 2; i++) {
		assert(world_hear(&w, &o) == IPC_EXTENT);
		assert(w.heard.message.extent.offset == 0);
		assert(w.heard.message.extent.last == i);
		assert((fcntl(w.heard.fd, F_GETFL) & O_ACCMODE) == O_RDONLY);
	}
	assert_error(say_of_copies(&o, unknown, -1), S3_ERROR_NO_SUCH_KEY);
	/* A channel has one. */
	world_send(&w, &o, &(struct ipc_message){ .number = IPC_SNAPSHOT, .snapshot.call = 1000 },
		   -1);
	assert_only_his_channel_ended(&o);
	world_end(&w);
}

static void test_t72_what_is_no_catalog_is_refused_with_a_sentence(void)
{
	static const struct span files[] = { { "", 0 }, { "no database", 11 } };
	struct ipc_message m = of_copies(IPC_RECEIVE_CATALOG);
	struct worker o;
	int pipe_fds[2];

	begin();
	w.tenant.bytes[0]++;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		enter(OPERATOR_RESTORE, &o);
		m.receive_catalog.resumes = i > 0;
		assert_error(say_of_copies(&o, m, file_of(files[i])), S3_ERROR_INVALID_REQUEST);
		assert(w.heard.message.failed.detail.len);
		/* Nothing is gone on with. */
		assert_error(say_of_copies(&o, of_copies(IPC_RECEIVE_BLOB), file_of(SPAN("x"))),
			     S3_ERROR_INVALID_REQUEST);
		assert_error(say_of_copies(&o, of_copies(IPC_ADOPT), -1), S3_ERROR_INVALID_REQUEST);
		close(o.fd);
		assert(world_is_silent(&w, &w.worker));
	}
	/* Nobody waits for what comes through a pipe. */
	enter(OPERATOR_RESTORE, &o);
	assert(pipe2(pipe_fds, O_CLOEXEC) == 0);
	assert_error(say_of_copies(&o, m, pipe_fds[0]), S3_ERROR_INVALID_REQUEST);
	close(pipe_fds[1]);
	w.tenant.bytes[0]--;
	end(&o);
}

static void test_t70_a_restoration_that_is_malformed_ends_the_channel(void)
{
	struct ipc_message m = of_copies(IPC_RECEIVE_CATALOG);
	struct worker o;

	begin();
	enter(OPERATOR_RESTORE, &o);
	m.receive_catalog.resumes = 2;
	world_send(&w, &o, &m, file_of(SPAN("x")));
	assert_only_his_channel_ended(&o);
	enter(OPERATOR_RESTORE, &o);
	m.receive_catalog.resumes = 0;
	/* This tenant has something. */
	assert_error(say_of_copies(&o, m, file_of(SPAN("x"))), S3_ERROR_BUCKET_NOT_EMPTY);
	m.receive_catalog.call = 1000;
	world_send(&w, &o, &m, file_of(SPAN("x")));
	assert_only_his_channel_ended(&o);
	world_end(&w);
}

static void sweep_with(const struct worker *o, uint64_t silent_ns);

static void test_who_copies_a_tenant_may_be_busy_for_long(void)
{
	struct worker o;

	begin();
	enter(OPERATOR_BACKUP, &o);
	sweep_with(&o, OPERATOR_ARCHIVE_IDLE_NS / 2);
	assert(sessions_count(&w.service.sessions, &operator_role) == 1);
	sweep_with(&o, OPERATOR_ARCHIVE_IDLE_NS);
	assert_only_his_channel_ended(&o);
	world_end(&w);
}

/* --- limits ---------------------------------------------------------------------------------- */

/* A put of a client ends at 5 GiB. A file that was there before Coffer has no such end. */
static void test_a_body_may_be_larger_than_one_put_of_a_client(void)
{
	struct s3_request r = request_with_trailer("new", S3_PUT_MAX + 1);
	struct worker o;

	begin();
	enter(OPERATOR_IMPORT, &o);
	assert(operate(&o, &r) == IPC_PIPE);
	assert(((struct call *)table_find(&w.service.sessions.first->calls, w.next_call - 1))
		       ->terms.most == S3_PUT_MAX + 1);
	end(&o);
}

static void test_t73_bodies_of_his_channel_are_limited(void)
{
	struct s3_request r = request_with_trailer("new", 100000);
	int fds[OPERATOR_BODIES_MAX];
	struct worker o;

	begin();
	enter(OPERATOR_IMPORT, &o);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		assert(operate(&o, &r) == IPC_PIPE);
		fds[i] = steal_fd(w.heard.fd);
	}
	assert_error(operate(&o, &r), S3_ERROR_SLOW_DOWN);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	end(&o);
}

static void sweep_with(const struct worker *o, uint64_t silent_ns)
{
	struct session *s = w.service.sessions.first;

	while (s->role != &operator_role)
		s = s->next;
	s->moved_ns = clock_boottime_ns() - silent_ns;
	assert(w.service.sessions.sweep.expired(&w.service.sessions.sweep) == 0);
}

static void test_t75_who_says_nothing_does_not_keep_a_place(void)
{
	struct s3_request r = request_with_trailer("new", 100000);
	struct worker o;

	begin();
	world_connect(&w, &operator_role, UID, &o);
	sweep_with(&o, OPERATOR_GREETING_NS / 2);
	assert(sessions_count(&w.service.sessions, &operator_role) == 1);
	sweep_with(&o, OPERATOR_GREETING_NS);
	assert_only_his_channel_ended(&o);
	enter(OPERATOR_IMPORT, &o);
	sweep_with(&o, OPERATOR_IDLE_NS / 2);
	assert(sessions_count(&w.service.sessions, &operator_role) == 1);
	/* While something is under way the channel is not idle; a body has its own deadline. */
	assert(operate(&o, &r) == IPC_PIPE);
	sweep_with(&o, OPERATOR_IDLE_NS);
	assert(sessions_count(&w.service.sessions, &operator_role) == 1);
	world_send(&w, &o,
		   &(struct ipc_message){ .number = IPC_CANCEL,
					  .cancel = { .call = w.next_call - 1 } },
		   -1);
	assert(world_is_silent(&w, &o));
	sweep_with(&o, OPERATOR_IDLE_NS);
	assert_only_his_channel_ended(&o);
	world_end(&w);
}

static void test_t75_only_administrators_may_come_in(void)
{
	const struct service_config c = {
		.frontend_uid = 4,
		.admins = { .uids = { 5, 6 }, .n_uids = 2, .gids = { 7 }, .n_gids = 1 },
	};
	const struct service_config nobody = { .frontend_uid = 4 };

	assert(operator_role.admits(&c, &(struct peer){ .uid = 0, .gid = 9 }));
	assert(operator_role.admits(&c, &(struct peer){ .uid = 5, .gid = 9 }));
	assert(operator_role.admits(&c, &(struct peer){ .uid = 6, .gid = 9 }));
	assert(operator_role.admits(&c, &(struct peer){ .uid = 8, .gid = 7 }));
	assert(!operator_role.admits(&c, &(struct peer){ .uid = 8, .gid = 9 }));
	assert(!operator_role.admits(&c, &(struct peer){ .uid = 4, .gid = 4 }));
	assert(!operator_role.admits(&nobody, &(struct peer){ .uid = 5, .gid = 7 }));
	assert(!worker_role.admits(&c, &(struct peer){ .uid = 0, .gid = 0 }));
}

int main(void)
{
	test_an_importer_puts_looks_reads_and_lists();
	test_an_exporter_reads_extents_as_a_worker_does();
	test_other_bytes_than_were_hashed_are_no_object();
	test_a_key_that_is_there_is_not_replaced_unless_that_is_asked();
	test_t72_his_mistakes_are_answers_and_the_channel_lives();
	test_t71_an_operator_grant_opens_once();
	test_t71_a_flipped_bit_anywhere_opens_nothing();
	test_t75_who_did_not_ask_for_the_grant_cannot_show_it();
	test_t71_an_expired_grant_and_one_of_another_epoch_are_told_so();
	test_t71_a_grant_for_longer_than_authd_gives_is_forged();
	test_t71_a_seal_of_another_kind_is_no_operator_grant();
	test_t71_an_operator_grant_is_neither_ticket_nor_grant();
	test_t70_each_role_has_its_own_messages();
	test_t70_a_channel_is_opened_once_and_before_anything_is_asked();
	test_a_new_epoch_ends_his_channel();
	test_t71_nothing_beyond_the_purpose_is_done();
	test_t21_a_tenant_is_copied_by_whom_the_grant_lets();
	test_a_snapshot_is_two_files_that_can_only_be_read();
	test_t72_what_is_no_catalog_is_refused_with_a_sentence();
	test_t70_a_restoration_that_is_malformed_ends_the_channel();
	test_who_copies_a_tenant_may_be_busy_for_long();
	test_t71_no_other_bucket_is_reached();
	test_t30_another_tenants_bucket_is_closed_to_him();
	test_t70_a_request_says_nothing_that_the_purpose_does_not_need();
	test_t70_bytes_that_are_no_request_close_the_channel();
	test_t70_a_body_that_does_not_belong_closes_the_channel();
	test_a_manager_sees_what_there_is_and_deletes_it();
	test_a_manager_says_whom_a_bucket_is_open_to();
	test_a_managers_document_is_read_like_a_clients();
	test_t70_a_command_has_its_document_and_others_have_none();
	test_t21_to_manage_one_bucket_is_not_to_manage_another();
	test_t21_an_importer_says_nothing_that_managing_needs();
	test_t30_of_another_tenants_buckets_a_manager_sees_none();
	test_t72_a_name_that_no_bucket_can_have_is_an_answer();
	test_a_manager_is_told_what_is_used_and_what_may_be();
	test_what_a_quota_has_no_room_for_is_refused();
	test_t21_figures_are_not_for_who_came_for_something_else();
	test_t21_who_manages_one_bucket_sets_no_quota_elsewhere();
	test_t30_another_tenants_figures_are_not_seen();
	test_t72_a_quota_that_is_none_ends_the_channel();
	test_a_body_may_be_larger_than_one_put_of_a_client();
	test_t73_bodies_of_his_channel_are_limited();
	test_t75_who_says_nothing_does_not_keep_a_place();
	test_t75_only_administrators_may_come_in();
	buffer_clear(&sealed);
	return 0;
}
