/* SPDX-License-Identifier: Apache-2.0 */

/* Uploads in parts, copies, attributes and deletions, asked for as a worker asks. */

#include "stored/delivery.h"
#include "tests/unit/stored/world.h"

#include <stdio.h>
#include <unistd.h>

static struct world w;
static uint8_t bytes[11 * MIB];

#define assert_done(x)	       assert((x) == IPC_DONE)
#define assert_error(x, error) assert((x) == IPC_FAILED && world_error(&w) == (error))

static void begin(void)
{
	world_begin(&w);
	assert_done(world_command(&w, "PUT /bucket", NO_HEADERS, SPAN("")));
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 131 + i / 251);
}

static void end(void)
{
	world_end(&w);
}

static void assert_body(struct span expected)
{
	struct buffer body = BUFFER_INIT(64 * MIB);

	world_fetch(&w, &body);
	assert(buffer_error(&body) == 0 && span_equal(buffer_span(&body), expected));
	buffer_clear(&body);
}

static struct span piece(size_t at, size_t len)
{
	assert(at + len <= sizeof(bytes));
	return (struct span){ bytes + at, len };
}

/* A text of the last answer that outlives the next one. */
static void keep(struct span s, char *to, size_t size)
{
	assert(s.len < size);
	memcpy(to, s.data, s.len);
	to[s.len] = '\0';
}

/* --- uploads in parts ------------------------------------------------------------------------ */

static char upload_id[128];
#define PARTS_MAX 8
static char etags[PARTS_MAX][64], checksums[PARTS_MAX][64];

static void create(const char *key, const char *const *headers)
{
	char request[64];

	snprintf(request, sizeof(request), "POST /bucket/%s?uploads", key);
	assert_done(world_ask(&w, request, headers));
	assert(span_equal(world_answer(&w).key, span_from_string(key)));
	keep(world_answer(&w).upload_id, upload_id, sizeof(upload_id));
}

static const char *part_request(const char *key, unsigned int number)
{
	static char request[256];

	snprintf(request, sizeof(request), "PUT /bucket/%s?partNumber=%u&uploadId=%s", key, number,
		 upload_id);
	return request;
}

static void put_part(const char *key, unsigned int number, struct span body)
{
	struct answer a;

	assert_done(world_put(&w, part_request(key, number), NO_HEADERS, body));
	a = world_answer(&w);
	keep(a.etag, etags[number], sizeof(etags[number]));
	if (!span_is_none(a.checksum))
		keep(a.checksum, checksums[number], sizeof(checksums[number]));
}

/* Parts 1 to n; `element` names their checksums, NULL for none. */
static enum ipc_number complete(const char *key, unsigned int n, const char *element,
				const char *const *headers)
{
	char xml[2048], request[256];
	int len = snprintf(xml, sizeof(xml), "<CompleteMultipartUpload>");

	for (unsigned int i = 1; i <= n; i++) {
		len += snprintf(xml + len, sizeof(xml) - (size_t)len,
				"<Part><PartNumber>%u</PartNumber><ETag>\"%s\"</ETag>", i,
				etags[i]);
		if (element)
			len += snprintf(xml + len, sizeof(xml) - (size_t)len,
					"<Checksum%s>%s</Checksum%s>", element, checksums[i],
					element);
		len += snprintf(xml + len, sizeof(xml) - (size_t)len, "</Part>");
	}
	snprintf(xml + len, sizeof(xml) - (size_t)len, "</CompleteMultipartUpload>");
	snprintf(request, sizeof(request), "POST /bucket/%s?uploadId=%s", key, upload_id);
	return world_command(&w, request, headers, span_from_string(xml));
}

