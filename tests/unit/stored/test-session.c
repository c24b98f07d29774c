/* SPDX-License-Identifier: Apache-2.0 */

/* A whole life through one channel, and whose it is. */

#include "tests/unit/stored/session-scene.h"

/* --- a life ---------------------------------------------------------------------------------- */

static void test_put_get_list_delete(void)
{
	struct answer a;
	struct span items;

	begin();
	assert_done(world_put(&w, "PUT /bucket/a/b",
			      HEADERS("Content-Type: text/x", "x-amz-meta-m: 1"), SPAN("hello")));
	a = world_answer(&w);
	assert(span_equal(a.etag, SPAN("5d41402abc4b2a76b9719d911017c592")));
	assert(a.checksum_algorithm == CHECKSUM_CRC64NVME);

	assert(world_ask(&w, "GET /bucket/a/b", NO_HEADERS) == IPC_OBJECT);
	a = world_answer(&w);
	assert(a.size == 5 && a.range_length == ANSWER_ABSENT && a.attributes.len);
	assert_body(SPAN("hello"));

	assert(world_ask(&w, "HEAD /bucket/a/b", NO_HEADERS) == IPC_OBJECT);
	assert(w.heard.message.object.extents == 0 && w.heard.message.object.body.len == 0);

	assert_done(world_ask(&w, "GET /bucket?list-type=2&prefix=a", NO_HEADERS));
	items = buffer_span(&w.items);
	assert(answer_next_item(&items, &a) == 1);
	assert(a.kind == ANSWER_KIND_OBJECT && span_equal(a.key, SPAN("a/b")) && a.size == 5);
	assert(answer_next_item(&items, &a) == 0);
	assert(world_answer(&w).count == 1 && world_answer(&w).truncated == 0);

	assert_done(world_ask(&w, "GET /", NO_HEADERS));
	items = buffer_span(&w.items);
	assert(answer_next_item(&items, &a) == 1 && span_equal(a.bucket, SPAN("bucket")));
	assert(span_equal(world_answer(&w).owner_name, SPAN("Somebody")));

	assert_error(world_ask(&w, "DELETE /bucket", NO_HEADERS), S3_ERROR_BUCKET_NOT_EMPTY);
	assert_done(world_ask(&w, "DELETE /bucket/a/b", NO_HEADERS));
	assert_error(world_ask(&w, "GET /bucket/a/b", NO_HEADERS), S3_ERROR_NO_SUCH_KEY);
	assert_done(world_ask(&w, "DELETE /bucket", NO_HEADERS));
	assert_error(world_ask(&w, "HEAD /bucket", NO_HEADERS), S3_ERROR_NO_SUCH_BUCKET);
	end();
}

static void test_sizes_around_every_limit_come_back_as_they_went(void)
{
	static const size_t sizes[] = { 0,
					1,
					WORLD_INLINE_LIMIT - 1,
					WORLD_INLINE_LIMIT,
					WORLD_INLINE_LIMIT + 1,
					64 * KIB,
					BODY_PIPE_SIZE + 1,
					INTAKE_BUFFER_SIZE,
					9 * MIB + 7 };

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct span bytes = make_bytes(sizes[i]);

		assert_done(world_put(&w, "PUT /bucket/k", NO_HEADERS, bytes));
		assert(world_answer(&w).size == bytes.len);
		assert(world_ask(&w, "GET /bucket/k", NO_HEADERS) == IPC_OBJECT);
		assert(world_answer(&w).size == bytes.len);
		assert_body(bytes);
	}
	end();
}

