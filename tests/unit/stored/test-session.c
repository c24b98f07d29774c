/* SPDX-License-Identifier: Apache-2.0 */

/* A whole life through one channel, and what a frontend must not do. */

#include "ipc/sample.h"
#include "stored/call.h"
#include "stored/worker.h"
#include "tests/unit/stored/world.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct world w;

#define assert_done(x)	       assert((x) == IPC_DONE)
#define assert_error(x, error) assert((x) == IPC_FAILED && world_error(&w) == (error))

static void make_bucket(void)
{
	assert_done(world_command(&w, "PUT /bucket", NO_HEADERS, SPAN("")));
}

static void begin(void)
{
	world_begin(&w);
	make_bucket();
}

static void end(void)
{
	world_end(&w);
}

static void assert_body(struct span expected)
{
	struct buffer body = BUFFER_INIT(256 * MIB);

	world_fetch(&w, &body);
	assert(buffer_error(&body) == 0);
	assert(span_equal(buffer_span(&body), expected));
	buffer_clear(&body);
}

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

static struct span make_bytes(size_t len)
{
	static uint8_t bytes[24 * MIB];
	uint64_t x = 88172645463325252u;

	assert(len <= sizeof(bytes));
	for (size_t i = 0; i < len; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		bytes[i] = (uint8_t)x;
	}
	return (struct span){ bytes, len };
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

static const char *const chained_headers[] = {
	"x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
	"x-amz-decoded-content-length: 100000", "Content-Length: 101000", NULL
};

static void send_lengths(uint64_t call, const uint32_t *lengths, size_t n)
{
	world_send(
		&w, &w.worker,
		&(struct ipc_message){
			.number = IPC_LENGTHS,
			.lengths = { .call = call, .lengths = { lengths, n * sizeof(*lengths) } } },
		-1);
}

static struct span make_chain_seal(struct ipc_id grant, uint64_t length, struct buffer *out)
{
	struct chain_seal s = {
		.grant = grant, .channel = w.worker.channel, .length = length, .trailer = SPAN("")
	};