static void test_parts_become_one_object(void)
{
	struct span items;
	struct answer a;

	begin();
	create("k", HEADERS("Content-Type: text/x"));
	put_part("k", 1, piece(0, 5 * MIB));
	put_part("k", 2, piece(5 * MIB, 5 * MIB + 1));
	put_part("k", 3, piece(10 * MIB + 1, 7));
	assert_error(world_ask(&w, "GET /bucket/k", NO_HEADERS), S3_ERROR_NO_SUCH_KEY);
	assert_done(complete("k", 3, NULL, NO_HEADERS));
	a = world_answer(&w);
	assert(a.etag.len == 34 && span_bytes(a.etag)[33] == '3');
	assert(a.checksum_type == CHECKSUM_TYPE_FULL_OBJECT);

	assert(world_ask(&w, "GET /bucket/k", NO_HEADERS) == IPC_OBJECT);
	assert(world_answer(&w).parts_count == 3);
	assert_body(piece(0, 10 * MIB + 8));
	assert(world_ask(&w, "GET /bucket/k", HEADERS("Range: bytes=5242870-10485762")) ==
	       IPC_OBJECT);
	assert_body(piece(5242870, 10485762 - 5242870 + 1));
	assert(world_ask(&w, "GET /bucket/k?partNumber=2", NO_HEADERS) == IPC_OBJECT);
	a = world_answer(&w);
	assert(a.range_start == 5 * MIB && a.range_length == 5 * MIB + 1 && a.parts_count == 3);
	assert_body(piece(5 * MIB, 5 * MIB + 1));
	assert_error(world_ask(&w, "GET /bucket/k?partNumber=4", NO_HEADERS),
		     S3_ERROR_INVALID_PART_NUMBER);

	assert_done(
		world_ask(&w, "GET /bucket/k?attributes",
			  HEADERS("x-amz-object-attributes: ObjectParts", "x-amz-max-parts: 2")));
	a = world_answer(&w);
	assert(a.parts_count == 3 && a.truncated == 1 && a.next_part == 2 && a.limit == 2);
	items = buffer_span(&w.items);
	assert(answer_next_item(&items, &a) == 1 && a.part_number == 1 && a.size == 5 * MIB);
	assert(answer_next_item(&items, &a) == 1 && a.part_number == 2);
	assert(answer_next_item(&items, &a) == 0);

	/* A repeat of what was completed is answered as the first was. */
	assert_done(complete("k", 3, NULL, NO_HEADERS));
	end();
}

static void test_no_more_extents_are_out_than_the_window_holds(void)
{
	enum { PARTS = DELIVERY_WINDOW + 3 };
	struct buffer whole = BUFFER_INIT(64 * MIB), body = BUFFER_INIT(64 * MIB);
	uint64_t call;

	begin();
	create("k", NO_HEADERS);
	for (unsigned int n = 1; n <= PARTS; n++) {
		put_part("k", n, piece(n, 5 * MIB));
		buffer_append(&whole, piece(n, 5 * MIB));
	}
	assert_done(complete("k", PARTS, NULL, NO_HEADERS));
	assert(world_ask(&w, "GET /bucket/k", NO_HEADERS) == IPC_OBJECT);
	world_fetch(&w, &body);
	assert(span_equal(buffer_span(&body), buffer_span(&whole)));

	assert(world_ask(&w, "GET /bucket/k", NO_HEADERS) == IPC_OBJECT);
	call = w.heard.message.object.call;
	for (unsigned int n = 0; n < DELIVERY_WINDOW; n++)
		assert(world_hear(&w, &w.worker) == IPC_EXTENT && !w.heard.message.extent.last);
	assert(world_is_silent(&w, &w.worker));
	world_send(&w, &w.worker,
		   &(struct ipc_message){ .number = IPC_NEXT, .next = { .call = call } }, -1);
	assert(world_hear(&w, &w.worker) == IPC_EXTENT);
	assert(world_is_silent(&w, &w.worker));
	world_send(&w, &w.worker,
		   &(struct ipc_message){ .number = IPC_CANCEL, .cancel = { .call = call } }, -1);
	assert(world_is_silent(&w, &w.worker) && w.service.n_calls == 0);
	buffer_clear(&whole);
	buffer_clear(&body);
	end();
}

static void test_mistakes_at_complete_leave_the_upload(void)
{
	begin();
	create("k", NO_HEADERS);
	put_part("k", 1, piece(0, 100));
	put_part("k", 2, piece(100, 100));
	assert_error(complete("k", 2, NULL, NO_HEADERS), S3_ERROR_ENTITY_TOO_SMALL);
	etags[2][0] ^= 1;
	assert_error(complete("k", 2, NULL, NO_HEADERS), S3_ERROR_INVALID_PART);
	assert_error(complete("k", 1, NULL, HEADERS("x-amz-mp-object-size: 99")),
		     S3_ERROR_INVALID_REQUEST);
	assert_error(complete("k", 1, NULL, HEADERS("x-amz-checksum-crc64nvme: AAAAAAAAAAA=")),
		     S3_ERROR_BAD_DIGEST);
	assert_error(complete("k", 1, NULL, HEADERS("x-amz-checksum-type: COMPOSITE")),
		     S3_ERROR_INVALID_REQUEST);
	assert_error(complete("k", 1, NULL, HEADERS("If-Match: \"x\"")), S3_ERROR_NO_SUCH_KEY);
	assert_done(
		complete("k", 1, NULL, HEADERS("x-amz-mp-object-size: 100", "If-None-Match: *")));
	end();
}