static void test_ranges_of_small_and_large_bodies(void)
{
	static const struct {
		const char *header;
		uint64_t start, len;
	} ranges[] = {
		{ "Range: bytes=0-0", 0, 1 },
		{ "Range: bytes=5-", 5, UINT64_MAX },
		{ "Range: bytes=3-9", 3, 7 },
		{ "Range: bytes=-4", UINT64_MAX, 4 },
	};
	static const size_t sizes[] = { 1000, 100000 };

	begin();
	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
		struct span bytes = make_bytes(sizes[s]);

		assert_done(world_put(&w, "PUT /bucket/k", NO_HEADERS, bytes));
		for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
			uint64_t len = MIN(ranges[i].len, bytes.len - 5);
			uint64_t start = MIN(ranges[i].start, bytes.len - len);

			assert(world_ask(&w, "GET /bucket/k", HEADERS(ranges[i].header)) ==
			       IPC_OBJECT);
			assert(world_answer(&w).range_start == start);
			assert(world_answer(&w).range_length == len);
			assert(world_answer(&w).size == bytes.len);
			/* A client would hold the piece against the checksum of the whole. */
			assert(span_is_none(world_answer(&w).checksum));
			assert_body(span_first(span_skip(bytes, start), len));
		}
		assert_error(world_ask(&w, "GET /bucket/k", HEADERS("Range: bytes=100000-")),
			     S3_ERROR_INVALID_RANGE);
		assert(world_answer(&w).size == bytes.len);
	}
	end();
}

static void test_conditions_are_answered_with_what_the_object_is(void)
{
	begin();
	assert_done(world_put(&w, "PUT /bucket/k", NO_HEADERS, SPAN("hello")));
	assert_error(world_ask(&w, "GET /bucket/k",
			       HEADERS("If-None-Match: \"5d41402abc4b2a76b9719d911017c592\"")),
		     S3_ERROR_NOT_MODIFIED);
	assert(span_equal(world_answer(&w).etag, SPAN("5d41402abc4b2a76b9719d911017c592")));
	assert_error(world_ask(&w, "HEAD /bucket/k", HEADERS("If-Match: \"other\"")),
		     S3_ERROR_PRECONDITION_FAILED);
	assert(world_ask(&w, "GET /bucket/k", HEADERS("Range: bytes=1-2", "If-Range: \"other\"")) ==
	       IPC_OBJECT);
	assert_body(SPAN("hello"));
	assert_error(world_put(&w, "PUT /bucket/k", HEADERS("If-None-Match: *"), SPAN("x")),
		     S3_ERROR_PRECONDITION_FAILED);
	assert_error(
		world_put(&w, "PUT /bucket/k", HEADERS("If-None-Match: *"), make_bytes(100000)),
		S3_ERROR_PRECONDITION_FAILED);
	assert_error(
		world_put(&w, "PUT /bucket/new", HEADERS("If-Match: \"x\""), make_bytes(100000)),
		S3_ERROR_NO_SUCH_KEY);
	assert(world_ask(&w, "GET /bucket/k", NO_HEADERS) == IPC_OBJECT);
	assert_body(SPAN("hello"));
	end();
}

static void test_pages_of_a_list_join_without_gap(void)
{
	char request[512], key[32], token[256] = "";
	unsigned int seen = 0, pages = 0;
	struct answer a;

	begin();
	for (unsigned int n = 0; n < 25; n++) {
		snprintf(request, sizeof(request), "PUT /bucket/key-%02u", n);
		assert_done(world_put(&w, request, NO_HEADERS, SPAN("x")));
	}
	do {
		struct span items;

		snprintf(request, sizeof(request), "GET /bucket?list-type=2&max-keys=10%s%s",
			 *token ? "&continuation-token=" : "", token);
		assert_done(world_ask(&w, request, NO_HEADERS));
		items = buffer_span(&w.items);
		while (answer_next_item(&items, &a) == 1) {
			snprintf(key, sizeof(key), "key-%02u", seen++);
			assert(span_equal(a.key, span_from_string(key)));
		}
		a = world_answer(&w);
		snprintf(token, sizeof(token), "%.*s", (int)a.next_token.len,
			 (const char *)a.next_token.data);
		pages++;
	} while (a.truncated);
	assert(seen == 25 && pages == 3);
	assert_error(
		world_ask(&w, "GET /bucket?list-type=2&continuation-token=nonsense", NO_HEADERS),
		S3_ERROR_INVALID_ARGUMENT);
	end();
}