	buffer_reset(out);
	seals_seal_chain(&w.seals, &s, out);
	return buffer_span(out);
}

/* What stored told authd of a grant's chunks. */
static void hear_hashes(const struct ipc_id *grant, size_t n, struct buffer *ret)
{
	static struct heard heard = { .fd = -1 };

	while (ret->len < n * HASH_SHA256_LEN) {
		ssize_t len;

		assert(service_step(&w.service, 5) >= 0);
		len = recv(w.authd_fd, heard.packet, sizeof(heard.packet), MSG_DONTWAIT);
		if (len < 0)
			continue;
		assert(ipc_decode(IPC_STORED_TO_AUTHD_DIRECTION, IPC_PHASE_READY,
				  (struct span){ heard.packet, (size_t)len }, 0,
				  &heard.message) == IPC_SOUND);
		assert(heard.message.number == IPC_HASHES);
		assert(ipc_id_equal(&heard.message.hashes.grant, grant));
		buffer_append(ret, heard.message.hashes.hashes);
	}
	assert(ret->len == n * HASH_SHA256_LEN);
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

/* --- a broken frontend ----------------------------------------------------------------------- */

/* Whatever ended the worker's channel, the service goes on, and nothing was put under the key. */
static void assert_only_the_channel_ended(void)
{
	assert(world_is_closed(&w, &w.worker));
	close(w.worker.fd);
	world_enter(&w, &w.worker);
	assert_error(world_ask(&w, "GET /bucket/k", NO_HEADERS), S3_ERROR_NO_SUCH_KEY);
	end();
}

static void test_t71_a_spent_grant_closes_the_channel(void)
{
	begin();
	assert_done(world_ask(&w, "DELETE /bucket/k", NO_HEADERS));
	world_send(&w, &w.worker,
		   &(struct ipc_message){ .number = IPC_CALL,
					  .call = { .call = w.next_call++,
						    .grant = buffer_span(&w.sealed),
						    .body = SPAN("") } },
		   -1);
	assert_only_the_channel_ended();
}

static void test_t71_a_grant_of_another_channel_closes_the_channel_that_shows_it(void)
{
	struct worker other;

	begin();
	world_enter(&w, &other);
	world_grant(&w, "GET /bucket/k", NO_HEADERS);
	world_send(
		&w, &other,
		&(struct ipc_message){
			.number = IPC_CALL,
			.call = { .call = 1, .grant = buffer_span(&w.sealed), .body = SPAN("") } },
		-1);
	assert(world_is_closed(&w, &other));
	close(other.fd);
	assert_error(world_ask(&w, "GET /bucket/k", NO_HEADERS), S3_ERROR_NO_SUCH_KEY);
	end();
}

static void test_t71_a_ticket_opens_one_live_channel(void)
{
	struct buffer sealed = BUFFER_INIT(SEALS_MAX);
	struct ticket ticket;
	struct worker second;

	begin();
	ticket.channel = w.worker.channel;
	seals_seal_ticket(&w.seals, &ticket, &sealed);
	world_connect(&w, &worker_role, getuid(), &second);
	world_send(&w, &second,
		   &(struct ipc_message){ .number = IPC_ENTER,
					  .enter = { .ticket = buffer_span(&sealed) } },
		   -1);
	assert(world_is_closed(&w, &second));
	close(second.fd);
	assert_error(world_ask(&w, "GET /bucket/k", NO_HEADERS), S3_ERROR_NO_SUCH_KEY);
	buffer_clear(&sealed);
	end();
}

static void test_t71_a_document_for_an_operation_without_one_closes_the_channel(void)
{
	begin();
	world_grant(&w, "POST /bucket?delete",
		    HEADERS("Content-MD5: 1B2M2Y8AsgTpgAmY7PhCfg==", "Content-Length: 10"));
	world_send(&w, &w.worker,
		   &(struct ipc_message){ .number = IPC_CALL,
					  .call = { .call = w.next_call++,
						    .grant = buffer_span(&w.sealed),
						    .body = SPAN("") } },
		   -1);
	assert_only_the_channel_ended();
}

static void test_a_stale_grant_is_told_and_the_channel_stays(void)
{
	begin();
	world_grant(&w, "GET /bucket/k", NO_HEADERS);
	w.sealed.data[0] ^= 1;
	world_send(&w, &w.worker,
		   &(struct ipc_message){ .number = IPC_CALL,
					  .call = { .call = w.next_call++,
						    .grant = buffer_span(&w.sealed),
						    .body = SPAN("") } },
		   -1);
	assert_error(world_hear(&w, &w.worker), S3_ERROR_SERVICE_UNAVAILABLE);
	assert_error(world_ask(&w, "GET /bucket/k", NO_HEADERS), S3_ERROR_NO_SUCH_KEY);
	end();
}

static void test_a_new_epoch_ends_the_channels_of_the_old_one(void)
{
	uint64_t call;
	int fd;

	begin();
	fd = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Content-Length: 100000"), &call);
	world_write(&w, fd, make_bytes(50000));
	world_new_epoch(&w);
	close(fd);
	assert_only_the_channel_ended();
}

static void test_t72_a_clients_mistakes_leave_the_channel_open(void)
{
	static const char *const requests[] = {
		"GET /nobodys-bucket/k",
		"GET /bucket/k?versionId=x",
		"GET /bucket/k?partNumber=7",
		"GET /bucket/k?uploadId=none",
		"GET /nobodys-bucket?list-type=2",
		"DELETE /bucket/k?uploadId=none",
		"GET /bucket?list-type=2&continuation-token=%00%00",
	};

	begin();
	for (size_t i = 0; i + 1 < ARRAY_SIZE(requests); i++)
		assert(world_ask(&w, requests[i], NO_HEADERS) == IPC_FAILED);
	assert_error(world_command(&w, "POST /bucket/k?uploadId=none", NO_HEADERS, SPAN("<no/>")),
		     S3_ERROR_MALFORMED_XML);
	assert_error(world_put(&w, "PUT /bucket/k",
			       HEADERS("Content-MD5: 1B2M2Y8AsgTpgAmY7PhCfg=="), SPAN("x")),
		     S3_ERROR_BAD_DIGEST);
	assert_done(world_put(&w, "PUT /bucket/k", NO_HEADERS, SPAN("x")));
	end();
}

static void test_t73_bytes_beyond_the_grant_are_refused_at_once(void)
{
	uint64_t call;
	int fd;

	begin();
	fd = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Content-Length: 20000"), &call);
	world_write(&w, fd, make_bytes(20001));
	assert_error(world_hear(&w, &w.worker), S3_ERROR_INCOMPLETE_BODY);
	assert(w.heard.message.failed.call == call);
	close(fd);
	assert_error(world_ask(&w, "GET /bucket/k", NO_HEADERS), S3_ERROR_NO_SUCH_KEY);
	end();
}

static void test_t73_a_commit_to_more_than_came_closes_the_channel(void)
{
	uint64_t call;
	int fd;

	begin();
	fd = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Content-Length: 100000"), &call);
	world_write(&w, fd, make_bytes(99999));
	close(fd);
	world_commit(&w, call, 100000, SPAN(""), SPAN(""));
	assert_only_the_channel_ended();
}

static void test_t73_a_commit_to_less_than_came_closes_the_channel(void)
{
	uint64_t call;
	int fd;

	begin();
	fd = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Transfer-Encoding: chunked"), &call);
	world_write(&w, fd, make_bytes(100000));
	close(fd);
	world_commit(&w, call, 99999, SPAN(""), SPAN(""));
	assert_only_the_channel_ended();
}

static void test_t73_a_commit_to_another_length_than_granted_is_the_clients_mistake(void)
{
	uint64_t call;
	int fd;

	begin();
	fd = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Content-Length: 100000"), &call);
	world_write(&w, fd, make_bytes(99999));
	close(fd);
	world_commit(&w, call, 99999, SPAN(""), SPAN(""));
	assert_error(world_hear(&w, &w.worker), S3_ERROR_INCOMPLETE_BODY);
	assert_error(world_ask(&w, "GET /bucket/k", NO_HEADERS), S3_ERROR_NO_SUCH_KEY);
	end();
}

static void test_t73_a_pipe_kept_open_commits_as_soon_as_the_bytes_are_there(void)
{
	struct span bytes = make_bytes(100000);
	uint64_t call;
	int fd;

	begin();
	fd = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Content-Length: 100000"), &call);
	world_commit(&w, call, bytes.len, SPAN(""), SPAN(""));
	world_write(&w, fd, bytes);
	assert_done(world_hear(&w, &w.worker));
	close(fd);
	assert(world_ask(&w, "GET /bucket/k", NO_HEADERS) == IPC_OBJECT);
	assert_body(bytes);
	end();
}

static void test_t73_bodies_of_one_channel_are_limited(void)
{
	static int fds[WORKER_BODIES_MAX];
	uint64_t call;

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Content-Length: 100000"),
					 &call);
		assert(fds[i] >= 0);
	}
	assert(world_open_pipe(&w, "PUT /bucket/k", HEADERS("Content-Length: 100000"), &call) < 0);
	assert(world_error(&w) == S3_ERROR_SLOW_DOWN);
	/* One that ends makes room for another. */
	world_send(&w, &w.worker,
		   &(struct ipc_message){ .number = IPC_CANCEL, .cancel = { .call = call - 1 } },
		   -1);
	close(fds[0]);
	fds[0] = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Content-Length: 100000"), &call);
	assert(fds[0] >= 0);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	end();
}