static void test_checksums_of_an_upload_are_its_parts(void)
{
	static const struct {
		const char *name, *header, *type;
		enum checksum_type expected;
	} cases[] = {
		{ "CRC32", "x-amz-checksum-algorithm: CRC32", NULL, CHECKSUM_TYPE_COMPOSITE },
		{ "CRC32", "x-amz-checksum-algorithm: CRC32", "x-amz-checksum-type: FULL_OBJECT",
		  CHECKSUM_TYPE_FULL_OBJECT },
		{ "CRC64NVME", "x-amz-checksum-algorithm: CRC64NVME", NULL,
		  CHECKSUM_TYPE_FULL_OBJECT },
		{ "SHA256", "x-amz-checksum-algorithm: SHA256", NULL, CHECKSUM_TYPE_COMPOSITE },
	};

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *headers[] = { cases[i].header, cases[i].type, NULL };
		bool composite = cases[i].expected == CHECKSUM_TYPE_COMPOSITE;
		struct answer a;

		create("k", headers);
		assert(world_answer(&w).checksum_type == cases[i].expected);
		assert_error(world_put(&w, part_request("k", 1),
				       HEADERS("x-amz-checksum-sha1: 2jmj7l5rSw0yVb/vlWAYkK/YBwk="),
				       SPAN("")),
			     S3_ERROR_INVALID_REQUEST);
		put_part("k", 1, piece(0, 5 * MIB));
		put_part("k", 2, piece(5 * MIB, 9));
		if (composite)
			assert_error(complete("k", 2, NULL, NO_HEADERS), S3_ERROR_INVALID_REQUEST);
		assert_done(complete("k", 2, cases[i].name, NO_HEADERS));
		a = world_answer(&w);
		assert(a.checksum_type == cases[i].expected);
		/* A composite one says of how many parts it is. */
		assert((memchr(a.checksum.data, '-', a.checksum.len) != NULL) == composite);
		assert(world_ask(&w, "HEAD /bucket/k?partNumber=2", NO_HEADERS) == IPC_OBJECT);
		assert(span_equal(world_answer(&w).checksum, span_from_string(checksums[2])));
	}
	end();
}

static void test_parts_and_uploads_are_listed_until_the_end(void)
{
	char request[256];
	struct span items;
	struct answer a;

	begin();
	create("k", HEADERS("x-amz-storage-class: STANDARD_IA"));
	put_part("k", 1, piece(0, 10));
	put_part("k", 3, piece(0, 20000));
	snprintf(request, sizeof(request), "GET /bucket/k?uploadId=%s&max-parts=1", upload_id);
	assert_done(world_ask(&w, request, NO_HEADERS));
	a = world_answer(&w);
	assert(a.truncated == 1 && a.next_part == 1 && a.limit == 1);
	assert(span_equal(a.storage_class, SPAN("STANDARD_IA")));
	snprintf(request, sizeof(request), "GET /bucket/k?uploadId=%s&part-number-marker=1",
		 upload_id);
	assert_done(world_ask(&w, request, NO_HEADERS));
	items = buffer_span(&w.items);
	assert(answer_next_item(&items, &a) == 1 && a.part_number == 3 && a.size == 20000);
	assert(world_answer(&w).truncated == 0);

	assert_done(world_ask(&w, "GET /bucket?uploads", NO_HEADERS));
	items = buffer_span(&w.items);
	assert(answer_next_item(&items, &a) == 1 && a.kind == ANSWER_KIND_UPLOAD);
	assert(span_equal(a.upload_id, span_from_string(upload_id)));

	snprintf(request, sizeof(request), "DELETE /bucket/k?uploadId=%s", upload_id);
	assert_done(world_ask(&w, request, NO_HEADERS));
	assert_error(world_ask(&w, request, NO_HEADERS), S3_ERROR_NO_SUCH_UPLOAD);
	assert_error(world_put(&w, part_request("k", 1), NO_HEADERS, SPAN("x")),
		     S3_ERROR_NO_SUCH_UPLOAD);
	assert_done(world_ask(&w, "GET /bucket?uploads", NO_HEADERS));
	assert(w.items.len == 0);
	end();
}