static void test_a_thousand_keys_are_listed_and_deleted_in_several_messages(void)
{
	static struct buffer xml = BUFFER_INIT(S3_COMMAND_MAX);
	struct answer a;
	struct span items;
	char request[1100], name[901];
	unsigned int n = 0;

	begin();
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	buffer_append_string(&xml, "<Delete>");
	for (unsigned int i = 0; i < 150; i++) {
		snprintf(request, sizeof(request), "PUT /bucket/%s%03u", name, i);
		assert_done(world_put(&w, request, NO_HEADERS, SPAN("x")));
		buffer_printf(&xml, "<Object><Key>%s%03u</Key></Object>", name, i);
	}
	buffer_append_string(&xml, "</Delete>");
	assert_done(world_ask(&w, "GET /bucket", NO_HEADERS));
	assert(w.items.len > IPC_ITEMS_MAX);
	for (items = buffer_span(&w.items); answer_next_item(&items, &a) == 1;)
		n++;
	assert(n == 150);
	assert_error(world_command(&w, "POST /bucket?delete",
				   HEADERS("Content-MD5: 1B2M2Y8AsgTpgAmY7PhCfg=="),
				   buffer_span(&xml)),
		     S3_ERROR_BAD_DIGEST);
	{
		struct hash_methods *m = &w.service.methods;
		struct hasher_wants wants = { .checksum = CHECKSUM_CRC32 };
		struct hashes h;
		char text[CHECKSUM_TEXT_MAX], header[128];

		assert(hash_bytes(m, &wants, buffer_span(&xml), &h) == 0);
		snprintf(header, sizeof(header), "x-amz-checksum-crc32: %s",
			 checksum_format(&h.checksum, 0, text));
		assert_done(world_command(&w, "POST /bucket?delete", HEADERS(header),
					  buffer_span(&xml)));
	}
	n = 0;
	for (items = buffer_span(&w.items); answer_next_item(&items, &a) == 1; n++)
		assert(a.kind == ANSWER_KIND_DELETED);
	assert(n == 150);
	assert_done(world_ask(&w, "DELETE /bucket", NO_HEADERS));
	buffer_clear(&xml);
	end();
}

/* Far more than a channel may hold, of a worker that reads nothing until it has asked for
 * everything. */
static void test_answers_wait_for_a_worker_that_reads_slowly(void)
{
	enum { KEYS = 150, LISTS = 120, GETS = 600 };
	char request[1100], name[901];
	unsigned int n;

	begin();
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (n = 0; n < KEYS; n++) {
		snprintf(request, sizeof(request), "PUT /bucket/%s%03u", name, n);
		assert_done(world_put(&w, request, NO_HEADERS, SPAN("x")));
	}
	assert_done(world_put(&w, "PUT /bucket/k", NO_HEADERS, make_bytes(WORLD_INLINE_LIMIT)));
	for (n = 0; n < LISTS; n++)
		world_send_call(&w, "GET /bucket");
	for (n = 0; n < GETS; n++)
		world_send_call(&w, "GET /bucket/k");
	assert((uint64_t)LISTS * KEYS * 900 + (uint64_t)GETS * WORLD_INLINE_LIMIT >
	       2 * CHANNEL_QUEUE_MAX);
	assert(!world_is_silent(&w, &w.worker));
	for (n = 0; n < LISTS + GETS; n++)
		assert(world_hear(&w, &w.worker) == IPC_DONE || w.heard.number == IPC_OBJECT);
	assert(world_is_silent(&w, &w.worker));
	end();
}

/* --- payloads -------------------------------------------------------------------------------- */