/* The sweep looks at deadlines every SESSION_SWEEP_NS; what it compares with is moved here. */
static void test_t73_a_body_that_does_not_come_is_given_up(void)
{
	for (int idle = 0; idle < 2; idle++) {
		struct call *c;
		uint64_t call;
		int fd;

		begin();
		fd = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Content-Length: 100000"), &call);
		world_write(&w, fd, make_bytes(1000));
		assert(world_is_silent(&w, &w.worker));
		c = table_find(&w.service.sessions.first->calls, call);
		if (idle)
			atomic_store(&c->body->moved_ns, 0);
		else
			c->deadline_ns = 0;
		assert_error(world_hear(&w, &w.worker), S3_ERROR_REQUEST_TIMEOUT);
		assert(w.heard.message.failed.call == call);
		assert(world_is_silent(&w, &w.worker) && w.service.n_calls == 0);
		close(fd);
		end();
	}
}

static void test_t77_a_document_that_can_change_closes_the_channel(void)
{
	int fd = memfd_create("command", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	begin();
	assert(ftruncate(fd, 10) == 0);
	world_grant(&w, "PUT /second", HEADERS("Content-Length: 10"));
	world_send(&w, &w.worker,
		   &(struct ipc_message){ .number = IPC_COMMAND,
					  .command = { .call = w.next_call++,
						       .grant = buffer_span(&w.sealed),
						       .body_len = 10 } },
		   fd);
	close(fd);
	assert_only_the_channel_ended();
}

static void test_t73_a_body_inside_beyond_the_limit_closes_the_channel(void)
{
	begin();
	world_grant(&w, "PUT /bucket/k", HEADERS("Content-Length: 16385"));
	world_send(&w, &w.worker,
		   &(struct ipc_message){ .number = IPC_CALL,
					  .call = { .call = w.next_call++,
						    .grant = buffer_span(&w.sealed),
						    .has_body = 1,
						    .body = make_bytes(WORLD_INLINE_LIMIT + 1) } },
		   -1);
	assert_only_the_channel_ended();
}

static void test_t73_a_second_commit_closes_the_channel(void)
{
	uint64_t call;
	int fd;

	begin();
	fd = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Content-Length: 100000"), &call);
	world_commit(&w, call, 100000, SPAN(""), SPAN(""));
	world_commit(&w, call, 100000, SPAN(""), SPAN(""));
	close(fd);
	assert_only_the_channel_ended();
}

static void test_t76_a_commit_without_a_seal_or_with_anothers_closes_the_channel(void)
{
	static const uint32_t lengths[] = { 100000 };
	struct buffer seal = BUFFER_INIT(SEALS_MAX), hashes = BUFFER_INIT(MIB);
	struct span bytes = make_bytes(100000);

	for (int with = 0; with < 3; with++) {
		uint64_t call;
		struct ipc_id grant;
		int fd;

		begin();
		fd = world_open_pipe(&w, "PUT /bucket/k", chained_headers, &call);
		grant = w.grant_id;
		send_lengths(call, lengths, 1);
		world_write(&w, fd, bytes);
		close(fd);
		buffer_reset(&hashes);
		hear_hashes(&grant, 1, &hashes);
		if (with == 1)
			grant.bytes[0] ^= 1;
		make_chain_seal(grant, with == 2 ? 99999 : 100000, &seal);
		world_commit(&w, call, 100000, with ? buffer_span(&seal) : SPAN(""), SPAN(""));
		assert_only_the_channel_ended();
	}
	buffer_clear(&seal);
	buffer_clear(&hashes);
}

static void test_t76_lengths_that_do_not_cover_the_bytes_close_the_channel(void)
{
	static const uint32_t lengths[] = { 60000 };
	struct buffer seal = BUFFER_INIT(SEALS_MAX);
	uint64_t call;
	int fd;

	begin();
	fd = world_open_pipe(&w, "PUT /bucket/k", chained_headers, &call);
	send_lengths(call, lengths, 1);
	world_write(&w, fd, make_bytes(100000));
	close(fd);
	/* authd would not have sealed this; were it fooled, stored still would not keep it. */
	world_commit(&w, call, 100000, make_chain_seal(w.grant_id, 100000, &seal), SPAN(""));
	buffer_clear(&seal);
	assert_only_the_channel_ended();
}

static void test_t76_lengths_for_a_body_that_is_not_chained_close_the_channel(void)
{
	static const uint32_t lengths[] = { 100 };
	uint64_t call;
	int fd;

	begin();
	fd = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Content-Length: 100000"), &call);
	send_lengths(call, lengths, 1);
	close(fd);
	assert_only_the_channel_ended();
}

static void test_t78_the_end_of_a_pipe_commits_nothing(void)
{
	uint64_t call;
	int fd;

	begin();
	fd = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Transfer-Encoding: chunked"), &call);
	world_write(&w, fd, make_bytes(100000));
	close(fd);
	assert(world_is_silent(&w, &w.worker));
	assert_error(world_ask(&w, "GET /bucket/k", NO_HEADERS), S3_ERROR_NO_SUCH_KEY);
	end();
}

static void test_t78_a_worker_that_dies_before_commit_commits_nothing(void)
{
	uint64_t call;
	int fd;

	begin();
	fd = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Transfer-Encoding: chunked"), &call);
	world_write(&w, fd, make_bytes(100000));
	close(fd);
	close(w.worker.fd);
	world_enter(&w, &w.worker);
	assert(world_is_silent(&w, &w.worker));
	assert_error(world_ask(&w, "GET /bucket/k", NO_HEADERS), S3_ERROR_NO_SUCH_KEY);
	end();
}

static void test_a_cancelled_call_is_never_answered_and_its_number_is_free(void)
{
	uint64_t call;
	int fd;

	begin();
	fd = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Content-Length: 100000"), &call);
	world_send(&w, &w.worker,
		   &(struct ipc_message){ .number = IPC_CANCEL, .cancel = { .call = call } }, -1);
	world_write(&w, fd, make_bytes(1000));
	world_commit(&w, call, 100000, SPAN(""), SPAN(""));
	assert(world_is_silent(&w, &w.worker));
	close(fd);
	assert_error(world_ask(&w, "GET /bucket/k", NO_HEADERS), S3_ERROR_NO_SUCH_KEY);
	end();
}

static void test_a_ping_is_answered(void)
{
	begin();
	world_send(&w, &w.worker,
		   &(struct ipc_message){ .number = IPC_STORE_PING, .store_ping.number = 77 }, -1);
	assert(world_hear(&w, &w.worker) == IPC_STORE_PONG);
	assert(w.heard.message.store_pong.number == 77);
	end();
}

/* How often a metric of stored's is told. */
static size_t count_told(struct span samples, enum metric metric, uint64_t *ret_first)
{
	struct sample s;
	size_t n = 0;

	while (sample_next(&samples, METRIC_FROM_STORED, &s) == 1) {
		if (s.metric != metric)
			continue;
		if (n++ == 0)
			*ret_first = s.values[0];
	}
	assert(samples.len == 0);
	return n;
}

static void test_stored_tells_its_figures(void)
{
	struct span samples;
	uint64_t value;

	begin();
	world_send(&w, &w.worker,
		   &(struct ipc_message){ .number = IPC_STORE_MEASURE,
					  .store_measure.number = 78 },
		   -1);
	assert(world_hear(&w, &w.worker) == IPC_STORE_MEASURED);
	assert(w.heard.message.store_measured.number == 78);
	samples = w.heard.message.store_measured.samples;
	for (enum metric m = 0; m < METRIC_COUNT; m++)
		if (metric_rows[m].from & METRIC_FROM_STORED)
			assert(count_told(samples, m, &value));
	assert(count_told(samples, METRIC_CHANNELS, &value) == 2 && value == 1);
	assert(count_told(samples, METRIC_DISK_FREE, &value) == 1 && value > 0);
	assert(count_told(samples, METRIC_CALLS, &value) == 1 && value == 0);
	end();
}

static void test_a_call_number_in_use_closes_the_channel(void)
{
	uint64_t call;
	int fd;

	begin();
	fd = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Content-Length: 100000"), &call);
	world_grant(&w, "GET /bucket/k", NO_HEADERS);
	world_send(&w, &w.worker,
		   &(struct ipc_message){ .number = IPC_CALL,
					  .call = { .call = call,
						    .grant = buffer_span(&w.sealed),
						    .body = SPAN("") } },
		   -1);
	close(fd);
	assert_only_the_channel_ended();
}

static void test_next_without_an_extent_closes_the_channel(void)
{
	uint64_t call;
	int fd;

	begin();
	fd = world_open_pipe(&w, "PUT /bucket/k", HEADERS("Content-Length: 100000"), &call);
	world_send(&w, &w.worker,
		   &(struct ipc_message){ .number = IPC_NEXT, .next = { .call = call } }, -1);
	close(fd);
	assert_only_the_channel_ended();
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

/* --- at the door ----------------------------------------------------------------------------- */

static int listen_for_workers(struct sockaddr_un *ret)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(ret->sun_path, sizeof(ret->sun_path), "%s/door", w.dir);
	assert(fd >= 0 && bind(fd, (struct sockaddr *)ret, sizeof(*ret)) == 0);
	assert(listen(fd, 64) == 0);
	assert(door_open(&w.service.workers, &w.service, &worker_role, fd) == 0);
	return fd;
}

static int knock(const struct sockaddr_un *door)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	assert(fd >= 0 && connect(fd, (const struct sockaddr *)door, sizeof(*door)) == 0);
	return fd;
}