/* --- copies ---------------------------------------------------------------------------------- */

static void test_copies_keep_or_replace_what_goes_with_the_bytes(void)
{
	begin();
	assert_done(world_put(&w, "PUT /bucket/k",
			      HEADERS("Content-Type: text/x", "x-amz-meta-a: 1"), SPAN("hello")));
	assert_done(world_ask(&w, "PUT /bucket/c", HEADERS("x-amz-copy-source: /bucket/k")));
	assert(span_equal(world_answer(&w).etag, SPAN("5d41402abc4b2a76b9719d911017c592")));
	assert_done(world_ask(&w, "DELETE /bucket/k", NO_HEADERS));
	assert(world_ask(&w, "GET /bucket/c", NO_HEADERS) == IPC_OBJECT);
	assert(memmem(world_answer(&w).attributes.data, world_answer(&w).attributes.len,
		      "x-amz-meta-a", 12));
	assert_body(SPAN("hello"));
	assert_done(world_ask(&w, "PUT /bucket/c",
			      HEADERS("x-amz-copy-source: /bucket/c", "x-amz-meta-b: 2",
				      "x-amz-metadata-directive: REPLACE")));
	assert(world_ask(&w, "GET /bucket/c", NO_HEADERS) == IPC_OBJECT);
	assert(!memmem(world_answer(&w).attributes.data, world_answer(&w).attributes.len,
		       "x-amz-meta-a", 12));
	assert_body(SPAN("hello"));
	assert_error(world_ask(&w, "PUT /bucket/x", HEADERS("x-amz-copy-source: /bucket/none")),
		     S3_ERROR_NO_SUCH_KEY);
	assert_error(world_ask(&w, "PUT /bucket/x",
			       HEADERS("x-amz-copy-source: /bucket/c",
				       "x-amz-copy-source-if-match: \"other\"")),
		     S3_ERROR_PRECONDITION_FAILED);
	end();
}

static void test_a_copy_with_another_checksum_has_that_of_its_bytes(void)
{
	static const size_t sizes[] = { 9, 100000 };

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct hasher_wants wants = { .checksum = CHECKSUM_SHA1 };
		char text[CHECKSUM_TEXT_MAX];
		struct hashes h;

		assert_done(world_put(&w, "PUT /bucket/k", NO_HEADERS, piece(0, sizes[i])));
		assert_done(world_ask(
			&w, "PUT /bucket/c",
			HEADERS("x-amz-copy-source: /bucket/k", "x-amz-checksum-algorithm: SHA1")));
		assert(hash_bytes(&w.service.methods, &wants, piece(0, sizes[i]), &h) == 0);
		checksum_format(&h.checksum, 0, text);
		assert(span_equal(world_answer(&w).checksum, span_from_string(text)));
		assert(world_ask(&w, "GET /bucket/c", NO_HEADERS) == IPC_OBJECT);
		assert(span_equal(world_answer(&w).checksum, span_from_string(text)));
		assert_body(piece(0, sizes[i]));
	}
	end();
}

static void test_ranges_become_parts(void)
{
	static const struct {
		const char *range;
		size_t at, len;
	} ranges[] = {
		{ "x-amz-copy-source-range: bytes=1-5242880", 1, 5242880 },
		{ "x-amz-copy-source-range: bytes=0-0", 0, 1 },
	};
	struct buffer expected = BUFFER_INIT(16 * MIB), body = BUFFER_INIT(16 * MIB);

	begin();
	assert_done(world_put(&w, "PUT /bucket/k", NO_HEADERS, piece(0, 6 * MIB)));
	create("r", NO_HEADERS);
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		assert_done(world_ask(&w, part_request("r", (unsigned int)i + 1),
				      HEADERS("x-amz-copy-source: /bucket/k", ranges[i].range)));
		keep(world_answer(&w).etag, etags[i + 1], sizeof(etags[i + 1]));
		buffer_append(&expected, piece(ranges[i].at, ranges[i].len));
	}
	assert_error(world_ask(&w, part_request("r", 3),
			       HEADERS("x-amz-copy-source: /bucket/k",
				       "x-amz-copy-source-range: bytes=0-6291456")),
		     S3_ERROR_INVALID_ARGUMENT);
	assert_error(world_ask(&w, part_request("r", 3),
			       HEADERS("x-amz-copy-source: /bucket/k",
				       "x-amz-copy-source-range: bytes=0-1",
				       "x-amz-copy-source-if-none-match: *")),
		     S3_ERROR_PRECONDITION_FAILED);
	assert_done(complete("r", 2, NULL, NO_HEADERS));
	assert_done(world_ask(&w, "DELETE /bucket/k", NO_HEADERS));
	assert(world_ask(&w, "GET /bucket/r", NO_HEADERS) == IPC_OBJECT);
	world_fetch(&w, &body);
	assert(span_equal(buffer_span(&body), buffer_span(&expected)));
	buffer_clear(&body);
	buffer_clear(&expected);
	end();
}