static void test_t11_a_body_of_another_hash_is_refused_and_the_old_object_stays(void)
{
	static const char *const wrong[] = {
		"x-amz-content-sha256: "
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"Content-MD5: 1B2M2Y8AsgTpgAmY7PhCfg==",
		"x-amz-checksum-crc32: AAAAAA==",
		"x-amz-checksum-sha1: 2jmj7l5rSw0yVb/vlWAYkK/YBwk=",
	};
	static const enum s3_error errors[] = { S3_ERROR_CONTENT_SHA256_MISMATCH,
						S3_ERROR_BAD_DIGEST, S3_ERROR_BAD_DIGEST,
						S3_ERROR_BAD_DIGEST };
	static const size_t sizes[] = { 100, 100000 };

	begin();
	assert_done(world_put(&w, "PUT /bucket/k", NO_HEADERS, SPAN("old")));
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		for (size_t s = 0; s < ARRAY_SIZE(sizes); s++)
			assert_error(world_put(&w, "PUT /bucket/k", HEADERS(wrong[i]),
					       make_bytes(sizes[s])),
				     errors[i]);
	assert(world_ask(&w, "GET /bucket/k", NO_HEADERS) == IPC_OBJECT);
	assert_body(SPAN("old"));
	end();
}

static void test_t05_an_unsigned_trailer_is_held_against_the_bytes(void)
{
	static const char *const headers[] = {
		"x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER",
		"x-amz-decoded-content-length: 9", "x-amz-trailer: x-amz-checksum-crc32c",
		"Transfer-Encoding: chunked", NULL
	};
	static const struct {
		struct span trailer;
		enum s3_error error;
	} cases[] = {
		{ SPAN("4waSgw=="), S3_ERROR_NONE },
		{ SPAN("4waSgg=="), S3_ERROR_BAD_DIGEST },
		{ SPAN("4waSgw"), S3_ERROR_INVALID_REQUEST },
		{ SPAN(""), S3_ERROR_MALFORMED_TRAILER },
	};

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t call;
		int fd = world_open_pipe(&w, "PUT /bucket/k", headers, &call);

		world_write(&w, fd, SPAN("123456789"));
		close(fd);
		world_commit(&w, call, 9, SPAN(""), cases[i].trailer);
		world_hear(&w, &w.worker);
		assert(world_error(&w) == cases[i].error);
	}
	end();
}

static void assert_hashes(struct span body, const uint32_t *lengths, size_t n, struct span hashes)
{
	for (size_t i = 0; i < n; i++) {
		struct hasher_wants wants = { .sha256 = true };
		struct hashes h;

		assert(hash_bytes(&w.service.methods, &wants, span_first(body, lengths[i]), &h) ==
		       0);
		assert(memcmp(span_bytes(hashes) + i * HASH_SHA256_LEN, h.sha256,
			      HASH_SHA256_LEN) == 0);
		body = span_skip(body, lengths[i]);
	}
}

enum order {
	LENGTHS_FIRST,
	BYTES_FIRST,
	IN_TURN,
	ORDERS,
};

static void test_t76_a_signed_stream_is_hashed_as_it_was_cut_in_whatever_order_it_comes(void)
{
	static const uint32_t lengths[] = { 65536, 8192, 20000, 6272 };
	struct span body = make_bytes(100000);

	begin();
	for (enum order order = 0; order < ORDERS; order++) {
		struct buffer hashes = BUFFER_INIT(MIB), seal = BUFFER_INIT(SEALS_MAX);
		uint64_t call;
		int fd = world_open_pipe(&w, "PUT /bucket/k", chained_headers, &call);
		struct ipc_id grant = w.grant_id;
		struct span rest = body;

		assert(fd >= 0);
		if (order == LENGTHS_FIRST)
			send_lengths(call, lengths, ARRAY_SIZE(lengths));
		for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
			world_write(&w, fd, span_first(rest, lengths[i]));
			rest = span_skip(rest, lengths[i]);
			if (order == IN_TURN)
				send_lengths(call, &lengths[i], 1);
		}
		close(fd);
		if (order == BYTES_FIRST) {
			assert(world_is_silent(&w, &w.worker));
			send_lengths(call, lengths, ARRAY_SIZE(lengths));
		}
		hear_hashes(&grant, ARRAY_SIZE(lengths), &hashes);
		assert_hashes(body, lengths, ARRAY_SIZE(lengths), buffer_span(&hashes));
		world_commit(&w, call, body.len, make_chain_seal(grant, body.len, &seal), SPAN(""));
		assert_done(world_hear(&w, &w.worker));
		assert(world_ask(&w, "GET /bucket/k", NO_HEADERS) == IPC_OBJECT);
		assert_body(body);
		buffer_clear(&hashes);
		buffer_clear(&seal);
	}
	end();
}