static void be_still(void)
{
	for (int i = 0; i < 20; i++)
		assert(service_step(&w.service, 1) == 0);
}

static void sweep_now(void)
{
	assert(w.service.workers.sweep.expired(&w.service.workers.sweep) == 0);
}

static void test_t75_who_is_not_the_frontend_is_let_go_and_told_of_once(void)
{
	struct sockaddr_un door;
	int fd, client;

	begin();
	fd = listen_for_workers(&door);
	w.service.config.frontend_uid = geteuid() + 1;
	for (int i = 0; i < 20; i++) {
		client = knock(&door);
		be_still();
		assert(recv(client, &(char){ 0 }, 1, 0) == 0);
		close(client);
	}
	assert(sessions_count(&w.service.sessions, &worker_role) == 1 && w.service.workers.n_refused == 20);
	sweep_now();
	assert(w.service.workers.n_refused == 0);
	door_close(&w.service.workers);
	close(fd);
	world_end(&w);
}

static void test_a_connection_that_cannot_be_taken_waits_until_the_sweep(void)
{
	struct rlimit before, none;
	struct sockaddr_un door;
	int fd, client;

	begin();
	fd = listen_for_workers(&door);
	w.service.config.frontend_uid = geteuid();
	client = knock(&door);
	assert(getrlimit(RLIMIT_NOFILE, &before) == 0);
	none = (struct rlimit){ 3, before.rlim_max };
	assert(setrlimit(RLIMIT_NOFILE, &none) == 0);
	be_still();
	assert(setrlimit(RLIMIT_NOFILE, &before) == 0);
	assert(sessions_count(&w.service.sessions, &worker_role) == 1 && w.service.workers.listener.events == 0);
	be_still();
	assert(sessions_count(&w.service.sessions, &worker_role) == 1);
	sweep_now();
	be_still();
	assert(sessions_count(&w.service.sessions, &worker_role) == 2);
	close(client);
	door_close(&w.service.workers);
	close(fd);
	world_end(&w);
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
	test_t71_a_spent_grant_closes_the_channel();
	test_t71_a_grant_of_another_channel_closes_the_channel_that_shows_it();
	test_t71_a_ticket_opens_one_live_channel();
	test_t71_a_document_for_an_operation_without_one_closes_the_channel();
	test_a_stale_grant_is_told_and_the_channel_stays();
	test_a_new_epoch_ends_the_channels_of_the_old_one();
	test_t72_a_clients_mistakes_leave_the_channel_open();
	test_t73_bytes_beyond_the_grant_are_refused_at_once();
	test_t73_a_commit_to_more_than_came_closes_the_channel();
	test_t73_a_commit_to_less_than_came_closes_the_channel();
	test_t73_a_commit_to_another_length_than_granted_is_the_clients_mistake();
	test_t73_a_pipe_kept_open_commits_as_soon_as_the_bytes_are_there();
	test_t73_bodies_of_one_channel_are_limited();
	test_t73_a_body_that_does_not_come_is_given_up();
	test_t73_a_body_inside_beyond_the_limit_closes_the_channel();
	test_t73_a_second_commit_closes_the_channel();
	test_t77_a_document_that_can_change_closes_the_channel();
	test_t76_a_commit_without_a_seal_or_with_anothers_closes_the_channel();
	test_t76_lengths_that_do_not_cover_the_bytes_close_the_channel();
	test_t76_lengths_for_a_body_that_is_not_chained_close_the_channel();
	test_t78_the_end_of_a_pipe_commits_nothing();
	test_t78_a_worker_that_dies_before_commit_commits_nothing();
	test_a_cancelled_call_is_never_answered_and_its_number_is_free();
	test_a_ping_is_answered();
	test_stored_tells_its_figures();
	test_a_call_number_in_use_closes_the_channel();
	test_next_without_an_extent_closes_the_channel();
	test_t30_another_tenants_bucket_is_closed_to_everything();
	test_t20_a_copy_cannot_read_another_tenants_bucket();
	test_an_expected_owner_must_be_the_owner();
	test_t75_who_is_not_the_frontend_is_let_go_and_told_of_once();
	test_a_connection_that_cannot_be_taken_waits_until_the_sweep();
	return 0;
}