/* --- what is left ---------------------------------------------------------------------------- */

static void test_a_reader_of_what_is_replaced_gets_the_whole_old_object(void)
{
	begin();
	assert_done(world_put(&w, "PUT /bucket/k", NO_HEADERS, piece(0, 3 * MIB)));
	assert(world_ask(&w, "GET /bucket/k", NO_HEADERS) == IPC_OBJECT);
	{
		struct buffer body = BUFFER_INIT(16 * MIB);
		int fd;

		assert(world_hear(&w, &w.worker) == IPC_EXTENT && w.heard.message.extent.last);
		fd = steal_fd(w.heard.fd);
		assert_done(world_put(&w, "PUT /bucket/k", NO_HEADERS, piece(1, 2 * MIB)));
		assert_done(world_ask(&w, "DELETE /bucket/k", NO_HEADERS));
		assert(buffer_reserve(&body, 3 * MIB));
		assert(pread(fd, body.data, 3 * MIB, 0) == 3 * MIB);
		buffer_commit(&body, 3 * MIB);
		assert(span_equal(buffer_span(&body), piece(0, 3 * MIB)));
		close(fd);
		buffer_clear(&body);
	}
	end();
}

static void test_regions_are_those_asked_for(void)
{
	begin();
	assert_done(world_command(&w, "PUT /elsewhere", NO_HEADERS,
				  SPAN("<CreateBucketConfiguration><LocationConstraint>eu-west-1"
				       "</LocationConstraint></CreateBucketConfiguration>")));
	assert_done(world_ask(&w, "GET /elsewhere?location", NO_HEADERS));
	assert(span_equal(world_answer(&w).region, SPAN("eu-west-1")));
	assert_done(world_ask(&w, "HEAD /bucket", NO_HEADERS));
	assert(span_equal(world_answer(&w).region, SPAN("us-east-1")));
	assert_error(world_command(&w, "PUT /bad", NO_HEADERS,
				   SPAN("<CreateBucketConfiguration><LocationConstraint>a b"
					"</LocationConstraint></CreateBucketConfiguration>")),
		     S3_ERROR_INVALID_ARGUMENT);
	w.service.config.region_pinned = true;
	assert_error(world_command(&w, "PUT /bad", NO_HEADERS,
				   SPAN("<CreateBucketConfiguration><LocationConstraint>eu-west-1"
					"</LocationConstraint></CreateBucketConfiguration>")),
		     S3_ERROR_ILLEGAL_LOCATION_CONSTRAINT);
	end();
}

static void test_configuration_that_is_not_there(void)
{
	begin();
	assert_done(world_ask(&w, "GET /bucket?versioning", NO_HEADERS));
	assert_error(world_ask(&w, "GET /bucket?policy", NO_HEADERS),
		     S3_ERROR_NO_SUCH_BUCKET_POLICY);
	assert_error(world_ask(&w, "GET /none?policy", NO_HEADERS), S3_ERROR_NO_SUCH_BUCKET);
	end();
}