static void test_a_small_signed_stream_may_come_inside_and_still_needs_its_seal(void)
{
	static const char *const headers[] = {
		"x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
		"x-amz-decoded-content-length: 9", "Content-Length: 100", NULL
	};
	static const uint32_t lengths[] = { 9 };
	struct buffer hashes = BUFFER_INIT(MIB), seal = BUFFER_INIT(SEALS_MAX);
	uint64_t call;
	struct ipc_id grant;

	begin();
	call = w.next_call++;
	world_grant(&w, "PUT /bucket/k", headers);
	grant = w.grant_id;
	world_send(&w, &w.worker,
		   &(struct ipc_message){ .number = IPC_CALL,
					  .call = { .call = call,
						    .grant = buffer_span(&w.sealed),
						    .has_body = 1,
						    .body = SPAN("123456789") } },
		   -1);
	send_lengths(call, lengths, 1);
	hear_hashes(&grant, 1, &hashes);
	assert_hashes(SPAN("123456789"), lengths, 1, buffer_span(&hashes));
	assert(world_is_silent(&w, &w.worker));
	world_commit(&w, call, 9, make_chain_seal(grant, 9, &seal), SPAN(""));
	assert_done(world_hear(&w, &w.worker));
	assert(world_ask(&w, "GET /bucket/k", NO_HEADERS) == IPC_OBJECT);
	assert_body(SPAN("123456789"));
	buffer_clear(&hashes);
	buffer_clear(&seal);
	end();
}

/*
 * A small signed stream sends everything at once: its lengths and its commit may come when the call
 * is refused already and only the answer waits, behind others that the worker has not read.
 */
static void test_what_is_said_of_a_body_while_its_refusal_waits_is_of_no_consequence(void)
{
	static const char *const headers[] = {
		"x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
		"x-amz-decoded-content-length: 9", "Content-Length: 100", NULL
	};
	static const uint32_t lengths[] = { 9 };
	struct buffer seal = BUFFER_INIT(SEALS_MAX);
	unsigned int refused = 0, n = 2 * SESSION_QUEUE_HIGH / WORLD_INLINE_LIMIT;
	uint64_t call;

	begin();
	assert_done(world_put(&w, "PUT /bucket/k", NO_HEADERS, make_bytes(WORLD_INLINE_LIMIT)));
	for (unsigned int i = 0; i < n; i++)
		world_send_call(&w, "GET /bucket/k");
	assert(!world_is_silent(&w, &w.worker));
	call = w.next_call++;
	world_grant(&w, "PUT /nobodys-bucket/k", headers);
	world_send(&w, &w.worker,
		   &(struct ipc_message){ .number = IPC_CALL,
					  .call = { .call = call,
						    .grant = buffer_span(&w.sealed),
						    .has_body = 1,
						    .body = SPAN("123456789") } },
		   -1);
	assert(!world_is_silent(&w, &w.worker));
	send_lengths(call, lengths, 1);
	world_commit(&w, call, 8, make_chain_seal(w.grant_id, 8, &seal), SPAN(""));
	assert(!world_is_silent(&w, &w.worker));
	for (unsigned int i = 0; i <= n; i++)
		refused += world_hear(&w, &w.worker) == IPC_FAILED;
	assert(refused == 1 && world_is_silent(&w, &w.worker));
	assert_done(world_ask(&w, "HEAD /bucket", NO_HEADERS));
	buffer_clear(&seal);
	end();
}

/* --- tenants --------------------------------------------------------------------------------- */

static void test_t30_another_tenants_bucket_is_closed_to_everything(void)
{
	static const char *const requests[] = {
		"GET /bucket/k",
		"HEAD /bucket/k",
		"GET /bucket",
		"GET /bucket?list-type=2",
		"HEAD /bucket",
		"GET /bucket?location",
		"GET /bucket?versioning",
		"GET /bucket?uploads",
		"DELETE /bucket/k",
		"DELETE /bucket",
		"POST /bucket/k?uploads",
		"GET /bucket/k?uploadId=x",
		"DELETE /bucket/k?uploadId=x",
	};

	begin();
	assert_done(world_put(&w, "PUT /bucket/k", NO_HEADERS, SPAN("mine")));
	w.tenant.bytes[0]++;
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
		assert_error(world_ask(&w, requests[i], NO_HEADERS), S3_ERROR_ACCESS_DENIED);
	assert_error(world_put(&w, "PUT /bucket/k", NO_HEADERS, SPAN("theirs")),
		     S3_ERROR_ACCESS_DENIED);
	assert_error(world_put(&w, "PUT /bucket/k", NO_HEADERS, make_bytes(100000)),
		     S3_ERROR_ACCESS_DENIED);
	assert_error(world_command(&w, "PUT /bucket", NO_HEADERS, SPAN("")),
		     S3_ERROR_BUCKET_ALREADY_EXISTS);
	w.tenant.bytes[0]--;
	assert(world_ask(&w, "GET /bucket/k", NO_HEADERS) == IPC_OBJECT);
	assert_body(SPAN("mine"));
	end();
}

static void test_t20_a_copy_cannot_read_another_tenants_bucket(void)
{
	begin();
	assert_done(world_put(&w, "PUT /bucket/k", NO_HEADERS, SPAN("mine")));
	w.tenant.bytes[0]++;
	assert_done(world_command(&w, "PUT /theirs", NO_HEADERS, SPAN("")));
	assert_error(world_ask(&w, "PUT /theirs/copy", HEADERS("x-amz-copy-source: /bucket/k")),
		     S3_ERROR_ACCESS_DENIED);
	assert_done(world_ask(&w, "POST /theirs/copy?uploads", NO_HEADERS));
	{
		struct answer a = world_answer(&w);
		char request[256];

		snprintf(request, sizeof(request), "PUT /theirs/copy?partNumber=1&uploadId=%.*s",
			 (int)a.upload_id.len, (const char *)a.upload_id.data);
		assert_error(world_ask(&w, request, HEADERS("x-amz-copy-source: /bucket/k")),
			     S3_ERROR_ACCESS_DENIED);
		assert_error(world_ask(&w, request,
				       HEADERS("x-amz-copy-source: /bucket/k",
					       "x-amz-copy-source-range: bytes=0-1")),
			     S3_ERROR_ACCESS_DENIED);
	}
	end();
}

static void test_an_expected_owner_must_be_the_owner(void)
{
	begin();
	assert_error(world_ask(&w, "HEAD /bucket",
			       HEADERS("x-amz-expected-bucket-owner: somebody-else")),
		     S3_ERROR_ACCESS_DENIED);
	assert_done(world_ask(&w, "HEAD /bucket",
			      HEADERS("x-amz-expected-bucket-owner: 0123456789abcdef")));
	end();
}

int main(void)
{
	test_put_get_list_delete();
	test_sizes_around_every_limit_come_back_as_they_went();
	test_ranges_of_small_and_large_bodies();
	test_conditions_are_answered_with_what_the_object_is();
	test_pages_of_a_list_join_without_gap();
	test_a_thousand_keys_are_listed_and_deleted_in_several_messages();
	test_answers_wait_for_a_worker_that_reads_slowly();
	test_t11_a_body_of_another_hash_is_refused_and_the_old_object_stays();
	test_t05_an_unsigned_trailer_is_held_against_the_bytes();
	test_t76_a_signed_stream_is_hashed_as_it_was_cut_in_whatever_order_it_comes();
	test_a_small_signed_stream_may_come_inside_and_still_needs_its_seal();
	test_what_is_said_of_a_body_while_its_refusal_waits_is_of_no_consequence();
	test_t30_another_tenants_bucket_is_closed_to_everything();
	test_t20_a_copy_cannot_read_another_tenants_bucket();
	test_an_expected_owner_must_be_the_owner();
	return 0;
}