static void test_t21_keys_of_one_deletion_are_decided_one_by_one(void)
{
	static const char xml[] = "<Delete><Object><Key>a</Key><ETag>\"wrong\"</ETag></Object>"
				  "<Object><Key>b</Key></Object><Object><Key>none</Key></Object>"
				  "<Object><Key>a</Key><VersionId>1</VersionId></Object></Delete>";
	struct span items;
	struct answer a;

	begin();
	assert_done(world_put(&w, "PUT /bucket/a", NO_HEADERS, SPAN("1")));
	assert_done(world_put(&w, "PUT /bucket/b", NO_HEADERS, SPAN("2")));
	{
		struct hasher_wants wants = { .checksum = CHECKSUM_CRC32 };
		char text[CHECKSUM_TEXT_MAX], header[128];
		struct hashes h;

		assert(hash_bytes(&w.service.methods, &wants, SPAN(xml), &h) == 0);
		snprintf(header, sizeof(header), "x-amz-checksum-crc32: %s",
			 checksum_format(&h.checksum, 0, text));
		assert_done(world_command(&w, "POST /bucket?delete", HEADERS(header), SPAN(xml)));
	}
	items = buffer_span(&w.items);
	assert(answer_next_item(&items, &a) == 1 && a.kind == ANSWER_KIND_ERROR);
	assert(a.error == S3_ERROR_PRECONDITION_FAILED);
	assert(answer_next_item(&items, &a) == 1 && a.kind == ANSWER_KIND_DELETED);
	assert(answer_next_item(&items, &a) == 1 && a.kind == ANSWER_KIND_DELETED);
	assert(span_equal(a.key, SPAN("none")));
	assert(answer_next_item(&items, &a) == 1 && a.kind == ANSWER_KIND_ERROR);
	assert(world_ask(&w, "GET /bucket/a", NO_HEADERS) == IPC_OBJECT);
	assert_error(world_ask(&w, "GET /bucket/b", NO_HEADERS), S3_ERROR_NO_SUCH_KEY);
	end();
}

/* --- the REST dialect, and who is bound to a prefix ------------------------------------------ */

static void ask_rest(const char *prefix)
{
	w.asks_rest = true;
	w.prefix = span_from_string(prefix);
}

static void ask_s3(void)
{
	w.asks_rest = false;
	w.prefix = SPAN_NONE;
}

static void put_rest(const char *key)
{
	char request[64];

	snprintf(request, sizeof(request), "PUT /objects/%s", key);
	assert_done(world_put(&w, request, NO_HEADERS, SPAN("x")));
}

/* The keys of a page, with a comma behind each. */
static const char *listed(const char *request)
{
	static char text[256];
	struct span rest;
	struct answer a;
	size_t len = 0;

	buffer_reset(&w.items);
	assert_done(world_ask(&w, request, NO_HEADERS));
	rest = buffer_span(&w.items);
	text[0] = '\0';
	while (answer_next_item(&rest, &a) > 0)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%.*s,", (int)a.key.len,
					(const char *)a.key.data);
	return text;
}

static void test_both_dialects_are_about_the_same_objects(void)
{
	begin();
	ask_rest(NULL);
	put_rest("a/b");
	assert(world_answer(&w).size == 1 && world_answer(&w).last_modified % NS_PER_MS == 0);
	ask_s3();
	assert(world_ask(&w, "GET /bucket/a/b", NO_HEADERS) == IPC_OBJECT);
	assert_done(world_put(&w, "PUT /bucket/c", HEADERS("x-amz-meta-a: b"), SPAN("y")));
	ask_rest(NULL);
	assert(world_ask(&w, "GET /objects/c", HEADERS("Range: bytes=0-0")) == IPC_OBJECT);
	assert(strcmp(listed("GET /objects"), "a/b,c,") == 0);
	end();
}

static void test_to_delete_what_is_not_there_is_an_error_of_rest_alone(void)
{
	begin();
	assert_done(world_ask(&w, "DELETE /bucket/k", NO_HEADERS));
	ask_rest(NULL);
	assert_error(world_ask(&w, "DELETE /objects/k", NO_HEADERS), S3_ERROR_NO_SUCH_KEY);
	put_rest("k");
	assert_done(world_ask(&w, "DELETE /objects/k", NO_HEADERS));
	assert_error(world_ask(&w, "DELETE /objects/k", NO_HEADERS), S3_ERROR_NO_SUCH_KEY);
	end();
}

static void test_t21_a_key_outside_the_prefix_is_refused_whatever_the_grant_says(void)
{
	static const char *const requests[] = {
		"GET /objects/b/1", "HEAD /objects/b/1", "DELETE /objects/b/1",
		"GET /objects/a",   "GET /objects/A/1",
	};

	begin();
	ask_rest(NULL);
	put_rest("a/1");
	put_rest("b/1");
	ask_rest("a/");
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
		assert_error(world_ask(&w, requests[i], NO_HEADERS), S3_ERROR_REST_OUTSIDE_PREFIX);
	assert_error(world_put(&w, "PUT /objects/b/1", NO_HEADERS, SPAN("other")),
		     S3_ERROR_REST_OUTSIDE_PREFIX);
	assert(world_ask(&w, "GET /objects/a/1", NO_HEADERS) == IPC_OBJECT);
	ask_rest(NULL);
	assert(world_ask(&w, "GET /objects/b/1", NO_HEADERS) == IPC_OBJECT);
	assert(world_answer(&w).size == 1);
	end();
}

static void test_t21_t20_who_is_bound_has_none_of_the_other_operations(void)
{
	static const char *const requests[] = {
		"GET /",	  "GET /bucket?location", "HEAD /bucket",
		"DELETE /bucket", "GET /bucket/b",	  "POST /bucket/b?uploads",
	};

	begin();
	ask_rest(NULL);
	put_rest("a/1");
	put_rest("b");
	ask_s3();
	w.prefix = SPAN("a/");
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
		assert_error(world_ask(&w, requests[i], NO_HEADERS), S3_ERROR_ACCESS_DENIED);
	assert_error(world_ask(&w, "PUT /bucket/a/2", HEADERS("x-amz-copy-source: bucket/b")),
		     S3_ERROR_ACCESS_DENIED);
	assert_done(world_ask(&w, "PUT /bucket/a/2", HEADERS("x-amz-copy-source: bucket/a/1")));
	end();
}

static void test_t29_a_list_shows_nothing_outside_the_prefix(void)
{
	begin();
	ask_rest(NULL);
	put_rest("a");
	put_rest("a/1");
	put_rest("a/1/2");
	put_rest("a0");
	put_rest("b");
	assert(strcmp(listed("GET /objects"), "a,a/1,a/1/2,a0,b,") == 0);
	ask_rest("a/");
	assert(strcmp(listed("GET /objects"), "a/1,a/1/2,") == 0);
	assert(strcmp(listed("GET /objects?prefix=a"), "a/1,a/1/2,") == 0);
	assert(strcmp(listed("GET /objects?prefix=a/1/"), "a/1/2,") == 0);
	assert(strcmp(listed("GET /objects?limit=1"), "a/1,") == 0);
	assert(world_answer(&w).truncated == 1);
	/* Disjoint: an empty page, and the end. */
	assert(strcmp(listed("GET /objects?prefix=b"), "") == 0);
	assert(world_answer(&w).truncated == 0 && world_answer(&w).limit == 100);
	assert(strcmp(listed("GET /objects?prefix=a0"), "") == 0);
	/* A cursor from elsewhere leads nowhere else: {"last_key": "a0"}. */
	assert(strcmp(listed("GET /objects?cursor=eyJsYXN0X2tleSI6ICJhMCJ9"), "") == 0);
	ask_s3();
	w.prefix = SPAN("a/");
	assert(strcmp(listed("GET /bucket"), "a/1,a/1/2,") == 0);
	assert(strcmp(listed("GET /bucket?uploads"), "") == 0);
	end();
}

int main(void)
{
	test_parts_become_one_object();
	test_no_more_extents_are_out_than_the_window_holds();
	test_mistakes_at_complete_leave_the_upload();
	test_checksums_of_an_upload_are_its_parts();
	test_parts_and_uploads_are_listed_until_the_end();
	test_copies_keep_or_replace_what_goes_with_the_bytes();
	test_a_copy_with_another_checksum_has_that_of_its_bytes();
	test_ranges_become_parts();
	test_a_reader_of_what_is_replaced_gets_the_whole_old_object();
	test_regions_are_those_asked_for();
	test_configuration_that_is_not_there();
	test_t21_keys_of_one_deletion_are_decided_one_by_one();
	test_both_dialects_are_about_the_same_objects();
	test_to_delete_what_is_not_there_is_an_error_of_rest_alone();
	test_t21_a_key_outside_the_prefix_is_refused_whatever_the_grant_says();
	test_t21_t20_who_is_bound_has_none_of_the_other_operations();
	test_t29_a_list_shows_nothing_outside_the_prefix();
	return 0;
}
